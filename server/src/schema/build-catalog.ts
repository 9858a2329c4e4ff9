import {
  type Catalog,
  type Check,
  type Column,
  DEFAULT_SCHEMA,
  type ForeignKey,
  type Index,
  type Table,
  type TableKey,
  tableKey,
  type Unique,
} from './catalog.ts'
import { checkColumns } from './check-columns.ts'
import { checkCircles, checkForeignKey, checkKeyColumns, shortKey } from './check-keys.ts'
import type {
  ColumnDefinition,
  Location,
  Problem,
  SchemaDefinition,
  TableDefinition,
  ViewDefinition,
} from './definition.ts'
import { makeCatalog, makeColumn, makeTable } from './make-catalog.ts'
import { constraintName, nameFault, nameHint, tableNameFault } from './names.ts'
import { Report, type Spot } from './report.ts'
import { JSONB } from './types.ts'

export interface BuildOptions {
  readonly version: number
  /** The database as it was found: its tables may be referenced too. */
  readonly existing?: Catalog
}

export interface BuiltCatalog {
  /** null when there are problems. */
  readonly catalog: Catalog | null
  readonly problems: readonly Problem[]
  /** What can be made of the definition in spite of its problems: enough to look for mistakes in its expressions, never to be served. */
  readonly draft: Catalog
}

/** Where an open table keeps the keys that nobody declared. */
export const OPEN_COLUMN = '_open'

/**
 * The Catalog of a definition, with PostgreSQL's names for constraints and indexes; or every mistake in it, the definition's own
 * included. Expressions (checks, defaults, policies) are only carried over: they are checked against the Catalog later.
 */
export function buildCatalog(definition: SchemaDefinition, options: BuildOptions): BuiltCatalog {
  const report = new Report()
  checkNames(report, definition)
  const taken = new Map<string, Set<string>>()
  const tables = [
    ...definition.tables.map((table) => buildTable(report, table, namesOf(taken, table.schema))),
    ...definition.views.map((view) => buildView(report, view)),
  ]
  checkExisting(report, definition, options.existing)
  checkReferences(report, definition, { tables, existing: options.existing })
  const problems = [...definition.problems, ...report.problems]
  const functions = definition.functions.map(({ at: _, ...fn }) => fn)
  const schemas = definition.schemas ?? [DEFAULT_SCHEMA]
  const draft = makeCatalog({ version: options.version, schemas, tables, functions })
  return { catalog: problems.length > 0 ? null : draft, problems, draft }
}

/** Tables declared with `existing()` are there, and so are the columns hidden in them. */
function checkExisting(report: Report, definition: SchemaDefinition, found: Catalog | undefined): void {
  const names = [...(found?.tables.keys() ?? [])].map(shortKey)
  for (const { key, at } of definition.existing ?? []) {
    const where = shortKey(key)
    if (!report.checkName({ where, at }, 'table in the database called', { name: where, known: names })) continue
    const known = found?.tables.get(key)?.column.keys() ?? []
    const hidden = definition.hidden.filter((one) => one.table === key)
    for (const name of hidden.flatMap((one) => one.columns)) {
      report.checkName({ where: `hidden columns of ${where}`, at }, 'column', { name, known: [...known] })
    }
  }
}

/** Names of indexes and of constraints that are kept by an index: one name space per schema. */
function namesOf(taken: Map<string, Set<string>>, schema: string): Set<string> {
  const names = taken.get(schema) ?? new Set()
  taken.set(schema, names)
  return names
}

