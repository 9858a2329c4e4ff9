import type { Catalog, Column } from '../../schema/catalog.ts'
import { quoteName } from '../sql/printer.ts'
import { storageOf } from './codecs.ts'
import { jsonText, memberName } from './encode-json.ts'
import { ExprPrinter, Usage } from './expr.ts'
import {
  type Conversion,
  type ConversionSource,
  convertColumn,
  convertComputed,
  convertForward,
  SOURCE,
} from './migrate/convert.ts'
import { fillTable } from './migrate/convert-select.ts'
import type { ChangedColumn, ChangedTable, ChangedTables } from './survey-tables.ts'
import { rowidName } from './tables.ts'

/** Alias of a row as it will be. */
export const NEW = 'n'

/** One column as a question shows it: its name, and the SQL of its JSON. */
export type Shown = readonly [name: string, json: string]

/** The rows of one table as they are and as they will be, in SQL. */
export class SurveyedRows {
  readonly changed: ChangedTable
  /** Columns whose values can't be computed for some row: nothing can be asked about them. */
  readonly unsound = new Set<string>()
  readonly #all: ChangedTables
  readonly #source: Omit<ConversionSource, 'table'>
  readonly #printer: ExprPrinter
  readonly #conversions = new Map<string, Conversion>()

  constructor(changed: ChangedTable, all: ChangedTables, source: Omit<ConversionSource, 'table'>) {
    this.changed = changed
    this.#all = all
    this.#source = source
    this.#printer = new ExprPrinter(all.after, new Usage())
  }

  get printer(): ExprPrinter {
    return this.#printer
  }

  /** True where the new values of these columns, and of the key, can be computed. */
  isSound(names: readonly string[]): boolean {
    if (this.unsound.size === 0) return true
    const { after } = this.changed
    const isComputed = (name: string): boolean => after.column.get(name)?.generated !== null
    return ![...names, ...after.primaryKey].some((name) => this.unsound.has(name) || isComputed(name))
  }

  /** The structure before the first step. */
  get found(): Catalog {
    return this.#source.found
  }

  /** The structure after the last one. */
  get after(): Catalog {
    return this.#all.after
  }

