import { quoteName } from '../../../policy/print.ts'
import type { Column } from '../../../schema/catalog.ts'

/** Thrown inside this folder for whatever has no PostgreSQL expression of the same meaning. Never leaves it. */
export class Untranslatable extends Error {
  override readonly name = 'Untranslatable'
}

export function refuse(what: string): never {
  throw new Untranslatable(what)
}

/** What both languages agree on about a value; `other` can only be asked whether it is null. */
export type Kind = 'boolean' | 'integer' | 'decimal' | 'double' | 'numeric' | 'text' | 'date' | 'other'

/** How tightly an operator of PostgreSQL binds. */
export const BINDS = { or: 1, and: 2, not: 3, predicate: 4, add: 5, multiply: 6, cast: 8, atom: 9 } as const

/** A piece of PostgreSQL. */
export interface Piece {
  readonly text: string
  readonly binds: number
  readonly kind: Kind
  /** The value of a constant: the digits of a number, the characters of a text; null for everything else. */
  readonly constant: string | null
  /** Integers only: the magnitude is below two to the power of this. */
  readonly bits: number
}

export const atom = (text: string, kind: Kind, more: Partial<Piece> = {}): Piece => ({
  ...{ text, kind, binds: BINDS.atom, constant: null, bits: 0 },
  ...more,
})

export const predicate = (text: string, binds: number = BINDS.predicate): Piece => atom(text, 'boolean', { binds })

/** The text of a piece where something that binds at least so tightly is expected. */
export const within = (piece: Piece, binds: number): string => (piece.binds < binds ? `(${piece.text})` : piece.text)

export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** Digits that a double keeps, whatever they are. */
const EXACT_DIGITS = 15

/** A number as it stands in SQL: `12`, `0.5`; nothing that a double would round. */
export function numberPiece(digits: string): Piece {
  if (/^\d+$/.test(digits)) {
    const value = BigInt(digits)
    if (value >= 2n ** 63n) return refuse('an integer of more than 64 bits')
    return atom(digits, 'integer', { constant: digits, bits: value.toString(2).length })
  }
  if (!/^\d+\.\d+$/.test(digits)) return refuse(`the number ${digits}`)
  if (digits.replace('.', '').replace(/^0+/, '').length > EXACT_DIGITS) return refuse('a number of many digits')
  return atom(digits, 'decimal', { constant: digits })
}

export const textPiece = (value: string): Piece => atom(quoteText(value), 'text', { constant: value })

const BITS: Readonly<Record<string, number>> = { smallint: 15, integer: 31, bigint: 63 }

/** A column; `plain` when its texts are compared byte by byte. `source` is the name of its table, where there are several. */
export function columnPiece(column: Column, plain: boolean, source: string | null = null): Piece {
  const { name } = column.type
  const bits = BITS[name]
  const text = `${source === null ? '' : `${quoteName(source)}.`}${quoteName(column.name)}`
  if (bits !== undefined) return atom(text, 'integer', { bits })
  if (name === 'real' || name === 'double') return atom(text, 'double')
  if (name === 'text' || name === 'varchar') return atom(text, plain ? 'text' : 'other')
  return atom(text, name === 'boolean' || name === 'numeric' || name === 'date' ? name : 'other')
}

const NUMBERS: ReadonlySet<Kind> = new Set(['integer', 'decimal', 'double', 'numeric'])
export const isNumber = (piece: Piece): boolean => NUMBERS.has(piece.kind)

/** Would SQLite take the text for a number, beside a column that likes numbers? */
const looksNumeric = (text: string): boolean => /^\s*[-+]?\.?\d/.test(text)

/** What a constant becomes beside a value of another kind: 0 beside a boolean is false, a day's text beside a date is a date. */
function beside(constant: Piece, other: Piece): Piece {
  if (constant.constant === null || other.constant !== null) return constant
  if (other.kind === 'boolean' && /^[01]$/.test(constant.constant) && constant.kind === 'integer') {
    return atom(constant.constant === '1' ? 'true' : 'false', 'boolean', { constant: constant.constant })
  }
  if (other.kind === 'date' && /^\d{4}-\d\d-\d\d$/.test(constant.constant) && constant.kind === 'text') {
    return { ...constant, kind: 'date' }
  }
  if (constant.kind === 'integer' && constant.bits > 53 && other.kind !== 'integer') return refuse('a large integer')
  return constant
}

/**
 * Two values that are compared, each as it has to be written beside the other. Refuses pairs that the two languages compare differently. Texts may
 * be compared for equality only, and not with what looks like a number, since a column of no known type may keep its numbers as numbers.
 */
export function comparable(left: Piece, right: Piece, ordered: boolean): readonly [Piece, Piece] {
  const [a, b] = [beside(left, right), beside(right, left)]
  const constants = [a, b].filter((piece) => piece.constant !== null)
  if (constants.length === 2) return refuse('two constants')
  if (isNumber(a) && isNumber(b)) {
    const isSame = a.kind === b.kind && a.kind !== 'numeric'
    return isSame || constants.length === 1 ? [a, b] : refuse('numbers of two kinds')
  }
  if (a.kind !== b.kind) return refuse(`${a.kind} and ${b.kind}`)
  if (a.kind === 'date') return [a, b]
  if (a.kind === 'boolean' && !ordered && constants.length === 1) return [a, b]
  if (a.kind !== 'text' || ordered) return refuse(`a comparison of ${a.kind}`)
  return constants.some((piece) => looksNumeric(piece.constant ?? '')) ? refuse('a number as text') : [a, b]
}

/** Alternatives of one kind, as they have to be written beside each other. */
export function alternatives(pieces: readonly Piece[]): readonly Piece[] {
  const lead = pieces.find((piece) => piece.constant === null) ?? pieces[0]
  if (lead === undefined) return refuse('no values')
  const written = pieces.map((piece) => beside(piece, lead))
  const isSame = written.every((piece) => piece.kind === lead.kind)
  return isSame && lead.kind !== 'other' && lead.kind !== 'numeric' ? written : refuse('values of several kinds')
}
