import type { Check, ForeignKey, Index, Table, TableKey, Unique } from '../catalog.ts'
import { constraintsOf } from './apply-column-steps.ts'
import { isAdoptedTable, pairs, take, type Work } from './difference-work.ts'
import { goingColumns } from './find-retired.ts'
import { sameExpression } from './pg-text.ts'
import type { ConstraintStep } from './step.ts'

/**
 * How constraints of one kind are told apart and changed. On tables of ours the name counts, for it shows in errors and in the words of embedding; what an
 * adopted table has is known by what it does, and its texts, in the engine's own words, are not compared.
 */
interface Kind<T extends { readonly name: string }> {
  readonly label: string
  of(table: Table): readonly T[]
  isSame(found: T, wanted: T): boolean
  isSameAdopted(found: T, wanted: T): boolean
  /** True when `found` has to make room for `wanted`, whoever made it. */
  isReplaced?(found: T, wanted: T): boolean
  /** True of what nobody declared: an undo notes what was found, in the engine's own words. */
  isUndeclared?(known: T): boolean
  /** True when the table's other keys already say what this one says. */
  isCovered?(wanted: T, found: Table): boolean
  drop(table: TableKey, one: T): ConstraintStep
  add(table: TableKey, one: T): ConstraintStep
}

const UNIQUE: Kind<Unique> = {
  label: 'unique key',
  of: (table) => table.uniques,
  isSame: (a, b) => a.name === b.name && a.columns.join() === b.columns.join(),
  isSameAdopted: (a, b) => sameNames(a.columns, b.columns),
  isCovered: isCoveredKey,
  drop: (table, unique) => ({ kind: 'drop-unique', table, unique }),
  add: (table, unique) => ({ kind: 'add-unique', table, unique }),
}

const CHECK: Kind<Check> = {
  label: 'check',
  of: (table) => table.checks,
  isSame: (a, b) => a.name === b.name && sameExpression(a.expression, b.expression),
  isSameAdopted: (a, b) =>
    a.native === true ? a.name === b.name || sameExpression(a.expression, b.expression) : CHECK.isSame(a, b),
  isUndeclared: (known) => known.native === true,
  drop: (table, check) => ({ kind: 'drop-check', table, check }),
  add: (table, check) => ({ kind: 'add-check', table, check }),
}

const FOREIGN_KEY: Kind<ForeignKey> = {
  label: 'foreign key',
  of: (table) => table.foreignKeys,
  isSame: (a, b) => a.name === b.name && FOREIGN_KEY.isSameAdopted(a, b),
  isSameAdopted: (a, b) => sameTarget(a, b) && a.onDelete === b.onDelete && a.onUpdate === b.onUpdate,
  // One that only acts otherwise is the declared one.
  isReplaced: (a, b) => a.name === b.name && sameTarget(a, b),
  drop: (table, foreignKey) => ({ kind: 'drop-foreign-key', table, foreignKey }),
  add: (table, foreignKey) => ({ kind: 'add-foreign-key', table, foreignKey }),
}

const INDEX: Kind<Index> = {
  label: 'index',
  of: (table) => table.indexes,
  isSame: (a, b) => a.name === b.name && sameIndexColumns(a, b) && sameExpression(a.where, b.where),
  isSameAdopted: (a, b) => sameIndexColumns(a, b) && (a.where === null) === (b.where === null),
  drop: (table, index) => ({ kind: 'drop-index', table, index }),
  add: (table, index) => ({ kind: 'create-index', table, index }),
}

/** True when both have the same name, columns, target and actions. */
export const sameForeignKey = (a: ForeignKey, b: ForeignKey): boolean => FOREIGN_KEY.isSame(a, b)
/** True when both have the same name, columns and condition. */
export const sameIndex = (a: Index, b: Index): boolean => INDEX.isSame(a, b)

/** Foreign keys first: they lean on the keys of other tables. */
export function dropConstraints(work: Work): void {
  dropKind(work, FOREIGN_KEY)
  dropKind(work, INDEX)
  dropKind(work, CHECK)
  dropKind(work, UNIQUE)
  for (const { found, wanted } of pairs(work)) {
    if (found.openColumn === null || found.openColumn === wanted.openColumn) continue
    take(work, { kind: 'set-open-column', table: wanted.key, openColumn: null })
  }
}

