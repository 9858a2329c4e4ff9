import type { Column } from '../../../schema/catalog.ts'
import type { ScalarTypeName } from '../../../schema/types.ts'
import { type Token, tokenize } from '../sql-text.ts'
import { numberPiece, type Piece, quoteText, refuse, textPiece } from './value.ts'

/** The current time as SQLite writes it: UTC, whole seconds. */
const NOW: readonly RegExp[] = [/^current_timestamp$/i, /^datetime\(\s*'now'\s*\)$/i]
const TODAY: readonly RegExp[] = [/^current_date$/i, /^date\(\s*'now'\s*\)$/i]

const LARGEST: Readonly<Record<string, bigint>> = { smallint: 2n ** 15n, integer: 2n ** 31n, bigint: 2n ** 63n }

/**
 * The PostgreSQL default that stores what SQLite's would, in a column of an adopted table; null for NULL, which is what every column has. Throws
 * `Untranslatable`.
 */
export function translateDefault(sql: string, column: Column): string | null {
  const text = bare(sql)
  if (/^null$/i.test(text)) return null
  const type = column.type.name
  const isTime = (patterns: readonly RegExp[]) => patterns.some((pattern) => pattern.test(text))
  // Seconds have no fraction in SQLite, and other programs that read the file may count on it.
  if (isTime(NOW) && type === 'timestamp' && column.storage?.startsWith('native space') === true) {
    return "date_trunc('second', localtimestamp)"
  }
  if (isTime(TODAY) && type === 'date') return 'current_date'
  const piece = constantOf(text)
  return type === 'array' ? refuse('a default of a list') : stored(piece, type, column)
}

/** Without parentheses around all of it. */
function bare(sql: string): string {
  let text = sql.trim()
  for (;;) {
    const tokens = tokenize(text)
    const [first, last] = [tokens[0], tokens.at(-1)]
    const closesFirst = tokens.findIndex((token) => token.text === ')' && token.kind === 'mark' && token.depth === 0)
    if (first?.text !== '(' || last?.text !== ')' || closesFirst !== tokens.length - 1) return text
    text = text.slice(first.end, last.start).trim()
  }
}

function constantOf(text: string): Piece {
  const tokens = tokenize(text)
  const [first] = tokens
  const isSigned = first?.kind === 'mark' && (first.text === '-' || first.text === '+')
  const [token, ...rest] = isSigned ? tokens.slice(1) : tokens
  if (token === undefined || rest.length > 0) return refuse('no constant')
  const piece = onePiece(token)
  if (!isSigned) return piece
  if (piece.kind === 'text' || piece.kind === 'boolean') return refuse('a sign')
  return first.text === '-' ? { ...piece, text: `-${piece.text}`, constant: `-${piece.text}` } : piece
}

function onePiece(token: Token): Piece {
  if (token.kind === 'string') return textPiece(token.text.slice(1, -1).replaceAll("''", "'"))
  if (!token.quoted && /^\d/.test(token.text)) return numberPiece(token.text)
  const isTruth = !token.quoted && /^(true|false)$/i.test(token.text)
  return isTruth ? { ...numberPiece(/^true$/i.test(token.text) ? '1' : '0'), kind: 'boolean' } : refuse('no constant')
}

/** The constant as a column of the type keeps it. */
function stored(piece: Piece, type: ScalarTypeName, column: Column): string {
  const constant = piece.constant ?? refuse('no constant')
  switch (type) {
    case 'smallint':
    case 'integer':
    case 'bigint': {
      // A text that is a number is kept as the number.
      const whole = /^-?\d{1,19}$/.test(constant) ? BigInt(constant) : refuse('no whole number')
      const largest = LARGEST[type] ?? 0n
      return whole < largest && whole >= -largest ? String(whole) : refuse('a number that is too large')
    }
    case 'double':
    case 'numeric':
      return /^-?\d+(\.\d+)?$/.test(constant) && piece.kind !== 'boolean' ? constant : refuse('no number')
    case 'boolean':
      return /^[01]$/.test(constant) ? String(constant === '1') : refuse('no truth')
    case 'text':
    case 'varchar':
      return piece.kind === 'text' ? quoteText(constant) : refuse('a number in a text')
    case 'date':
      return /^\d{4}-\d\d-\d\d$/.test(constant) ? quoteText(constant) : refuse('no date')
    case 'timestamp':
      return column.storage?.startsWith('native space') === true && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(constant)
        ? quoteText(constant)
        : refuse('no timestamp')
    case 'jsonb':
      return constant === '{}' || constant === '[]' ? quoteText(constant) : refuse('a document')
    default:
      return refuse(type)
  }
}
