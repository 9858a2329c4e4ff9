import type { Catalog, Column, Index, Table } from '../../../schema/catalog.ts'
import { makeCatalog, makeTable } from '../../../schema/make-catalog.ts'
import type { Opaque } from '../../../schema/retired.ts'
import { translateDefault } from './default.ts'
import { condition, type NativeScope, translateExpression } from './expression.ts'
import { type Piece, Untranslatable } from './value.ts'
import { translateView, type ViewScope } from './view.ts'

/**
 * A database's structure with PostgreSQL expressions wherever SQLite's own mean the same for all values of the declared types. What does not is
 * taken out of its table and listed as opaque: SQLite goes on obeying it.
 */
export function translateCatalog(found: Catalog): Catalog {
  const opaque: Opaque[] = []
  const tables = [...found.tables.values()].map((table) => {
    if (!isAdopted(table)) return table
    return table.kind === 'table' ? translateTable(table, found, opaque) : viewOf(table, found)
  })
  const said = new Set(tables.flatMap((table) => (table.definition === null ? [] : [table.key])))
  return makeCatalog({
    ...found,
    tables,
    functions: [...found.functions.values()],
    opaque: [...found.opaque.filter((one) => one.kind !== 'view' || !said.has(one.table ?? '')), ...opaque],
  })
}

function isAdopted(table: Table): boolean {
  return table.columns.some((column) => column.storage?.startsWith('native') ?? false)
}

/** A view whose select can be said; else the view as it is. */
function viewOf(view: Table, found: Catalog): Table {
  const sql = found.opaque.find((one) => one.kind === 'view' && one.table === view.key)?.text ?? ''
  const tables = [...found.tables.values()].filter((table) => table.kind === 'table' && table.schema === view.schema)
  const scope: ViewScope = {
    table: (name) => tables.find((table) => table.name.toLowerCase() === name.toLowerCase()) ?? null,
    isPlain: (table, column) => isPlain(found, table, column),
  }
  return orUndefined(() => translateView(view, sql, scope)) ?? view
}

/** True for a column whose texts are compared byte by byte. */
function isPlain({ opaque }: Catalog, table: Table, column: Column): boolean {
  const found = opaque.find((one) => one.kind === 'collation' && one.table === table.key && one.name === column.name)
  return found === undefined || found.text === 'COLLATE BINARY'
}

function translateTable(table: Table, found: Catalog, opaque: Opaque[]): Table {
  const scope: NativeScope = {
    columns: new Map(table.columns.map((column) => [column.name.toLowerCase(), column])),
    isPlain: (column) => isPlain(found, table, column),
  }
  const attempt = <T>(part: Pick<Opaque, 'kind' | 'name' | 'text'>, translate: () => T): T | undefined => {
    const result = orUndefined(translate)
    if (result === undefined) opaque.push({ ...part, table: table.key })
    return result
  }
  const columns = table.columns.map((column) => translateColumn(column, { scope, attempt }))
  const checks = table.checks.flatMap((check) => {
    if (check.native !== true) return [check]
    const part = { kind: 'check', name: check.name, text: check.expression }
    const expression = attempt(part, () => condition(translateExpression(check.expression, scope)).text)
    return expression === undefined ? [] : [{ name: check.name, expression }]
  })
  const listed = new Set(found.opaque.flatMap((one) => (one.kind.startsWith('index') ? [one.name] : [])))
  const indexes = table.indexes.flatMap((index): Index[] => {
    const { where } = index
    if (listed.has(index.name)) return []
    if (where === null) return [index]
    const part = {
      kind: 'index',
      name: index.name,
      text: `${index.columns.map(({ name }) => name).join(', ')} WHERE ${where}`,
    }
    const translated = attempt(part, () => condition(translateExpression(where, scope)).text)
    return translated === undefined ? [] : [{ ...index, where: translated }]
  })
  return makeTable({ ...table, columns, checks, indexes })
}

interface ColumnContext {
  readonly scope: NativeScope
  readonly attempt: <T>(part: Pick<Opaque, 'kind' | 'name' | 'text'>, translate: () => T) => T | undefined
}

function translateColumn(column: Column, { scope, attempt }: ColumnContext): Column {
  const { storage, default: preset } = column
  if (!storage?.startsWith('native')) return column
  if (column.generated?.native === true) {
    const text = column.generated.expression
    const part = { kind: 'generated column', name: column.name, text }
    const expression = attempt(part, () => fitting(translateExpression(text, scope), column))
    return expression === undefined ? column : { ...column, generated: { expression, stored: column.generated.stored } }
  }
  if (preset === null || column.generated !== null) return column
  const part = { kind: 'default', name: column.name, text: preset }
  const { nativeDefault: _, ...rest } = column
  return { ...rest, default: attempt(part, () => translateDefault(preset, column)) ?? null }
}

const BITS: Readonly<Record<string, number>> = { smallint: 15, integer: 31, bigint: 63 }

/** An expression that gives the column's own type, and numbers that fit. */
function fitting(piece: Piece, { type }: Column): string {
  const bits = BITS[type.name]
  const fits =
    bits === undefined
      ? piece.kind === (type.name === 'varchar' ? 'text' : type.name)
      : piece.kind === 'integer' && piece.bits <= bits
  if (fits) return piece.text
  throw new Untranslatable(`${piece.kind} in ${type.name}`)
}

function orUndefined<T>(translate: () => T): T | undefined {
  try {
    return translate()
  } catch (error) {
    if (error instanceof Untranslatable) return undefined
    throw error
  }
}
