import { Lru } from '../../../std/lru.ts'
import { inParentheses, isKeyword, nameOf, type Token, tokenize, wordsInParentheses } from '../sql-text.ts'

/**
 * A CREATE TABLE statement in pieces whose texts, put one after the other, are the statement again, byte for byte: so that one piece can be
 * exchanged and everything else stays as its author wrote it.
 */
export interface TableDdl {
  /** Up to the name. */
  readonly head: string
  /** The name as it is written, quotes included. */
  readonly name: string
  /** From the name to the opening parenthesis, that one included. */
  readonly open: string
  /** Our note about the table, the white space before it and a blank behind it included; empty where there is none. */
  readonly note: string
  /** The definitions between the commas: columns, then constraints. */
  readonly parts: readonly Part[]
  /** From the closing parenthesis to the end. */
  readonly tail: string
}

export interface Part {
  /** The column's name; null for constraints of the table. */
  readonly column: string | null
  readonly pieces: readonly Piece[]
  /** White space and comments before the comma. */
  readonly after: string
}

export type PieceKind =
  | 'name'
  | 'type'
  | 'note'
  | 'primary'
  | 'not null'
  | 'null'
  | 'unique'
  | 'check'
  | 'default'
  | 'collate'
  | 'foreign'
  | 'generated'
  /** CONSTRAINT with a name and nothing behind it, and whatever this reader does not know. */
  | 'other'

export interface Piece {
  readonly kind: PieceKind
  /** White space and comments before it. */
  readonly before: string
  readonly text: string
  /** The name of the constraint, where it has one. */
  readonly constraint: string | null
  /** Of a key: its columns, in order. */
  readonly columns: readonly string[]
}

/** Introspection, surveys and plans read the texts of the same tables again and again: of so many, the pieces are remembered. */
const REMEMBERED_MAX = 200
const remembered = new Lru<string, { readonly ddl: TableDdl | null }>(REMEMBERED_MAX)

/** Null for what has no definitions to take apart. */
export function parseTable(sql: string): TableDdl | null {
  let known = remembered.get(sql)
  if (known === undefined) {
    known = { ddl: takeApart(sql) }
    remembered.set(sql, known)
  }
  return known.ddl
}

function takeApart(sql: string): TableDdl | null {
  const tokens = tokenize(sql)
  const opening = tokens.findIndex((token) => token.kind === 'mark' && token.text === '(')
  const closing = tokens.findIndex((token, at) => at > opening && token.depth === 0 && token.text === ')')
  const name = tokens.slice(0, opening).findLast((token) => token.kind !== 'comment')
  const open = tokens[opening]
  const close = tokens[closing]
  if (name === undefined || open === undefined || close === undefined) return null
  const lists = splitAtCommas(tokens.slice(opening + 1, closing))
  const noteToken = lists[0]?.tokens[0]
  const isNote = noteToken?.kind === 'comment' && noteToken.text.startsWith('/*pilar:')
  // The blank behind it is ours, too.
  const start = isNote ? noteToken.end + (sql[noteToken.end] === ' ' ? 1 : 0) : open.end
  const parts = lists.map((list, index) => {
    const inside = index === 0 && isNote ? list.tokens.slice(1) : list.tokens
    return parsePart(sql, inside, { start: index === 0 ? start : list.start, end: list.end ?? close.start })
  })
  return {
    head: sql.slice(0, name.start),
    name: sql.slice(name.start, name.end),
    open: sql.slice(name.end, open.end),
    note: sql.slice(open.end, start),
    parts,
    tail: sql.slice(close.start),
  }
}

export function printTable(ddl: TableDdl): string {
  return `${ddl.head}${ddl.name}${ddl.open}${ddl.note}${ddl.parts.map(printPart).join(',')}${ddl.tail}`
}

export function printPart(part: Part): string {
  return `${part.pieces.map((piece) => piece.before + piece.text).join('')}${part.after}`
}

/** The statement without its foreign keys. */
export function withoutForeignKeys(sql: string): string {
  const ddl = parseTable(sql)
  if (ddl === null) return sql
  const parts = ddl.parts
    .map((part) => ({ ...part, pieces: part.pieces.filter((piece) => piece.kind !== 'foreign') }))
    .filter((part) => part.pieces.length > 0)
  return printTable({ ...ddl, parts })
}

