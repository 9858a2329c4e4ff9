import type { Check } from '../../schema/catalog.ts'
import { generatedName } from '../../schema/names.ts'
import { type Part, type Piece, parseTable, type TableDdl } from './migrate/table-ddl.ts'
import { columnNote, tableNote } from './note-shapes.ts'
import { type ColumnNote, readNote, type TableNote } from './notes.ts'
import { inParentheses, tokenize } from './sql-text.ts'

/** What only the text of a CREATE TABLE tells: names of constraints, checks, and our notes. */
export interface TableText {
  readonly note: TableNote | null
  readonly columns: ReadonlyMap<string, ColumnNote>
  readonly checks: readonly Check[]
  /** Names of keys by kind and columns: `unique a,b`. */
  readonly names: ReadonlyMap<string, string>
  /** True when the table was made by Pilar: the statement carries a note or a declared type of ours. */
  readonly own: boolean
  /** Some constraint has an ON CONFLICT clause. */
  readonly onConflict: boolean
  /** Columns of such constraints, in lower case. */
  readonly conflicting: ReadonlySet<string>
  /** SQLite's text of generated columns, by name. */
  readonly generated: ReadonlyMap<string, string>
  /** Collations that columns are declared with. */
  readonly collations: ReadonlyMap<string, string>
}

const OWN_TYPE = /^(INT_(SMALLINT|INTEGER|BIGINT|BOOLEAN|NUMERIC)|REAL_(REAL|DOUBLE)|BLOB_BYTEA|TEXT_[A-Z]+)\b/

export function readTableText(sql: string, table: string): TableText {
  const ddl = /^\s*CREATE\s+(TEMP\w*\s+)?VIEW\b/i.test(sql) ? null : parseTable(sql)
  if (ddl === null) return viewText(sql, table)
  const pieces = ddl.parts.flatMap((part) => part.pieces.map((piece) => ({ part, piece })))
  const columns = new Map<string, ColumnNote>()
  const checks: Check[] = []
  const names = new Map<string, string>()
  const generated = new Map<string, string>()
  const collations = new Map<string, string>()
  const note = tableNote(readNote(ddl.note), table)
  const moved = note?.schema === undefined ? '' : `${note.schema}.`
  const name = table.startsWith(moved) ? table.slice(moved.length) : table
  for (const { part, piece } of pieces) {
    const { column } = part
    if (piece.kind === 'check') checks.push(readCheck(piece, part, { table: name, before: checks }))
    const key = keyOf(part, piece)
    if (key !== null && piece.constraint !== null) names.set(key, piece.constraint)
    if (column === null) continue
    if (piece.kind === 'note') columns.set(column, columnNote(readNote(piece.text), { table, column }))
    if (piece.kind === 'generated') generated.set(column, insideOf(piece.text))
    if (piece.kind === 'collate') collations.set(column, piece.text.replace(/^COLLATE[\t-\r ]*/i, ''))
  }
  const isMarked = note !== null || columns.size > 0 || hasOwnType(ddl)
  const clauses = pieces.filter(({ piece }) => KEYS.has(piece.kind) && /\bON\s+CONFLICT\b/i.test(piece.text))
  const named = clauses.flatMap(({ part, piece }) => (part.column === null ? piece.columns : [part.column]))
  return {
    ...{ note, columns, checks, names, own: isMarked && note?.adopted !== true, generated, collations },
    ...{ onConflict: clauses.length > 0, conflicting: new Set(named.map((column) => column.toLowerCase())) },
  }
}

const NOTHING: Omit<TableText, 'note' | 'own'> = {
  columns: new Map(),
  checks: [],
  names: new Map(),
  onConflict: false,
  conflicting: new Set(),
  generated: new Map(),
  collations: new Map(),
}

function viewText(sql: string, view: string): TableText {
  const comment = tokenize(sql).find((token) => token.kind === 'comment')
  const note = comment === undefined ? null : tableNote(readNote(comment.text), view)
  return { ...NOTHING, note, own: note !== null }
}

const KEYS: ReadonlySet<string> = new Set(['primary', 'unique', 'not null', 'null', 'check'])

const hasOwnType = (ddl: TableDdl): boolean =>
  ddl.parts.some(({ pieces }) => pieces.some((piece) => piece.kind === 'type' && OWN_TYPE.test(piece.text)))

/** What a key is found by: its kind and its columns; null for what is no key. */
export function keyOf(part: Part, piece: Piece): string | null {
  if (piece.kind !== 'primary' && piece.kind !== 'unique' && piece.kind !== 'foreign') return null
  return keyText(piece.kind, part.column === null ? piece.columns : [part.column])
}

export function keyText(kind: 'primary' | 'unique' | 'foreign', columns: readonly string[]): string {
  return `${kind} ${columns
    .map((column) => column.toLowerCase())
    .sort()
    .join(',')}`
}

/**
 * Ours have the PostgreSQL expression beside them; others are SQLite's own text. `before` are the checks of the table that stand before it: of those
 * without a name, the second of one kind is called `posts_check1`, as PostgreSQL would call it.
 */
function readCheck(
  piece: Piece,
  part: Pick<Part, 'column'>,
  place: { readonly table: string; readonly before: readonly Check[] },
): Check {
  const name = piece.constraint ?? freeName(part.column === null ? [] : [part.column], place)
  const note = readNote(piece.text)
  if (typeof note === 'string') return { name, expression: note }
  return { name, expression: insideOf(piece.text), native: true }
}

function freeName(
  columns: readonly string[],
  { table, before }: { readonly table: string; readonly before: readonly Check[] },
): string {
  for (let pass = 0; ; pass++) {
    const name = generatedName({ table, columns, label: pass === 0 ? 'check' : `check${pass}` })
    if (!before.some((check) => check.name === name)) return name
  }
}

/** What stands in the first parentheses of a text, without the white space and comments around it. */
function insideOf(text: string): string {
  const tokens = tokenize(text)
  const open = tokens.findIndex((token) => token.kind === 'mark' && token.text === '(')
  const inside = inParentheses(tokens, open)
  const [first, last] = [inside[0], inside.at(-1)]
  return first === undefined || last === undefined ? '' : text.slice(first.start, last.end)
}
