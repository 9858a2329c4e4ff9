import assert from 'node:assert/strict'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { tempFolder } from '../../../test/support/temp.ts'
import { loadGrammar } from '../../policy/expression/index.ts'
import { makeColumn } from '../../schema/make-catalog.ts'
import type { MigrationStep } from '../../schema/migration/step.ts'
import { INTEGER, TEXT } from '../../schema/types.ts'
import { systemClock } from '../../std/clock.ts'
import { survey } from './survey.ts'

const ROWS = 200_000
const folder = tempFolder()
const file = join(folder.path, 'large.db')
const table = 'public.Orders'

const series = (count: number): string =>
  `WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ${count}) SELECT value FROM n`

/** A file that somebody else made: one order of 200,000 is wrong in every way. */
before(async () => {
  await loadGrammar()
  const database = new DatabaseSync(file)
  database.exec(`CREATE TABLE Customers (Id INTEGER PRIMARY KEY, Name TEXT);
    CREATE TABLE Orders (Id INTEGER PRIMARY KEY, Customer INT, Code TEXT, Total REAL, Note TEXT);
    INSERT INTO Customers SELECT value, 'Customer ' || value FROM (${series(1000)});
    INSERT INTO Orders SELECT value, value % 1000 + 1, 'C' || value, value * 1.5, 'Note on the order of number ' || value FROM (${series(ROWS)});
    UPDATE Orders SET Customer = 5000, Code = 'C7', Total = -1, Note = NULL WHERE Id = 123456`)
  database.close()
})
after(() => folder.remove())

/** The findings, how long they took, and how long the event loop was held up at most. */
async function timed(steps: readonly MigrationStep[]) {
  const delay = monitorEventLoopDelay({ resolution: 2 })
  const startMs = systemClock.monotonicMs()
  delay.enable()
  const { signal } = new AbortController()
  const { findings, steps: costs } = await survey(steps, { file, lockTimeoutMs: 1000, nowMicros: 0n, signal })
  delay.disable()
  const found = findings.map(({ message, samples }) => [message, ...samples])
  return { found, costs, tookMs: systemClock.monotonicMs() - startMs, heldMs: delay.max / 1e6 }
}

/** Some 20 ms alone. The best of a few runs, since others hold this process up, too. */
const HELD_MS_MAX = 50
const RUNS_MAX = 6

test('finds one bad row of 200,000 for every rule and expression, without holding requests up', async () => {
  const references = { table: 'public.Customers', columns: ['Id'] }
  const actions = { onDelete: 'no action', onUpdate: 'no action' } as const
  const steps: readonly MigrationStep[] = [
    { kind: 'set-not-null', table, column: 'Note', using: null },
    { kind: 'add-unique', table, unique: { name: 'Orders_Code_key', columns: ['Code'] } },
    { kind: 'add-check', table, check: { name: 'Orders_Total_check', expression: '"Total" >= 0' } },
    {
      kind: 'add-foreign-key',
      table,
      foreignKey: { name: 'Orders_Customer_fkey', columns: ['Customer'], references, ...actions },
    },
    {
      kind: 'add-column',
      table,
      column: makeColumn({ name: 'Number', type: INTEGER, nullable: true }),
      using: `case when "Total" < 0 then "Code"::integer else "Id" end`,
    },
  ]
  const { found, costs, tookMs, ...first } = await timed(steps)
  assert.deepEqual(found, [
    ['1 row of Orders.Note has no value', { Id: 123456, Note: null }],
    ['1 value of Orders.Code is there more than once, in 2 rows (Orders_Code_key)', { Code: 'C7', rows: 2 }],
    ['1 row of Orders breaks the check Orders_Total_check', { Id: 123456, Total: -1 }],
    ['1 row of Orders.Customer has no row in Customers (Orders_Customer_fkey)', { Id: 123456, Customer: 5000 }],
    [
      "1 value for Orders.Number can't be computed: invalid input syntax for type integer",
      { Id: 123456, Total: -1, Code: 'C7' },
    ],
  ])
  for (const { rows, estimateMs } of costs) {
    assert.equal(rows, ROWS)
    assert.ok(estimateMs > 50 && estimateMs < 5_000, `${estimateMs} ms`)
  }
  assert.deepEqual(
    costs.map(({ copies }) => copies),
    [false, true, false, false, true],
  )
  assert.ok(tookMs < 10_000, `${Math.round(tookMs)} ms`)
  let { heldMs } = first
  for (let run = 1; run < RUNS_MAX && heldMs > HELD_MS_MAX; run++)
    heldMs = Math.min(heldMs, (await timed(steps)).heldMs)
  assert.ok(heldMs < HELD_MS_MAX, `held up for ${Math.round(heldMs)} ms`)
})

test('ends when the signal comes, without waiting for the statement', async () => {
  const abort = new AbortController()
  const column = makeColumn({ name: 'Same', type: TEXT, nullable: true })
  const using = `(select max(o."Note") from "Orders" o where o."Note" || "Code" > "Note")`
  const steps: MigrationStep[] = [{ kind: 'add-column', table, column, using }]
  const startMs = systemClock.monotonicMs()
  setTimeout(() => abort.abort(), 300)
  await assert.rejects(survey(steps, { file, lockTimeoutMs: 1000, nowMicros: 0n, signal: abort.signal }), {
    code: '57014',
  })
  assert.ok(systemClock.monotonicMs() - startMs < 2_000)
})
