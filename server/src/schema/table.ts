import type { ReferentialAction } from './catalog.ts'
import type { AnyColumn, ReferenceOptions } from './column.ts'
import { here, type Place } from './location.ts'

/** A rule of one role: one condition, or one for the rows that are there (`using`) and one for the rows that will be (`check`). */
export type Rule = string | { readonly using?: string; readonly check?: string }
export type RulesByRole = Readonly<Record<string, Rule>>

export interface RulesByAction {
  /** Which rows may be read. */
  readonly select?: RulesByRole
  /** What a new row must satisfy. */
  readonly insert?: RulesByRole
  /** Which rows may be changed, and what they must satisfy afterwards; one condition stands for both. */
  readonly update?: RulesByRole
  /** Which rows may be deleted. */
  readonly delete?: RulesByRole
  /** All four. */
  readonly all?: RulesByRole
}

/**
 * Who may do what. Rules by action, then by role (`anon`, `authenticated`, your own roles, or `public` for every role), in PostgreSQL
 * expressions. Several rules of one action and role are alternatives; those under `restrictive` must hold besides.
 */
export interface Policies extends RulesByAction {
  readonly restrictive?: RulesByAction
}

export interface IndexOptions {
  readonly unique?: boolean
  /** Only rows that satisfy this PostgreSQL condition are indexed. */
  readonly where?: string
}

export interface TableOptions {
  /** Undeclared keys are accepted, kept in one jsonb column, and look like columns on the wire. */
  readonly open?: boolean
  readonly comment?: string
}

export type Columns = Readonly<Record<string, AnyColumn>>
type NameOf<Cols> = keyof Cols & string
type IndexColumn<Cols> = NameOf<Cols> | `${NameOf<Cols>} asc` | `${NameOf<Cols>} desc`

/** What DatabaseOf knows of a foreign key of several columns. */
export interface ForeignKeyType {
  readonly columns: readonly string[]
  readonly target: string
  readonly targetColumns: readonly string[]
}

/** Everything said about a table, before it has a name. */
export interface TableFacts {
  readonly options: TableOptions
  readonly primaryKeys: readonly (readonly string[])[]
  readonly uniques: readonly (readonly string[])[]
  readonly indexes: readonly { readonly columns: readonly string[]; readonly options: IndexOptions }[]
  readonly checks: readonly { readonly expression: string; readonly name: string | null }[]
  readonly foreignKeys: readonly {
    readonly columns: readonly string[]
    readonly target: string
    readonly targetColumns: readonly string[]
    readonly onDelete: ReferentialAction
    readonly onUpdate: ReferentialAction
  }[]
  readonly policies: readonly { readonly rules: Policies; readonly place: Place }[]
  readonly hidden: readonly { readonly byRole: Readonly<Record<string, readonly string[]>>; readonly place: Place }[]
  readonly was: string | null
  readonly using: string | null
  /** The database has it already and says what it looks like: only access is declared. */
  readonly existing: boolean
}

const NOTHING: Omit<TableFacts, 'options'> = {
  primaryKeys: [],
  uniques: [],
  indexes: [],
  checks: [],
  foreignKeys: [],
  policies: [],
  hidden: [],
  was: null,
  using: null,
  existing: false,
}

/** A table of `schema({…})`; made with `table()`. Each method gives a new one. */
export class TableBuilder<
  Cols extends Columns,
  Keys extends readonly string[] = never,
  Foreign extends ForeignKeyType = never,
  Open extends boolean = false,
