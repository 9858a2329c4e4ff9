import type { Catalog, Column, ExprFunction, ForeignKey, Table } from '../schema/catalog.ts'
import type { ColumnDefinition, HiddenColumns, PolicyDefinition, SchemaDefinition } from '../schema/definition.ts'
import { makeCatalog, makeColumn, makeTable } from '../schema/make-catalog.ts'
import { parseTypeName } from '../schema/type-names.ts'
import type { ColumnType, ScalarType } from '../schema/types.ts'

/** The type test fixtures use for `status` columns. */
export const STATUS: ScalarType = { name: 'enum', enumName: 'status', values: ['draft', 'published'] }

/** `id uuid`, `price numeric(10,2)?` (nullable), `status status`. */
export function columnOf(text: string): Column {
  const nullable = text.endsWith('?')
  const [name = '', ...rest] = text.replace('?', '').split(' ')
  const type: ColumnType | null = rest[0] === 'status' ? STATUS : parseTypeName(rest.join(' '))
  if (type === null) throw new Error(`unknown type in ${text}`)
  return makeColumn({ name, type, nullable })
}

/** `author_id -> profiles.id` */
function foreignKey(table: string, text: string): ForeignKey {
  const [column = '', target = ''] = text.split(' -> ')
  const [targetTable = '', targetColumn = ''] = target.split('.')
  return {
    name: `${table}_${column}_fkey`,
    columns: [column],
    references: { table: `public.${targetTable}`, columns: [targetColumn] },
    onDelete: 'no action',
    onUpdate: 'no action',
  }
}

export interface TableText {
  readonly columns: readonly string[]
  readonly key?: readonly string[]
  readonly references?: readonly string[]
  readonly schema?: string
  readonly system?: boolean
}

export function tableOf(name: string, text: TableText): Table {
  return makeTable({
    name,
    schema: text.schema ?? 'public',
    columns: text.columns.map(columnOf),
    primaryKey: text.key ?? ['id'],
    foreignKeys: (text.references ?? []).map((reference) => foreignKey(name, reference)),
    system: text.system ?? false,
  })
}

/** `functionOf('is_member(org uuid)', 'exists (…)', true)` */
export function functionOf(head: string, body: string, definer = false): ExprFunction {
  const [name = '', args = ''] = head.replace(')', '').split('(')
  const columns = args === '' ? [] : args.split(', ').map(columnOf)
  return {
    name,
    schema: 'public',
    arguments: columns.map(({ name: label, type }) => ({ name: label, type })),
    body,
    definer,
  }
}

/** A blog with membership: every kind of relation, a system table, and one column of each type. */
export const TABLES: readonly Table[] = [
  tableOf('profiles', { columns: ['id uuid', 'name text', 'email text', 'age integer?'] }),
  tableOf('posts', {
    columns: [
      'id uuid',
      'title text',
      'status status',
      'author_id uuid?',
      'org_id uuid?',
      'likes integer',
      'views bigint?',
      'score real?',
      'price numeric(10,2)?',
      'tags text[]?',
      'data jsonb?',
      'created_at timestamptz',
      'day date?',
      'secret text?',
      'open boolean',
      'rank smallint?',
      'code varchar(5)?',
      'weight double precision?',
      'length interval?',
      'local timestamp?',
      'at time?',
      'raw bytea?',
    ],
    references: ['author_id -> profiles.id', 'org_id -> orgs.id'],
  }),
  tableOf('orgs', { columns: ['id uuid', 'name text'] }),
  tableOf('members', {
    columns: ['org_id uuid', 'user_id uuid', 'role text'],
    key: ['org_id', 'user_id'],
    references: ['org_id -> orgs.id', 'user_id -> profiles.id'],
  }),
  tableOf('comments', {
    columns: ['id bigint', 'post_id uuid', 'body text', 'author_id uuid?', 'parent_id bigint?'],
    references: ['post_id -> posts.id', 'author_id -> profiles.id', 'parent_id -> comments.id'],
  }),
  tableOf('tags', { columns: ['id integer', 'name text'] }),
  tableOf('post_tags', {
    columns: ['post_id uuid', 'tag_id integer'],
    key: ['post_id', 'tag_id'],
    references: ['post_id -> posts.id', 'tag_id -> tags.id'],
  }),
  tableOf('users', { schema: 'auth', columns: ['id uuid', 'email text'], system: true }),
]

export const FUNCTIONS: readonly ExprFunction[] = [
  functionOf('is_member(org uuid)', 'exists (select 1 from members where org_id = org and user_id = auth.uid())', true),
  functionOf('is_author(author uuid)', 'author = auth.uid()'),
]

export function catalogOf(tables: readonly Table[] = TABLES, functions: readonly ExprFunction[] = FUNCTIONS): Catalog {
  return makeCatalog({ version: 1, tables, functions })
}

/** `posts select anon: status = 'published'`; `-restrictive` after the role; `using ; check` for both. */
export function policyOf(text: string): PolicyDefinition {
  const [head = '', ...rest] = text.split(': ')
  const [table = '', action = 'select', role = 'public', mode] = head.split(' ')
  const [using = '', check] = rest.join(': ').split(' ; ')
  const inserting = action === 'insert'
  return {
    table: `public.${table}`,
    action: action as PolicyDefinition['action'],
    role,
    permissive: mode !== 'restrictive',
    using: inserting ? null : using,
    check: inserting ? using : (check ?? null),
    at: { file: 'schema.ts', line: 10 },
  }
}

export function definitionOf(policies: readonly string[], hidden: readonly HiddenColumns[] = []): SchemaDefinition {
  return {
    tables: [],
    views: [],
    functions: FUNCTIONS.map((fn) => ({ ...fn, at: null })),
    policies: policies.map(policyOf),
    hidden,
    roles: ['editor'],
    problems: [],
  }
}

/** `columnDefinitionOf('likes integer', { default: '0' })` */
export function columnDefinitionOf(text: string, more: Partial<ColumnDefinition> = {}): ColumnDefinition {
  const { comment: _comment, storage: _storage, ...column } = columnOf(text)
  const plain = {
    primaryKey: false,
    unique: false,
    check: null,
    references: null,
    comment: null,
    was: null,
    using: null,
    at: null,
  }
  return { ...column, ...plain, ...more }
}
