/**
 * JSON without loss. `JSON.parse` turns 9007199254740993 into 9007199254740992 and 1.10 into 1.1; a database's bigint and
 * numeric need the text, so a number that JavaScript would print differently stays a `RawNumber`.
 */
export class RawNumber {
  /** The number exactly as it was written. */
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Json = null | boolean | number | string | RawNumber | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

const MAY_LOSE = /[0-9]{16}|[0-9]\.[0-9]|[0-9][eE]|-0/

/** Parses JSON text without losing digits. Throws `SyntaxError`; a `__proto__` key becomes an ordinary own property. */
export function parseJson(text: string): Json {
  if (!MAY_LOSE.test(text)) return JSON.parse(text)
  return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown)
}

function keepDigits(_key: string, value: Json, context: { source?: string }): Json {
  if (typeof value !== 'number' || context.source === undefined) return value
  return String(value) === context.source ? value : new RawNumber(context.source)
}

/** The inverse of `parseJson`. Members keep their order. */
export function stringifyJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (value instanceof RawNumber) return value.text
  if (isJsonArray(value)) return `[${value.map(stringifyJson).join(',')}]`
  const members = Object.keys(value).map((key) => `${JSON.stringify(key)}:${stringifyJson(value[key] ?? null)}`)
  return `{${members.join(',')}}`
}

/** `Array.isArray` that narrows readonly arrays. */
export function isJsonArray(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

/** True for `{…}`: not for arrays, null, or a `RawNumber`. */
export function isJsonObject(value: Json): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof RawNumber)
}