> {
  declare readonly types: { readonly keys: Keys; readonly foreign: Foreign; readonly open: Open }
  readonly kind = 'table'
  readonly columns: Cols
  readonly facts: TableFacts
  readonly place: Place

  constructor(columns: Cols, facts: TableFacts, place: Place) {
    this.columns = columns
    this.facts = facts
    this.place = place
  }

  #with<NewKeys extends readonly string[] = Keys, NewForeign extends ForeignKeyType = Foreign>(
    facts: Partial<TableFacts>,
  ) {
    return new TableBuilder<Cols, NewKeys, NewForeign, Open>(this.columns, { ...this.facts, ...facts }, this.place)
  }

  /** A primary key of several columns: `.primaryKey('order_id', 'product_id')`. */
  primaryKey<const Key extends readonly NameOf<Cols>[]>(
    ...columns: Key
  ): TableBuilder<Cols, Keys | Key, Foreign, Open> {
    return this.#with<Keys | Key>({ primaryKeys: [...this.facts.primaryKeys, columns] })
  }

  /** No two rows may have the same values in all of these columns. */
  unique<const Key extends readonly NameOf<Cols>[]>(...columns: Key): TableBuilder<Cols, Keys | Key, Foreign, Open> {
    return this.#with<Keys | Key>({ uniques: [...this.facts.uniques, columns] })
  }

  /** An index: `.index('status', 'created_at desc')`, `.index('email', { unique: true, where: 'deleted_at is null' })`. */
  index(
    ...parts: readonly [...IndexColumn<Cols>[], IndexColumn<Cols> | IndexOptions]
  ): TableBuilder<Cols, Keys, Foreign, Open> {
    const last = parts.at(-1)
    const options = typeof last === 'object' ? last : {}
    const columns = parts.filter((part) => typeof part === 'string')
    return this.#with({ indexes: [...this.facts.indexes, { columns, options }] })
  }

  /** A PostgreSQL condition over the row's columns that must not be false. The name shows in the error of a row that fails it. */
  check(expression: string, name: string | null = null): TableBuilder<Cols, Keys, Foreign, Open> {
    return this.#with({ checks: [...this.facts.checks, { expression, name }] })
  }

  /** A foreign key of several columns: `.foreignKey(['order_id', 'line'], 'order_lines(order_id, line)', { onDelete: 'cascade' })`. */
  foreignKey<const Local extends readonly NameOf<Cols>[], const Target extends `${string}(${string})`>(
    columns: Local,
    target: Target,
    options: ReferenceOptions = {},
  ): TableBuilder<Cols, Keys, Foreign | ForeignOf<Local, Target>, Open> {
    const { onDelete = 'no action', onUpdate = 'no action' } = options
    const split = /^(.*?)\((.*)\)$/.exec(target)
    const targetColumns = (split?.[2] ?? '').split(',').map((name) => name.trim())
    const key = { columns, target: (split?.[1] ?? target).trim(), targetColumns, onDelete, onUpdate }
    return this.#with<Keys, Foreign | ForeignOf<Local, Target>>({ foreignKeys: [...this.facts.foreignKeys, key] })
  }

  comment(text: string): TableBuilder<Cols, Keys, Foreign, Open> {
    return this.#with({ options: { ...this.facts.options, comment: text } })
  }

  /** The table's former name: an explicit rename, so that no data is lost. */
  was(formerName: string): TableBuilder<Cols, Keys, Foreign, Open> {
    return this.#with({ was: formerName })
  }

  /**
   * The rows a migration fills the new table with: a PostgreSQL select over the database as it was before, whose output is named after the
   * columns. It plays no part afterwards.
   *
   * ```ts
   * table({ user_id: c.uuid().primaryKey(), street: c.text() }).using('select id as user_id, street from users')
   * ```
   */
  using(select: string): TableBuilder<Cols, Keys, Foreign, Open> {
    return this.#with({ using: select })
  }

  /**
   * Who may do what; without it, nobody but service_role may do anything. May be called several times.
   *
   * ```ts
   * .policies({
   *   select: { anon: `status = 'published'`, authenticated: `status = 'published' or author_id = auth.uid()` },
   *   update: { authenticated: { using: 'author_id = auth.uid()', check: `status <> 'locked'` } },
   *   restrictive: { all: { public: 'deleted_at is null' } },
   * })
   * ```
   */
  policies(rules: Policies): TableBuilder<Cols, Keys, Foreign, Open> {
    return this.#with({ policies: [...this.facts.policies, { rules, place: here(this.policies) }] })
  }

  /** Columns that do not exist for a role, on any surface: `.hidden({ anon: ['email'] })`. */
  hidden(byRole: Readonly<Record<string, readonly NameOf<Cols>[]>>): TableBuilder<Cols, Keys, Foreign, Open> {
    return this.#with({ hidden: [...this.facts.hidden, { byRole, place: here(this.hidden) }] })
  }
}

