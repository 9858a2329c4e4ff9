import { spreadHidden, spreadPolicies } from './access-rules.ts'
import { DEFAULT_SCHEMA, type FunctionArgument, tableKey } from './catalog.ts'
import { type AnyColumn, Column } from './column.ts'
import type {
  ColumnDefinition,
  ExistingDefinition,
  HiddenColumns,
  PolicyDefinition,
  SchemaDefinition,
  TableDefinition,
  ViewDefinition,
} from './definition.ts'
import { here, type Place } from './location.ts'
import { Report, suggestion } from './report.ts'
import { type AnyTable, type AnyView, type Columns, TableBuilder, ViewBuilder } from './table.ts'
import { parseTypeName, TYPE_NAMES } from './type-names.ts'
import type { ColumnType } from './types.ts'

/** A helper of `schema({…}, { functions })`; made with `expr()`. */
export interface ExprBuilder {
  readonly args: Readonly<Record<string, string | AnyColumn>>
  readonly body: string
  readonly definer: boolean
  readonly place: Place
}

/**
 * Declares a helper that policies, checks and other expressions may call. Its body is a PostgreSQL expression over the arguments. With
 * `definer`, the tables it reads are read without their policies, which is how a table's policy may ask about that table itself.
 *
 * ```ts
 * expr({ org: 'uuid' }, 'exists (select 1 from members where org_id = org and user_id = auth.uid())', { definer: true })
 * ```
 */
export function expr(
  args: ExprBuilder['args'],
  body: string,
  options: { readonly definer?: boolean } = {},
): ExprBuilder {
  return { args, body, definer: options.definer ?? false, place: here(expr) }
}

export type Entries = Readonly<Record<string, AnyTable | AnyView>>

export interface SchemaOptions {
  /** Helpers for expressions, by name. */
  readonly functions?: Readonly<Record<string, ExprBuilder>>
  /** Roles beyond anon, authenticated and service_role that tokens may carry. */
  readonly roles?: readonly string[]
  /** Schemas served over the wire, the first being the default. `public` alone when absent. */
  readonly schemas?: readonly string[]
}

/** What `schema()` gives: plain data, and in its type everything that `DatabaseOf` needs. */
export type Schema<Tables extends Entries = Entries> = SchemaDefinition & { readonly '~tables'?: Tables }

const BUILT_IN_ROLES = ['anon', 'authenticated', 'service_role']

/**
 * Declares a project's structure and who may do what with it. Tables and views stand beside each other; a name with a dot,
 * `'private.notes'`, is in that schema. Never throws: mistakes are collected and told all at once when the project is loaded.
 *
 * ```ts
 * export default schema(
 *   {
 *     profiles: table({ id: c.uuid().primaryKey(), name: c.text() }).policies({ select: { public: 'true' } }),
 *     posts: table({ id: c.bigint().identity().primaryKey(), author_id: c.uuid().references('profiles.id') }),
 *     authors: view({ id: c.uuid(), posts: c.bigint() }, 'select author_id, count(*) from posts group by 1'),
 *   },
 *   { roles: ['editor'], functions: { is_staff: expr({}, `auth.jwt() ->> 'staff' = 'yes'`) } },
 * )
 * ```
 */
export function schema<const Tables extends Entries>(tables: Tables, options: SchemaOptions = {}): Schema<Tables> {
  const report = new Report()
  const place = here(schema)
  reportUnsafeKeys(report, tables, { where: 'schema', place })
  const world: World = { report, roles: [...new Set([...BUILT_IN_ROLES, ...(options.roles ?? [])])] }
  const parts = Object.entries(tables).map(([name, entry]) => readEntry(world, name, { entry, place }))
  return {
    tables: parts.flatMap((part) => (part.table === null ? [] : [part.table])),
    views: parts.flatMap((part) => (part.view === null ? [] : [part.view])),
    existing: parts.flatMap((part) => (part.existing === null ? [] : [part.existing])),
    functions: readFunctions(report, options.functions ?? {}, place),
    policies: parts.flatMap((part) => part.policies),
    hidden: parts.flatMap((part) => part.hidden),
    roles: [...(options.roles ?? [])],
    schemas: [...(options.schemas ?? [DEFAULT_SCHEMA])],
    problems: report.problems,
  }
}

interface World {
  readonly report: Report
  readonly roles: readonly string[]
}

interface Part {
  readonly table: TableDefinition | null
  readonly view: ViewDefinition | null
  readonly existing: ExistingDefinition | null
  readonly policies: readonly PolicyDefinition[]
  readonly hidden: readonly HiddenColumns[]
}

const NO_PART: Part = { table: null, view: null, existing: null, policies: [], hidden: [] }

