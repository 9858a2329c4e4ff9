import { failure } from '../../errors/error.ts'
import type { ScalarType } from '../types.ts'
import { invalidSyntax } from './invalid.ts'

/** Text that PostgreSQL can store: no NUL, no lone surrogate. */
export function parseText(text: string): string {
  if (text.includes('\u0000')) {
    throw failure('22P05', {}, { details: '\\u0000 cannot be converted to text.' })
  }
  if (!text.isWellFormed()) {
    throw failure('22P02', { message: 'invalid input syntax for type text: lone surrogate' })
  }
  return text
}

/** 22001 when it is too long; blanks beyond the length are cut off without a word, as the standard says. */
export function parseVarchar(type: ScalarType, text: string): string {
  parseText(text)
  const length = type.length
  if (length === undefined || text.length <= length) return text
  const characters = [...text]
  if (characters.length <= length) return text
  const rest = characters.slice(length)
  if (rest.some((character) => character !== ' ')) throw failure('22001', { type: `character varying(${length})` })
  return characters.slice(0, length).join('')
}

/** One of the type's values, exactly. */
export function parseEnum(type: ScalarType, text: string): string {
  const values = type.values ?? []
  if (values.includes(text)) return text
  throw failure('22P02', { message: `invalid input value for enum ${type.enumName ?? 'enum'}: "${text}"` })
}

/** Any spelling PostgreSQL takes: upper case, braces, hyphens after any group of four digits or none. */
export function parseUuid(text: string): string {
  const braced = /^\{(.*)\}$/.exec(text)
  const body = braced?.[1] ?? text
  if (!/^[0-9a-f]{4}(-?[0-9a-f]{4}){7}$/i.test(body)) throw invalidSyntax('uuid', text)
  const digits = body.replaceAll('-', '').toLowerCase()
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join(
    '-',
  )
}

const TRUE = /^(t|tr|tru|true|y|ye|yes|on|1)$/i
const FALSE = /^(f|fa|fal|fals|false|n|no|of|off|0)$/i

export function parseBoolean(text: string): boolean {
  const trimmed = text.trim()
  if (TRUE.test(trimmed)) return true
  if (FALSE.test(trimmed)) return false
  throw invalidSyntax('boolean', text)
}
