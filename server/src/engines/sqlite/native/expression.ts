import type { Column } from '../../../schema/catalog.ts'
import { isKeyword, type Token, tokenize } from '../sql-text.ts'
import { translateCall, translatePattern } from './calls.ts'
import {
  alternatives,
  atom,
  BINDS,
  columnPiece,
  comparable,
  isNumber,
  numberPiece,
  type Piece,
  predicate,
  refuse,
  textPiece,
  within,
} from './value.ts'

/** The columns an expression may name. */
export interface NativeScope {
  /** By name in lower case, as SQLite looks them up. */
  readonly columns: ReadonlyMap<string, Column>
  /** True for a column whose texts are compared byte by byte. */
  readonly isPlain: (column: Column) => boolean
}

/** What a name, with the table before it or without, stands for; null when it is no column. */
export type Names = (source: string | null, name: string) => Piece | null

/** The PostgreSQL expression that means the same; throws `Untranslatable` where there is none or nobody can be sure. */
export function translateExpression(sql: string, { columns, isPlain }: NativeScope): Piece {
  return translateOver(sql, (source, name) => {
    const column = source === null ? columns.get(name.toLowerCase()) : undefined
    return column === undefined ? null : columnPiece(column, isPlain(column))
  })
}

/** The same over names of any kind. */
export function translateOver(sql: string, names: Names): Piece {
  const reader = new Reader(sql, names)
  const piece = reader.or()
  reader.expectEnd()
  return piece
}

const COMPARISONS: Readonly<Record<string, { readonly symbol: string; readonly ordered: boolean }>> = {
  '=': { symbol: '=', ordered: false },
  '==': { symbol: '=', ordered: false },
  '<>': { symbol: '<>', ordered: false },
  '!=': { symbol: '<>', ordered: false },
  '<': { symbol: '<', ordered: true },
  '<=': { symbol: '<=', ordered: true },
  '>': { symbol: '>', ordered: true },
  '>=': { symbol: '>=', ordered: true },
}

/** Operators of several signs, the longest first. */
const SIGNS = ['==', '<>', '!=', '<=', '>=', '||', '<<', '>>', '->']

/** A bound on magnitudes that 64 bits always hold. */
const SAFE_BITS = 62

/** Reads SQLite's grammar from the loosest operator to the tightest, and writes PostgreSQL at once. */
class Reader {
  readonly #tokens: readonly Token[]
  readonly #names: Names
  #at = 0

  constructor(sql: string, names: Names) {
    this.#tokens = joinSigns(tokenize(sql).filter((token) => token.kind !== 'comment'))
    this.#names = names
  }

