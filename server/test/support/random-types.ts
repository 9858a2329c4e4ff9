import type { ColumnDefinition } from '../../src/schema/definition.ts'
import type { ColumnType } from '../../src/schema/types.ts'
import type { Random } from '../simulate/random.ts'

/** A type of column, and expressions that fit it; `name` is the column's, quoted. */
export interface TypeSample {
  readonly type: ColumnType
  readonly defaults: readonly string[]
  /** Conditions that most values keep. */
  readonly checks: readonly ((name: string) => string)[]
}

const isNot =
  (value: string) =>
  (name: string): string =>
    `${name} <> ${value}`
const orNull = (value: string) => (name: string) => `${name} is null or ${name} <> ${value}`

export const TYPE_SAMPLES: readonly TypeSample[] = [
  {
    type: { name: 'text' },
    defaults: [`'new'`, `'it''s "n"'`],
    checks: [isNot(`'bad'`), (name) => `length(${name}) < 5000`],
  },
  { type: { name: 'varchar', length: 20 }, defaults: [`'d'`], checks: [isNot(`'bad'`)] },
  { type: { name: 'varchar' }, defaults: [`'d'`], checks: [(name) => `${name} like '%' and ${name} <> 'bad'`] },
  { type: { name: 'smallint' }, defaults: ['1'], checks: [orNull('7')] },
  { type: { name: 'integer' }, defaults: ['1', '1 + 1'], checks: [orNull('7'), (name) => `${name} > -1000000`] },
  { type: { name: 'bigint' }, defaults: ['5'], checks: [isNot('7')] },
  { type: { name: 'numeric' }, defaults: ['1.5'], checks: [isNot('7')] },
  { type: { name: 'numeric', precision: 10, scale: 2 }, defaults: ['1.5', '0'], checks: [(name) => `${name} < 99999`] },
  { type: { name: 'real' }, defaults: ['0.5'], checks: [] },
  { type: { name: 'double' }, defaults: ['0.25'], checks: [isNot('7')] },
  { type: { name: 'boolean' }, defaults: ['false', 'true'], checks: [] },
  { type: { name: 'date' }, defaults: [`'2020-05-05'`], checks: [isNot(`'2001-01-01'`)] },
  { type: { name: 'time' }, defaults: [`'08:00'`], checks: [] },
  { type: { name: 'timestamp' }, defaults: [`'2020-05-05 08:00'`], checks: [] },
  { type: { name: 'timestamptz' }, defaults: ['now()', `'2020-05-05 08:00+00'`], checks: [] },
  { type: { name: 'interval' }, defaults: [`'2 days'`], checks: [] },
  { type: { name: 'uuid' }, defaults: ['gen_random_uuid()', `'00000000-0000-0000-0000-00000000000d'`], checks: [] },
  { type: { name: 'jsonb' }, defaults: [`'{"d": 1}'`], checks: [] },
  { type: { name: 'bytea' }, defaults: [`'\\x01'`], checks: [] },
  { type: { name: 'enum', values: ['sad', 'ok', 'a b'] }, defaults: [`'ok'`], checks: [isNot(`'sad'`)] },
  { type: { name: 'array', element: { name: 'text' } }, defaults: [`'{}'`], checks: [] },
  { type: { name: 'array', element: { name: 'integer' } }, defaults: [`'{1,2}'`], checks: [] },
]

export function sampleFor(type: ColumnType): TypeSample {
  const plain = JSON.stringify(type.name === 'enum' ? { ...type, enumName: undefined } : type)
  const same = TYPE_SAMPLES.find((sample) => JSON.stringify(sample.type) === plain)
  return same ?? { type, defaults: type.name === 'enum' ? [`'ok'`] : [], checks: [] }
}

