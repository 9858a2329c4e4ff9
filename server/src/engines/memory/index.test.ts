import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PilarError } from '../../errors/error.ts'
import type { Policy, PolicySet } from '../../policy/policy-set.ts'
import { type Expr, type Query, SELF } from '../../query/expr.ts'
import { and, call, column, context, literal, TRUE } from '../../query/expr-tools.ts'
import type { DeletePlan, Embed, InsertPlan, OutputItem, ReadPlan, SelectNode, UpdatePlan } from '../../query/plan.ts'
import type { Relation, Table } from '../../schema/catalog.ts'
import { makeCatalog, makeColumn, makeTable } from '../../schema/make-catalog.ts'
import { BIGINT, BOOLEAN, INTEGER, TEXT, UUID, type Value } from '../../schema/types.ts'
import { answer, type Result } from './index.ts'
import type { Output } from './read.ts'
import type { Data, World } from './world.ts'

const ANN = 'aaaaaaaa-0000-4000-8000-000000000001'
const BEA = 'bbbbbbbb-0000-4000-8000-000000000002'

const people = makeTable({
  name: 'people',
  columns: [makeColumn({ name: 'id', type: UUID }), makeColumn({ name: 'team', type: TEXT, nullable: true })],
  primaryKey: ['id'],
})
const notes = makeTable({
  name: 'notes',
  columns: [
    makeColumn({ name: 'id', type: INTEGER }),
    makeColumn({ name: 'owner', type: UUID, nullable: true }),
    makeColumn({ name: 'stars', type: INTEGER, nullable: true }),
  ],
  primaryKey: ['id'],
  foreignKeys: [
    {
      ...{ name: 'notes_owner_fkey', columns: ['owner'], references: { table: 'public.people', columns: ['id'] } },
      ...{ onDelete: 'cascade', onUpdate: 'no action' },
    },
  ],
})
const catalog = makeCatalog({ version: 1, tables: [people, notes] })

const DATA: Data = new Map([
  ['public.people', [row({ id: ANN, team: 'red' }), row({ id: BEA, team: null })]],
  [
    'public.notes',
    [
      row({ id: 1, owner: ANN, stars: 5 }),
      row({ id: 2, owner: BEA, stars: null }),
      row({ id: 3, owner: ANN, stars: 1 }),
    ],
  ],
])

function row(cells: Readonly<Record<string, Value>>): ReadonlyMap<string, Value> {
  return new Map(Object.entries(cells))
}

const uid = context('uid', UUID)
const equals = (a: Expr, b: Expr): Expr => call('eq', [a, b], BOOLEAN)
const own = equals(column(SELF, notes, 'owner'), uid)

function policy(table: Table, action: Policy['action'], rule: Expr, more: Partial<Policy> = {}): Policy {
  const texts = { usingText: '', checkText: '' }
  return {
    table: table.key,
    action,
    role: 'authenticated',
    permissive: true,
    using: rule,
    check: rule,
    ...texts,
    ...more,
  }
}

function world(policies: readonly Policy[], more: Partial<World> = {}): World {
  const set: PolicySet = {
    ...{ version: 1, policies, hidden: new Map() },
    roles: new Set(),
    bypass: new Set(['service_role']),
  }
  const actor = { role: 'authenticated', userId: ANN, email: null, claims: {}, anonymous: false }
  return { catalog, policies: set, expressions: new Map(), actor, values: [], nowMicros: 0n, data: DATA, ...more }
}

function outputs(table: Table, source: string): OutputItem[] {
  return table.columns.map(({ name }) => ({ kind: 'value', name, value: column(source, table, name) }))
}

function node(table: Table, source: string, more: Partial<SelectNode> = {}): SelectNode {
  const nothing = {
    embeds: [],
    where: null,
    guard: null,
    order: [],
    limit: null,
    offset: null,
    rowsMax: null,
    grouped: false,
  }
  return { source, table, output: outputs(table, source), ...nothing, ...more }
}

const read = (root: SelectNode): ReadPlan => ({ kind: 'read', root, count: 'exact' })

function plain(output: Output): unknown {
  if (typeof output === 'string') return JSON.parse(output)
  if ('items' in output) return output.items.map(plain)
  return Object.fromEntries(output.members.map(([name, value]) => [name, plain(value)]))
}
const rowsOf = ({ rows }: Result): unknown => (rows === null ? null : plain(rows))
const ids = (result: Result): unknown => (rowsOf(result) as { id: unknown }[]).map(({ id }) => id)

function refusal(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof PilarError) return error.code
    throw error
  }
  return 'nothing was refused'
}

