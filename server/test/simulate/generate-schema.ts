import type { ReferentialAction, TableKey } from '../../src/schema/catalog.ts'
import type { ColumnDefinition, SchemaDefinition, TableDefinition } from '../../src/schema/definition.ts'
import type { ColumnType } from '../../src/schema/types.ts'
import type { Json, JsonObject } from '../../src/std/json.ts'
import { quoted, USERS } from './case.ts'
import { generatePolicies } from './generate-policies.ts'
import type { Random } from './random.ts'
import { KEY_SAMPLES, plain, SAMPLES, sampleOf } from './types.ts'

const TABLE_NAMES = ['alpha', 'beta', 'gamma', 'delta', 'Odd name', 'order', 'zêta', 'x-y'] as const
const COLUMN_NAMES = ['n', 'label', 'data', 'at', 'kind', 'group', 'Some Name', 'v1', 'ü', 'x-z'] as const
const ACTIONS: readonly ReferentialAction[] = ['no action', 'cascade', 'set null', 'restrict', 'cascade', 'no action']

export interface Generated {
  readonly definition: SchemaDefinition
  readonly rows: Readonly<Record<TableKey, readonly JsonObject[]>>
}

/** A random schema with policies, and rows for it. Some rows may break a constraint: those are left out when the case is loaded. */
export function generateSchema(random: Random): Generated {
  const names = random.some(TABLE_NAMES, random.int(2, 5))
  const tables: TableDefinition[] = []
  for (const name of names) tables.push(generateTable(name, tables, random))
  const definition: SchemaDefinition = {
    ...{ tables, views: [], functions: [], policies: [], hidden: [], roles: ['staff'], existing: [], problems: [] },
    ...generatePolicies(tables, random),
  }
  return { definition, rows: generateRows(tables, random) }
}

function column(name: string, type: ColumnType, more: Partial<ColumnDefinition> = {}): ColumnDefinition {
  const nothing = { nullable: false, default: null, generated: null, identity: null, primaryKey: false, unique: false }
  return {
    name,
    type,
    ...nothing,
    check: null,
    references: null,
    comment: null,
    was: null,
    using: null,
    at: null,
    ...more,
  }
}

function generateTable(name: string, earlier: readonly TableDefinition[], random: Random): TableDefinition {
  const isJunction = earlier.length >= 2 && random.chance(0.3)
  const { columns: keys, foreignKeys } = isJunction
    ? junctionKeys(name, earlier, random)
    : { columns: keyColumns(random), foreignKeys: [] }
  const table: TableDefinition = {
    ...{ key: `public.${name}`, schema: 'public', name, uniques: [], checks: [], indexes: [], open: false },
    ...{
      columns: keys,
      primaryKey: keys.length === 0 ? null : keys.map((key) => key.name),
      foreignKeys,
      comment: null,
      was: null,
      using: null,
      at: null,
    },
  }
  const links = random.chance(0.75)
    ? linkColumns(table, [...earlier, ...(random.chance(0.5) ? [table] : [])], random)
    : []
  const owner = random.chance(0.7) ? [column('owner', { name: 'uuid' }, { nullable: random.chance(0.5) })] : []
  const values = random.some(COLUMN_NAMES, random.int(1, 5)).map((each) => valueColumn(each, random))
  const computed = generatedColumn(values, random)
  const columns = [...keys, ...links.flatMap((link) => link.columns), ...owner, ...values, ...computed]
  const unique = random.chance(0.15)
    ? random.some(
        values.filter(({ type }) => !['jsonb', 'array', 'interval'].includes(type.name)),
        2,
      )
    : []
  return {
    ...table,
    columns,
    foreignKeys: [...foreignKeys, ...links.map((link) => link.key)],
    uniques: unique.length === 0 ? [] : [{ name: null, columns: unique.map((each) => each.name) }],
    indexes: random.chance(0.4)
      ? [{ unique: false, columns: [{ name: random.pick(columns).name, descending: random.chance(0.3) }], where: null }]
      : [],
  }
}