  expectEnd(): void {
    if (this.#at < this.#tokens.length) refuse(`what follows ${this.#at} words`)
  }

  or(): Piece {
    return this.#joined('OR', BINDS.or, () => this.#joined('AND', BINDS.and, () => this.#not()))
  }

  #joined(word: 'OR' | 'AND', binds: number, next: () => Piece): Piece {
    const pieces = [next()]
    while (this.#word(word)) pieces.push(next())
    if (pieces.length === 1) return pieces[0] ?? refuse('nothing')
    return predicate(pieces.map((piece) => within(condition(piece), binds)).join(` ${word.toLowerCase()} `), binds)
  }

  #not(): Piece {
    if (!this.#word('NOT')) return this.#predicate()
    return predicate(`not ${within(condition(this.#not()), BINDS.not)}`, BINDS.not)
  }

  /** One test after another binds to the left in SQLite, `a = b IS NULL`: nobody writes it and means it. */
  #predicate(): Piece {
    const left = this.#sum()
    const sign = this.#sign(Object.keys(COMPARISONS))
    if (sign !== null) return this.#comparison(left, sign)
    if (this.#word('IS')) return this.#is(left)
    if (this.#word('ISNULL')) return predicate(`${within(left, BINDS.add)} is null`)
    if (this.#word('NOTNULL')) return predicate(`${within(left, BINDS.add)} is not null`)
    const isNegated = this.#word('NOT')
    if (isNegated && this.#word('NULL')) return predicate(`${within(left, BINDS.add)} is not null`)
    const not = isNegated ? 'not ' : ''
    if (this.#word('IN')) return this.#in(left, not)
    if (this.#word('BETWEEN')) return this.#between(left, not)
    for (const word of ['LIKE', 'GLOB'] as const) {
      if (!this.#word(word)) continue
      if (left.kind !== 'text') return refuse('a pattern for what is no text')
      return predicate(`${within(left, BINDS.add)} ${not}like ${translatePattern(word, this.#sum())}`)
    }
    return isNegated ? refuse('NOT') : left
  }

  #comparison(left: Piece, sign: string): Piece {
    const { symbol, ordered } = COMPARISONS[sign] ?? refuse(sign)
    const [a, b] = comparable(left, this.#sum(), ordered)
    return predicate(`${within(a, BINDS.add)} ${symbol} ${within(b, BINDS.add)}`)
  }

  #is(left: Piece): Piece {
    const isNegated = this.#word('NOT')
    if (this.#word('NULL')) return predicate(`${within(left, BINDS.add)} is ${isNegated ? 'not ' : ''}null`)
    if (this.#word('DISTINCT')) return refuse('IS DISTINCT FROM')
    const [a, b] = comparable(left, this.#sum(), false)
    const word = isNegated ? 'is distinct from' : 'is not distinct from'
    return predicate(`${within(a, BINDS.add)} ${word} ${within(b, BINDS.add)}`)
  }

  #in(left: Piece, not: string): Piece {
    const items = this.#list()
    if (items.length === 0) return refuse('an empty list')
    const written = items.map((item) => {
      if (item.constant === null) return refuse('a list of what is not written down')
      return comparable(left, item, false)[1].text
    })
    return predicate(`${within(left, BINDS.add)} ${not}in (${written.join(', ')})`)
  }

  #between(left: Piece, not: string): Piece {
    const low = comparable(left, this.#sum(), true)[1]
    if (!this.#word('AND')) return refuse('BETWEEN without AND')
    const high = comparable(left, this.#sum(), true)[1]
    return predicate(
      `${within(left, BINDS.add)} ${not}between ${within(low, BINDS.add)} and ${within(high, BINDS.add)}`,
    )
  }

  #sum(): Piece {
    let left = this.#product()
    for (let sign = this.#sign(['+', '-']); sign !== null; sign = this.#sign(['+', '-'])) {
      left = arithmetic(left, sign, this.#product())
    }
    return left
  }

  #product(): Piece {
    let left = this.#joinedText()
    for (let sign = this.#sign(['*', '/', '%']); sign !== null; sign = this.#sign(['*', '/', '%'])) {
      left = sign === '*' ? arithmetic(left, sign, this.#joinedText()) : quotient(left, sign, this.#joinedText())
    }
    return left
  }

  #joinedText(): Piece {
    const pieces = [this.#unary()]
    while (this.#sign(['||']) !== null) pieces.push(this.#unary())
    if (pieces.length === 1) return pieces[0] ?? refuse('nothing')
    if (pieces.some((piece) => piece.kind !== 'text')) return refuse('|| of what is no text')
    return atom(pieces.map((piece) => within(piece, BINDS.cast)).join(' || '), 'text', { binds: BINDS.add })
  }

  #unary(): Piece {
    const sign = this.#sign(['-', '+'])
    if (sign === null) return this.#primary()
    const piece = this.#primary()
    if (piece.constant === null || !isNumber(piece)) return refuse('a sign before what is no number')
    return sign === '+'
      ? piece
      : { ...piece, text: `-${piece.text}`, constant: `-${piece.constant}`, binds: BINDS.cast }
  }

  #primary(): Piece {
    if (this.#sign(['(']) !== null) {
      const inner = this.or()
      if (this.#sign([')']) === null) return refuse('a list')
      return inner
    }
    if (this.#word('CASE')) return this.#case()
    const token = this.#tokens[this.#at++]
    if (token === undefined) return refuse('nothing')
    if (token.kind === 'string') return textPiece(token.text.slice(1, -1).replaceAll("''", "'"))
    if (/^\d/.test(token.text) && !token.quoted) return numberPiece(token.text)
    if (token.kind !== 'word') return refuse(token.text)
    if (!token.quoted && this.#peek('(')) return translateCall(token.text, this.#list())
    return this.#name(token)
  }

  #name(token: Token): Piece {
    if (this.#sign(['.']) !== null) {
      const name = this.#tokens[this.#at++]
      return (name?.kind === 'word' ? this.#names(token.text, name.text) : null) ?? refuse('a qualified name')
    }
    const column = this.#names(null, token.text)
    if (column !== null) return column
    if (isKeyword(token, 'TRUE')) return atom('true', 'boolean', { constant: '1' })
    return isKeyword(token, 'FALSE') ? atom('false', 'boolean', { constant: '0' }) : refuse(`the word ${token.text}`)
  }

  #case(): Piece {
    const whens: Piece[] = []
    const thens: Piece[] = []
    while (this.#word('WHEN')) {
      whens.push(condition(this.or()))
      if (!this.#word('THEN')) return refuse('CASE')
      thens.push(this.or())
    }
    const hasElse = this.#word('ELSE')
    if (hasElse) thens.push(this.or())
    if (whens.length === 0 || !this.#word('END')) return refuse('CASE')
    const written = alternatives(thens)
    const arms = whens.map((when, index) => `when ${when.text} then ${written[index]?.text ?? ''}`)
    const text = `case ${arms.join(' ')}${hasElse ? ` else ${written.at(-1)?.text ?? ''}` : ''} end`
    const bits = Math.max(...written.map((piece) => piece.bits))
    return atom(text, written[0]?.kind ?? 'other', { bits })
  }

  /** Values in parentheses. */
  #list(): readonly Piece[] {
    if (this.#sign(['(']) === null) return refuse('no list')
    const items: Piece[] = []
    if (this.#sign([')']) !== null) return items
    do items.push(this.or())
    while (this.#sign([',']) !== null)
    return this.#sign([')']) === null ? refuse('a list that does not end') : items
  }

  #word(word: string): boolean {
    if (!isKeyword(this.#tokens[this.#at], word)) return false
    this.#at++
    return true
  }

  #peek(sign: string): boolean {
    const token = this.#tokens[this.#at]
    return token?.kind === 'mark' && token.text === sign
  }

  #sign(signs: readonly string[]): string | null {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'mark' || !signs.includes(token.text)) return null
    this.#at++
    return token.text
  }
}

function joinSigns(tokens: readonly Token[]): readonly Token[] {
  const joined: Token[] = []
  for (const token of tokens) {
    const before = joined.at(-1)
    const both = `${before?.text ?? ''}${token.text}`
    const isSign =
      before?.kind === 'mark' && token.kind === 'mark' && before.end === token.start && SIGNS.includes(both)
    if (isSign && before !== undefined) joined[joined.length - 1] = { ...before, text: both, end: token.end }
    else joined.push(token)
  }
  return joined
}

export function condition(piece: Piece): Piece {
  return piece.kind === 'boolean' ? piece : refuse('a condition that is no boolean')
}

/** Whole numbers as bigint, where they can't overflow; doubles as they are. Decimals differ: PostgreSQL's are exact. */
function arithmetic(left: Piece, sign: string, right: Piece): Piece {
  const binds = sign === '*' ? BINDS.multiply : BINDS.add
  const text = (a: string, b: string) => `${a} ${sign} ${b}`
  if (left.kind === 'integer' && right.kind === 'integer') {
    const bits = sign === '*' ? left.bits + right.bits : Math.max(left.bits, right.bits) + 1
    if (bits > SAFE_BITS) return refuse('numbers that may overflow')
    return atom(text(wide(left, binds), wide(right, binds + 1)), 'integer', { binds, bits })
  }
  const isDouble = [left, right].some((piece) => piece.kind === 'double')
  if (!isDouble || ![left, right].every((piece) => ['double', 'integer', 'decimal'].includes(piece.kind))) {
    return refuse(`${sign} of ${left.kind} and ${right.kind}`)
  }
  if ([left, right].some((piece) => piece.kind === 'integer' && piece.bits > 53)) return refuse('large integers')
  return atom(text(within(left, binds), within(right, binds + 1)), 'double', { binds })
}

/** Both cut towards zero; a divisor that is written down is never zero. */
function quotient(left: Piece, sign: string, right: Piece): Piece {
  if (right.constant === null || !isNumber(right) || Number(right.constant) <= 0) return refuse('a divisor')
  const text = (a: string) => `${a} ${sign} ${within(right, BINDS.multiply + 1)}`
  const binds = BINDS.multiply
  if (left.kind === 'integer' && right.kind === 'integer' && left.constant === null) {
    return atom(text(wide(left, binds)), 'integer', { binds, bits: left.bits })
  }
  return left.kind === 'double' && sign === '/'
    ? atom(text(within(left, binds)), 'double', { binds })
    : refuse(`${sign} of ${left.kind}`)
}

/** A column of 16 or 32 bits must not overflow where SQLite's 64 do not. */
function wide(piece: Piece, binds: number): string {
  return piece.constant === null && piece.binds === BINDS.atom ? `${piece.text}::bigint` : within(piece, binds)
}