  /** What a change of type that is undone has made of the former value, over `s`. */
  forward(column: ChangedColumn): string {
    const { origin } = this.changed
    if (origin === null) throw new Error('assertion failed: the table was there')
    return convertForward(column, { ...this.#source, table: origin.table })
  }

  /** The value of a column that is not computed, over `s`. */
  conversion(column: ChangedColumn): Conversion {
    const { name } = column.column
    const known = this.#conversions.get(name)
    if (known !== undefined) return known
    const table = this.changed.origin?.table
    if (table === undefined) throw new Error('assertion failed: the rows of a new table come from a select')
    const made = convertColumn(column, { ...this.#source, table })
    this.#conversions.set(name, made)
    return made
  }

  /** The new value of any column, over `s`. */
  value(name: string): string {
    const column = this.changed.columns.get(name)
    if (column === undefined) return 'NULL'
    if (column.column.generated === null) return this.conversion(column).sql
    const isKept = column.from !== null && column.from.generated !== null && column.valueStep === null
    // Somebody else's expression is SQLite's own, and only SQLite itself computes it anew.
    const isNative = column.column.generated.native === true
    if (isKept && (isNative || !this.#isMadeOfChanged())) return `${SOURCE}.${quoteName(column.from?.name ?? name)}`
    const { after } = this.changed
    return convertComputed(column.column, { table: after, catalog: this.#all.after }, (each) => this.value(each))
  }

  /** A computed column may be made of columns that have another value now. */
  #isMadeOfChanged(): boolean {
    return [...this.changed.columns.values()].some((column) => this.changesValue(column))
  }

  /** True where the column holds another value afterwards. */
  changesValue(column: ChangedColumn): boolean {
    if (column.column.generated !== null) return column.valueStep !== null
    return column.from === null || !this.conversion(column).isSame
  }

  /** FROM item `s`, and the condition that counts its rows. */
  get source(): { readonly from: string; readonly where: string } {
    const { origin } = this.changed
    if (origin === null) throw new Error('assertion failed: a new table has no source')
    const where = this.#printer.fuel(origin.table, SOURCE, []) ?? ''
    return { from: `${quoteName(origin.storedAs)} AS ${SOURCE}`, where }
  }

  /** Quoted columns of `s` that find a row again. */
  get sourceKey(): readonly string[] {
    const { origin } = this.changed
    if (origin === null) return []
    const rowid = rowidName(origin.table)
    const names = rowid === null ? origin.table.primaryKey.map(quoteName) : [rowid]
    return names.map((name) => `${SOURCE}.${name}`)
  }

  /** The key of a row and some of its columns as they are now, over `s`. */
  sourceSample(columns: readonly (Column | null)[]): string {
    const { origin } = this.changed
    if (origin === null) return "'{}'"
    const { table } = origin
    const key = table.primaryKey.flatMap((name) => table.column.get(name) ?? [])
    const shown = [...new Set([...key, ...columns.filter((column) => column !== null)])]
    const rowid = key.length === 0 ? rowidName(table) : null
    const more: Shown[] = rowid === null ? [] : [['rowid', `${SOURCE}.${rowid}`]]
    return objectSql([...more, ...shown.map((column) => this.#shown(column, SOURCE))])
  }

  /** The key of a row and some of its columns as they will be, over `n`; more members as given. */
  newSample(
    names: readonly string[],
    options: { readonly withKey: boolean; readonly more?: readonly Shown[] },
  ): string {
    const { after } = this.changed
    const shown = [...new Set([...(options.withKey ? after.primaryKey : []), ...names])]
    const columns = shown.flatMap((name) => after.column.get(name) ?? [])
    return objectSql([...columns.map((column) => this.#shown(column, NEW)), ...(options.more ?? [])])
  }

  #shown(column: Column, alias: string): Shown {
    const sql = `${alias}.${quoteName(column.name)}`
    return [column.name, jsonText({ type: column.type, storage: storageOf(column) }, sql, this.#printer)]
  }

  /** FROM item `n`: the rows as they will be, with these columns and the key. Read in place where nothing changes, so that indexes serve. */
  newRows(names: readonly string[], alias = NEW): { readonly from: string; readonly where: string } {
    const { after, origin, made } = this.changed
    if (origin === null) return { from: `(${this.#filled(made?.using ?? null)}) AS ${alias}`, where: '' }
    const wanted = [...new Set([...names, ...after.primaryKey])]
    const isKept = wanted.every((name) => {
      const column = this.changed.columns.get(name)
      return column?.from?.name === name && column.column.generated === null && this.conversion(column).isSame
    })
    if (isKept) {
      const where = this.#printer.fuel(origin.table, alias, []) ?? ''
      return { from: `${quoteName(origin.storedAs)} AS ${alias}`, where }
    }
    const { from, where } = this.source
    const list = wanted.map((name) => `${this.value(name)} AS ${quoteName(name)}`)
    return {
      from: `(SELECT ${list.join(', ')} FROM ${from}${where === '' ? '' : ` WHERE ${where}`}) AS ${alias}`,
      where: '',
    }
  }

  /** The rows of a new table with every column: what the select does not give and nothing computes is null. */
  #filled(using: string | null): string {
    const { after } = this.changed
    const { columns, select } = fillTable(after, using ?? 'select', { ...this.#source, after: this.#all.after })
    const rest = after.columns.filter(({ name }) => !columns.includes(quoteName(name)))
    const list = rest.map((column) => {
      if (column.generated === null) return `NULL AS ${quoteName(column.name)}`
      const of = (name: string): string => (columns.includes(quoteName(name)) ? `f.${quoteName(name)}` : 'NULL')
      const value = convertComputed(column, { table: after, catalog: this.#all.after }, of)
      return `${value} AS ${quoteName(column.name)}`
    })
    return `SELECT ${['f.*', ...list].join(', ')} FROM (${select}) AS f`
  }
}

/** A JSON object as SQL. */
export function objectSql(members: readonly Shown[]): string {
  if (members.length === 0) return "'{}'"
  const parts = members.map(([name, json], index) => `${memberName(name, index === 0 ? '{' : ',')}, ${json}`)
  return `concat(${parts.join(', ')}, '}')`
}
