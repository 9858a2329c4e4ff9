import type { ExprFunction } from '../../src/schema/catalog.ts'
import type {
  ColumnDefinition,
  HiddenColumns,
  PolicyAction,
  PolicyDefinition,
  SchemaDefinition,
  TableDefinition,
} from '../../src/schema/definition.ts'
import { quoted, USERS } from './case.ts'
import type { Random } from './random.ts'
import { sampleOf, textOf } from './types.ts'

export const ROLES = ['anon', 'authenticated', 'staff'] as const
const ACTIONS: readonly PolicyAction[] = ['select', 'insert', 'update', 'delete']

/** What an expression may read: tables before its own in a random order, so that policies never go round in a circle. */
interface Reach {
  readonly random: Random
  readonly tables: readonly TableDefinition[]
  readonly functions: readonly ExprFunction[]
  depth: number
}

export function generatePolicies(
  tables: readonly TableDefinition[],
  random: Random,
): Pick<SchemaDefinition, 'policies' | 'hidden' | 'functions'> {
  const order = random.shuffled(tables)
  const functions = random.chance(0.5) ? [definerFunction(order, random)] : []
  const policies = order.flatMap((table, at) =>
    tablePolicies(table, { random, tables: order.slice(0, at), functions, depth: 0 }),
  )
  return { policies, functions: functions.map((fn) => ({ ...fn, at: null })), hidden: hiddenColumns(tables, random) }
}

function hiddenColumns(tables: readonly TableDefinition[], random: Random): HiddenColumns[] {
  return tables.flatMap((table) =>
    ROLES.filter(() => random.chance(0.15)).map((role) => {
      const candidates = random.chance(0.8)
        ? table.columns.filter(({ name }) => !table.primaryKey?.includes(name))
        : table.columns
      return {
        table: table.key,
        role,
        columns: random.some(candidates, random.int(1, 2)).map(({ name }) => name),
        at: null,
      }
    }),
  )
}

/** True for people who own a row of some table, whatever that table's policies say. */
function definerFunction(tables: readonly TableDefinition[], random: Random): ExprFunction {
  const target = tables.find((table) => table.columns.some(({ name }) => name === 'owner')) ?? random.pick(tables)
  const isOwned = target.columns.some(({ name }) => name === 'owner')
  const where = isOwned ? 'd.owner = who' : 'who is not null'
  const body = `exists (select 1 from ${quoted(target.name)} d where ${where})`
  return {
    name: 'is_known',
    schema: 'public',
    arguments: [{ name: 'who', type: { name: 'uuid' } }],
    body,
    definer: random.chance(0.9),
  }
}

function tablePolicies(table: TableDefinition, reach: Reach): PolicyDefinition[] {
  const { random } = reach
  if (random.chance(0.08)) return []
  const isOpen = random.chance(0.25)
  return [...ROLES, 'public'].flatMap((role) =>
    ACTIONS.flatMap((action) => {
      const likelihood = role === 'public' ? 0.15 : action === 'select' ? 0.85 : 0.65
      const made: PolicyDefinition[] = []
      if (random.chance(likelihood)) made.push(policy(table, { role, action, permissive: true, isOpen }, reach))
      if (random.chance(0.12)) made.push(policy(table, { role, action, permissive: true, isOpen: false }, reach))
      if (random.chance(0.08)) made.push(policy(table, { role, action, permissive: false, isOpen: false }, reach))
      return made
    }),
  )
}

interface Wanted {
  readonly role: string
  readonly action: PolicyAction
  readonly permissive: boolean
  readonly isOpen: boolean
}

function policy(table: TableDefinition, { role, action, permissive, isOpen }: Wanted, reach: Reach): PolicyDefinition {
  const make = (): string =>
    isOpen || (permissive && reach.random.chance(action === 'select' ? 0.25 : 0.4))
      ? 'true'
      : condition(table, quoted(table.name), { ...reach, depth: 2 })
  const using = action === 'insert' ? null : make()
  const check = action === 'insert' || (action === 'update' && reach.random.chance(0.6)) ? make() : null
  return { table: table.key, action, role, permissive, using, check, at: null }
}