function keyColumns(random: Random): readonly ColumnDefinition[] {
  if (random.chance(0.06)) return []
  if (random.chance(0.2)) return ['k1', 'k2'].map((name) => column(name, random.pick(KEY_SAMPLES.slice(0, 4)).type))
  return [column('id', random.pick(KEY_SAMPLES).type)]
}

type ForeignKeyDefinition = TableDefinition['foreignKeys'][number]
interface Link {
  readonly columns: readonly ColumnDefinition[]
  readonly key: ForeignKeyDefinition
}

function junctionKeys(name: string, earlier: readonly TableDefinition[], random: Random) {
  const keyed = earlier.filter((table) => table.primaryKey !== null)
  const ends = keyed.length < 2 ? [] : random.chance(0.15) ? [keyed[0], keyed[0]] : random.some(keyed, 2)
  const links = ends.flatMap((end, at) =>
    end === undefined
      ? []
      : [link(`${at === 0 ? 'left' : 'right'}`, end, { nullable: false, onDelete: 'cascade', onUpdate: 'cascade' })],
  )
  if (links.length < 2) return { columns: keyColumns(random), foreignKeys: [] }
  void name
  return { columns: links.flatMap(({ columns }) => columns), foreignKeys: links.map(({ key }) => key) }
}

function linkColumns(table: TableDefinition, targets: readonly TableDefinition[], random: Random): Link[] {
  const keyed = targets.filter((target) => target.primaryKey !== null)
  if (keyed.length === 0) return []
  const count = random.int(1, 2)
  return random.times(count, (at) => {
    const target = random.pick(keyed)
    const isSelf = target.key === table.key
    const nullable = isSelf || random.chance(0.6)
    // SET NULL needs a nullable column to be interesting; for RESTRICT see `mayRestrict`.
    const choose = (): ReferentialAction => {
      const action = random.pick(ACTIONS)
      const isKept =
        action === 'restrict' ? count === 1 && mayRestrict(table, target) : nullable || action !== 'set null'
      return isKept ? action : 'no action'
    }
    // A row that loses half of a composite reference in the statement that moves its parent: SQLite follows row by row, PostgreSQL at the end.
    const isHalved = isSelf && (target.primaryKey?.length ?? 0) > 1
    return link(`ref${at}`, target, { nullable, onDelete: choose(), onUpdate: isHalved ? 'no action' : choose() })
  })
}

/**
 * SQLite judges RESTRICT at once, PostgreSQL at the end of the statement: where the same row may also go by a cascade, the order in which rows
 * go decides. So only a table that nothing else can take rows from restricts, and only one that has no references of its own.
 */
function mayRestrict(table: TableDefinition, target: TableDefinition): boolean {
  return table.key !== target.key && table.foreignKeys.length === 0 && target.foreignKeys.length === 0
}

function link(
  prefix: string,
  target: TableDefinition,
  options: { nullable: boolean; onDelete: ReferentialAction; onUpdate: ReferentialAction },
): Link {
  const { nullable, onDelete, onUpdate } = options
  const targetColumns = target.primaryKey ?? []
  const columns = targetColumns.map((name) => {
    const type = target.columns.find((each) => each.name === name)?.type ?? { name: 'integer' as const }
    return column(`${prefix}_${name}`, type, { nullable })
  })
  const key = {
    name: null,
    columns: columns.map((each) => each.name),
    target: target.key,
    targetColumns,
    onDelete,
    onUpdate,
  }
  return { columns, key }
}

function valueColumn(name: string, random: Random): ColumnDefinition {
  const sample = random.pick(SAMPLES)
  const { type } = sample
  const isNumber = ['smallint', 'integer', 'bigint', 'numeric', 'double'].includes(type.name)
  const check = isNumber && random.chance(0.1) ? `${quoted(name)} <> 7 or ${quoted(name)} is null` : null
  return column(name, type, {
    nullable: random.chance(0.6),
    default: random.chance(0.25) ? defaultText(type) : null,
    check,
  })
}

