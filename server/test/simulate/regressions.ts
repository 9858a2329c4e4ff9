import type { ReferentialAction } from '../../src/schema/catalog.ts'
import type {
  ColumnDefinition,
  PolicyDefinition,
  SchemaDefinition,
  TableDefinition,
} from '../../src/schema/definition.ts'
import type { ColumnType } from '../../src/schema/types.ts'
import type { JsonObject } from '../../src/std/json.ts'
import { type Case, type Request, USERS } from './case.ts'

/** Cases in which the simulation once found a difference, made small, each with what was wrong. */
export interface Regression {
  readonly name: string
  readonly case: Case
}

const [ANN] = USERS

function column(name: string, type: ColumnType, more: Partial<ColumnDefinition> = {}): ColumnDefinition {
  const nothing = { default: null, generated: null, identity: null, primaryKey: false, unique: false, check: null }
  return {
    name,
    type,
    nullable: true,
    ...nothing,
    references: null,
    comment: null,
    was: null,
    using: null,
    at: null,
    ...more,
  }
}
const id = (type: ColumnType): ColumnDefinition => column('id', type, { nullable: false })

function table(
  name: string,
  columns: readonly ColumnDefinition[],
  more: Partial<TableDefinition> = {},
): TableDefinition {
  const nothing = {
    uniques: [],
    foreignKeys: [],
    checks: [],
    indexes: [],
    open: false,
    comment: null,
    was: null,
    using: null,
    at: null,
  }
  return { key: `public.${name}`, schema: 'public', name, columns, primaryKey: ['id'], ...nothing, ...more }
}

/** `up` references `id` of the same table. */
function upwards(onDelete: ReferentialAction, onUpdate: ReferentialAction): Partial<TableDefinition> {
  const key = { name: null, columns: ['up'], target: 'public.a', targetColumns: ['id'], onDelete, onUpdate }
  return { foreignKeys: [key] }
}

/** `[table, action, condition]`, for every role. */
type Rule = readonly [string, PolicyDefinition['action'], string]

interface Sketch {
  readonly tables: readonly TableDefinition[]
  readonly policies: readonly Rule[]
  readonly hidden?: SchemaDefinition['hidden']
  readonly rows?: Case['rows']
  readonly request: Partial<Request> & Pick<Request, 'method' | 'table'>
}

function regression(name: string, { tables, policies, hidden = [], rows = {}, request }: Sketch): Regression {
  const definition: SchemaDefinition = {
    ...{ tables, views: [], functions: [], hidden, roles: ['staff'], existing: [], problems: [] },
    policies: policies.map(([on, action, condition]) => {
      const parts = action === 'insert' ? { using: null, check: condition } : { using: condition, check: null }
      return { table: `public.${on}`, action, role: 'public', permissive: true, ...parts, at: null }
    }),
  }
  const asked = { role: 'authenticated', userId: ANN, select: null, parameters: [], prefer: [], body: null, ...request }
  return { name, case: { definition, rows, requests: [asked] } }
}

const INTEGER: ColumnType = { name: 'integer' }
const JSONB: ColumnType = { name: 'jsonb' }
const select = (text: string): Request['select'] => [{ text, items: null }]
const nested: JsonObject = { v: { a: { b: [1, 2, { c: null }] } } }
const chain: Case['rows'] = {
  'public.a': [
    { id: 1, up: null },
    { id: 2, up: 1 },
  ],
}
const MERGE = 'resolution=merge-duplicates'

