import type { TypeName } from 'libpg-query'
import type { Catalog } from '../../schema/catalog.ts'
import { parseTypeName, TYPE_NAMES } from '../../schema/type-names.ts'
import { arrayOf, type ColumnType, type ScalarType, TEXT } from '../../schema/types.ts'
import { ExpressionError } from './error.ts'
import { suggestion } from './scope.ts'
import { words } from './sql.ts'

/** The type a cast names; `json` is `jsonb` here. Enums are found by their name among the catalog's columns. */
export function resolveType(node: TypeName, catalog: Catalog): ColumnType {
  const path = words(node.names)
  if (node.setof === true || node.pct_type === true) throw new ExpressionError('SETOF and %TYPE are not supported')
  const bounds = node.arrayBounds?.length ?? 0
  if (bounds > 1) throw new ExpressionError('arrays of arrays are not supported')
  const scalar = builtinType(path, modifiers(node)) ?? findEnum(path, catalog)
  return bounds === 1 ? arrayOf(scalar) : scalar
}

function builtinType(path: readonly string[], values: readonly number[]): ScalarType | null {
  const name = path.at(-1) ?? ''
  if (path.length > 1 && path[0] !== 'pg_catalog') return null
  if (name === 'name') return TEXT
  const plain = parseTypeName(name)
  if (plain === null || plain.name === 'array' || values.length === 0 || name === 'interval') {
    return plain?.name === 'array' ? null : plain
  }
  const exact = parseTypeName(`${name}(${values.join(',')})`)
  if (exact === null || exact.name === 'array')
    throw new ExpressionError(`a precision is not supported for the type ${name}`)
  return exact
}

function findEnum(path: readonly string[], catalog: Catalog): ScalarType {
  const written = path.join('.')
  const enums = new Map<string, ScalarType>()
  for (const table of catalog.tables.values()) {
    for (const { type } of table.columns) {
      const scalar = type.name === 'array' ? type.element : type
      if (scalar.enumName !== undefined) enums.set(scalar.enumName, scalar)
    }
  }
  const found = enums.get(written) ?? enums.get(path.at(-1) ?? '')
  if (found !== undefined) return found
  const hint = suggestion('type', written, [...TYPE_NAMES, ...enums.keys()])
  throw new ExpressionError(`type "${written}" does not exist`, { hint })
}

function modifiers(node: TypeName): number[] {
  return (node.typmods ?? []).map((item) => ('A_Const' in item ? (item.A_Const.ival?.ival ?? 0) : 0))
}

/** `interval '1' day`: the grammar's bit of the field → the word that the text lacks. */
const INTERVAL_FIELDS: ReadonlyMap<number, string> = new Map([
  [2, 'months'],
  [4, 'years'],
  [8, 'days'],
  [1024, 'hours'],
  [2048, 'minutes'],
  [4096, 'seconds'],
])

/** The text of `interval '3' day` with its unit; other texts unchanged. */
export function intervalText(text: string, node: TypeName): string {
  const field = modifiers(node)[0]
  if (field === undefined) return text
  const unit = INTERVAL_FIELDS.get(field)
  if (unit === undefined) throw new ExpressionError('interval fields other than one unit are not supported')
  return /^\s*[-+]?[0-9.]+\s*$/.test(text) ? `${text} ${unit}` : text
}