function checkNames(report: Report, definition: SchemaDefinition): void {
  const seen = new Map<string, string>()
  for (const table of [...definition.tables, ...definition.views]) {
    const spot = { where: shortKey(table.key), at: table.at }
    const fault = tableNameFault(table.schema, table.name)
    if (fault !== null) report.add(spot, fault, nameHint(table.name))
    else if (table.name.includes('.')) report.add(spot, 'a table name is NAME or SCHEMA.NAME: too many dots')
    const twin = seen.get(table.key.toLowerCase())
    if (twin === table.key) report.add(spot, 'it is declared twice')
    else if (twin !== undefined) report.add(spot, `it differs from "${shortKey(twin)}" by upper and lower case only`)
    seen.set(table.key.toLowerCase(), table.key)
  }
  checkFormerNames(report, definition)
  const plain = (where: string, names: readonly string[]) => {
    for (const name of names) {
      const fault = nameFault(name)
      if (fault !== null) report.add({ where, at: null }, fault)
    }
  }
  plain('roles', definition.roles)
  plain('schemas', definition.schemas ?? [])
  for (const fn of definition.functions)
    plain(`function ${fn.name}`, [fn.schema, fn.name, ...fn.arguments.map((arg) => arg.name)])
  if (definition.schemas?.length === 0) report.add({ where: 'schemas', at: null }, 'at least one schema must be served')
  if (definition.roles.includes('public'))
    report.add({ where: 'roles', at: null }, '"public" is every role and can not be declared')
}

function checkFormerNames(report: Report, { tables, views }: SchemaDefinition): void {
  const names = new Set([...tables, ...views].map((table) => table.key))
  for (const { key, schema, was, at } of tables) {
    if (was === null) continue
    const spot = { where: shortKey(key), at }
    const former = tableKey(schema, was)
    if (former === key) report.add(spot, 'the former name is the name it has')
    else if (names.has(former)) report.add(spot, `its former name "${was}" is the name of another table`)
  }
}

function buildTable(report: Report, definition: TableDefinition, taken: Set<string>): Table {
  const label = shortKey(definition.key)
  checkColumns(report, label, definition)
  checkKeyColumns(report, label, definition)
  const primaryKey = primaryKeyOf(definition)
  const name = (columns: readonly string[], kind: string) =>
    constraintName(taken, { table: definition.name, columns, label: kind })
  const primaryKeyName = primaryKey.length === 0 ? null : name([], 'pkey')
  const uniques = uniquesOf(definition).map(
    ({ name: given, columns }): Unique => ({ name: given ?? name(columns, 'key'), columns }),
  )
  const own = new Set<string>()
  return makeTable({
    schema: definition.schema,
    name: definition.name,
    columns: [
      ...definition.columns.map((column) => buildColumn(column, primaryKey)),
      ...openColumns(report, definition),
    ],
    primaryKey,
    primaryKeyName,
    uniques,
    foreignKeys: foreignKeysOf(definition, own),
    checks: checksOf(report, definition, own),
    indexes: definition.indexes.map(
      (index): Index => ({
        ...index,
        name: name(
          index.columns.map((column) => column.name),
          'idx',
        ),
      }),
    ),
    comment: definition.comment,
    openColumn: definition.open ? OPEN_COLUMN : null,
    ...(definition.was === null ? {} : { was: definition.was }),
    ...(definition.using === null ? {} : { using: definition.using }),
  })
}

function openColumns(report: Report, definition: TableDefinition): Column[] {
  if (!definition.open) return []
  const clash = definition.columns.find((column) => column.name.toLowerCase() === OPEN_COLUMN)
  if (clash !== undefined) {
    report.add(
      { where: `${shortKey(definition.key)}.${clash.name}`, at: clash.at },
      'an open table keeps undeclared keys in a column of this name',
    )
  }
  return [makeColumn({ name: OPEN_COLUMN, type: JSONB, default: "'{}'" })]
}

function primaryKeyOf(definition: TableDefinition): readonly string[] {
  return definition.primaryKey ?? definition.columns.filter((column) => column.primaryKey).map((column) => column.name)
}

function buildColumn(definition: ColumnDefinition, primaryKey: readonly string[]): Column {
  const { name, type, generated, identity, comment } = definition
  const nullable = definition.nullable && !primaryKey.includes(name)
  const was = definition.was === null ? {} : { was: definition.was }
  const using = definition.using === null ? {} : { using: definition.using }
  return makeColumn({
    name,
    type,
    nullable,
    default: definition.default,
    generated,
    identity,
    comment,
    ...was,
    ...using,
  })
}

