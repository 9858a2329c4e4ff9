import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import { before, test } from 'node:test'
import { Random } from '../../../../test/simulate/random.ts'
import { mutateDefinition } from '../../../../test/support/mutate-catalog.ts'
import { catalogFrom, randomDefinition } from '../../../../test/support/random-catalog.ts'
import { sampleFor } from '../../../../test/support/random-types.ts'
import { caseCount } from '../../../../test/support/require.ts'
import { PilarError } from '../../../errors/error.ts'
import { loadGrammar } from '../../../policy/expression/index.ts'
import type { Catalog, Column } from '../../../schema/catalog.ts'
import type { SchemaDefinition } from '../../../schema/definition.ts'
import { diff } from '../../../schema/migration/diff.ts'
import { explainStep } from '../../../schema/migration/explain-step.ts'
import type { MigrationStep } from '../../../schema/migration/step.ts'
import { undoSteps } from '../../../schema/migration/undo-steps.ts'
import { quoteName } from '../../sql/printer.ts'
import { ExprPrinter, Usage } from '../expr.ts'
import { computedColumns, printComputed } from '../generated.ts'
import { introspect } from '../introspect.ts'
import { parseDefault, printStored } from '../stored-expr.ts'
import { tableName } from '../tables.ts'
import { databaseOf, migrate } from './run-plainly.suite.ts'

before(() => loadGrammar())

const SEED = Number(process.env['PILAR_SEED'] ?? 1)
const CASES = caseCount({ local: 15, ci: 400 })

function randomValue(column: Column, catalog: Catalog, random: Random): string {
  if (column.nullable && random.chance(0.3)) return 'NULL'
  if (['smallint', 'integer', 'bigint'].includes(column.type.name)) return String(random.int(1, 30_000))
  if (column.type.name === 'text') return `'t${random.int(1, 1000)}'`
  const expr = parseDefault(random.pick(sampleFor(column.type).defaults), column, catalog)
  return printStored(expr, column, new ExprPrinter(catalog, new Usage()))
}

/** Rows that keep the rules; which ones, chance says. */
function fill(database: DatabaseSync, catalog: Catalog, random: Random): void {
  for (const table of catalog.tables.values()) {
    if (table.kind === 'view') continue
    const computed = computedColumns(table, catalog)
    for (let count = random.int(0, 5); count > 0; count--) {
      const values = new Map<string, string>()
      for (const column of table.columns)
        if (column.generated === null) values.set(column.name, randomValue(column, catalog, random))
      const given = [...values].map(([name, sql]) => `${sql} AS ${quoteName(name)}`)
      const printer = new ExprPrinter(catalog, new Usage())
      for (const column of computed)
        values.set(column.name, printComputed(column, table, { of: (name) => `o.${quoteName(name)}`, printer }))
      const list = [...values.keys()].map((name) =>
        computed.some((each) => each.name === name) ? values.get(name) : `o.${quoteName(name)}`,
      )
      database.exec(
        `INSERT OR IGNORE INTO ${quoteName(tableName(table))} (${[...values.keys()].map(quoteName).join(', ')})
         SELECT ${list.join(', ')} FROM (SELECT ${given.join(', ')}) AS o`,
      )
    }
  }
  for (;;) {
    const orphans = database.prepare('PRAGMA foreign_key_check').all()
    if (orphans.length === 0) return
    for (const { table, rowid } of orphans)
      database.exec(`DELETE FROM ${quoteName(String(table))} WHERE rowid = ${rowid}`)
  }
}

