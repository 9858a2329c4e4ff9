import { failure, type PilarError } from '../../errors/error.ts'
import type { Payload } from '../../query/request.ts'
import { isJsonArray, isJsonObject, type Json, type JsonObject, parseJson } from '../../std/json.ts'
import { parseCsv } from '../csv.ts'
import { limitExceeded, type ParseLimits } from './limits.ts'
import { parseQueryString } from './query-string.ts'

export interface PayloadOptions {
  readonly contentType: string | undefined
  /** The names of `columns=`, or null: then the keys of the rows are the columns. */
  readonly columns: readonly string[] | null
  readonly limits: ParseLimits
}

/** The rows of a body, by its content type. Throws PGRST102 for a body that is not what it says, PILAR_LIMIT for one too deep or wide. */
export function parsePayload(body: Uint8Array | null, options: PayloadOptions): Payload {
  const type = mediaTypeOf(options.contentType)
  switch (type) {
    case 'application/json':
      return jsonPayload(decodeBody(body, 'Empty or invalid json'), options)
    case 'text/csv':
      return csvPayload(decodeBody(body, 'Empty or invalid csv'), options)
    case 'application/x-www-form-urlencoded':
      return formPayload(decodeBody(body, 'Empty or invalid form'), options)
    default:
      throw invalid(`Content-Type not acceptable: ${type}`)
  }
}

/** The type without parameters, lower case. JSON when the header is absent. */
function mediaTypeOf(header: string | undefined): string {
  if (header === undefined || header === '') return 'application/json'
  const [type = ''] = header.split(';', 1)
  return type.trim().toLowerCase()
}

function invalid(message: string): PilarError {
  return failure('PGRST102', { message })
}

const UTF8 = new TextDecoder('utf-8', { fatal: true })

function decodeBody(body: Uint8Array | null, message: string): string {
  if (body === null) return ''
  try {
    return UTF8.decode(body)
  } catch {
    throw invalid(message)
  }
}

function jsonPayload(text: string, options: PayloadOptions): Payload {
  const { columns, limits } = options
  checkDepth(text, limits)
  let json: Json
  try {
    json = parseJson(text)
  } catch {
    throw invalid('Empty or invalid json')
  }
  if (json !== null && isJsonArray(json)) {
    if (json.length > limits.payloadRowsMax) throw limitExceeded('payloadRowsMax', limits)
    return columns === null ? uniformRows(json, limits) : chosenRows(json, columns)
  }
  if (!isJsonObject(json)) return freezePayload(columns ?? [], [])
  return columns === null ? uniformRows([json], limits) : chosenRows([json], columns)
}

const QUOTE = 34
const BACKSLASH = 92

/** Refuses deep nesting before anything recursive sees the text. One pass; text inside strings does not count. */
function checkDepth(text: string, limits: ParseLimits): void {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if (code === 91 || code === 123) {
      depth++
      if (depth > limits.jsonDepthMax) throw limitExceeded('jsonDepthMax', limits)
    } else if (code === 93 || code === 125) depth--
  }
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at
}

/** Without `columns=` every row must have the keys of the first. */
function uniformRows(rows: readonly Json[], limits: ParseLimits): Payload {
  const [first] = rows
  if (first === undefined) return freezePayload([], [])
  if (!isJsonObject(first)) throw invalid('All object keys must match')
  const columns = Object.keys(first)
  if (columns.length > limits.payloadColumnsMax) throw limitExceeded('payloadColumnsMax', limits)
  return freezePayload(
    columns,
    rows.map((row) => {
      if (!isJsonObject(row) || !hasExactly(row, columns)) throw invalid('All object keys must match')
      return columns.map((column) => row[column])
    }),
  )
}

function hasExactly(row: JsonObject, columns: readonly string[]): boolean {
  return Object.keys(row).length === columns.length && columns.every((column) => Object.hasOwn(row, column))
}

/** With `columns=` only those keys are read; one that a row lacks stays undefined. */
function chosenRows(rows: readonly Json[], columns: readonly string[]): Payload {
  return freezePayload(
    columns,
    rows.map((row) => {
      if (!isJsonObject(row)) {
        throw failure('22023', { message: 'argument of json_to_recordset must be an array of objects' })
      }
      return columns.map((column) => (Object.hasOwn(row, column) ? row[column] : undefined))
    }),
  )
}

function csvPayload(text: string, options: PayloadOptions): Payload {
  const [header, ...lines] = parseCsv(text)
  if (header === undefined) throw invalid('Empty or invalid csv')
  if (header.length > options.limits.payloadColumnsMax) throw limitExceeded('payloadColumnsMax', options.limits)
  if (lines.length > options.limits.payloadRowsMax) throw limitExceeded('payloadRowsMax', options.limits)
  const names = header.map((field) => field.text)
  const rows = lines.map((line) => {
    if (line.length !== names.length) throw invalid('All lines must have same number of fields')
    return line.map((field) => (field.text === 'NULL' ? null : field.text))
  })
  return textPayload(names, rows, options)
}

function formPayload(text: string, options: PayloadOptions): Payload {
  const members = new Map(parseQueryString(text).map(({ key, value }) => [key, value ?? '']))
  if (members.size > options.limits.payloadColumnsMax) throw limitExceeded('payloadColumnsMax', options.limits)
  return textPayload([...members.keys()], [[...members.values()]], options)
}

/** Of a name that stands twice the last one counts, as in a JSON object. */
function textPayload(
  names: readonly string[],
  rows: readonly (readonly (string | null)[])[],
  options: PayloadOptions,
): Payload {
  const position = new Map(names.map((name, index) => [name, index]))
  const columns = options.columns ?? [...position.keys()]
  const cellOf = (row: readonly (string | null)[], column: string): Json | undefined => {
    const index = position.get(column)
    return index === undefined ? undefined : row[index]
  }
  return freezePayload(
    columns,
    rows.map((row) => columns.map((column) => cellOf(row, column))),
  )
}

function freezePayload(columns: readonly string[], cells: readonly (readonly (Json | undefined)[])[]): Payload {
  return Object.freeze({ columns: Object.freeze(columns), cells: Object.freeze(cells) })
}

export const NO_PAYLOAD: Payload = freezePayload([], [])