/** What a value of a type may become by a cast, mostly without loss. */
const CHANGES: readonly (readonly [ColumnType, ColumnType])[] = [
  [{ name: 'smallint' }, { name: 'integer' }],
  [{ name: 'integer' }, { name: 'bigint' }],
  [{ name: 'bigint' }, { name: 'integer' }],
  [{ name: 'integer' }, { name: 'text' }],
  [{ name: 'integer' }, { name: 'numeric', precision: 10, scale: 2 }],
  [{ name: 'numeric', precision: 10, scale: 2 }, { name: 'integer' }],
  [{ name: 'numeric', precision: 10, scale: 2 }, { name: 'numeric' }],
  [{ name: 'numeric' }, { name: 'double' }],
  [{ name: 'double' }, { name: 'numeric' }],
  [{ name: 'real' }, { name: 'double' }],
  [{ name: 'text' }, { name: 'varchar', length: 20 }],
  [{ name: 'varchar', length: 20 }, { name: 'varchar' }],
  [{ name: 'varchar' }, { name: 'text' }],
  [{ name: 'boolean' }, { name: 'text' }],
  [{ name: 'boolean' }, { name: 'integer' }],
  [{ name: 'date' }, { name: 'timestamp' }],
  [{ name: 'timestamp' }, { name: 'date' }],
  [{ name: 'timestamptz' }, { name: 'timestamp' }],
  [{ name: 'time' }, { name: 'text' }],
  [{ name: 'interval' }, { name: 'text' }],
  [{ name: 'uuid' }, { name: 'text' }],
  [{ name: 'jsonb' }, { name: 'text' }],
  [
    { name: 'array', element: { name: 'integer' } },
    { name: 'array', element: { name: 'text' } },
  ],
  [
    { name: 'enum', values: ['sad', 'ok', 'a b'] },
    { name: 'enum', values: ['new', 'sad', 'ok', 'a b'] },
  ],
  [
    { name: 'enum', values: ['new', 'sad', 'ok', 'a b'] },
    { name: 'enum', values: ['sad', 'ok', 'a b'] },
  ],
  [{ name: 'enum', values: ['sad', 'ok', 'a b'] }, { name: 'text' }],
]

/** Another type for the column, and the expression that makes its values of the old ones; null where a cast does. */
export function otherType(
  from: ColumnType,
  random: Random,
): { readonly type: ColumnType; readonly using: string | null } {
  const plain = JSON.stringify(sampleFor(from).type)
  const casts = CHANGES.filter(([before]) => JSON.stringify({ ...before, enumName: undefined }) === plain)
  if (casts.length > 0 && random.chance(0.7)) return { type: random.pick(casts)[1], using: null }
  const others = TYPE_SAMPLES.filter((sample) => JSON.stringify(sample.type) !== plain && sample.defaults.length > 0)
  const other = random.pick(others)
  return { type: other.type, using: random.pick(other.defaults) }
}

/** Computed from a column of such a type. */
export const GENERATED: Readonly<
  Record<string, (name: string) => { readonly type: ColumnType; readonly expression: string }>
> = {
  text: (name) => ({ type: { name: 'text' }, expression: `${name} || '!'` }),
  varchar: (name) => ({ type: { name: 'text' }, expression: `lower(${name})` }),
  numeric: (name) => ({ type: { name: 'numeric' }, expression: `round(${name} * 2, 1)` }),
  integer: (name) => ({ type: { name: 'bigint' }, expression: `cast(${name} as bigint) * 2` }),
  smallint: (name) => ({ type: { name: 'boolean' }, expression: `${name} > 0` }),
  boolean: (name) => ({ type: { name: 'integer' }, expression: `case when ${name} then 1 else 0 end` }),
}

export function plainDefinition(
  name: string,
  type: ColumnType,
  more: Partial<ColumnDefinition> = {},
): ColumnDefinition {
  return {
    ...{
      name,
      type,
      nullable: false,
      default: null,
      generated: null,
      identity: null,
      primaryKey: false,
      unique: false,
    },
    ...{ check: null, references: null, comment: null, was: null, using: null, at: null },
    ...more,
  }
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