/** A random condition over a row of `table`, which is called `alias` here. */
function condition(table: TableDefinition, alias: string, reach: Reach): string {
  const { random, depth } = reach
  const inner = { ...reach, depth: depth - 1 }
  if (depth > 0 && random.chance(0.35)) {
    const [a, b] = [condition(table, alias, inner), condition(table, alias, inner)]
    return random.pick([
      `(${a}) and (${b})`,
      `(${a}) or (${b})`,
      `not (${a})`,
      `(${a}) or ${b}`,
      `case when ${a} then ${b} else false end`,
      `coalesce(${a}, ${b})`,
    ])
  }
  if (reach.tables.length > 0 && random.chance(0.3)) return subquery(table, alias, reach)
  const owner = table.columns.find(({ name }) => name === 'owner')
  if (owner !== undefined && random.chance(0.35))
    return random.pick([
      `${alias}.owner = auth.uid()`,
      `${alias}.owner is not distinct from auth.uid()`,
      `auth.uid() in (${alias}.owner)`,
      `${alias}.owner <> auth.uid()`,
    ])
  if (reach.functions.length > 0 && random.chance(0.15)) return `is_known(auth.uid())`
  if (random.chance(0.15)) return ambient(random)
  return comparison(random.pick(table.columns), alias, random)
}

