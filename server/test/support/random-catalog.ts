import assert from 'node:assert/strict'
import { buildCatalog } from '../../src/schema/build-catalog.ts'
import type { Catalog, ReferentialAction } from '../../src/schema/catalog.ts'
import type {
  ColumnDefinition,
  SchemaDefinition,
  TableDefinition,
  ViewDefinition,
} from '../../src/schema/definition.ts'
import type { Random } from '../simulate/random.ts'
import { GENERATED, plainDefinition, quoted, sampleFor, TYPE_SAMPLES } from './random-types.ts'

/** Tables and columns have names of their own each: so a text can be searched for them. */
const TABLE_NAMES = ['alpha', 'beta', 'gamma', 'delta', 'Odd table', 'order', 'zêta', 'x-y', 'posts', 'people'] as const
const COLUMN_NAMES = [
  ...[
    'label',
    'data',
    'kind',
    'group',
    'Some Name',
    'v1',
    'ü',
    'x-z',
    'size',
    'title',
    'note',
    'rank',
    'mood',
    'was_at',
  ],
] as const
const VIEW_NAMES = ['seen', 'Some View', 'recent'] as const
const ACTIONS: readonly ReferentialAction[] = ['no action', 'cascade', 'set null', 'restrict']

export type ForeignKeyDefinition = TableDefinition['foreignKeys'][number]

/** A random definition without mistakes, of everything a schema.ts can have but policies. */
export function randomDefinition(random: Random): SchemaDefinition {
  const tables: TableDefinition[] = []
  const count = random.int(1, 4)
  for (let at = 0; at < count; at++) {
    const table = randomTable(tables, random)
    if (table !== null) tables.push(table)
  }
  const views = random.chance(0.4) ? randomViews(tables, [], random) : []
  return definitionOf(tables, views)
}

export function definitionOf(tables: readonly TableDefinition[], views: readonly ViewDefinition[]): SchemaDefinition {
  return { tables, views, functions: [], policies: [], hidden: [], roles: [], existing: [], problems: [] }
}

/** The Catalog of a definition that has no mistakes. */
export function catalogFrom(definition: SchemaDefinition): Catalog {
  const { catalog, problems } = buildCatalog(definition, { version: 0 })
  assert.deepEqual(problems, [])
  assert.ok(catalog)
  return catalog
}

/** A name of the pool that is none of `taken`; null when all are. */
function freeName(pool: readonly string[], taken: ReadonlySet<string>, random: Random): string | null {
  const free = pool.filter((name) => !taken.has(name))
  return free.length === 0 ? null : random.pick(free)
}

export function freeTableName(taken: ReadonlySet<string>, random: Random): string | null {
  return freeName(TABLE_NAMES, taken, random)
}

export function freeColumnName(taken: ReadonlySet<string>, random: Random): string | null {
  return freeName(COLUMN_NAMES, taken, random)
}

export function randomTable(
  others: readonly TableDefinition[],
  random: Random,
  taken: ReadonlySet<string> = new Set(),
): TableDefinition | null {
  const name = freeTableName(new Set([...taken, ...others.map((table) => table.name)]), random)
  if (name === null) return null
  const schema = random.chance(0.15) ? 'audit' : 'public'
  const keys = keyColumns(random)
  let table: TableDefinition = {
    ...{ key: `${schema}.${name}`, schema, name, columns: keys, uniques: [], foreignKeys: [], checks: [], indexes: [] },
    ...{ primaryKey: keys.length === 0 ? null : keys.map((key) => key.name), open: random.chance(0.1) },
    ...{ comment: random.chance(0.2) ? `about ${name}; it's */ odd` : null, was: null, using: null, at: null },
  }
  for (let count = random.int(1, 5); count > 0; count--) {
    const column = randomColumn(table, random)
    if (column !== null) table = { ...table, columns: [...table.columns, column] }
  }
  const links = random.chance(0.6) ? [randomLink(table, [...others, table], random)] : []
  for (const link of links) if (link !== null) table = withLink(table, link)
  if (random.chance(0.3)) table = { ...table, columns: [...table.columns, ...computedColumn(table, random)] }
  if (random.chance(0.3)) table = { ...table, uniques: randomUniques(table, random) }
  if (random.chance(0.4)) table = { ...table, checks: randomChecks(table, random) }
  if (random.chance(0.5)) table = { ...table, indexes: randomIndexes(table, random) }
  return table
}

