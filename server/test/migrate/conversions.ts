/** What becomes of a value when its column changes its type, computed without the engine; undefined where this does not know. */
import type { ColumnType, ScalarType } from '../../src/schema/types.ts'
import { type Cell, NULL } from './cells.ts'

type Convert = (cell: Cell) => Cell | undefined

const same: Convert = (cell) => cell
const asText: Convert = (cell) => `t${cell.slice(1)}`

/** By the names of the types; numeric is `numeric` where it has no size, and `scaled` where it is numeric(10, 2). */
const CONVERSIONS: Readonly<Record<string, Convert>> = {
  'smallint integer': same,
  'smallint bigint': same,
  'integer bigint': same,
  'bigint integer': same,
  'integer smallint': same,
  'integer text': asText,
  'text integer': (cell) => (/^t-?\d+$/.test(cell) ? `i${BigInt(cell.slice(1))}` : undefined),
  'integer scaled': (cell) => `i${BigInt(cell.slice(1)) * 100n}`,
  'scaled integer': (cell) => `i${roundedHundredths(BigInt(cell.slice(1)))}`,
  'scaled numeric': (cell) => `t${decimalKey(hundredths(BigInt(cell.slice(1))))}`,
  'real double': same,
  'text varchar': same,
  'varchar varchar': same,
  'varchar text': same,
  'boolean text': (cell) => (cell === 'i1' ? 'ttrue' : 'tfalse'),
  'boolean integer': same,
  'date timestamp': (cell) => (cell.endsWith('infinity') ? cell : `${cell}T00:00:00`),
  'timestamp date': (cell) => (cell.endsWith('infinity') ? cell : cell.slice(0, 11)),
  'timestamptz timestamp': (cell) => cell.replace('+00:00', ''),
  'timestamp timestamptz': (cell) => (cell.endsWith('infinity') ? cell : `${cell}+00:00`),
  'time text': same,
  'interval text': same,
  'uuid text': same,
  'enum text': same,
  'enum enum': same,
}

export function convert(from: ColumnType, to: ColumnType, cell: Cell): Cell | undefined {
  if (cell === NULL) return NULL
  if (from.name === 'array' && to.name === 'array') {
    const items = JSON.parse(cell.slice(1)) as unknown[]
    if (to.element.name !== 'text') return undefined
    return `t${JSON.stringify(items.map((item) => (item === null ? null : String(item))))}`
  }
  return CONVERSIONS[`${word(from)} ${word(to)}`]?.(cell)
}

function word(type: ColumnType): string {
  return type.name === 'numeric' && (type as ScalarType).precision !== undefined ? 'scaled' : type.name
}

/** Half away from zero. */
function roundedHundredths(value: bigint): bigint {
  const absolute = ((value < 0n ? -value : value) + 50n) / 100n
  return value < 0n ? -absolute : absolute
}

function hundredths(value: bigint): string {
  const digits = String(value < 0n ? -value : value).padStart(3, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/** A decimal as the text whose byte order is the order of the numbers: docs/reference/types.md. */
export function decimalKey(text: string): string {
  const isNegative = text.startsWith('-')
  const [whole = '', fraction = ''] = (isNegative ? text.slice(1) : text).split('.')
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  if (digits === '') return '0'
  const leading = `${whole}${fraction}`.length - digits.length
  // As of 0.ddd.
  const exponent = whole.length - leading
  const key = `${String(exponent + 500_000).padStart(6, '0')}${digits.replace(/0+$/, '')}`
  return isNegative ? `-${[...key].map((digit) => 9 - Number(digit)).join('')}~` : `1${key}`
}

/** The value that an expression of the random schemas gives to every row; undefined where this does not know. */
export function constantOf(type: ColumnType, expression: string): Cell | undefined {
  const quoted = /^'((?:[^']|'')*)'$/.exec(expression)?.[1]?.replaceAll("''", "'")
  switch (type.name) {
    case 'text':
    case 'varchar':
    case 'enum':
    case 'date':
      return quoted === undefined ? undefined : `t${quoted}`
    case 'smallint':
    case 'integer':
    case 'bigint':
      return /^\d+$/.test(expression) ? `i${expression}` : undefined
    case 'boolean':
      return { true: 'i1', false: 'i0' }[expression]
    default:
      return undefined
  }
}