export const REGRESSIONS: readonly Regression[] = [
  regression('a policy about a column that is hidden from the writer', {
    tables: [table('a', [id({ name: 'text' }), column('owner', { name: 'uuid' })])],
    policies: [
      ['a', 'select', 'true'],
      ['a', 'insert', '"a".owner is null'],
    ],
    hidden: [{ table: 'public.a', role: 'authenticated', columns: ['owner'], at: null }],
    request: { method: 'POST', table: 'a', body: { id: 'x' }, prefer: ['return=representation'] },
  }),
  regression('greatest of a column and a constant in the check of a new row', {
    tables: [table('a', [id(INTEGER), column('at', { name: 'timestamp' })])],
    policies: [['a', 'insert', `greatest("a".at, '2020-01-01T10:00:00') = "a".at`]],
    request: { method: 'POST', table: 'a', body: { id: 1, at: '2020-01-01T10:00:00' } },
  }),
  regression('->> of a number is a text', {
    tables: [table('a', [column('v', JSONB)], { primaryKey: null })],
    policies: [['a', 'select', 'true']],
    rows: { 'public.a': [nested] },
    request: { method: 'GET', table: 'a', select: select('x:v->a->b->>1') },
  }),
  regression('->> of an object has the blanks of PostgreSQL', {
    tables: [table('a', [column('v', JSONB)], { primaryKey: null })],
    policies: [['a', 'select', 'true']],
    rows: { 'public.a': [nested] },
    request: { method: 'GET', table: 'a', select: select('v->>a') },
  }),
  regression('avg of intervals', {
    tables: [table('a', [column('v', { name: 'interval' })], { primaryKey: null })],
    policies: [['a', 'select', 'true']],
    rows: { 'public.a': [{ v: '1 mon' }, { v: '1 day' }] },
    request: { method: 'GET', table: 'a', select: select('v.avg()') },
  }),
  regression(
    'SQLite forgets the foreign keys of a new row when a merge sets the key of a table that references itself',
    {
      tables: [table('a', [id(INTEGER), column('up', INTEGER)], upwards('no action', 'set null'))],
      policies: [
        ['a', 'select', 'true'],
        ['a', 'insert', 'true'],
        ['a', 'update', 'true'],
      ],
      request: { method: 'POST', table: 'a', body: { id: 3, up: 12 }, prefer: [MERGE] },
    },
  ),
  regression('the same by another unique key than the one that is referenced', {
    tables: [
      table('a', [id(INTEGER), column('up', INTEGER), column('slug', { name: 'text' })], {
        ...upwards('no action', 'set null'),
        uniques: [{ name: null, columns: ['slug'] }],
      }),
    ],
    policies: [
      ['a', 'select', 'true'],
      ['a', 'insert', 'true'],
      ['a', 'update', 'true'],
    ],
    request: {
      ...{ method: 'POST', table: 'a', parameters: ['on_conflict=slug'] },
      ...{ body: { id: 3, up: 12, slug: 'x' }, prefer: [MERGE] },
    },
  }),
  regression('rows that a cascade takes before the DELETE comes to them count as deleted', {
    tables: [table('a', [id(INTEGER), column('up', INTEGER)], upwards('cascade', 'cascade'))],
    policies: [
      ['a', 'select', 'true'],
      ['a', 'delete', 'true'],
    ],
    rows: chain,
    request: { method: 'DELETE', table: 'a', parameters: ['id=gt.0'], prefer: ['count=exact'] },
  }),
  regression('an integer key set to null', {
    tables: [table('a', [id(INTEGER)])],
    policies: [
      ['a', 'select', 'true'],
      ['a', 'update', 'true'],
    ],
    rows: { 'public.a': [{ id: 2 }] },
    request: { method: 'PATCH', table: 'a', parameters: ['id=eq.2'], body: { id: null } },
  }),
  regression('an upsert of a row that its author may not read', {
    tables: [table('a', [id(INTEGER), column('v', INTEGER)])],
    policies: [
      ['a', 'select', '"a".v = 1'],
      ['a', 'insert', 'true'],
      ['a', 'update', 'true'],
    ],
    request: { method: 'POST', table: 'a', body: { id: 3, v: 2 }, prefer: [MERGE] },
  }),
  regression('a merge that moves a row out of its author’s sight', {
    tables: [table('a', [id(INTEGER), column('v', INTEGER)])],
    policies: [
      ['a', 'select', '"a".v = 1'],
      ['a', 'insert', 'true'],
      ['a', 'update', 'true'],
    ],
    rows: { 'public.a': [{ id: 3, v: 1 }] },
    request: { method: 'POST', table: 'a', body: { id: 3, v: 2 }, prefer: [MERGE] },
  }),
  regression('headers-only where the key is hidden from the writer, who may read nothing', {
    tables: [table('a', [id(INTEGER), column('v', INTEGER)])],
    policies: [['a', 'insert', 'true']],
    hidden: [{ table: 'public.a', role: 'authenticated', columns: ['id'], at: null }],
    request: { method: 'POST', table: 'a', body: { v: 2 }, prefer: ['return=headers-only'] },
  }),
]
