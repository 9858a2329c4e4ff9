import type { ColumnDefinition, TableDefinition, ViewDefinition } from './definition.ts'
import { columnNameFault, nameHint } from './names.ts'
import type { Report, Spot } from './report.ts'
import type { ColumnType, ScalarType } from './types.ts'

/** PostgreSQL's bounds. */
const VARCHAR_LENGTH_MAX = 10_485_760
const PRECISION_MAX = 1_000

const INTEGERS = ['smallint', 'integer', 'bigint']

/** Reports what is wrong with columns on their own: names, types, and marks that exclude each other. */
export function checkColumns(report: Report, label: string, table: TableDefinition | ViewDefinition): void {
  const spot = { where: label, at: table.at }
  if (table.columns.length === 0) report.add(spot, 'it has no columns')
  const seen = new Map<string, string>()
  for (const column of table.columns) {
    const at = { where: `${label}.${column.name}`, at: column.at }
    const fault = columnNameFault(column.name)
    if (fault !== null) report.add(at, fault, nameHint(column.name))
    const twin = seen.get(column.name.toLowerCase())
    if (twin !== undefined) report.add(at, `it differs from "${twin}" by upper and lower case only`)
    seen.set(column.name.toLowerCase(), column.name)
    checkType(report, at, column.type)
    checkMarks(report, at, column)
    checkFormerName(report, at, { column, table })
  }
}

function checkType(report: Report, spot: Spot, type: ColumnType): void {
  const scalar = type.name === 'array' ? type.element : type
  if (scalar.name === 'varchar') checkLength(report, spot, scalar.length)
  if (scalar.name === 'numeric') checkPrecision(report, spot, scalar)
  if (scalar.name === 'enum') checkValues(report, spot, scalar.values ?? [])
}

function checkLength(report: Report, spot: Spot, length: number | undefined): void {
  if (length === undefined || (Number.isInteger(length) && length >= 1 && length <= VARCHAR_LENGTH_MAX)) return
  report.add(
    spot,
    `the length of a varchar is from 1 to ${VARCHAR_LENGTH_MAX}, not ${length}`,
    'Use c.text() for any length.',
  )
}

function checkPrecision(report: Report, spot: Spot, type: ScalarType): void {
  const { precision, scale = 0 } = type
  if (precision === undefined) {
    if (type.scale !== undefined)
      report.add(spot, 'a numeric with a scale needs a precision', 'Write c.numeric(10, 2).')
    return
  }
  const isPrecise = Number.isInteger(precision) && precision >= 1 && precision <= PRECISION_MAX
  if (!isPrecise) report.add(spot, `the precision of a numeric is from 1 to ${PRECISION_MAX}, not ${precision}`)
  else if (!(Number.isInteger(scale) && scale >= 0 && scale <= precision)) {
    report.add(spot, `the scale of a numeric is from 0 to its precision ${precision}, not ${scale}`)
  }
}

function checkValues(report: Report, spot: Spot, values: readonly string[]): void {
  if (values.length === 0) report.add(spot, 'an enum needs values', "Write c.enum('draft', 'published').")
  const seen = new Set<string>()
  for (const value of values) {
    if (typeof value !== 'string' || value === '') report.add(spot, 'a value of an enum is a text that is not empty')
    else if (seen.has(value)) report.add(spot, `the enum has the value "${value}" twice`)
    seen.add(value)
  }
}

function checkMarks(report: Report, spot: Spot, column: ColumnDefinition): void {
  const { type, identity, generated, references } = column
  if (generated !== null && column.default !== null) report.add(spot, 'a generated column has no default')
  if (generated !== null && identity !== null) report.add(spot, 'a column is generated or an identity, not both')
  if (generated !== null && column.primaryKey) report.add(spot, 'a generated column can not be the primary key')
  if (identity !== null && column.default !== null) report.add(spot, 'an identity column has no default of its own')
  if (identity !== null && column.nullable) report.add(spot, 'an identity column is never null')
  if (identity !== null && !INTEGERS.includes(type.name)) {
    report.add(spot, `an identity column is a smallint, integer or bigint, not ${type.name}`)
  }
  if (column.primaryKey && column.nullable) report.add(spot, 'a primary key is never null', 'Leave out .nullable().')
  if (references === null) return
  const actions = [references.onDelete, references.onUpdate]
  if (actions.includes('set null') && !column.nullable) {
    report.add(spot, '"set null" on a column that is not null', 'Add .nullable().')
  }
  if (actions.includes('set default') && column.default === null && !column.nullable) {
    report.add(spot, '"set default" on a column without a default', 'Add .default(…).')
  }
}

function checkFormerName(
  report: Report,
  spot: Spot,
  given: { column: ColumnDefinition; table: TableDefinition | ViewDefinition },
): void {
  const { was } = given.column
  if (was === null) return
  if (was === given.column.name) report.add(spot, 'the former name is the name it has')
  else if (given.table.columns.some((other) => other.name === was)) {
    report.add(spot, `its former name "${was}" is the name of another column`)
  }
}