const DEFAULTS: Readonly<Record<string, string>> = {
  text: `'new'`,
  varchar: `'d'`,
  smallint: '1',
  integer: '1 + 1',
  bigint: '5',
  numeric: '1.5',
  real: '0.5',
  double: '0.25',
  boolean: 'false',
  date: `'2020-05-05'`,
  time: `'08:00'`,
  timestamp: `'2020-05-05 08:00'`,
  timestamptz: 'now()',
  interval: `'2 days'`,
  jsonb: `'{"d": 1}'`,
  uuid: `'00000000-0000-0000-0000-00000000000d'`,
  enum: `'ok'`,
  array: `'{}'`,
  bytea: `'\\x01'`,
}
function defaultText(type: ColumnType): string | null {
  return DEFAULTS[type.name] ?? null
}

const GENERATED: Readonly<Record<string, (name: string) => { type: ColumnType; expression: string }>> = {
  text: (name) => ({ type: { name: 'text' }, expression: `${name} || '!'` }),
  varchar: (name) => ({ type: { name: 'text' }, expression: `lower(${name})` }),
  numeric: (name) => ({ type: { name: 'numeric' }, expression: `round(${name} * 2, 1)` }),
  integer: (name) => ({ type: { name: 'bigint' }, expression: `cast(${name} as bigint) * 2` }),
  smallint: (name) => ({ type: { name: 'boolean' }, expression: `${name} > 0` }),
  boolean: (name) => ({ type: { name: 'integer' }, expression: `case when ${name} then 1 else 0 end` }),
}
function generatedColumn(values: readonly ColumnDefinition[], random: Random): readonly ColumnDefinition[] {
  const base = values.find(({ type }) => GENERATED[type.name] !== undefined)
  const make = base === undefined ? undefined : GENERATED[base.type.name]
  if (base === undefined || make === undefined || !random.chance(0.2)) return []
  const { type, expression } = make(quoted(base.name))
  return [column('computed', type, { nullable: true, generated: { expression, stored: random.chance(0.5) } })]
}

/** Rows of every table, in the order of `tables`: keys mostly differ and references mostly lead somewhere. */
function generateRows(
  tables: readonly TableDefinition[],
  random: Random,
): Readonly<Record<TableKey, readonly JsonObject[]>> {
  const rows: Record<TableKey, JsonObject[]> = {}
  for (const table of tables) {
    const made: JsonObject[] = []
    rows[table.key] = made
    const count = random.chance(0.1) ? 0 : random.int(3, 11)
    for (let at = 0; at < count * 2 && made.length < count; at++) {
      const row = generateRow(table, rows, random)
      if (random.chance(0.05) || !made.some((other) => hasSameKey(table, row, other))) made.push(row)
    }
  }
  return rows
}

function hasSameKey({ primaryKey }: TableDefinition, row: JsonObject, other: JsonObject): boolean {
  return primaryKey?.every((name) => plain(row[name] ?? null) === plain(other[name] ?? null)) ?? false
}

function generateRow(
  table: TableDefinition,
  rows: Readonly<Record<TableKey, readonly JsonObject[]>>,
  random: Random,
): JsonObject {
  const given = table.columns.filter((each) => each.generated === null)
  const row: Record<string, Json> = Object.fromEntries(given.map((each) => [each.name, cellOf(each, random)]))
  for (const key of table.foreignKeys) {
    const targets = rows[key.target] ?? []
    const isNull = key.columns.some((name) => row[name] === null)
    if (isNull) continue
    const target = targets.length === 0 ? {} : random.pick(targets)
    for (const [at, name] of key.columns.entries()) row[name] = target[key.targetColumns[at] ?? ''] ?? null
  }
  return row
}

export function cellOf(each: ColumnDefinition, random: Random): Json {
  if (each.nullable && random.chance(0.3)) return null
  return each.name === 'owner' ? random.pick(USERS) : random.pick(sampleOf(each.type, random))
}
