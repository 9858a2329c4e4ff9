import { loadModule, type Node, parseSync, type SelectStmt, type SqlError } from 'libpg-query'
import { ExpressionError } from './error.ts'

export type { Node, SelectStmt }

/** Loads PostgreSQL's grammar (WebAssembly, about 30 ms, once per process). Must be awaited before any expression is parsed. */
export function loadGrammar(): Promise<void> {
  return loadModule()
}

/** A text that was parsed, and how to turn the grammar's byte offsets into characters of it. */
export interface Parsed<T> {
  readonly node: T
  readonly positionOf: (location: number | undefined) => number | null
}

const SELECT = 'select '
/** On a line of its own, so that a comment at the end of the text does not swallow it. */
const CLOSE = '\n)'

/** Parses `text` as one expression. Throws `ExpressionError` for anything else, `; drop table` included. */
export function parseExpressionText(text: string): Parsed<Node> {
  const { node, positionOf } = parseStatement(`${SELECT}(${text}${CLOSE}`, SELECT.length + 1)
  const target = node.targetList?.[0]
  const value = target !== undefined && 'ResTarget' in target ? target.ResTarget.val : undefined
  if (value === undefined || node.targetList?.length !== 1 || !isOnly(node, ['targetList'])) {
    throw new ExpressionError('this is not one expression')
  }
  if ('RowExpr' in value) throw new ExpressionError('this is a list, not one expression')
  return { node: value, positionOf }
}

/** Parses `text` as one select statement. */
export function parseSelectText(text: string): Parsed<SelectStmt> {
  return parseStatement(text, 0)
}

function parseStatement(text: string, prefix: number): Parsed<SelectStmt> {
  const positionOf = (location: number | undefined): number | null => {
    if (location === undefined || location < prefix) return null
    return characterAt(text, location) - prefix + 1
  }
  const statements = parse(text, prefix)
  const statement = statements[0]?.stmt
  if (statements.length !== 1 || statement === undefined || !('SelectStmt' in statement)) {
    throw new ExpressionError(`exactly one ${prefix === 0 ? 'select' : 'expression'} is wanted here`)
  }
  return { node: statement.SelectStmt, positionOf }
}

function parse(text: string, prefix: number) {
  try {
    return parseSync(text).stmts ?? []
  } catch (error) {
    const details = (error as SqlError).sqlDetails
    if (details === undefined) throw error
    const end = prefix === 0 ? text.length + 1 : text.length - prefix - CLOSE.length + 1
    const found = details.cursorPosition - prefix + 1
    const message = found >= end ? 'syntax error at end of input' : details.message
    throw new ExpressionError(message, { position: Math.min(Math.max(1, found), end) })
  }
}

/** The grammar counts bytes of UTF-8; people count characters. */
function characterAt(text: string, byte: number): number {
  return new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, byte)).length
}

const DEFAULTS: ReadonlySet<string> = new Set(['limitOption', 'op'])

/** Whether a select has no other clauses than these. */
export function isOnly(select: SelectStmt, clauses: readonly (keyof SelectStmt)[]): boolean {
  return (Object.keys(select) as (keyof SelectStmt)[]).every((key) => DEFAULTS.has(key) || clauses.includes(key))
}

/** Words of a qualified name: `[String, String]` → `['auth', 'uid']`. */
export function words(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map((node) => ('String' in node ? (node.String.sval ?? '') : ''))
}
