import type { Node, ParseResult, SelectStmt, SqlError } from 'libpg-query'
import { Lru } from '../../std/lru.ts'
import { ExpressionError } from './error.ts'

export type { Node, SelectStmt }

/** What PostgreSQL's grammar says of a text: its statements, or what is wrong and at which character, counted from 0. */
export interface Grammar {
  (sql: string): GrammarAnswer
  /** Resolves as soon as an answer takes no longer than the text; absent where that is always so. */
  readonly ready?: () => Promise<void>
}
export type GrammarAnswer =
  | { readonly statements: NonNullable<ParseResult['stmts']> }
  | { readonly error: string; readonly position: number }

/** SQL and the grammar's answers to it, as plain data. */
export type Answers = readonly (readonly [sql: string, answer: GrammarAnswer])[]

const ANSWERS_REMEMBERED_MAX = 1000
let grammar: Grammar | null = null
const remembered = new Lru<string, GrammarAnswer>(ANSWERS_REMEMBERED_MAX)
let foreseen: ReadonlyMap<string, GrammarAnswer> = new Map()

/**
 * From now on texts are parsed by `given`: a server runs the grammar in a thread of its own, because its WebAssembly holds tens of megabytes that
 * are of no use once the schema is loaded.
 */
export function setGrammar(given: Grammar): void {
  grammar = given
}

/** Remembers what the grammar said elsewhere of a definition's texts (`foresee`), in place of those before: they need no grammar here. */
export function remember(answers: Answers): void {
  foreseen = new Map(answers)
}

/** Loads PostgreSQL's grammar into this thread unless one is set. Must be awaited before any expression is parsed. */
export async function loadGrammar(): Promise<void> {
  grammar ??= await grammarHere()
}

/** Resolves when these texts can be parsed without anybody waiting for the grammar to load: at once where all of them are known. */
export async function readyFor(sqls: Iterable<string>): Promise<void> {
  await loadGrammar()
  for (const sql of sqls) {
    if (!foreseen.has(sql) && remembered.get(sql) === undefined) return grammar?.ready?.()
  }
}

/** The grammar in this thread: 10 ms to load, and then the first text costs another 20 ms. */
export async function grammarHere(): Promise<Grammar> {
  const { loadModule, parseSync } = await import('libpg-query')
  await loadModule()
  return (sql) => {
    try {
      return { statements: parseSync(sql).stmts ?? [] }
    } catch (error) {
      const details = (error as SqlError).sqlDetails
      if (details === undefined) throw error
      return { error: details.message, position: details.cursorPosition }
    }
  }
}

function ask(sql: string): GrammarAnswer {
  if (grammar === null) throw new Error('assertion failed: the grammar is not loaded')
  let answer = foreseen.get(sql) ?? remembered.get(sql)
  if (answer === undefined) {
    answer = grammar(sql)
    remembered.set(sql, answer)
  }
  return answer
}

/** A text that was parsed, and how to turn the grammar's byte offsets into characters of it. */
export interface Parsed<T> {
  readonly node: T
  readonly positionOf: (location: number | undefined) => number | null
}

const SELECT = 'select '
/** On a line of its own, so that a comment at the end of the text does not swallow it. */
const CLOSE = '\n)'

/** The SQL that the grammar is asked for an expression. */
export function expressionSql(text: string): string {
  return `${SELECT}(${text}${CLOSE}`
}

/** Parses `text` as one expression. Throws `ExpressionError` for anything else, `; drop table` included. */
export function parseExpressionText(text: string): Parsed<Node> {
  const { node, positionOf } = parseStatement(expressionSql(text), SELECT.length + 1)
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
  const answer = ask(text)
  if ('statements' in answer) return answer.statements
  const end = prefix === 0 ? text.length + 1 : text.length - prefix - CLOSE.length + 1
  const found = answer.position - prefix + 1
  const message = found >= end ? 'syntax error at end of input' : answer.error
  throw new ExpressionError(message, { position: Math.min(Math.max(1, found), end) })
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