describe('the oracle reads', () => {
  it('nothing where there is no policy, everything for a role that policies do not bind', () => {
    const plan = read(node(notes, 's0'))
    assert.deepEqual(ids(answer(plan, world([]), [])), [])
    const service = { role: 'service_role', userId: null, email: null, claims: {}, anonymous: false }
    assert.deepEqual(ids(answer(plan, world([], { actor: service }), [])), [1, 2, 3])
  })

  it('what some permissive policy allows and no restrictive one refuses; null refuses', () => {
    const plan = read(node(notes, 's0'))
    const starred = call('gt', [column(SELF, notes, 'stars'), literal(1, INTEGER)], BOOLEAN)
    const anyone = policy(notes, 'select', TRUE, { role: 'public' })
    assert.deepEqual(ids(answer(plan, world([policy(notes, 'select', own)]), [])), [1, 3])
    assert.deepEqual(
      ids(answer(plan, world([policy(notes, 'select', own), policy(notes, 'select', starred)]), [])),
      [1, 3],
    )
    assert.deepEqual(
      ids(answer(plan, world([anyone, policy(notes, 'select', starred, { permissive: false })]), [])),
      [1],
    )
    assert.deepEqual(ids(answer(plan, world([policy(notes, 'select', literal(null, BOOLEAN))]), [])), [])
  })

  it('a policy’s subquery under the policies of the table it reads, unless it is in a definer function', () => {
    const matched = equals(column('p0', people, 'id'), column(SELF, notes, 'owner'))
    const query = (definer: boolean): Query => ({
      from: [{ source: 'p0', table: people.key, join: 'cross', on: null }],
      ...{ where: matched, output: null, aggregate: null, order: [], limit: null, definer },
    })
    const known = (definer: boolean): Expr => ({ kind: 'exists', type: BOOLEAN, query: query(definer) })
    const plan = read(node(notes, 's0'))
    assert.deepEqual(ids(answer(plan, world([policy(notes, 'select', known(false))]), [])), [])
    assert.deepEqual(ids(answer(plan, world([policy(notes, 'select', known(true))]), [])), [1, 2, 3])
    const self = policy(people, 'select', equals(column(SELF, people, 'id'), uid))
    assert.deepEqual(ids(answer(plan, world([policy(notes, 'select', known(false)), self]), [])), [1, 3])
  })

  it('in order, nulls where they belong, from offset to limit, counting all', () => {
    const order = [{ value: column('s0', notes, 'stars'), descending: true, nullsFirst: false }]
    const plan = read(node(notes, 's0', { order, offset: { index: 0 }, limit: { index: 1 } }))
    const result = answer(plan, world([policy(notes, 'select', TRUE)], { values: ['1', '5'] }), [])
    assert.deepEqual(ids(result), [3, 2])
    assert.equal(result.total, 3)
  })

  it('embeds under the policies of the embedded table; an inner one drops parents without', () => {
    const relation = catalog.relations.get(people.key)?.find(({ target }) => target === notes.key) as Relation
    const join = equals(column('s0', people, 'id'), column('s1', notes, 'owner'))
    const embed: Embed = {
      id: 0,
      name: 'notes',
      relation,
      toMany: true,
      inner: false,
      node: node(notes, 's1'),
      join,
      junction: null,
    }
    const output: OutputItem[] = [...outputs(people, 's0').slice(0, 1), { kind: 'embed', name: 'notes', embed: 0 }]
    const rules = [policy(people, 'select', TRUE), policy(notes, 'select', own)]
    const outer = answer(read(node(people, 's0', { output, embeds: [embed] })), world(rules), [])
    assert.deepEqual(
      (rowsOf(outer) as { notes: unknown[] }[]).map((each) => each.notes.length),
      [2, 0],
    )
    const where: Expr = { kind: 'embed-exists', type: BOOLEAN, embed: 0 }
    const inner = answer(
      read(node(people, 's0', { output, embeds: [{ ...embed, inner: true }], where })),
      world(rules),
      [],
    )
    assert.deepEqual(ids(inner), [ANN])
  })

  it('groups by every output that is no aggregate; without one there is a single group, even of nothing', () => {
    const count: OutputItem = { kind: 'aggregate', name: 'n', fn: 'count', value: null, type: BIGINT, cast: null }
    const sum: OutputItem = {
      kind: 'aggregate',
      name: 'sum',
      fn: 'sum',
      value: column('s0', notes, 'stars'),
      type: BIGINT,
      cast: null,
    }
    const owner: OutputItem = { kind: 'value', name: 'owner', value: column('s0', notes, 'owner') }
    const all = world([policy(notes, 'select', TRUE)])
    const grouped = answer(read(node(notes, 's0', { output: [owner, count, sum], grouped: true })), all, [])
    assert.deepEqual(rowsOf(grouped), [
      { owner: ANN, n: 2, sum: 6 },
      { owner: BEA, n: 1, sum: null },
    ])
    const none = answer(read(node(notes, 's0', { output: [count, sum], grouped: true })), world([]), [])
    assert.deepEqual(rowsOf(none), [{ n: 0, sum: null }])
  })
})

const write = { source: 's0', returning: 'minimal', representation: null, count: null } as const

function insertion(more: Partial<InsertPlan> = {}): InsertPlan {
  const columns = notes.columns.map(({ name, type }) => ({ name, type, openKey: null }))
  const unguarded = { check: null, conflictUsing: null, conflictCheck: null }
  return {
    kind: 'insert',
    table: notes,
    ...write,
    columns,
    missing: 'null',
    conflict: null,
    replace: false,
    replaceKey: [],
    ...unguarded,
    ...more,
  }
}

