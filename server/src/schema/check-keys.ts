import type { ForeignKey, ReferentialAction, Table, TableKey } from './catalog.ts'
import type { Location, TableDefinition } from './definition.ts'
import type { Report, Spot } from './report.ts'
import { suggestion } from './report.ts'
import { typeLabel } from './types.ts'

const ACTIONS: readonly ReferentialAction[] = ['no action', 'restrict', 'cascade', 'set null', 'set default']

/** Everything a foreign key may point to, and where its own table was written. */
export interface KeyScope {
  readonly report: Report
  readonly tables: ReadonlyMap<TableKey, Table>
}

/** Reports columns that a table's keys, uniques and indexes name and that it lacks, or that they name twice. */
export function checkKeyColumns(report: Report, label: string, table: TableDefinition): void {
  const known = table.columns.map((column) => column.name)
  const check = (what: string, columns: readonly string[]) => {
    const spot = { where: `${what} of ${label}`, at: table.at }
    if (columns.length === 0) report.add(spot, 'it names no column')
    for (const name of columns) report.checkName(spot, 'column', { name, known })
    if (new Set(columns).size < columns.length) report.add(spot, 'it names a column twice')
  }
  const inColumns = table.columns.filter((column) => column.primaryKey).map((column) => column.name)
  if (inColumns.length > 1 || (inColumns.length > 0 && table.primaryKey !== null)) {
    const hint = `Write table({ … }).primaryKey(${[...new Set([...inColumns, ...(table.primaryKey ?? [])])].map((name) => `'${name}'`).join(', ')}) alone.`
    report.add({ where: label, at: table.at }, 'it has more than one primary key', hint)
  }
  if (table.primaryKey !== null) checkPrimaryKey(report, label, table)
  if (table.primaryKey !== null) check('primary key', table.primaryKey)
  for (const unique of table.uniques) check('unique key', unique.columns)
  for (const index of table.indexes)
    check(
      'index',
      index.columns.map((column) => column.name),
    )
  for (const key of table.foreignKeys) check('foreign key', key.columns)
}

function checkPrimaryKey(report: Report, label: string, table: TableDefinition): void {
  for (const column of table.columns) {
    if (!table.primaryKey?.includes(column.name) || !column.nullable) continue
    report.add(
      { where: `${label}.${column.name}`, at: column.at },
      'a primary key is never null',
      'Leave out .nullable().',
    )
  }
}

/** Reports a foreign key whose target, columns or types don't fit. */
export function checkForeignKey(
  scope: KeyScope,
  spot: Spot,
  given: { readonly table: Table; readonly key: ForeignKey },
): void {
  const { report } = scope
  const { columns, references, onDelete, onUpdate } = given.key
  for (const action of [onDelete, onUpdate]) {
    if (!ACTIONS.includes(action)) report.add(spot, `there is no action "${action}"`, suggestion(action, ACTIONS))
  }
  const target = scope.tables.get(references.table)
  if (target === undefined) {
    const names = [...scope.tables.keys()].map(shortKey)
    report.add(spot, `there is no table "${shortKey(references.table)}"`, suggestion(shortKey(references.table), names))
    return
  }
  if (target.kind === 'view') report.add(spot, `"${shortKey(target.key)}" is a view; a foreign key points to a table`)
  if (columns.length !== references.columns.length) {
    report.add(spot, `it has ${columns.length} columns and points to ${references.columns.length}`)
    return
  }
  const isKnown = (name: string) =>
    report.checkName(spot, `column of ${shortKey(target.key)} called`, { name, known: target.column.keys() })
  if (!references.columns.map(isKnown).every(Boolean)) return
  checkTarget(report, spot, { target, columns: references.columns })
  for (const [index, name] of columns.entries()) {
    const own = given.table.column.get(name)?.type
    const other = target.column.get(references.columns[index] ?? '')?.type
    if (own === undefined || other === undefined || family(own.name) === family(other.name)) continue
    report.add(spot, `"${name}" is ${typeLabel(own)} and points to a column of type ${typeLabel(other)}`)
  }
}

function checkTarget(report: Report, spot: Spot, given: { target: Table; columns: readonly string[] }): void {
  const { target, columns } = given
  const keys = [target.primaryKey, ...target.uniques.map((unique) => unique.columns)]
  const uniqueIndexes = target.indexes.filter((index) => index.unique && index.where === null)
  keys.push(...uniqueIndexes.map((index) => index.columns.map((column) => column.name)))
  if (keys.some((key) => key.length === columns.length && key.every((name) => columns.includes(name)))) return
  const names = columns.join(', ')
  report.add(
    spot,
    `${shortKey(target.key)}(${names}) is no primary or unique key`,
    'Add .primaryKey() or .unique() there.',
  )
}

/** Types that PostgreSQL compares with each other, so that one may point to the other. */
function family(name: string): string {
  if (['smallint', 'integer', 'bigint', 'numeric'].includes(name)) return 'number'
  return name === 'varchar' ? 'text' : name
}

/** The name as a schema.ts writes it: without `public.`. */
export function shortKey(key: TableKey): string {
  return key.startsWith('public.') ? key.slice('public.'.length) : key
}

/**
 * Reports circles of foreign keys none of which may be null: no first row could ever be inserted. A table that points to itself is fine, for
 * a row may point to itself.
 */
export function checkCircles(
  report: Report,
  tables: readonly Table[],
  placeOf: (key: TableKey) => Location | null,
): void {
  const required = new Map(tables.map((table) => [table.key, requiredTargets(table)]))
  const done = new Set<TableKey>()
  for (const table of tables) {
    const circle = findCircle(table.key, required, done)
    if (circle === null) continue
    for (const key of circle) done.add(key)
    const path = [...circle, circle[0] ?? ''].map(shortKey).join(' → ')
    const message = `these tables need each other's rows first: ${path}; no row could ever be inserted`
    report.add(
      { where: shortKey(table.key), at: placeOf(table.key) },
      message,
      'Make one of the foreign keys .nullable().',
    )
  }
}

function requiredTargets(table: Table): TableKey[] {
  const isRequired = (key: ForeignKey) => key.columns.every((name) => table.column.get(name)?.nullable === false)
  const targets = table.foreignKeys.filter(isRequired).map((key) => key.references.table)
  return targets.filter((target) => target !== table.key)
}

/** A path from `start` back to it that avoids tables already in a reported circle. */
function findCircle(
  start: TableKey,
  required: ReadonlyMap<TableKey, readonly TableKey[]>,
  done: ReadonlySet<TableKey>,
): TableKey[] | null {
  const cameFrom = new Map<TableKey, TableKey>()
  const open = [start]
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    for (const next of required.get(current) ?? []) {
      if (next === start) return pathTo(current, start, cameFrom)
      if (done.has(next) || done.has(start) || cameFrom.has(next)) continue
      cameFrom.set(next, current)
      open.push(next)
    }
  }
  return null
}

function pathTo(end: TableKey, start: TableKey, cameFrom: ReadonlyMap<TableKey, TableKey>): TableKey[] {
  const path = [end]
  for (let at = end; at !== start; ) {
    at = cameFrom.get(at) ?? start
    path.unshift(at)
  }
  return path
}
