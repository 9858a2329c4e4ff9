import type { Catalog, Column, Index, Table } from '../../../schema/catalog.ts'
import { makeCatalog, makeTable } from '../../../schema/make-catalog.ts'
import type { Opaque } from '../../../schema/retired.ts'
import { translateDefault } from './default.ts'
import { condition, type NativeScope, translateExpression } from './expression.ts'
import { type Piece, Untranslatable } from './value.ts'

/**
 * A database's structure with PostgreSQL expressions wherever SQLite's own mean the same for all values of the declared types. What does not is
 * taken out of its table and listed as opaque: SQLite goes on obeying it.
 */
export function translateCatalog(found: Catalog): Catalog {
  const opaque: Opaque[] = []
  const tables = [...found.tables.values()].map((table) =>
    isAdopted(table) && table.kind === 'table' ? translateTable(table, found, opaque) : table,
  )
  return makeCatalog({
    ...found,
    tables,
    functions: [...found.functions.values()],
    opaque: [...found.opaque, ...opaque],
  })
}

function isAdopted(table: Table): boolean {
  return table.columns.some((column) => column.storage?.startsWith('native') ?? false)
}

function translateTable(table: Table, found: Catalog, opaque: Opaque[]): Table {
  const collations = found.opaque.filter((one) => one.table === table.key && one.kind === 'collation')
  const collated = new Set(collations.filter((one) => one.text !== 'COLLATE BINARY').map((one) => one.name))
  const scope: NativeScope = {
    columns: new Map(table.columns.map((column) => [column.name.toLowerCase(), column])),
    isPlain: (column) => !collated.has(column.name),
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
  return { ...column, default: attempt(part, () => translateDefault(preset, column)) ?? null }
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