/** Everything that can be seen, the rowids included. */
function shown(database: DatabaseSync, catalog: Catalog): string {
  const lines: string[] = []
  for (const table of [...catalog.tables.values()].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    if (table.kind === 'view') continue
    const columns = table.columns.map((column) => column.name).sort()
    const statement = database.prepare(
      `SELECT rowid AS "#", ${columns.map((name) => `${quoteName(name)}, typeof(${quoteName(name)})`).join(', ')} FROM ${quoteName(tableName(table))} ORDER BY rowid`,
    )
    statement.setReturnArrays(true)
    statement.setReadBigInts(true)
    for (const row of statement.all() as unknown as unknown[][])
      lines.push(
        `${table.key} ${row.map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value))).join('|')}`,
      )
  }
  return lines.join('\n')
}

interface Outcome {
  readonly migrated: number
  readonly refused: number
}

/** False where the rows refuse it: then nothing has changed. */
function tried(database: DatabaseSync, steps: readonly MigrationStep[], random: Random): boolean {
  // As if tables were large: then new rules are verified by copying.
  const rows = random.chance(0.3) ? 1_000_000 : 1
  const before = [shown(database, introspect(database)), schemaOf(database)]
  try {
    migrate(database, steps, { rows: () => rows })
    return true
  } catch (error) {
    const refusal = error instanceof PilarError || /constraint failed|datatype mismatch/.test(String(error))
    if (!refusal) throw error
    assert.deepEqual([shown(database, introspect(database)), schemaOf(database)], before)
    return false
  }
}

const schemaOf = (database: DatabaseSync): string =>
  JSON.stringify(database.prepare('SELECT name, sql FROM sqlite_schema').all())

/** Whether undo gives back what was: not where nulls were filled, nor where another column took the name of one that was retired. */
function isExact(steps: readonly MigrationStep[]): boolean {
  const retired = new Set(steps.map((step) => (step.kind === 'retire-column' ? `${step.table} ${step.column}` : '')))
  return !steps.some(
    (step) =>
      ((step.kind === 'set-not-null' || step.kind === 'restore-column') && step.using !== null) ||
      (step.kind === 'add-column' && retired.has(`${step.table} ${step.column.name}`)),
  )
}

function check(seed: number): Outcome {
  const random = new Random(seed)
  const database = databaseOf('')
  let definition = randomDefinition(random)
  const history: SchemaDefinition[] = []
  let known = catalogFrom(definition)
  let migrated = 0
  let refused = 0
  let steps: readonly MigrationStep[] = diff(introspect(database), known, { known: null }).steps
  try {
    migrate(database, steps)
    fill(database, introspect(database), random)
    for (let change = 0; change < 3; change++) {
      history.push(definition)
      definition = mutateDefinition(definition, random, history)
      const wanted = catalogFrom(definition)
      const found = introspect(database)
      const rows = shown(database, found)
      const forward = diff(found, wanted, { known }).steps
      steps = forward
      if (!tried(database, steps, random)) {
        refused++
        definition = history.pop() ?? definition
        continue
      }
      migrated++
      const after = introspect(database)
      assert.deepEqual(diff(after, wanted, { known: wanted }).steps, [])
      const back = undoSteps(forward, { before: known, after: wanted, found: after })
      steps = [...forward, ...back.steps]
      if (back.obstacles.length === 0 && random.chance(0.5) && tried(database, back.steps, random)) {
        const undone = introspect(database)
        if (isExact(forward)) assert.equal(shown(database, undone), rows)
        definition = history.pop() ?? definition
        continue
      }
      known = wanted
    }
  } catch (error) {
    throw new Error(
      `seed ${seed}:\n${steps.map(explainStep).join('\n')}\n${error instanceof Error ? error.message : ''}`,
      { cause: error },
    )
  }
  database.close()
  return { migrated, refused }
}

test(`random changes keep rows, undo gives them back, and the file says what the steps say (seed ${SEED})`, () => {
  let migrated = 0
  let refused = 0
  for (let seed = SEED; seed < SEED + CASES; seed++) {
    const outcome = check(seed)
    migrated += outcome.migrated
    refused += outcome.refused
  }
  assert(migrated > refused, `${migrated} migrated, ${refused} refused`)
})
