import { failure } from '../../errors/error.ts'

export interface Parameter {
  readonly key: string
  /** null when the parameter had no `=`. */
  readonly value: string | null
}

/** Splits a raw query string (without its `?`) and decodes it: `+` is a space. Throws PGRST100 for a malformed escape, 22021 for NUL. */
export function parseQueryString(raw: string): readonly Parameter[] {
  const parameters: Parameter[] = []
  if (raw === '') return parameters
  for (const piece of raw.split('&')) {
    if (piece === '') continue
    const equals = piece.indexOf('=')
    parameters.push(
      equals < 0
        ? { key: decode(piece), value: null }
        : { key: decode(piece.slice(0, equals)), value: decode(piece.slice(equals + 1)) },
    )
  }
  return parameters
}

function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  let decoded: string
  try {
    decoded = decodeURIComponent(spaced)
  } catch {
    const at = Math.max(0, spaced.search(/%(?![0-9a-fA-F]{2})/))
    throw failure(
      'PGRST100',
      { what: 'query string', text, line: 1, column: at + 1 },
      { details: 'unexpected "%" expecting a percent-encoded UTF-8 character' },
    )
  }
  if (decoded.includes('\0')) throw failure('22021', { bytes: '0x00' })
  return decoded
}

/** The parameters sorted by key and encoded anew: the query of `Content-Location`. Empty when there are none. */
export function canonicalQuery(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return ''
  const sorted = [...parameters].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return `?${sorted.map(({ key, value }) => `${encode(key)}=${encode(value ?? '')}`).join('&')}`
}

const KEPT_BY_ENCODER = /[!'()*]/g

/** Percent-encodes everything but letters, digits and `-_.~`. Lone surrogates become U+FFFD. */
export function encode(text: string): string {
  return encodeURIComponent(text.isWellFormed() ? text : text.toWellFormed()).replace(
    KEPT_BY_ENCODER,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
