import { failure } from '../../errors/error.ts'

/** What the body of an answer is. `stripped` leaves out null members, at every depth. */
export type Media =
  | { readonly kind: 'json' | 'array' | 'object'; readonly stripped: boolean; readonly contentType: string }
  | { readonly kind: 'csv' | 'openapi'; readonly stripped: false; readonly contentType: string }

const UTF8 = '; charset=utf-8'
const JSON_MEDIA = media('json', false, `application/json${UTF8}`)
const ARRAY_STRIPPED = media('array', true, `application/vnd.pgrst.array+json;nulls=stripped${UTF8}`)
const OBJECT = media('object', false, `application/vnd.pgrst.object+json${UTF8}`)
const OBJECT_STRIPPED = media('object', true, `application/vnd.pgrst.object+json;nulls=stripped${UTF8}`)
const CSV: Media = Object.freeze({ kind: 'csv', stripped: false, contentType: `text/csv${UTF8}` })
const OPENAPI: Media = Object.freeze({
  kind: 'openapi',
  stripped: false,
  contentType: `application/openapi+json${UTF8}`,
})

function media(kind: 'json' | 'array' | 'object', stripped: boolean, contentType: string): Media {
  return Object.freeze({ kind, stripped, contentType })
}

/** How many media ranges of one Accept header are looked at; the rest is ignored. */
const RANGES_MAX = 32

interface AcceptRange {
  /** `type/subtype`, lower case. */
  readonly type: string
  readonly parameters: ReadonlyMap<string, string>
  readonly quality: number
  readonly text: string
}

/** The first media type of the Accept header that rows can be shown in, best quality first. Throws PGRST107. */
export function negotiateRows(accept: string | undefined): Media {
  return negotiate(accept, JSON_MEDIA, rowsMedia)
}

/** The same for the root document. */
export function negotiateRoot(accept: string | undefined): Media {
  return negotiate(accept, OPENAPI, rootMedia)
}

function negotiate(accept: string | undefined, standard: Media, mediaOf: (range: AcceptRange) => Media | null): Media {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return standard
  const ranges = parseAccept(accept)
  if (ranges.length === 0) return standard
  for (const range of ranges) {
    const found = range.quality > 0 ? mediaOf(range) : null
    if (found !== null) return found
  }
  throw failure('PGRST107', { types: ranges.map((range) => range.text).join(', ') })
}

function rowsMedia({ type, parameters }: AcceptRange): Media | null {
  const stripped = parameters.get('nulls') === 'stripped'
  switch (type) {
    case '*/*':
    case 'application/*':
    case 'application/json':
      return JSON_MEDIA
    case 'application/vnd.pgrst.array+json':
    case 'application/vnd.pgrst.array':
      return stripped ? ARRAY_STRIPPED : JSON_MEDIA
    case 'application/vnd.pgrst.object+json':
    case 'application/vnd.pgrst.object':
      return stripped ? OBJECT_STRIPPED : OBJECT
    case 'text/csv':
    case 'text/*':
      return CSV
    default:
      return null
  }
}

function rootMedia({ type }: AcceptRange): Media | null {
  const suits = ['*/*', 'application/*', 'application/json', 'application/openapi+json'].includes(type)
  return suits ? OPENAPI : null
}

/** Media ranges by falling quality; equal ones keep their order. */
function parseAccept(header: string): readonly AcceptRange[] {
  const ranges = splitOutsideQuotes(header, ',')
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '')
    .slice(0, RANGES_MAX)
    .map(parseRange)
  return ranges.sort((a, b) => b.quality - a.quality)
}

function parseRange(text: string): AcceptRange {
  const [type = '', ...rest] = splitOutsideQuotes(text, ';')
  const parameters = new Map<string, string>()
  for (const piece of rest) {
    const equals = piece.indexOf('=')
    if (equals < 0) continue
    const name = piece.slice(0, equals).trim().toLowerCase()
    if (!parameters.has(name)) parameters.set(name, unquoted(piece.slice(equals + 1).trim()))
  }
  return { type: type.trim().toLowerCase(), parameters, quality: qualityOf(parameters.get('q')), text }
}

function qualityOf(text: string | undefined): number {
  if (text === undefined || !/^[0-9](?:\.[0-9]{0,3})?$/.test(text)) return 1
  return Math.min(1, Number(text))
}

function unquoted(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
}

/** Splits at `separator` where it stands outside double quotes. */
function splitOutsideQuotes(text: string, separator: string): readonly string[] {
  const pieces: string[] = []
  let from = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '"') quoted = !quoted
    if (char !== separator || quoted) continue
    pieces.push(text.slice(from, at))
    from = at + 1
  }
  pieces.push(text.slice(from))
  return pieces
}