function keyColumns(random: Random): readonly ColumnDefinition[] {
  const kind = random.int(0, 9)
  if (kind === 0) return []
  if (kind === 1) return ['k1', 'k2'].map((name) => plainDefinition(name, { name: name === 'k1' ? 'integer' : 'text' }))
  if (kind === 2) return [plainDefinition('id', { name: 'text' })]
  if (kind <= 4) return [plainDefinition('id', { name: 'uuid' }, { default: 'gen_random_uuid()' })]
  if (kind <= 6) return [plainDefinition('id', { name: 'integer' })]
  return [plainDefinition('id', { name: 'bigint' }, { identity: random.chance(0.3) ? 'always' : 'by default' })]
}

/** A column of values that the table lacks; null when all names are used up. */
export function randomColumn(
  table: TableDefinition,
  random: Random,
  taken: ReadonlySet<string> = new Set(),
): ColumnDefinition | null {
  const name = freeColumnName(new Set([...taken, ...table.columns.map((column) => column.name)]), random)
  if (name === null) return null
  const sample = random.pick(TYPE_SAMPLES)
  const check = random.chance(0.15) ? sample.checks.map((make) => make(quoted(name))) : []
  return plainDefinition(name, typeOf(sample.type, table, name), {
    nullable: random.chance(0.6),
    default: random.chance(0.4) ? random.pick(sample.defaults) : null,
    comment: random.chance(0.1) ? `the ${name}` : null,
    unique: random.chance(0.05) && isComparable(sample.type),
    check: check.length === 0 ? null : random.pick(check),
  })
}

/** An enum is called after its column, as `schema()` does it. */
export function typeOf(type: ColumnDefinition['type'], table: Pick<TableDefinition, 'name'>, name: string) {
  return type.name === 'enum' ? { ...type, enumName: `${table.name}_${name}` } : type
}

export function isComparable(type: ColumnDefinition['type']): boolean {
  return !['jsonb', 'array', 'interval', 'bytea'].includes(type.name)
}

export function computedColumn(
  table: TableDefinition,
  random: Random,
  taken: ReadonlySet<string> = new Set(),
): readonly ColumnDefinition[] {
  const bases = table.columns.filter(({ type, generated }) => generated === null && GENERATED[type.name] !== undefined)
  const name = freeColumnName(new Set([...taken, ...table.columns.map((column) => column.name)]), random)
  if (bases.length === 0 || name === null) return []
  const base = random.pick(bases)
  const made = GENERATED[base.type.name]?.(quoted(base.name))
  if (made === undefined) return []
  const generated = { expression: made.expression, stored: random.chance(0.5) }
  return [plainDefinition(name, made.type, { nullable: true, generated })]
}

function randomUniques(table: TableDefinition, random: Random): TableDefinition['uniques'] {
  const columns = table.columns.filter((column) => isPlain(column) && isComparable(column.type))
  const chosen = random.some(columns, random.int(1, 2)).map((column) => column.name)
  return isNewKey(table, chosen) ? [{ name: null, columns: chosen }] : []
}

/** A second key over the columns of another one is no difference that anybody could see. */
export function isNewKey(table: TableDefinition, columns: readonly string[]): boolean {
  const keys = [table.primaryKey ?? [], ...table.uniques.map((unique) => unique.columns)]
  keys.push(...table.columns.filter((column) => column.unique).map((column) => [column.name]))
  const text = (names: readonly string[]) => [...names].sort().join('\u0000')
  return columns.length > 0 && keys.every((key) => text(key) !== text(columns))
}