/** Foreign keys last: they lean on the keys of other tables. */
export function addConstraints(work: Work): void {
  addKind(work, UNIQUE)
  addKind(work, INDEX)
  addKind(work, CHECK)
  addKind(work, FOREIGN_KEY)
}

function dropKind<T extends { readonly name: string }>(work: Work, kind: Kind<T>): void {
  for (const { found, wanted } of pairs(work)) {
    // What a retired column takes part in goes with it.
    const goesAlong = goingColumns(work, found, wanted).flatMap((column) => suspendedOf(column.name, found))
    for (const one of kind.of(found)) {
      if (goesAlong.includes(one) || hasTwin(work, kind, { one, found, wanted })) continue
      if (isOurs(work, kind, { one, found, wanted })) take(work, kind.drop(wanted.key, one))
    }
  }
}

function suspendedOf(column: string, table: Table): readonly unknown[] {
  const { uniques, foreignKeys, checks, indexes } = constraintsOf(column, table)
  return [...uniques, ...foreignKeys, ...checks, ...indexes]
}

function hasTwin<T extends { readonly name: string }>(
  work: Work,
  kind: Kind<T>,
  { one, found, wanted }: { readonly one: T; readonly found: Table; readonly wanted: Table },
): boolean {
  return kind.of(wanted).some((other) => isTwin(work, kind, { found, one, other }))
}

/** Where a text of an adopted table can't be compared, a change of what was declared tells that it is another now. */
function isTwin<T extends { readonly name: string }>(
  work: Work,
  kind: Kind<T>,
  { found, one, other }: { readonly found: Table; readonly one: T; readonly other: T },
): boolean {
  if (kind.isSame(one, other)) return true
  if (!isAdoptedTable(found)) return false
  if (!kind.isSameAdopted(one, other)) return false
  const known = work.known?.tables.get(found.key)
  const declared = known === undefined ? undefined : kind.of(known).find((each) => each.name === other.name)
  return declared === undefined || kind.isUndeclared?.(declared) === true || kind.isSame(declared, other)
}

function isOurs<T extends { readonly name: string }>(
  work: Work,
  kind: Kind<T>,
  { one, found, wanted }: { readonly one: T; readonly found: Table; readonly wanted: Table },
): boolean {
  if (kind.of(wanted).some((other) => kind.isReplaced?.(one, other))) return true
  if (work.known === null) return !isAdoptedTable(found)
  const known = work.known.tables.get(found.key)
  return known !== undefined && kind.of(known).some((each) => each.name === one.name || kind.isSameAdopted(one, each))
}

function addKind<T extends { readonly name: string }>(work: Work, kind: Kind<T>): void {
  for (const { found, wanted } of pairs(work)) {
    for (const one of kind.of(wanted)) {
      if (kind.of(found).some((other) => isTwin(work, kind, { found, one: other, other: one }))) continue
      if (kind.isCovered?.(one, found)) continue
      if (kind.of(found).some((other) => other.name === one.name)) refuse(work, kind.label, { wanted, name: one.name })
      else take(work, kind.add(wanted.key, one))
    }
  }
}

/** A second key over the same columns says nothing new. An adopted table may have it as a unique index. */
function isCoveredKey({ columns }: Unique, found: Table): boolean {
  const keys = [found.primaryKey, ...found.uniques.map((unique) => unique.columns)]
  if (isAdoptedTable(found)) {
    const indexes = found.indexes.filter((index) => index.unique && index.where === null)
    keys.push(...indexes.map((index) => index.columns.map((column) => column.name)))
  }
  return keys.some((key) => sameNames(key, columns))
}

function refuse(work: Work, label: string, { wanted, name }: { readonly wanted: Table; readonly name: string }): void {
  const message = `the ${label} "${name}" is another in the database, where somebody else made it`
  work.obstacles.push({ table: wanted.key, message, hint: 'Declare it as it is, or drop it in the database.' })
}

function sameTarget(a: ForeignKey, b: ForeignKey): boolean {
  const pairsOf = (key: ForeignKey) => key.columns.map((name, at) => `${name}\u0000${key.references.columns[at]}`)
  return a.references.table === b.references.table && sameNames(pairsOf(a), pairsOf(b))
}

function sameIndexColumns(a: Index, b: Index): boolean {
  const columns = (index: Index) => index.columns.map(({ name, descending }) => `${name}\u0000${descending}`).join()
  return a.unique === b.unique && columns(a) === columns(b)
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name))
}
