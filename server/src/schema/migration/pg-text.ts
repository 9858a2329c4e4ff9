/** Just enough of PostgreSQL's lexis to compare expressions and to follow a renamed column in them. */
interface Token {
  /** `name` an identifier, as PostgreSQL folds it; `other` everything else that means something. */
  readonly kind: 'name' | 'string' | 'other'
  readonly text: string
  /** The identifier, folded or unquoted; the text itself for other kinds. */
  readonly value: string
  readonly start: number
}

const TOKEN =
  /\s+|--[^\n]*|\/\*[\s\S]*?\*\/|(\$([A-Za-z_]*)\$[\s\S]*?\$\2\$|[eE]'(?:[^'\\]|''|\\[\s\S])*'|'(?:[^']|'')*')|("(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*)|(::|=>|[\d.]*\d[\w.]*|[^\s])/gu

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = []
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, , name, other] = match
    const start = match.index
    if (string !== undefined) tokens.push({ kind: 'string', text: whole, value: whole, start })
    else if (name !== undefined) tokens.push({ kind: 'name', text: whole, value: fold(name), start })
    else if (other !== undefined) tokens.push({ kind: 'other', text: whole, value: whole, start })
  }
  return tokens
}

function fold(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase()
}

/** True when two texts differ by blanks, comments, and the case of unquoted words only. */
export function sameExpression(a: string | null, b: string | null): boolean {
  if (a === null || b === null) return a === b
  return a === b || plain(a) === plain(b)
}

/** The text without what makes no difference: blanks, comments, the case of unquoted words. */
export function plain(text: string): string {
  const tokens = tokenize(text)
  const end = tokens.at(-1)?.text === ';' ? -1 : tokens.length
  return JSON.stringify(tokens.slice(0, end).map((token) => [token.kind === 'name', token.value]))
}

/** True when the expression reads a column of this name. A word that only looks like one counts, too: better one constraint too many. */
export function mentionsColumn(expression: string, column: string): boolean {
  const tokens = tokenize(expression)
  return tokens.some((token, at) => token.value === column && isColumn(tokens, at, null))
}

/** The same for an expression in an engine's own words, which may not tell names apart by case. */
export function mentionsNative(expression: string, column: string): boolean {
  return new RegExp(`(?<![\\p{L}\\p{N}_])${RegExp.escape(column)}(?![\\p{L}\\p{N}_])`, 'iu').test(expression)
}

/** What is called otherwise: a column, and the table it may be qualified with. */
export interface Renaming {
  readonly table: string
  readonly column?: { readonly from: string; readonly to: string }
  readonly tableTo?: string
}

/** The expression over the same row with its new names. Only the names change: blanks and comments stay as they were written. */
export function renameInExpression(expression: string, renaming: Renaming): string {
  const { table, column, tableTo } = renaming
  const tokens = tokenize(expression)
  let out = ''
  let end = 0
  for (const [at, token] of tokens.entries()) {
    const isQualifier = token.kind === 'name' && token.value === table && tokens[at + 1]?.text === '.'
    const isRenamed = column !== undefined && token.value === column.from && isColumn(tokens, at, table)
    const name = tableTo !== undefined && isQualifier ? tableTo : isRenamed && !isQualifier ? column.to : null
    if (name === null) continue
    out += expression.slice(end, token.start) + quoteIfNeeded(name, token.text)
    end = token.start + token.text.length
  }
  return out + expression.slice(end)
}

/** A name that is no function, type, alias or column of something else. With `table` null, whatever it is qualified with. */
function isColumn(tokens: readonly Token[], at: number, table: string | null): boolean {
  const token = tokens[at]
  if (token?.kind !== 'name') return false
  const [before, next] = [tokens[at - 1], tokens[at + 1]]
  if (next?.text === '(' || next?.text === '=>') return false
  const isQuoted = token.text.startsWith('"')
  if (!isQuoted && (next?.kind === 'string' || before?.value === 'as')) return false
  if (before?.text === '::') return false
  if (before?.text !== '.' || table === null) return true
  return tokens[at - 2]?.value === table && tokens[at - 3]?.text !== '.'
}

function quoteIfNeeded(name: string, like: string): string {
  const isPlain = /^[a-z_][a-z0-9_]*$/.test(name) && !like.startsWith('"') && !RESERVED.has(name)
  return isPlain ? name : `"${name.replaceAll('"', '""')}"`
}

/** PostgreSQL's reserved words: as names they need quotes. */
const RESERVED: ReadonlySet<string> = new Set(
  `all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create current_catalog current_date
  current_role current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign from
  grant group having in initially intersect into lateral leading limit localtime localtimestamp not null offset on only or order placing
  primary references returning select session_user some symmetric system_user table then to trailing true union unique user using variadic
  when where window with between bigint bit boolean char character coalesce dec decimal exists extract float greatest grouping inout int
  integer interval least national nchar none normalize nullif numeric out overlay position precision real row setof smallint substring time
  timestamp treat trim values varchar is isnull notnull like ilike similar overlaps join left right inner outer full cross natural`.split(
    /\s+/,
  ),
)
