import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { before, test } from 'node:test'
import { loadGrammar } from '../../../policy/expression/index.ts'
import type { Column } from '../../../schema/catalog.ts'
import { makeCatalog, makeColumn, makeTable } from '../../../schema/make-catalog.ts'
import { INTEGER, type ScalarType, TEXT, TIMESTAMPTZ, UUID } from '../../../schema/types.ts'
import { registerFunctions } from '../udf/register.ts'
import { fillTable } from './convert-select.ts'

before(loadGrammar)

const PRICE: ScalarType = { name: 'numeric', precision: 10, scale: 2 }
const orders = makeTable({
  name: 'orders',
  columns: [
    makeColumn({ name: 'id', type: INTEGER }),
    makeColumn({ name: 'customer', type: TEXT }),
    makeColumn({ name: 'total', type: PRICE }),
  ],
  primaryKey: ['id'],
})

/** The rows of a new table with these columns, filled from three orders. */
function filled(columns: readonly Column[], using: string): unknown {
  const table = makeTable({ name: 'customers', columns, primaryKey: ['id'] })
  const found = makeCatalog({ version: 0, tables: [orders] })
  const after = makeCatalog({ version: 0, tables: [orders, table] })
  const { columns: names, select, reads } = fillTable(table, using, { found, after, nowMicros: 0n })
  const file = new DatabaseSync(':memory:')
  registerFunctions(file, () => 1)
  file.function('pilar_fuel', () => 1n)
  file.exec(`CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, total INT);
    INSERT INTO orders VALUES (1, 'Émile', 1050), (2, 'Bo', 300), (3, 'Bo', 25);
    CREATE TABLE customers (id INTEGER PRIMARY KEY, ${columns.slice(1).map((column) => column.name)});
    INSERT INTO customers (${names}) ${select}`)
  assert.deepEqual(reads, ['orders'])
  return file
    .prepare('SELECT * FROM customers ORDER BY id')
    .all()
    .map((row) => Object.values(row))
}

const id = makeColumn({ name: 'id', type: INTEGER, identity: 'by default' })

test('a new table is filled from a select, other columns by their defaults', () => {
  const columns = [
    id,
    makeColumn({ name: 'name', type: TEXT }),
    makeColumn({ name: 'spent', type: PRICE }),
    makeColumn({ name: 'orders', type: INTEGER }),
    makeColumn({ name: 'kind', type: { name: 'enum', enumName: 'customers_kind', values: ['new', 'old'] } }),
    makeColumn({ name: 'seen', type: TIMESTAMPTZ, default: 'now()' }),
    makeColumn({ name: 'shout', type: TEXT, generated: { expression: 'upper(name)', stored: true } }),
  ]
  const using =
    "select customer as name, sum(total) as spent, count(*) as orders, 'new' as kind from orders group by customer order by customer"
  assert.deepEqual(filled(columns, using), [
    [1, 'Bo', 325, 2, 'new', '1970-01-01T00:00:00+00:00', 'BO'],
    [2, 'Émile', 1050, 1, 'new', '1970-01-01T00:00:00+00:00', 'ÉMILE'],
  ])
})

test('mistakes in the select are told', () => {
  const name = makeColumn({ name: 'name', type: { name: 'varchar', length: 3 } })
  const message = (using: string, column = name): string => {
    try {
      filled([id, column], using)
    } catch (error) {
      return (error as Error).message
    }
    return ''
  }
  assert.equal(
    message('select customer as nam from orders'),
    'customers: the select gives "nam", and there is no such column to fill (using)',
  )
  assert.equal(
    message('select custmer as name from orders'),
    'customers: column "custmer" does not exist (using, character 8)',
  )
  assert.equal(message('select customer as name from orders'), 'value too long for type character varying(3)')
  assert.equal(
    message('select total as key from orders', makeColumn({ name: 'key', type: UUID })),
    'customers: column "key" is of type uuid but the output of the select is of type numeric(10,2) (using)',
  )
  assert.equal(
    message('select auth.uid() as key from orders', makeColumn({ name: 'key', type: UUID })),
    'customers: a using expression cannot depend on who asks (using)',
  )
})
