import { failure } from '../errors/error.ts'
import type { ColumnType } from '../schema/types.ts'
import { formatArrayLiteral } from '../schema/values/array.ts'
import { canonicalJson, spacedJson } from '../schema/values/json.ts'
import { isJsonArray, isJsonObject, type Json, parseJson, stringifyJson } from '../std/json.ts'

export interface CsvField {
  readonly text: string
  readonly quoted: boolean
}

/** Lines of fields (RFC 4180: `"…"` with `""` for a quote, LF or CRLF). Empty lines are left out. Throws PGRST102 on a broken quote. */
export function parseCsv(text: string): readonly (readonly CsvField[])[] {
  const lines: CsvField[][] = []
  let at = 0
  while (at < text.length) {
    const line: CsvField[] = []
    let end = at
    for (;;) {
      const field = text[end] === '"' ? quotedField(text, end) : plainField(text, end)
      line.push(field.field)
      end = field.end
      if (text[end] !== ',') break
      end++
    }
    at = endOfLine(text, end)
    const blank = line.length === 1 && line[0]?.text === '' && !line[0].quoted
    if (!blank) lines.push(line)
  }
  return lines
}

interface Scanned {
  readonly field: CsvField
  readonly end: number
}

const PLAIN = /[^,\r\n]*/y

function plainField(text: string, start: number): Scanned {
  PLAIN.lastIndex = start
  const found = PLAIN.exec(text)?.[0] ?? ''
  return { field: { text: found, quoted: false }, end: start + found.length }
}

function quotedField(text: string, start: number): Scanned {
  let value = ''
  let from = start + 1
  for (;;) {
    const close = text.indexOf('"', from)
    if (close < 0) throw failure('PGRST102', { message: 'A quoted CSV field does not end' })
    value += text.slice(from, close)
    if (text[close + 1] !== '"') return { field: { text: value, quoted: true }, end: close + 1 }
    value += '"'
    from = close + 2
  }
}

function endOfLine(text: string, at: number): number {
  if (at >= text.length) return at
  if (text.startsWith('\r\n', at)) return at + 2
  if (text[at] === '\n' || text[at] === '\r') return at + 1
  throw failure('PGRST102', { message: 'Unexpected text after a quoted CSV field' })
}

export interface CsvColumn {
  readonly name: string
  /** null for an embed, which is shown as JSON. */
  readonly type: ColumnType | null
}

/**
 * Rows (a JSON array's text) as CSV: header and rows, fields in PostgreSQL's text form, joined by LF without one at the end. No rows give an
 * empty header and one LF.
 */
export function toCsv(rows: string, columns: readonly CsvColumn[]): string {
  const parsed = parseJson(rows)
  if (parsed === null || !isJsonArray(parsed) || parsed.length === 0) return '\n'
  const lines = parsed.map((row) => columns.map(({ name, type }) => cell(memberOf(row, name), type)).join(','))
  return `${columns.map(({ name }) => name).join(',')}\n${lines.join('\n')}`
}

function memberOf(row: Json, name: string): Json {
  return isJsonObject(row) && Object.hasOwn(row, name) ? (row[name] ?? null) : null
}

const NEEDS_QUOTES = /[(),"\\\s]/

function cell(value: Json, type: ColumnType | null): string {
  if (value === null) return ''
  const text = textOf(value, type)
  if (text !== '' && !NEEDS_QUOTES.test(text)) return text
  return `"${text.replace(/["\\]/g, '$&$&')}"`
}

function textOf(value: Json, type: ColumnType | null): string {
  if (type === null || value === null) return stringifyJson(value)
  if (type.name === 'jsonb') return spacedJson(canonicalJson(value))
  if (type.name === 'array' && isJsonArray(value)) {
    return formatArrayLiteral(value.map((item) => (item === null ? null : textOf(item, type.element))))
  }
  if (typeof value === 'boolean') return value ? 't' : 'f'
  if (typeof value !== 'string') return stringifyJson(value)
  if (type.name !== 'timestamp' && type.name !== 'timestamptz') return value
  return value.replace('T', ' ').replace('+00:00', '+00')
}