type Split<Text extends string> = Text extends `${infer First},${infer Rest}`
  ? [Trim<First>, ...Split<Rest>]
  : [Trim<Text>]
type Trim<Text extends string> = Text extends ` ${infer Rest}`
  ? Trim<Rest>
  : Text extends `${infer Rest} `
    ? Trim<Rest>
    : Text
type ForeignOf<Local extends readonly string[], Target extends string> = Target extends `${infer Table}(${infer Names})`
  ? { readonly columns: Local; readonly target: Trim<Table>; readonly targetColumns: Split<Names> }
  : never

/** Any table at all. */
export type AnyTable = TableBuilder<Columns, readonly string[], ForeignKeyType, boolean>

/**
 * Declares a table. Columns are not null unless they say so; no policy means no access.
 *
 * ```ts
 * table({
 *   id: c.uuid().primaryKey().default('gen_random_uuid()'),
 *   title: c.text(),
 *   author_id: c.uuid().references('profiles.id'),
 * }).index('author_id').policies({ select: { public: 'true' } })
 * ```
 */
export function table<const Cols extends Columns>(
  columns: Cols,
  options: TableOptions & { readonly open: true },
): TableBuilder<Cols, never, never, true>
export function table<const Cols extends Columns>(columns: Cols, options?: TableOptions): TableBuilder<Cols>
export function table(columns: Columns, options: TableOptions = {}): AnyTable {
  return new TableBuilder(columns, { ...NOTHING, options }, here(table))
}

/** Everything said about a view, before it has a name. */
export interface ViewFacts extends Pick<TableFacts, 'policies' | 'hidden'> {
  readonly select: string
  readonly comment: string | null
}

/**
 * A table or view that the database has already: its columns, keys and relations are taken from there, and only who may do what is
 * declared. Rows are typed as `Record<string, unknown>`; declare the table with `table()` to have them typed.
 *
 * ```ts
 * schema({ Album: existing().policies({ select: { public: 'true' } }) })
 * ```
 */
export function existing(): TableBuilder<Columns, never, never, true> {
  return new TableBuilder({}, { ...NOTHING, options: {}, existing: true }, here(existing))
}

/** A view of `schema({…})`; made with `view()`. */
export class ViewBuilder<Cols extends Columns> {
  readonly kind = 'view'
  readonly columns: Cols
  readonly facts: ViewFacts
  readonly place: Place

  constructor(columns: Cols, facts: ViewFacts, place: Place) {
    this.columns = columns
    this.facts = facts
    this.place = place
  }

  #with(facts: Partial<ViewFacts>): ViewBuilder<Cols> {
    return new ViewBuilder(this.columns, { ...this.facts, ...facts }, this.place)
  }

  comment(text: string): ViewBuilder<Cols> {
    return this.#with({ comment: text })
  }

  /** Who may read it: `.policies({ select: { anon: 'true' } })`. The tables below are read with their owner's rights. */
  policies(rules: Pick<Policies, 'select' | 'restrictive'>): ViewBuilder<Cols> {
    return this.#with({ policies: [...this.facts.policies, { rules, place: here(this.policies) }] })
  }

  hidden(byRole: Readonly<Record<string, readonly NameOf<Cols>[]>>): ViewBuilder<Cols> {
    return this.#with({ hidden: [...this.facts.hidden, { byRole, place: here(this.hidden) }] })
  }
}

/** Any view at all. */
export type AnyView = ViewBuilder<Columns>

/**
 * Declares a view: its columns with their types, and a PostgreSQL select that gives them in this order. `.references()` on a column lets the
 * view be embedded; it is not enforced.
 *
 * ```ts
 * view({ author_id: c.uuid(), posts: c.bigint() }, 'select author_id, count(*) from posts group by author_id')
 * ```
 */
export function view<const Cols extends Columns>(columns: Cols, select: string): ViewBuilder<Cols> {
  return new ViewBuilder(columns, { select, policies: [], hidden: [], comment: null }, here(view))
}
