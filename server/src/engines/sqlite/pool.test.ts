import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { makeStructure } from '../../../test/support/make-structure.ts'
import { loadGrammar } from '../../policy/expression/index.ts'
import { GuardedPlan } from '../../policy/guarded-plan.ts'
import type { Expr } from '../../query/expr.ts'
import { call, column, literal } from '../../query/expr-tools.ts'
import type { DeletePlan, InsertPlan, ReadPlan, SelectNode } from '../../query/plan.ts'
import { buildCatalog } from '../../schema/build-catalog.ts'
import { schema } from '../../schema/builder.ts'
import type { Catalog, Table } from '../../schema/catalog.ts'
import { c } from '../../schema/column.ts'
import { diff } from '../../schema/migration/diff.ts'
import { table } from '../../schema/table.ts'
import { BOOLEAN, INTEGER } from '../../schema/types.ts'
import { systemClock } from '../../std/clock.ts'
import { type Json, stringifyJson } from '../../std/json.ts'
import type { Batch, ChangeSet, EnginePool, ExecuteOptions } from '../engine.ts'
import { sqlite } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'pilar-pool-'))
const file = join(folder, 'data.db')
const settings = { url: `sqlite:${file}`, statementTimeoutMs: 600, transactionMs: 300, lockTimeoutMs: 200 }
const env = { observe: () => {}, clock: systemClock }
const signal = new AbortController().signal
const definition = schema({
  lists: table({ id: c.integer().primaryKey(), name: c.text() }),
  items: table({
    id: c.integer().primaryKey(),
    list_id: c.integer().references('lists.id', { onDelete: 'cascade' }),
    price: c.numeric(8, 2).nullable(),
  }),
})

let catalog: Catalog
let pool: EnginePool

before(async () => {
  await loadGrammar()
  const built = buildCatalog(definition, { version: 1 })
  assert.ok(built.catalog)
  catalog = built.catalog
  pool = await sqlite.open(settings, env)
  await makeStructure(pool.structure, catalog)
})
after(async () => {
  await pool.close()
  rmSync(folder, { recursive: true })
})

const tableOf = (name: string): Table => catalog.tables.get(`public.${name}`) as Table
const guarded = (plan: ReadPlan | InsertPlan | DeletePlan): GuardedPlan => GuardedPlan.system(plan, 'a test', () => {})
const session = () => ({ nowMicros: systemClock.nowMicros(), transaction: null })
const actor = { role: 'service_role', userId: null, email: null, claims: {}, anonymous: false }

function node(name: string, where: Expr | null = null): SelectNode {
  const found = tableOf(name)
  const output = found.columns.map((each) => ({
    kind: 'value' as const,
    name: each.name,
    value: column('s0', found, each.name),
  }))
  const order = [{ value: column('s0', found, 'id'), descending: false, nullsFirst: false }]
  const bounds = { limit: null, offset: null, rowsMax: 1000 }
  return { source: 's0', table: found, output, embeds: [], where, guard: null, order, ...bounds, grouped: false }
}

async function run(
  plan: ReadPlan | InsertPlan | DeletePlan,
  cells: readonly (readonly Json[])[] = [],
  options: Partial<ExecuteOptions> = {},
) {
  const program = sqlite.compile(guarded(plan), catalog)
  const batches: Batch[] = []
  const all = { session: session(), signal, ...options }
  for await (const batch of pool.execute(program, { values: [], cells, actor }, all)) batches.push(batch)
  return batches[0] as Batch
}

const read = (name: string, where: Expr | null = null): ReadPlan => ({
  kind: 'read',
  root: node(name, where),
  count: null,
})

function insert(name: string): InsertPlan {
  const found = tableOf(name)
  return {
    ...{ kind: 'insert', table: found, source: 's0', returning: 'minimal', representation: null, count: null },
    columns: found.columns.map((each) => ({ name: each.name, type: each.type, openKey: null })),
    ...{
      missing: 'null',
      conflict: null,
      replace: false,
      replaceKey: [],
      check: null,
      conflictUsing: null,
      conflictCheck: null,
    },
  }
}

const remove = (name: string, id: number): DeletePlan => ({
  ...{
    kind: 'delete',
    table: tableOf(name),
    source: 's0',
    returning: 'minimal',
    representation: null,
    count: null,
    embeds: [],
    guard: null,
  },
  where: call('eq', [column('s0', tableOf(name), 'id'), literal(id, INTEGER)], BOOLEAN),
})

