import type { ReferentialAction } from './catalog.ts'
import type { ColumnDefinition } from './definition.ts'
import { here, type Place } from './location.ts'
import {
  BIGINT,
  BOOLEAN,
  BYTEA,
  type ColumnType,
  DATE,
  DOUBLE,
  INTEGER,
  INTERVAL,
  JSONB,
  NUMERIC,
  REAL,
  type ScalarType,
  SMALLINT,
  TEXT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  UUID,
} from './types.ts'

/** What happens to the rows that hold the key when the row they name is deleted or its key changes. `no action` when absent. */
export interface ReferenceOptions {
  readonly onDelete?: ReferentialAction
  readonly onUpdate?: ReferentialAction
}

/** Everything said about a column, before it has a name. */
export type ColumnFacts = Omit<ColumnDefinition, 'name' | 'at'> & { readonly hiddenFrom: readonly string[] }

/** What DatabaseOf knows of a column: `null` in its rows, left out in inserts, never written, the only column of a key, an enum, an array. */
export type ColumnFlag = 'nullable' | 'optional' | 'generated' | 'key' | 'enum' | 'array'

/**
 * One column of a `table()`. Not null unless `.nullable()`. Each method gives a new column, so that a column may be shared:
 *
 * ```ts
 * const created = c.timestamptz().default('now()')
 * ```
 */
export class Column<Value, Flags extends ColumnFlag = never, Target extends string = never> {
  declare readonly types: { readonly value: Value; readonly flags: Flags; readonly target: Target }
  readonly facts: ColumnFacts
  readonly place: Place

  constructor(facts: ColumnFacts, place: Place) {
    this.facts = facts
    this.place = place
  }

  #with<MoreFlags extends ColumnFlag = never, NewTarget extends string = Target>(facts: Partial<ColumnFacts>) {
    return new Column<Value, Flags | MoreFlags, NewTarget>({ ...this.facts, ...facts }, this.place)
  }

  /** The table's primary key. For a key of several columns see `table().primaryKey(…)`. */
  primaryKey(): Column<Value, Flags | 'key', Target> {
    return this.#with<'key'>({ primaryKey: true })
  }

  unique(): Column<Value, Flags | 'key', Target> {
    return this.#with<'key'>({ unique: true })
  }

  /** The column may be null. */
  nullable(): Column<Value, Flags | 'nullable', Target> {
    return this.#with<'nullable'>({ nullable: true })
  }

  /**
   * A PostgreSQL expression for rows that give no value: `.default('now()')`, `.default("'none'")`. Numbers and booleans stand for
   * themselves, and so does a value of an enum: `c.enum('draft', 'published').default('draft')`.
   */
  default(expression: string | number | bigint | boolean): Column<Value, Flags | 'optional', Target> {
    return this.#with<'optional'>({ default: defaultText(this.facts.type, expression) })
  }

  /** A PostgreSQL condition over the row's columns that must not be false. */
  check(expression: string): Column<Value, Flags, Target> {
    return this.#with({ check: expression })
  }

  /** A foreign key: `.references('profiles.id', { onDelete: 'cascade' })`. The target must be a primary or unique key. */
  references<const NewTarget extends string>(target: NewTarget, options: ReferenceOptions = {}) {
    const { onDelete = 'no action', onUpdate = 'no action' } = options
    return this.#with<never, NewTarget>({ references: { target, onDelete, onUpdate } })
  }

  /** Computed from the row's other columns, on reading or, when `stored`, on writing. */
  generated(
    expression: string,
    options: { readonly stored?: boolean } = {},
  ): Column<Value, Flags | 'generated', Target> {
    return this.#with<'generated'>({ generated: { expression, stored: options.stored ?? false } })
  }

  /** Numbers itself, 1, 2, 3 …; with `always`, inserts may not give a value. */
  identity(options?: { readonly always?: false }): Column<Value, Flags | 'optional', Target>
  identity(options: { readonly always: true }): Column<Value, Flags | 'generated', Target>
  identity(options: { readonly always?: boolean } = {}): unknown {
    return this.#with({ identity: options.always === true ? 'always' : 'by default' })
  }

  comment(text: string): Column<Value, Flags, Target> {
    return this.#with({ comment: text })
  }

  /** The column's former name: an explicit rename, so that no data is lost. */
  was(formerName: string): Column<Value, Flags, Target> {
    return this.#with({ was: formerName })
  }

  /**
   * What existing rows get when a migration adds the column, changes its type, or makes it refuse null: a PostgreSQL expression over the row
   * as it was before, subqueries included. Without it they get the default, the cast value, or nothing. It plays no part afterwards.
   *
   * ```ts
   * first_name: c.text().using(`split_part(name, ' ', 1)`)
   * price: c.numeric(10, 2).using(`replace(price, ',', '.')::numeric`)
   * email: c.text().using('(select p.email from profiles p where p.id = profile_id)')
   * ```
   */
  using(expression: string): Column<Value, Flags, Target> {
    return this.#with({ using: expression })
  }

  /** For these roles the column does not exist: `.hidden('anon')`; `public` is every role but service_role. */
  hidden(...roles: readonly string[]): Column<Value, Flags, Target> {
    return this.#with({ hiddenFrom: [...this.facts.hiddenFrom, ...roles] })
  }
}

