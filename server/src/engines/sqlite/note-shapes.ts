import { failure } from '../../errors/error.ts'
import { RETIRED_PREFIX } from '../../schema/names.ts'
import type { ColumnNote, TableNote } from './notes.ts'

/**
 * Notes stand in a file that anybody may have written: what has another form than Pilar gives it is refused before something relies on it. Members
 * that are not known here are left alone.
 */
type Fits = (value: unknown) => boolean
type Shape<T> = { readonly [Name in keyof Required<T>]: Fits }

const isText: Fits = (value) => typeof value === 'string'
const isFlag: Fits = (value) => typeof value === 'boolean'
const isCount: Fits = (value) => Number.isSafeInteger(value) && Number(value) >= 0
const isTrue: Fits = (value) => value === true
const isIdentity: Fits = (value) => value === 'always' || value === 'by default'
const isMissing: Fits = (value) => value === undefined

const or =
  (...all: readonly Fits[]): Fits =>
  (value) =>
    all.some((fits) => fits(value))
const isNull: Fits = (value) => value === null
const list =
  (item: Fits): Fits =>
  (value) =>
    Array.isArray(value) && value.every(item)
const shaped =
  (members: Readonly<Record<string, Fits>>): Fits =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.entries(members).every(([name, fits]) => fits((value as Readonly<Record<string, unknown>>)[name]))
const may = (fits: Fits): Fits => or(isMissing, fits)
const nullable = (fits: Fits): Fits => or(isNull, fits)

const NAMES =
  /^(text|varchar|smallint|integer|bigint|numeric|real|double|boolean|date|time|timestamp|timestamptz|interval|uuid|jsonb|bytea|enum)$/
const isScalar: Fits = shaped({
  name: (value) => typeof value === 'string' && NAMES.test(value),
  length: may(isCount),
  precision: may(isCount),
  scale: may(isCount),
  enumName: may(isText),
  values: may(list(isText)),
})
const hasValues = (value: unknown): boolean => {
  const { name, values } = value as { readonly name: string; readonly values?: unknown }
  return name !== 'enum' || values !== undefined
}
const isScalarType: Fits = (value) => isScalar(value) && hasValues(value)
const isType: Fits = or(isScalarType, shaped({ name: (value) => value === 'array', element: isScalarType }))

const texts = list(isText)
const isColumn = shaped({
  name: isText,
  type: isType,
  nullable: isFlag,
  default: nullable(isText),
  nativeDefault: may(isFlag),
  generated: nullable(shaped({ expression: isText, stored: isFlag, native: may(isFlag) })),
  identity: nullable(isIdentity),
  comment: nullable(isText),
  storage: may(isText),
})
const rules = {
  uniques: list(shaped({ name: isText, columns: texts })),
  foreignKeys: list(
    shaped({
      name: isText,
      columns: texts,
      references: shaped({ table: isText, columns: texts }),
      onDelete: isText,
      onUpdate: isText,
    }),
  ),
  checks: list(shaped({ name: isText, expression: isText, native: may(isFlag) })),
  indexes: list(
    shaped({
      name: isText,
      unique: isFlag,
      columns: list(shaped({ name: isText, descending: isFlag })),
      where: nullable(isText),
    }),
  ),
}
const isTable = shaped({
  schema: isText,
  name: isText,
  kind: (value) => value === 'table',
  columns: list(isColumn),
  primaryKey: texts,
  primaryKeyName: nullable(isText),
  ...rules,
  comment: nullable(isText),
  openColumn: nullable(isText),
  system: isFlag,
  definition: isNull,
  writable: isFlag,
  storage: may(isText),
})
const isMoment: Fits = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value))

const COLUMN: Shape<ColumnNote> = {
  type: may(isType),
  default: may(isText),
  generated: may(isText),
  stored: may(isFlag),
  identity: or(isMissing, isNull, isIdentity),
  comment: may(isText),
  retired: may(
    shaped({
      column: isColumn,
      retiredAt: isMoment,
      suspended: shaped({ primaryKey: isFlag, ...rules }),
      converted: may(shaped({ using: nullable(isText) })),
    }),
  ),
}
const TABLE: Shape<TableNote> = {
  own: may(isTrue),
  adopted: may(isTrue),
  schema: may(isText),
  retired: may(shaped({ table: isTable, retiredAt: isMoment })),
  comment: may(isText),
  open: may(isText),
  system: may(isFlag),
  definition: may(isText),
  columns: may(list(shaped({ name: isText, type: isType, nullable: isFlag }))),
}
const isColumnNote = shaped(COLUMN)
const isTableNote = shaped(TABLE)

/**
 * The note of a column; an empty one where there is none. That it is out of sight counts only for what has a reserved name: nobody hides another
 * one by a comment. Throws XX001 for a note that Pilar never writes.
 */
export function columnNote(note: unknown, { table, column }: { table: string; column: string }): ColumnNote {
  if (note === null) return {}
  if (!isColumnNote(note)) throw strange(`${table}.${column}`)
  const { retired, ...rest } = note as ColumnNote
  return retired === undefined || !column.startsWith(RETIRED_PREFIX) ? rest : { ...rest, retired }
}

/** The same for a table or view; null where there is no note. */
export function tableNote(note: unknown, table: string): TableNote | null {
  if (note === null) return null
  if (!isTableNote(note)) throw strange(table)
  const { retired, ...rest } = note as TableNote
  return retired === undefined || !table.startsWith(RETIRED_TABLES) ? rest : { ...rest, retired }
}

const RETIRED_TABLES = 'pilar.retired_'

function strange(where: string): Error {
  const message = `the comment /*pilar:…*/ in the statement of ${where} is none that Pilar writes`
  return failure('XX001', { message }, { hint: 'Take the comment out of the statement, or restore a backup.' })
}