interface TokenList {
  readonly tokens: Token[]
  readonly start: number
  end: number | null
}

function splitAtCommas(tokens: readonly Token[]): readonly TokenList[] {
  const lists: TokenList[] = [{ tokens: [], start: 0, end: null }]
  for (const token of tokens) {
    const last = lists.at(-1)
    if (token.depth === 1 && token.kind === 'mark' && token.text === ',') {
      if (last !== undefined) last.end = token.start
      lists.push({ tokens: [], start: token.end, end: null })
    } else last?.tokens.push(token)
  }
  return lists
}

const TABLE_CONSTRAINTS = ['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN']

function parsePart(sql: string, all: readonly Token[], span: Span): Part {
  const words = all.filter((token) => token.kind !== 'comment')
  const [first] = words
  const isColumn = first !== undefined && !TABLE_CONSTRAINTS.some((word) => isKeyword(first, word))
  const reader = new PartReader(sql, all, span.start)
  if (isColumn) {
    reader.take('name', 1)
    const typed = words.findIndex((_, at) => at > 0 && isClauseStart(words, at))
    const length = (typed < 0 ? words.length : typed) - 1
    if (length > 0) reader.take('type', length)
  }
  while (!reader.isDone) reader.takeClause()
  return { column: isColumn ? nameOf(first) : null, pieces: reader.pieces, after: sql.slice(reader.position, span.end) }
}

const CLAUSES = [
  ...TABLE_CONSTRAINTS,
  'NOT',
  'NULL',
  'DEFAULT',
  'COLLATE',
  'REFERENCES',
  'GENERATED',
  'AS',
  'DEFERRABLE',
]

function isClauseStart(words: readonly Token[], at: number): boolean {
  const token = words[at]
  return token?.depth === 1 && CLAUSES.some((word) => isKeyword(token, word))
}

interface Span {
  readonly start: number
  readonly end: number
}

/** Goes through the tokens of one definition; our notes become pieces of their own, other comments the white space of what follows. */
class PartReader {
  readonly pieces: Piece[] = []
  readonly #sql: string
  readonly #all: readonly Token[]
  readonly #words: readonly Token[]
  #at = 0
  position: number

  constructor(sql: string, all: readonly Token[], start: number) {
    this.#sql = sql
    this.#all = all
    this.#words = all.filter((token) => token.kind !== 'comment')
    this.position = start
  }

  get isDone(): boolean {
    return this.#at >= this.#words.length
  }

  /** The next `count` tokens as one piece. */
  take(kind: PieceKind, count: number, facts: { constraint?: string | null; columns?: readonly string[] } = {}): void {
    const first = this.#words[this.#at]
    const last = this.#words[this.#at + count - 1]
    this.#at += count
    if (first === undefined || last === undefined) return
    this.#push(kind, { start: first.start, end: last.end }, facts)
    this.#takeNotes(this.#words[this.#at]?.start ?? Number.POSITIVE_INFINITY)
  }

  #push(kind: PieceKind, { start, end }: Span, facts: Partial<Pick<Piece, 'constraint' | 'columns'>> = {}): void {
    const { constraint = null, columns = [] } = facts
    const before = this.#sql.slice(this.position, start)
    this.pieces.push({ kind, before, text: this.#sql.slice(start, end), constraint, columns })
    this.position = end
  }

  #takeNotes(until: number): void {
    for (const token of this.#all) {
      if (token.start < this.position || token.start >= until) continue
      if (token.kind === 'comment' && token.text.startsWith('/*pilar:')) this.#push('note', token)
    }
  }

  takeClause(): void {
    const words = this.#words.slice(this.#at)
    const named = isKeyword(words[0], 'CONSTRAINT') ? 2 : 0
    const constraint = named === 0 || words[1] === undefined ? null : nameOf(words[1])
    const clause = clauseAt(words, named)
    if (clause === null) this.take('other', Math.max(named, 1))
    else this.take(clause.kind, Math.min(clause.end, words.length), { constraint, columns: clause.columns })
  }
}