function ambient(random: Random): string {
  return random.pick([
    'true',
    'auth.uid() is not null',
    `auth.role() = 'authenticated'`,
    `auth.jwt() ->> 'role' <> 'anon'`,
    `auth.email() like 'aaaa%'`,
    `auth.jwt() -> 'app_metadata' ->> 'org' = 'acme'`,
    `auth.uid() = '${random.pick(USERS)}'`,
    'null',
    "now() > '2000-01-01'",
    '1 = 1',
  ])
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

export function comparison(column: Pick<ColumnDefinition, 'name' | 'type'>, alias: string, random: Random): string {
  const name = `${alias}.${quoted(column.name)}`
  const value = (): string => literal(textOf(column.type, random.pick(sampleOf(column.type, random))))
  const any = [
    `${name} is null`,
    `${name} is not null`,
    `${name} = ${value()}`,
    `${name} <> ${value()}`,
    `${name} is distinct from ${value()}`,
    `${name} in (${value()}, ${value()})`,
  ]
  const ordered = [
    `${name} < ${value()}`,
    `${name} >= ${value()}`,
    `${name} between ${value()} and ${value()}`,
    `greatest(${name}, ${value()}) = ${name}`,
    `${name} not in (${value()}, null)`,
    `nullif(${name}, ${value()}) is null`,
  ]
  return random.pick([...any, ...ordered, ...(SPECIAL[column.type.name]?.(name, value()) ?? [])])
}

/** What only some types have. */
type Conditions = (name: string, value: string) => readonly string[]
const textConditions: Conditions = (name, value) => [
  `lower(${name}) = ${value}`,
  `${name} like 'a%'`,
  `${name} ilike '%Ä%'`,
  `length(${name}) > 1`,
  `${name} || 'x' = 'ax'`,
  `upper(${name}) <> ${name}`,
  `${name} ~ '^[a-z]'`,
  `position('b' in ${name}) > 0`,
  `substring(${name} from 1 for 1) = 'a'`,
  `trim(${name}) = ${name}`,
  `left(${name}, 1) = 'a'`,
  `replace(${name}, 'a', 'b') = 'b'`,
  `reverse(${name}) = ${name}`,
]
const smallintConditions: Conditions = (name) => [
  `${name} % 2 = 0`,
  `abs(cast(${name} as bigint)) < 6`,
  `${name} / 2 = 1`,
  `cast(${name} as text) like '1%'`,
  `-cast(${name} as bigint) < 0`,
  `cast(${name} as bigint) * 3 - 1 > 5`,
]
const realConditions: Conditions = (name) => [
  `${name} * 2 >= 1`,
  `${name} + 1 > 1.25`,
  `ceil(${name}) = 1`,
  `${name} / 4 < 0.25`,
]
const dateConditions: Conditions = (name) => [
  `${name} < now()`,
  `extract(year from ${name}) = 2020`,
  `date_trunc('month', ${name}) = '2020-01-01'`,
  `cast(${name} as date) = '2020-01-01'`,
]
/** Not of dates: the last of them would overflow, and whether that is seen depends on the order of evaluation. */
const momentConditions: Conditions = (name, value) => [
  ...dateConditions(name, value),
  `${name} + interval '1 month' > '2020-02-15'`,
]
const SPECIAL: Readonly<Record<string, Conditions>> = {
  text: textConditions,
  varchar: textConditions,
  smallint: smallintConditions,
  integer: smallintConditions,
  bigint: (name) => [
    `${name} % 2 = 1`,
    `cast(${name} as text) like '9%'`,
    `${name} / 3 > 0`,
    `cast(${name} as numeric) + 1 > 2`,
  ],
  numeric: (name) => [
    `${name} * 2 > 3`,
    `round(${name}) = 2`,
    `floor(${name}) <= ${name}`,
    `${name} + 0.5 = 2`,
    `trunc(${name}, 1) = ${name}`,
    `sign(${name}) >= 0`,
    `${name} % 2 = 1`,
  ],
  real: realConditions,
  double: realConditions,
  boolean: (name) => [name, `not ${name}`, `${name} is true`, `${name} is not false`, `${name} is unknown`],
  date: dateConditions,
  timestamp: momentConditions,
  timestamptz: momentConditions,
  time: (name) => [`${name} + interval '1 hour' < '12:00'`, `extract(hour from ${name}) = 10`],
  interval: (name) => [`${name} + interval '1 day' > interval '2 days'`, `extract(epoch from ${name}) > 0`],
  jsonb: (name) => [
    `${name} ->> 'a' = '1'`,
    `${name} -> 'a' is not null`,
    `${name} @> '{"a": 1}'`,
    `jsonb_typeof(${name}) = 'object'`,
    `${name} ? 'b'`,
    `${name} -> 0 = '1'`,
    `${name} #>> '{a,b,1}' = '2'`,
  ],
  array: (name, value) => [
    `cardinality(${name}) > 1`,
    `${name} && ${value}`,
    `${name} @> ${value}`,
    `${name} <@ ${value}`,
    `array_length(${name}, 1) is null`,
  ],
}

function subquery(table: TableDefinition, alias: string, reach: Reach): string {
  const { random } = reach
  const other = random.pick(reach.tables)
  const name = reach.depth >= 0 ? `q${reach.depth}` : 'q'
  const joins = [
    ...linksBetween({ table, alias }, { table: other, alias: name }),
    ...linksBetween({ table: other, alias: name }, { table, alias }),
  ]
  const join = joins.length > 0 && random.chance(0.85) ? random.pick(joins) : null
  const more = random.chance(0.6)
    ? condition(other, name, { ...reach, tables: reach.tables.filter((each) => each !== other), depth: 0 })
    : 'true'
  const from = `from ${quoted(other.name)} ${name} where ${join === null ? '' : `${join} and `}(${more})`
  const choice = random.int(0, 5)
  if (choice <= 2) return `${choice === 2 ? 'not ' : ''}exists (select 1 ${from})`
  if (choice === 3) return `(select count(*) ${from}) ${random.pick(['>', '<', '='])} ${random.int(0, 2)}`
  const key = other.columns.find((column) =>
    table.columns.some((mine) => JSON.stringify(mine.type) === JSON.stringify(column.type)),
  )
  const mine = table.columns.find((column) => JSON.stringify(column.type) === JSON.stringify(key?.type))
  if (key === undefined || mine === undefined) return `exists (select 1 ${from})`
  const left = `${alias}.${quoted(mine.name)}`
  if (choice === 4)
    return `${left} ${random.chance(0.7) ? 'in' : 'not in'} (select ${name}.${quoted(key.name)} ${from})`
  if (['jsonb', 'boolean', 'array', 'bytea', 'uuid'].includes(key.type.name))
    return `${left} in (select ${name}.${quoted(key.name)} ${from})`
  return `${left} >= (select ${random.pick(['min', 'max'])}(${name}.${quoted(key.name)}) ${from})`
}

/** Join conditions along the foreign keys of `from` that lead to `to`. */
function linksBetween(from: Aliased, to: Aliased): readonly string[] {
  const column = ({ alias }: Aliased, name = ''): string => `${alias}.${quoted(name)}`
  return from.table.foreignKeys
    .filter((key) => key.target === to.table.key)
    .map((key) =>
      key.columns.map((name, at) => `${column(from, name)} = ${column(to, key.targetColumns[at])}`).join(' and '),
    )
}

interface Aliased {
  readonly table: TableDefinition
  readonly alias: string
}
