import type { Column, Table } from '../catalog.ts'
import { isAdopted, isAdoptedTable, pairs, take, twinOf, type Work } from './difference-work.ts'
import { columnOf, plainColumn, tableOf } from './draft.ts'
import { retiredFor } from './find-retired.ts'
import { sameExpression } from './pg-text.ts'
import { describeType, sameType } from './type-change.ts'

/** Everything about columns but their names: brings what is missing, changes what is other than wanted; and the tables' own words. */
export function changeColumns(work: Work): void {
  for (const { found, wanted } of pairs(work)) {
    for (const column of wanted.columns) {
      const existing = found.column.get(column.name)
      if (existing === undefined) bringColumn(work, wanted, column)
      else changeColumn(work, wanted, { existing, column })
    }
    comparePrimaryKey(work, wanted)
    // A column of the former key may be null only when it is part of it no more.
    for (const column of wanted.columns) relax(work, wanted, column)
    compareTable(work, wanted)
  }
}

function bringColumn(work: Work, table: Table, wanted: Column): void {
  const using = wanted.using ?? null
  const column = plainColumn(wanted)
  const retired = retiredFor(work, table, wanted)
  if (retired !== null) {
    // Rows that were written in between have no value of it. Where null may be a value, it stays one.
    const missing = column.nullable && retired.column.nullable ? null : column.default
    const { type, default: given, comment } = retired.column
    // What an adopted column's author gave it needs no declaration, and no declaration changes it.
    const back = isAdopted(retired.column) ? { ...column, type, default: given, comment } : column
    take(work, { kind: 'restore-column', table: table.key, column: back, retired, using: using ?? missing })
    changeColumn(work, table, { existing: columnOf(tableOf(work.draft, table.key), column.name), column: wanted })
    return
  }
  const twin = twinOf(column.name, tableOf(work.draft, table.key).column.keys())
  if (twin !== null) {
    const message = `column "${column.name}" differs from "${twin}" of the database by upper and lower case only`
    const hint = `Call it "${twin}", or write .was('${twin}') behind it.`
    work.obstacles.push({ table: table.key, message, hint })
    return
  }
  warnOfRetired(work, table, wanted)
  take(work, { kind: 'add-column', table: table.key, column, using })
}

function warnOfRetired(work: Work, table: Table, { name }: Column): void {
  const retired = work.draft.retired.columns.findLast(
    (each) => each.table === table.key && each.column.name === name && each.converted === undefined,
  )
  if (retired === undefined) return
  const type = describeType(retired.column.type)
  const message = `a retired column "${name}" of type ${type} is kept: this one begins empty`
  const hint = `To get its values back, declare it as ${type} first, and change the type then.`
  work.warnings.push({ kind: 'retired-type-differs', table: table.key, message, hint })
}

interface Change {
  readonly existing: Column
  readonly column: Column
}

function changeColumn(work: Work, table: Table, change: Change): void {
  const { existing, column } = change
  if (isAdopted(existing)) {
    changeAdopted(work, table, change)
    return
  }
  const at = { table: table.key, column: column.name }
  const changesType = !sameType(existing.type, column.type)
  if (changesType) changeType(work, table, change)
  if (!sameGenerated(existing.generated, column.generated)) {
    take(work, { kind: 'set-generated', ...at, generated: column.generated, was: existing.generated })
  }
  if (existing.identity !== column.identity) {
    take(work, { kind: 'set-identity', ...at, identity: column.identity, was: existing.identity })
  }
  if (!sameExpression(existing.default, column.default)) {
    take(work, { kind: 'set-default', ...at, default: column.default, was: existing.default })
  }
  if (existing.comment !== column.comment) take(work, { kind: 'set-column-comment', ...at, comment: column.comment })
  if (existing.nullable && !column.nullable) {
    const using = (changesType ? null : column.using) ?? column.default
    take(work, { kind: 'set-not-null', ...at, using })
  }
}

/** Type, default and comment of an adopted column are how it is read: only what refuses rows is a matter of the database. */
function changeAdopted(work: Work, table: Table, { existing, column }: Change): void {
  if ((existing.generated === null) !== (column.generated === null)) {
    const is = existing.generated === null ? 'not generated' : 'generated'
    const message = `column "${column.name}" is ${is} in the database`
    work.obstacles.push({ table: table.key, message, hint: 'Declare it as it is.' })
  }
  // SQLite lets a text key be null; that a declared key is not is PostgreSQL's way of saying it, and nobody's wish.
  if (existing.nullable && !column.nullable && !table.primaryKey.includes(column.name)) {
    const using = column.using ?? column.default
    take(work, { kind: 'set-not-null', table: table.key, column: column.name, using })
  }
}

function changeType(work: Work, table: Table, { existing, column }: Change): void {
  const using = column.using ?? null
  const names = [column.name, column.was]
  const restores = work.draft.retired.columns.findLast(
    (each) =>
      each.table === table.key &&
      each.converted !== undefined &&
      names.includes(each.column.name) &&
      sameType(each.column.type, column.type),
  )
  take(work, {
    kind: 'change-type',
    table: table.key,
    column: column.name,
    from: existing.type,
    to: column.type,
    using,
    // An expression of one's own speaks for all rows.
    restores: using === null ? (restores ?? null) : null,
  })
}

function sameGenerated(a: Column['generated'], b: Column['generated']): boolean {
  if (a === null || b === null) return a === b
  return a.stored === b.stored && sameExpression(a.expression, b.expression)
}

function relax(work: Work, table: Table, column: Column): void {
  const existing = work.draft.tables.get(table.key)?.column.get(column.name)
  if (existing === undefined || existing.nullable || !column.nullable) return
  // Of an adopted column, "may be null" is a way of reading, unless it was declared otherwise before.
  const known = work.known?.tables.get(table.key)?.column.get(column.name)
  if (isAdopted(existing) && known?.nullable !== false) return
  take(work, { kind: 'drop-not-null', table: table.key, column: column.name })
}

function comparePrimaryKey(work: Work, wanted: Table): void {
  const found = tableOf(work.draft, wanted.key)
  const { primaryKey: columns, primaryKeyName: name } = wanted
  if (isAdoptedTable(found)) {
    if (sameColumns(found.primaryKey, columns) || !mayExchangeKey(work, found)) return
  } else if (found.primaryKey.join() === columns.join() && found.primaryKeyName === name) return
  take(work, { kind: 'set-primary-key', table: wanted.key, columns, name, was: found.primaryKey })
}

/** The key of an adopted table is its owner's, unless it was declared as it is and now is declared otherwise. */
function mayExchangeKey(work: Work, found: Table): boolean {
  if (found.primaryKey.length === 0) return true
  const known = work.known?.tables.get(found.key)
  if (known !== undefined && sameColumns(known.primaryKey, found.primaryKey)) return true
  const message = `the primary key in the database is ${found.primaryKey.join(', ')}`
  work.obstacles.push({ table: found.key, message, hint: 'Declare the key it has.' })
  return false
}

function sameColumns(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name))
}

function compareTable(work: Work, wanted: Table): void {
  const found = tableOf(work.draft, wanted.key)
  const { key: table, openColumn, comment } = wanted
  if (found.openColumn !== openColumn) take(work, { kind: 'set-open-column', table, openColumn })
  if (found.comment !== comment && !isAdoptedTable(found)) take(work, { kind: 'set-table-comment', table, comment })
}
