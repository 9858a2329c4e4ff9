/** Just enough of SQLite's grammar to read its own CREATE TABLE statements back: tokens, and the definitions between the commas. */
export interface Token {
  readonly kind: 'word' | 'string' | 'comment' | 'mark'
  /** Words without their quotes. */
  readonly text: string
  readonly quoted: boolean
  readonly start: number
  readonly end: number
  readonly depth: number
}

/**
 * What SQLite takes for blank, which is less than JavaScript does; every other character beyond ASCII may stand in a name without quotes, a
 * non-breaking space and pictures included.
 */
const TOKEN =
  /[\t-\r \uFEFF]+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[A-Za-z_\u0080-\u{10FFFF}][\w$\u0080-\u{10FFFF}]*|\d[\w.]*|[\s\S]/gu
const BLANK = /^[\t-\r \uFEFF]/
const WORD = /^[A-Za-z_\u0080-\u{10FFFF}]/u

export function tokenize(sql: string): readonly Token[] {
  const tokens: Token[] = []
  let depth = 0
  for (const match of sql.matchAll(TOKEN)) {
    const [text] = match
    if (BLANK.test(text)) continue
    if (text === ')') depth--
    tokens.push({ ...classify(text), start: match.index, end: match.index + text.length, depth })
    if (text === '(') depth++
  }
  return tokens
}

function classify(text: string): Pick<Token, 'kind' | 'text' | 'quoted'> {
  const first = text[0] ?? ''
  if (text.startsWith('--') || text.startsWith('/*')) return { kind: 'comment', text, quoted: false }
  if (first === "'") return { kind: 'string', text, quoted: true }
  if (first === '"' || first === '`') {
    return { kind: 'word', text: text.slice(1, -1).replaceAll(first + first, first), quoted: true }
  }
  if (first === '[' && text.length > 1) return { kind: 'word', text: text.slice(1, -1), quoted: true }
  return { kind: WORD.test(text) ? 'word' : 'mark', text, quoted: false }
}

/** The definitions of a CREATE TABLE, each as its tokens; comments included. Empty for `CREATE TABLE … AS`. */
export function definitions(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const open = tokens.findIndex((token) => token.text === '(' && token.kind === 'mark')
  if (open < 0) return []
  const list: Token[][] = [[]]
  for (const token of tokens.slice(open + 1)) {
    if (token.depth === 0) break
    if (token.depth === 1 && token.kind === 'mark' && token.text === ',') list.push([])
    else list.at(-1)?.push(token)
  }
  return list
}

export const isKeyword = (token: Token | undefined, word: string): boolean =>
  token?.kind === 'word' && !token.quoted && token.text.toUpperCase() === word

/** The tokens inside the parentheses that open at `index`. */
export function inParentheses(tokens: readonly Token[], index: number): readonly Token[] {
  const depth = tokens[index]?.depth ?? 0
  const rest = tokens.slice(index + 1)
  const end = rest.findIndex((token) => token.text === ')' && token.kind === 'mark' && token.depth === depth)
  return end < 0 ? rest : rest.slice(0, end)
}

/** Words in parentheses, as in `FOREIGN KEY (a, "b c")`. */
export function wordsInParentheses(tokens: readonly Token[], index: number): readonly string[] {
  const inside = inParentheses(tokens, index)
  return inside.filter((token, at) => token.kind !== 'mark' && (at === 0 || inside[at - 1]?.text === ',')).map(nameOf)
}

/** What a token names: SQLite takes a text in single quotes for a name where only a name can be. */
export function nameOf(token: Token): string {
  return token.kind === 'string' ? token.text.slice(1, -1).replaceAll("''", "'") : token.text
}
