import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { loadGrammar } from '../../policy/expression/index.ts'
import { makeCatalog, makeColumn, makeTable } from '../../schema/make-catalog.ts'
import { type ColumnType, INTEGER, NUMERIC } from '../../schema/types.ts'
import { ExprPrinter, Usage } from './expr.ts'
import { printView } from './view.ts'

before(() => loadGrammar())

const view = makeTable({
  name: 'sums',
  kind: 'view',
  columns: [makeColumn({ name: 'sum', type: NUMERIC, nullable: true })],
  definition: 'select a + a as sum from numbers',
})

function printed(type: ColumnType): string {
  const numbers = makeTable({ name: 'numbers', columns: [makeColumn({ name: 'a', type })] })
  return printView(view, new ExprPrinter(makeCatalog({ version: 0, tables: [numbers, view] }), new Usage()))
}

test('one view over two structures is read by each of them', () => {
  const [integer, numeric] = [printed(INTEGER), printed(NUMERIC)]
  assert.notEqual(integer, numeric)
  assert.deepEqual([printed(INTEGER), printed(NUMERIC)], [integer, numeric])
})