/** Any column at all. */
export type AnyColumn = Column<unknown, ColumnFlag, string>

function defaultText(type: ColumnType, expression: string | number | bigint | boolean): string {
  const text = String(expression)
  const isEnumValue = type.name === 'enum' && typeof expression === 'string' && type.values?.includes(text)
  return isEnumValue ? `'${text.replaceAll("'", "''")}'` : text
}

const PLAIN: Omit<ColumnFacts, 'type'> = {
  nullable: false,
  default: null,
  generated: null,
  identity: null,
  primaryKey: false,
  unique: false,
  check: null,
  references: null,
  comment: null,
  was: null,
  using: null,
  hiddenFrom: [],
}

function column<Value, Flags extends ColumnFlag = never>(type: ColumnType, caller: (...args: never[]) => unknown) {
  return new Column<Value, Flags>({ ...PLAIN, type }, here(caller))
}

/**
 * The column types, PostgreSQL's own.
 *
 * ```ts
 * table({
 *   id: c.bigint().identity().primaryKey(),
 *   name: c.varchar(80).unique(),
 *   price: c.numeric(10, 2).check('price >= 0'),
 *   tags: c.array(c.text()).default("'{}'"),
 *   settings: c.jsonb<{ theme: string }>().default(`'{"theme":"light"}'`),
 * })
 * ```
 */
export const c = {
  text: () => column<string>(TEXT, c.text),
  /** At most `length` characters; without it like text. */
  varchar: (length?: number) =>
    column<string>(length === undefined ? { name: 'varchar' } : { name: 'varchar', length }, c.varchar),
  /** 16 bits. */
  smallint: () => column<number>(SMALLINT, c.smallint),
  /** 32 bits. */
  integer: () => column<number>(INTEGER, c.integer),
  /** 64 bits, every digit of it on the wire; supabase-js reads it as a number. */
  bigint: () => column<number>(BIGINT, c.bigint),
  /** Exact decimals: `precision` digits in all, `scale` of them after the point. */
  numeric: (precision?: number, scale?: number) => column<number>(numericType(precision, scale), c.numeric),
  real: () => column<number>(REAL, c.real),
  double: () => column<number>(DOUBLE, c.double),
  boolean: () => column<boolean>(BOOLEAN, c.boolean),
  date: () => column<string>(DATE, c.date),
  time: () => column<string>(TIME, c.time),
  /** Without a time zone. */
  timestamp: () => column<string>(TIMESTAMP, c.timestamp),
  /** A moment, with microseconds. */
  timestamptz: () => column<string>(TIMESTAMPTZ, c.timestamptz),
  interval: () => column<string>(INTERVAL, c.interval),
  uuid: () => column<string>(UUID, c.uuid),
  /** Any JSON; `c.jsonb<MyShape>()` types it. */
  jsonb: <Shape = JsonValue>() => column<Shape>(JSONB, c.jsonb),
  bytea: () => column<string>(BYTEA, c.bytea),
  /** One of these texts; they sort in this order. */
  enum: <const Values extends readonly string[]>(...values: Values) =>
    column<Values[number], 'enum'>({ name: 'enum', values }, c.enum),
  /** A list of scalars: `c.array(c.text())`. */
  array: <Element>(element: Column<Element, 'enum'> | Column<Element>) =>
    column<Element[], 'array'>({ name: 'array', element: element.facts.type as ScalarType }, c.array),
}

/** JSON as supabase-js types it. */
export type JsonValue = string | number | boolean | null | { [key: string]: JsonValue | undefined } | JsonValue[]

function numericType(precision: number | undefined, scale: number | undefined): ScalarType {
  if (precision === undefined) return scale === undefined ? NUMERIC : { name: 'numeric', scale }
  return { name: 'numeric', precision, scale: scale ?? 0 }
}