const isPlain = (column: ColumnDefinition): boolean => column.generated === null && column.identity === null

export function randomChecks(table: TableDefinition, random: Random): TableDefinition['checks'] {
  const columns = random.shuffled(table.columns.filter(isPlain))
  const [first, second] = columns.flatMap((column) => {
    const makers = sampleFor(column.type).checks
    return makers.length === 0 ? [] : [random.pick(makers)(quoted(column.name))]
  })
  if (first === undefined) return []
  const expression = second !== undefined && random.chance(0.5) ? `(${first}) or (${second})` : first
  return [{ name: random.chance(0.5) ? '' : 'a_named_check', expression }]
}

/** One, or none where there is no column for it. */
export function randomIndexes(table: TableDefinition, random: Random): TableDefinition['indexes'] {
  const columns = random.some(table.columns.filter(isPlain), random.int(1, 2))
  const [first] = columns
  if (first === undefined) return []
  const { checks } = sampleFor(first.type)
  const index = {
    unique: random.chance(0.15) && columns.every((column) => isComparable(column.type)),
    columns: columns.map((column) => ({ name: column.name, descending: random.chance(0.3) })),
    where: checks.length > 0 && random.chance(0.3) ? random.pick(checks)(quoted(first.name)) : null,
  }
  return [index]
}

export interface Link {
  readonly columns: readonly ColumnDefinition[]
  readonly key: ForeignKeyDefinition
}

export function withLink(table: TableDefinition, link: Link): TableDefinition {
  return { ...table, columns: [...table.columns, ...link.columns], foreignKeys: [...table.foreignKeys, link.key] }
}

/** A foreign key to the primary key of some table, with the columns that hold it; null where there is nothing to point to. */
export function randomLink(table: TableDefinition, targets: readonly TableDefinition[], random: Random): Link | null {
  const keyed = targets.filter((target) => (target.primaryKey ?? []).length > 0)
  if (keyed.length === 0) return null
  const target = random.pick(keyed)
  const prefix = freeName(
    ['ref_a', 'ref_b', 'ref_c'],
    new Set(table.columns.map(({ name }) => name.slice(0, 5))),
    random,
  )
  if (prefix === null) return null
  const columns = (target.primaryKey ?? []).map((name) => {
    const type = target.columns.find((column) => column.name === name)?.type ?? { name: 'integer' as const }
    return plainDefinition(`${prefix}_${name}`, type, { nullable: true })
  })
  const targetColumns = target.primaryKey ?? []
  const actions = { onDelete: random.pick(ACTIONS), onUpdate: random.pick(ACTIONS.slice(0, 2)) }
  const names = columns.map((column) => column.name)
  return { columns, key: { name: null, columns: names, target: target.key, targetColumns, ...actions } }
}

export function otherAction(action: ReferentialAction, random: Random): ReferentialAction {
  return random.pick(ACTIONS.filter((each) => each !== action))
}

/** The table as a select names it. */
export function sourceOf(table: TableDefinition): string {
  return table.schema === 'public' ? quoted(table.name) : `${table.schema}.${quoted(table.name)}`
}

export function randomViews(
  tables: readonly TableDefinition[],
  taken: readonly string[],
  random: Random,
): readonly ViewDefinition[] {
  const name = freeName(VIEW_NAMES, new Set(taken), random)
  if (name === null || tables.length === 0) return []
  const table = random.pick(tables)
  const columns = random.some(table.columns, random.int(1, 3))
  const list = columns.map((column) => quoted(column.name)).join(', ')
  return [
    {
      ...{ key: `public.${name}`, schema: 'public', name, comment: random.chance(0.3) ? 'a view' : null, at: null },
      columns: columns.map((column) => plainDefinition(column.name, column.type, { nullable: true })),
      select: `select ${list} from ${sourceOf(table)}`,
    },
  ]
}