describe('the oracle writes', () => {
  it('checks policies before constraints, so that an unauthorized writer learns nothing from them', () => {
    const rules = [policy(notes, 'insert', own)]
    assert.equal(
      refusal(() => answer(insertion(), world(rules), [[1, BEA, 1]])),
      '42501',
    )
    assert.equal(
      refusal(() => answer(insertion(), world(rules), [[1, ANN, 1]])),
      '23505',
    )
    const stranger = world([policy(notes, 'insert', TRUE)])
    assert.equal(
      refusal(() => answer(insertion(), stranger, [[9, '00000000-0000-4000-8000-000000000000', 1]])),
      '23503',
    )
    assert.equal(
      refusal(() => answer(insertion(), stranger, [[null, ANN, 1]])),
      '23502',
    )
    assert.equal(
      answer(insertion(), world(rules), [
        [9, ANN, 1],
        [10, ANN, null],
      ]).data.get(notes.key)?.length,
      5,
    )
  })

  it('shows written rows only to those who may read them, and refuses what could not be shown', () => {
    const plan = insertion({ returning: 'representation', representation: node(notes, 's1') })
    assert.equal(
      refusal(() => answer(plan, world([policy(notes, 'insert', TRUE)]), [[9, ANN, 1]])),
      '42501',
    )
    const rules = [policy(notes, 'insert', TRUE), policy(notes, 'select', own)]
    assert.deepEqual(ids(answer(plan, world(rules), [[9, ANN, 1]])), [9])
  })

  it('updates what may be seen and touched, and refuses rows moved out of reach', () => {
    const where = call('gt', [column('s0', notes, 'id'), literal(0, INTEGER)], BOOLEAN)
    const columns = [{ name: 'owner', type: UUID, openKey: null }]
    const plan: UpdatePlan = {
      kind: 'update',
      table: notes,
      ...write,
      columns,
      missing: 'null',
      where,
      embeds: [],
      guard: null,
      check: null,
    }
    const rules = [policy(notes, 'select', TRUE), policy(notes, 'update', own, { check: TRUE })]
    const moved = answer(plan, world(rules), [[BEA]])
    assert.equal(moved.affected, 2)
    assert.deepEqual(
      moved.data.get(notes.key)?.map((each) => each.get('owner')),
      [BEA, BEA, BEA],
    )
    assert.equal(
      refusal(() => answer(plan, world([policy(notes, 'select', TRUE), policy(notes, 'update', own)]), [[BEA]])),
      '42501',
    )
    assert.equal(answer(plan, world([policy(notes, 'update', TRUE)]), [[BEA]]).affected, 0)
  })

  it('deletes with the actions of foreign keys, whatever the policies of the other table say', () => {
    const where = equals(column('s0', people, 'id'), literal(ANN, UUID))
    const plan: DeletePlan = { kind: 'delete', table: people, ...write, where, embeds: [], guard: null }
    const result = answer(plan, world([policy(people, 'select', TRUE), policy(people, 'delete', TRUE)]), [])
    assert.equal(result.affected, 1)
    assert.deepEqual(
      result.data.get(notes.key)?.map((each) => each.get('id')),
      [2],
    )
  })

  it('merges into rows that the actor may update, ignores others when told to', () => {
    const merge = insertion({ conflict: { columns: ['id'], resolution: 'merge' } })
    const rules = [
      policy(notes, 'insert', TRUE),
      policy(notes, 'select', TRUE),
      policy(notes, 'update', own, { check: TRUE }),
    ]
    const result = answer(merge, world(rules), [
      [1, ANN, 9],
      [7, ANN, 7],
    ])
    assert.deepEqual([result.affected, result.inserted], [2, 1])
    assert.equal(result.data.get(notes.key)?.[0]?.get('stars'), 9)
    assert.equal(
      refusal(() => answer(merge, world(rules), [[2, ANN, 9]])),
      '42501',
    )
    const ignore = insertion({ conflict: { columns: ['id'], resolution: 'ignore' } })
    assert.equal(answer(ignore, world(rules), [[2, ANN, 9]]).affected, 0)
  })

  it('fills in defaults and computed columns and holds rows to their checks', () => {
    const stars = column(SELF, notes, 'stars')
    const positive = call('gt', [stars, literal(0, INTEGER)], BOOLEAN)
    const expressions = new Map([
      [
        notes.key,
        {
          defaults: new Map([['stars', literal(3, INTEGER)]]),
          generated: new Map(),
          checks: [{ name: 'positive', expression: and(positive) }],
        },
      ],
    ])
    const open = world([policy(notes, 'insert', TRUE)], { expressions })
    const given = insertion({ columns: insertion().columns.slice(0, 2) })
    assert.equal(
      answer(given, open, [[9, ANN]])
        .data.get(notes.key)
        ?.at(-1)
        ?.get('stars'),
      3,
    )
    assert.equal(
      refusal(() => answer(insertion(), open, [[9, ANN, -1]])),
      '23514',
    )
    assert.equal(answer(insertion(), open, [[9, ANN, null]]).affected, 1)
  })
})