interface Clause {
  readonly kind: PieceKind
  /** Index after its last token. */
  readonly end: number
  readonly columns: readonly string[]
}

const NO_COLUMNS: readonly string[] = []

function clauseAt(words: readonly Token[], at: number): Clause | null {
  const is = (word: string, offset = 0): boolean => isKeyword(words[at + offset], word)
  if (is('PRIMARY')) return keyClause('primary', words, at + 2)
  if (is('UNIQUE')) return keyClause('unique', words, at + 1)
  if (is('CHECK')) return { kind: 'check', end: afterConflict(words, afterList(words, at + 1)), columns: NO_COLUMNS }
  if (is('NOT') && is('NULL', 1)) return { kind: 'not null', end: afterConflict(words, at + 2), columns: NO_COLUMNS }
  if (is('NULL')) return { kind: 'null', end: afterConflict(words, at + 1), columns: NO_COLUMNS }
  if (is('DEFAULT')) return { kind: 'default', end: afterDefault(words, at + 1), columns: NO_COLUMNS }
  if (is('COLLATE')) return { kind: 'collate', end: at + 2, columns: NO_COLUMNS }
  if (is('REFERENCES')) return { kind: 'foreign', end: afterReferences(words, at + 1), columns: NO_COLUMNS }
  if (is('FOREIGN')) {
    const end = afterReferences(words, afterList(words, at + 2) + 1)
    return { kind: 'foreign', end, columns: wordsInParentheses(words, at + 2) }
  }
  if (is('GENERATED')) return { kind: 'generated', end: afterGenerated(words, at + 3), columns: NO_COLUMNS }
  return is('AS') ? { kind: 'generated', end: afterGenerated(words, at + 1), columns: NO_COLUMNS } : null
}

function keyClause(kind: PieceKind, words: readonly Token[], at: number): Clause {
  const columns = isOpening(words[at]) ? wordsInParentheses(words, at) : NO_COLUMNS
  let end = afterList(words, at)
  if (isKeyword(words[end], 'ASC') || isKeyword(words[end], 'DESC')) end++
  end = afterConflict(words, end)
  if (isKeyword(words[end], 'AUTOINCREMENT')) end++
  return { kind, end, columns }
}

const isOpening = (token: Token | undefined): boolean => token?.kind === 'mark' && token.text === '('

/** After the parentheses that open at `at`; `at` itself where there are none. */
function afterList(words: readonly Token[], at: number): number {
  return isOpening(words[at]) ? at + inParentheses(words, at).length + 2 : at
}

function afterConflict(words: readonly Token[], at: number): number {
  return isKeyword(words[at], 'ON') && isKeyword(words[at + 1], 'CONFLICT') ? at + 3 : at
}

function afterDefault(words: readonly Token[], at: number): number {
  if (isOpening(words[at])) return afterList(words, at)
  const isSigned = words[at]?.kind === 'mark' && ['+', '-'].includes(words[at]?.text ?? '')
  let end = at + (isSigned ? 2 : 1)
  // The tokens of one literal (`.5`, `1e-3`, `x'00'`) stand without a gap.
  while (words[end] !== undefined && words[end]?.start === words[end - 1]?.end) end++
  return end
}

function afterGenerated(words: readonly Token[], at: number): number {
  const end = afterList(words, at)
  const [isStored, isVirtual] = [isKeyword(words[end], 'STORED'), isKeyword(words[end], 'VIRTUAL')]
  return isStored || isVirtual ? end + 1 : end
}

/** `at` is the name of the referenced table. */
function afterReferences(words: readonly Token[], at: number): number {
  let end = afterList(words, at + 1)
  for (;;) {
    const is = (word: string, offset = 0): boolean => isKeyword(words[end + offset], word)
    if (is('ON')) end += is('SET', 2) || is('NO', 2) ? 4 : 3
    else if (is('MATCH')) end += 2
    else if (is('NOT') && is('DEFERRABLE', 1)) end += is('INITIALLY', 2) ? 4 : 2
    else if (is('DEFERRABLE')) end += is('INITIALLY', 1) ? 3 : 1
    else return end
  }
}