function readEntry(world: World, label: string, given: { readonly entry: unknown; readonly place: Place }): Part {
  const { entry } = given
  if (!(entry instanceof TableBuilder || entry instanceof ViewBuilder)) {
    world.report.add(
      { where: label, at: given.place.at },
      'this is not a table',
      'Make it with table({ … }) or view({ … }, …).',
    )
    return NO_PART
  }
  const { schema, name } = splitName(label)
  const base = { key: tableKey(schema, name), schema, name, at: entry.place.at }
  reportUnsafeKeys(world.report, entry.columns, { where: label, place: entry.place })
  const columns = readColumns(world.report, label, entry)
  const isExisting = entry instanceof TableBuilder && entry.facts.existing
  const scope = {
    key: base.key,
    label,
    columns: isExisting ? null : columns.map((column) => column.name),
    roles: world.roles,
    report: world.report,
  }
  const hiddenColumns = columns.flatMap(({ name: column, at }) => {
    const roles = (entry.columns as Columns)[column]?.facts.hiddenFrom ?? []
    return roles.length === 0 ? [] : [{ column, roles, at }]
  })
  const policies = spreadPolicies(scope, entry.facts)
  const hidden = spreadHidden(scope, entry.facts, hiddenColumns)
  if (entry instanceof ViewBuilder) {
    const view = { ...base, columns, select: entry.facts.select, comment: entry.facts.comment }
    return { ...NO_PART, view, policies, hidden }
  }
  if (isExisting) return { ...NO_PART, existing: { key: base.key, at: base.at }, policies, hidden }
  if (entry.facts.primaryKeys.length > 1)
    world.report.add({ where: label, at: base.at }, 'it has more than one primary key')
  return { ...NO_PART, table: { ...base, columns, ...tableParts(entry) }, policies, hidden }
}

function tableParts(entry: AnyTable): Omit<TableDefinition, 'key' | 'schema' | 'name' | 'columns' | 'at'> {
  const { options, primaryKeys, uniques, indexes, checks, foreignKeys, was, using } = entry.facts
  return {
    primaryKey: primaryKeys[0] ?? null,
    uniques: uniques.map((columns) => ({ name: null, columns })),
    foreignKeys: foreignKeys.map((key) => ({ name: null, ...key, target: qualified(key.target) })),
    checks: checks.map(({ expression, name }) => ({ expression, name: name ?? '' })),
    indexes: indexes.map((index) => ({
      unique: index.options.unique ?? false,
      where: index.options.where ?? null,
      columns: index.columns.map(readIndexColumn),
    })),
    open: options.open ?? false,
    comment: options.comment ?? null,
    was,
    using,
  }
}

function readIndexColumn(text: string): { name: string; descending: boolean } {
  const direction = /^(.*\S)\s+(asc|desc)$/i.exec(text)
  return { name: direction?.[1] ?? text, descending: direction?.[2]?.toLowerCase() === 'desc' }
}

function readColumns(report: Report, label: string, entry: AnyTable | AnyView): ColumnDefinition[] {
  const table = splitName(label).name
  return Object.entries(entry.columns as Readonly<Record<string, unknown>>).flatMap(([name, column]) => {
    if (!(column instanceof Column)) {
      report.add(
        { where: `${label}.${name}`, at: entry.place.at },
        'this is not a column',
        'Make it with c.text(), c.integer(), …',
      )
      return []
    }
    const { hiddenFrom: _, ...facts } = (column as AnyColumn).facts
    const references =
      facts.references === null ? null : { ...facts.references, target: qualifiedColumn(facts.references.target) }
    return [{ ...facts, references, name, type: nameEnum(facts.type, `${table}_${name}`), at: column.place.at }]
  })
}

/** An enum is called after its column, as messages print it: `invalid input value for enum posts_status`. */
function nameEnum(type: ColumnType, enumName: string): ColumnType {
  if (type.name === 'array') return { name: 'array', element: nameEnum(type.element, enumName) as typeof type.element }
  return type.name === 'enum' ? { ...type, enumName } : type
}

function readFunctions(
  report: Report,
  functions: Readonly<Record<string, ExprBuilder>>,
  place: Place,
): SchemaDefinition['functions'] {
  return Object.entries(functions).flatMap(([label, fn]) => {
    const at = (fn as Partial<ExprBuilder> | null)?.place?.at ?? place.at
    if (typeof (fn as Partial<ExprBuilder> | null)?.body !== 'string') {
      report.add(
        { where: `function ${label}`, at },
        'this is not a function',
        "Make it with expr({ org: 'uuid' }, 'expression').",
      )
      return []
    }
    const args = Object.entries(fn.args).map(([name, given]): FunctionArgument => {
      const type = typeof given === 'string' ? parseTypeName(given) : given.facts.type
      if (type !== null) return { name, type }
      const hint = suggestion(String(given), TYPE_NAMES)
      report.add({ where: `function ${label}`, at }, `there is no type "${String(given)}" (argument ${name})`, hint)
      return { name, type: { name: 'text' } }
    })
    return { ...splitName(label), arguments: args, body: fn.body, definer: fn.definer, at }
  })
}

/** `posts` → public, `private.notes` → private. */
function splitName(label: string): { schema: string; name: string } {
  const dot = label.indexOf('.')
  return dot === -1
    ? { schema: DEFAULT_SCHEMA, name: label }
    : { schema: label.slice(0, dot), name: label.slice(dot + 1) }
}

function qualified(target: string): string {
  const { schema, name } = splitName(target)
  return tableKey(schema, name)
}

/** `profiles.id` → `public.profiles.id`; `auth.users.id` stays. Without a column it stays as it is and is reported later. */
function qualifiedColumn(target: string): string {
  const dot = target.lastIndexOf('.')
  return dot === -1 ? target : `${qualified(target.slice(0, dot))}${target.slice(dot)}`
}

/** `{ __proto__: … }` in a literal sets the prototype instead of a member: it would vanish without a word. */
function reportUnsafeKeys(
  report: Report,
  value: object,
  spot: { readonly where: string; readonly place: Place },
): void {
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return
  report.add({ where: spot.where, at: spot.place.at }, 'nothing can be called "__proto__"')
}