function uniquesOf(definition: TableDefinition): TableDefinition['uniques'] {
  const single = definition.columns
    .filter((column) => column.unique)
    .map((column) => ({ name: null, columns: [column.name] }))
  return [...single, ...definition.uniques]
}

function foreignKeysOf(definition: TableDefinition | ViewDefinition, taken: Set<string>): ForeignKey[] {
  const name = (columns: readonly string[]) => constraintName(taken, { table: definition.name, columns, label: 'fkey' })
  const single = definition.columns.flatMap((column): ForeignKey[] => {
    if (column.references === null) return []
    const { target, onDelete, onUpdate } = column.references
    const dot = target.lastIndexOf('.')
    const references = { table: target.slice(0, dot), columns: [target.slice(dot + 1)] }
    return [{ name: name([column.name]), columns: [column.name], references, onDelete, onUpdate }]
  })
  const composite = 'foreignKeys' in definition ? definition.foreignKeys : []
  return [
    ...single,
    ...composite.map((key): ForeignKey => {
      const { columns, target, targetColumns, onDelete, onUpdate } = key
      const references = { table: target, columns: targetColumns }
      return { name: key.name ?? name(columns), columns, references, onDelete, onUpdate }
    }),
  ]
}

/** A table's own checks have no name in the definition ('') unless the user gave one. */
function checksOf(report: Report, definition: TableDefinition, taken: Set<string>): Check[] {
  for (const { name } of definition.checks) {
    if (name === '') continue
    const spot = { where: `check ${name} of ${shortKey(definition.key)}`, at: definition.at }
    const fault = taken.has(name) ? 'the table has another constraint of this name' : nameFault(name)
    if (fault !== null) report.add(spot, fault)
    taken.add(name)
  }
  const name = (columns: readonly string[]) =>
    constraintName(taken, { table: definition.name, columns, label: 'check' })
  const single = definition.columns.flatMap((column): Check[] =>
    column.check === null ? [] : [{ name: name([column.name]), expression: column.check }],
  )
  return [
    ...single,
    ...definition.checks.map((check) => ({ ...check, name: check.name === '' ? name([]) : check.name })),
  ]
}

function buildView(report: Report, definition: ViewDefinition): Table {
  const label = shortKey(definition.key)
  checkColumns(report, label, definition)
  if (!/^\s*(select|with)\b/i.test(definition.select)) {
    report.add({ where: label, at: definition.at }, 'a view is made of a PostgreSQL select')
  }
  return makeTable({
    schema: definition.schema,
    name: definition.name,
    kind: 'view',
    columns: definition.columns.map((column) => buildColumn(column, [])),
    primaryKey: definition.columns.filter((column) => column.primaryKey).map((column) => column.name),
    foreignKeys: foreignKeysOf(definition, new Set()),
    comment: definition.comment,
    definition: definition.select,
  })
}

function checkReferences(
  report: Report,
  definition: SchemaDefinition,
  given: { readonly tables: readonly Table[]; readonly existing: Catalog | undefined },
): void {
  const all = [...(given.existing?.tables.values() ?? []), ...given.tables]
  const tables = new Map<TableKey, Table>(all.map((table) => [table.key, table]))
  const written = new Map([...definition.tables, ...definition.views].map((table) => [table.key, table]))
  for (const table of given.tables) {
    for (const key of table.foreignKeys) {
      checkForeignKey({ report, tables }, spotOf(written.get(table.key), key), { table, key })
    }
  }
  const placeOf = (key: TableKey): Location | null => written.get(key)?.at ?? null
  checkCircles(report, given.tables, placeOf)
}

function spotOf(table: TableDefinition | ViewDefinition | undefined, key: ForeignKey): Spot {
  const column = table?.columns.find((one) => key.columns.length === 1 && one.name === key.columns[0])
  const label = table === undefined ? '' : shortKey(table.key)
  return { where: `${label}.${key.columns.join(', ')}`, at: column?.at ?? table?.at ?? null }
}
