import type { Check } from '../../schema/catalog.ts'
import { type ColumnNote, readNote, type TableNote } from './notes.ts'
import { definitions, inParentheses, isKeyword, type Token, tokenize, wordsInParentheses } from './sql-text.ts'

/** What only the text of a CREATE TABLE tells: names of constraints, checks, and our notes. */
export interface TableText {
  readonly note: TableNote | null
  readonly columns: ReadonlyMap<string, ColumnNote>
  readonly checks: readonly Check[]
  /** Names of keys by kind and columns: `unique a,b`. */
  readonly names: ReadonlyMap<string, string>
  /** True when the statement carries a note or a declared type of ours. */
  readonly own: boolean
  /** Some constraint has an ON CONFLICT clause. */
  readonly onConflict: boolean
}

const OWN_TYPE = /^(INT_(SMALLINT|INTEGER|BIGINT|BOOLEAN|NUMERIC)|REAL_(REAL|DOUBLE)|BLOB_BYTEA|TEXT_[A-Z]+)$/

export function readTableText(sql: string, table: string): TableText {
  const tokens = tokenize(sql)
  const columns = new Map<string, ColumnNote>()
  const checks: Check[] = []
  const names = new Map<string, string>()
  let note: TableNote | null = null
  for (const [index, all] of definitions(tokens).entries()) {
    if (index === 0 && all[0]?.kind === 'comment') note = readNote(all[0].text) as TableNote | null
    const definition = all.filter((token) => token.kind !== 'comment')
    const column = columnName(definition)
    if (column !== null) {
      const found = all.find(
        (token, at) => token.kind === 'comment' && token.depth === 1 && at > (index === 0 && note !== null ? 0 : -1),
      )
      const columnNote = found === undefined ? null : (readNote(found.text) as ColumnNote | null)
      if (columnNote !== null) columns.set(column, columnNote)
    }
    readConstraints(all, { sql, table, column, checks, names })
  }
  if (note === null && tokens.some((token) => isKeyword(token, 'VIEW'))) {
    const comment = tokens.find((token) => token.kind === 'comment')
    note = comment === undefined ? null : (readNote(comment.text) as TableNote | null)
  }
  const own =
    note !== null || columns.size > 0 || tokens.some((token) => token.kind === 'word' && OWN_TYPE.test(token.text))
  const words = tokens.filter((token) => token.kind !== 'comment')
  const onConflict = words.some((token, at) => isKeyword(token, 'ON') && isKeyword(words[at + 1], 'CONFLICT'))
  return { note, columns, checks, names, own, onConflict }
}

const CONSTRAINTS = ['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN']

function columnName(definition: readonly Token[]): string | null {
  const [first] = definition
  if (first === undefined || CONSTRAINTS.some((word) => isKeyword(first, word))) return null
  return first.kind === 'string' ? first.text.slice(1, -1) : first.text
}

interface Constraints {
  readonly sql: string
  readonly table: string
  readonly column: string | null
  readonly checks: Check[]
  readonly names: Map<string, string>
}

function readConstraints(all: readonly Token[], found: Constraints): void {
  const tokens = all.filter((token) => token.kind !== 'comment')
  let name: string | null = null
  for (const [index, token] of tokens.entries()) {
    if (token.depth !== 1) continue
    if (isKeyword(token, 'CONSTRAINT')) name = tokens[index + 1]?.text ?? null
    const kind = constraintKind(tokens, index)
    if (kind === null) continue
    if (kind === 'check') addCheck(all, { token, name }, found)
    else if (name !== null) {
      const open = tokens.findIndex((each, at) => at > index && each.text === '(' && each.kind === 'mark')
      const columns = found.column === null ? wordsInParentheses(tokens, open) : [found.column]
      found.names.set(`${kind} ${[...columns].sort().join(',')}`, name)
    }
    name = null
  }
}

function constraintKind(tokens: readonly Token[], index: number): 'check' | 'unique' | 'primary' | 'foreign' | null {
  const token = tokens[index]
  if (isKeyword(token, 'CHECK')) return 'check'
  if (isKeyword(token, 'UNIQUE')) return 'unique'
  if (isKeyword(token, 'PRIMARY')) return 'primary'
  if (isKeyword(token, 'FOREIGN')) return 'foreign'
  // In a column definition the foreign key has no words FOREIGN KEY before it.
  const isOwn = isKeyword(token, 'REFERENCES') && !tokens.slice(0, index).some((each) => isKeyword(each, 'FOREIGN'))
  return isOwn ? 'foreign' : null
}

/** Ours have the PostgreSQL expression beside them; others are SQLite's own text. */
function addCheck(all: readonly Token[], at: { token: Token; name: string | null }, found: Constraints): void {
  const { token, name } = at
  const open = all.findIndex((each) => each.start > token.start && each.text === '(' && each.kind === 'mark')
  const inside = inParentheses(all, open)
  const note = inside
    .map((each) => (each.kind === 'comment' ? readNote(each.text) : null))
    .find((each) => typeof each === 'string')
  const [first, last] = [inside[0], inside.at(-1)]
  const text = first === undefined || last === undefined ? '' : found.sql.slice(first.start, last.end)
  const own = name ?? `${found.table}_${found.column === null ? '' : `${found.column}_`}check`
  found.checks.push(
    typeof note === 'string' ? { name: own, expression: note } : { name: own, expression: text, native: true },
  )
}