test('what was created is found again as it was declared', async () => {
  const { steps, obstacles } = diff(await pool.structure.introspect(signal), catalog, { known: null })
  assert.deepEqual([steps, obstacles], [[], []])
})

test('a plan that nobody authorized is not compiled', () => {
  assert.throws(() => sqlite.compile({ plan: read('lists'), role: 'anon' } as unknown as GuardedPlan, catalog))
})

test('a commit is one ChangeSet, cascades included, in the wire’s JSON', async () => {
  const seen: ChangeSet[] = []
  const stop = pool.subscribe((changes) => seen.push(changes))
  await run(insert('lists'), [[1, 'one']])
  await run(insert('items'), [
    [1, 1, '19.9'],
    [2, 1, null],
  ])
  await run(remove('lists', 1))
  stop()
  await run(insert('lists'), [[1, 'again']])
  assert.deepEqual(
    seen.map(({ changes }) => changes.map(({ table: key, kind }) => `${kind} ${key}`)),
    [
      ['insert public.lists'],
      ['insert public.items', 'insert public.items'],
      ['delete public.items', 'delete public.items', 'delete public.lists'],
    ],
  )
  const price = seen[1]?.changes[0]?.after?.['price']
  assert.equal(stringifyJson(price ?? null), '19.90')
  assert.deepEqual(seen[2]?.changes[2]?.before, { id: 1, name: 'one' })
  assert.ok((seen[1]?.sequence ?? 0) > (seen[0]?.sequence ?? 0))
})

test('a transaction sees its own writes, others don’t until it ends', async () => {
  await pool.transaction(session(), async (tx) => {
    await run(insert('lists'), [[10, 'inside']], { session: tx })
    assert.match((await run(read('lists'), [], { session: tx })).json, /inside/)
    assert.doesNotMatch((await run(read('lists'))).json, /inside/)
  })
  assert.match((await run(read('lists'))).json, /inside/)
})

test('a transaction that throws, or takes too long, leaves nothing; writes that waited go on', async () => {
  const failing = pool.transaction(session(), async (tx) => {
    await run(insert('lists'), [[20, 'lost']], { session: tx })
    throw new Error('no')
  })
  await assert.rejects(failing, /no/)
  const slow = pool.transaction(session(), async (tx) => {
    await run(insert('lists'), [[21, 'slow']], { session: tx })
    await new Promise((resolve) => setTimeout(resolve, 500))
  })
  const waiting = run(insert('lists'), [[22, 'waited']])
  await assert.rejects(slow, { code: '57014' })
  await waiting
  assert.doesNotMatch((await run(read('lists'))).json, /lost|slow/)
})

test('another process’s lock holds up writes only, and not for ever', async () => {
  const other = new DatabaseSync(file)
  other.exec('BEGIN IMMEDIATE')
  try {
    await assert.rejects(run(insert('lists'), [[30, 'locked']]), { code: '55P03' })
    assert.match((await run(read('lists'))).json, /inside/)
  } finally {
    other.exec('ROLLBACK')
    other.close()
  }
  await run(insert('lists'), [[30, 'free']])
})

test('a runaway read is killed at the statement timeout while others are answered', async () => {
  await run(
    insert('items'),
    Array.from({ length: 3000 }, (_, index) => [100 + index, 10, String(index)]),
  )
  const items = tableOf('items')
  const source = (name: string) => ({ source: name, table: items.key, join: 'cross' as const, on: null })
  const sum = call('add', [column('p0', items, 'id'), column('p1', items, 'id')], INTEGER)
  const query = {
    ...{ from: [source('p0'), source('p1')], output: null, aggregate: null, order: [], limit: null, definer: false },
    where: call('eq', [call('add', [sum, column('s0', items, 'id')], INTEGER), literal(-1, INTEGER)], BOOLEAN),
  }
  const startedMs = performance.now()
  const runaway = run(read('items', { kind: 'exists', type: BOOLEAN, query }))
  assert.match((await run(read('lists'))).json, /inside/)
  await assert.rejects(runaway, { code: '57014' })
  const tookMs = performance.now() - startedMs
  assert.ok(tookMs >= settings.statementTimeoutMs && tookMs < settings.statementTimeoutMs + 1500, `${tookMs} ms`)
})
