import { alternatives, atom, type Piece, quoteText, refuse } from './value.ts'

type Translate = (args: readonly Piece[]) => Piece

const text = (piece: Piece | undefined): Piece =>
  piece?.kind === 'text' ? piece : refuse('an argument that is no text')

/** A whole number that is written down, at least `min`. */
function count(piece: Piece | undefined, min: number): string {
  const isCount = piece?.kind === 'integer' && piece.constant !== null && Number(piece.constant) >= min
  return isCount && piece.bits <= 31 ? piece.text : refuse('an argument that is not written down')
}

const filled = (piece: Piece | undefined): string =>
  (text(piece).constant ?? '') === '' ? refuse('an argument that may be empty') : text(piece).text

const LENGTH_BITS = 31

const trim =
  (name: string): Translate =>
  ([value, ...rest]) =>
    rest.length > 0 ? refuse('characters to trim') : atom(`${name}(${text(value).text})`, 'text')

const coalesce: Translate = (args) => {
  if (args.length < 2) return refuse('one argument')
  const written = alternatives(args)
  const bits = Math.max(...written.map((piece) => piece.bits))
  return atom(`coalesce(${written.map((piece) => piece.text).join(', ')})`, written[0]?.kind ?? 'other', { bits })
}

/** Functions that mean the same in both languages for the arguments they let through. `lower` and `upper` do not: SQLite's know ASCII only. */
const CALLS: Readonly<Record<string, Translate>> = {
  length: ([value, ...rest]) =>
    rest.length > 0 ? refuse('arguments') : atom(`char_length(${text(value).text})`, 'integer', { bits: LENGTH_BITS }),
  trim: trim('trim'),
  ltrim: trim('ltrim'),
  rtrim: trim('rtrim'),
  coalesce,
  ifnull: coalesce,
  instr: ([value, part, ...rest]) =>
    rest.length > 0
      ? refuse('arguments')
      : atom(`strpos(${text(value).text}, ${filled(part)})`, 'integer', { bits: LENGTH_BITS }),
  replace: ([value, from, to, ...rest]) =>
    rest.length > 0
      ? refuse('arguments')
      : atom(`replace(${text(value).text}, ${filled(from)}, ${text(to).text})`, 'text'),
  substr: ([value, from, size, ...rest]) => {
    if (rest.length > 0) return refuse('arguments')
    const bounds = [count(from, 1), ...(size === undefined ? [] : [count(size, 0)])]
    return atom(`substr(${[text(value).text, ...bounds].join(', ')})`, 'text')
  },
}

export function translateCall(name: string, args: readonly Piece[]): Piece {
  const plain = name.toLowerCase() === 'substring' ? 'substr' : name.toLowerCase()
  const translate = Object.hasOwn(CALLS, plain) ? CALLS[plain] : undefined
  return translate === undefined ? refuse(`the function ${name}`) : translate(args)
}

/**
 * LIKE ignores case in SQLite, so only patterns without letters mean the same. GLOB heeds it and has other signs: `*` is `%`, `?` is `_`.
 * PostgreSQL's backslash is nothing special in either.
 */
export function translatePattern(word: 'LIKE' | 'GLOB', pattern: Piece): string {
  const given = text(pattern).constant ?? refuse('a pattern that is not written down')
  if (given.includes('\\')) return refuse('a backslash in a pattern')
  if (word === 'LIKE')
    return /^[\x20-\x7e]*$/.test(given) && !/[a-z]/i.test(given) ? pattern.text : refuse('letters in LIKE')
  if (/[%_[\]]/.test(given)) return refuse('signs in GLOB')
  return quoteText(given.replaceAll('*', '%').replaceAll('?', '_'))
}
