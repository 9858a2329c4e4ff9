import { quoteName } from '../../../policy/print.ts'
import type { Column, Table } from '../../../schema/catalog.ts'
import { makeTable } from '../../../schema/make-catalog.ts'
import { isKeyword, type Token, tokenize } from '../sql-text.ts'
import { condition, type Names, translateOver } from './expression.ts'
import { columnPiece, refuse } from './value.ts'

/** What a view's select may name. */
export interface ViewScope {
  /** A table by the name the select calls it; null where it is no table. */
  readonly table: (name: string) => Table | null
  readonly isPlain: (table: Table, column: Column) => boolean
}

interface Source {
  /** As the select calls it. */
  readonly name: string
  readonly table: Table
  /** On the side of a LEFT JOIN that may be missing. */
  readonly optional: boolean
}

/**
 * An adopted view with a PostgreSQL select: one that shows columns of joined tables, of the rows that satisfy a condition, and nothing else. Its columns get
 * the types that they have in their tables. Throws `Untranslatable`.
 */
export function translateView(view: Table, sql: string, scope: ViewScope): Table {
  const tokens = tokenize(sql).filter((token) => token.kind !== 'comment')
  const clauses = new Clauses(sql, tokens)
  const distinct = clauses.word('DISTINCT') ? 'distinct ' : ''
  const items = clauses.items()
  if (!clauses.word('FROM')) return refuse('a select without FROM')
  const sources = [clauses.source(scope, false)]
  const joined: string[] = []
  const isAlone = !tokens.some((token) => token.depth === 0 && isKeyword(token, 'JOIN'))
  const names = namesOf(sources, { scope, isAlone })
  for (let join = clauses.join(); join !== null; join = clauses.join()) {
    const source = clauses.source(scope, join === 'left join')
    sources.push(source)
    if (!clauses.word('ON')) return refuse('a join without ON')
    joined.push(`${join} ${named(source)} on ${condition(translateOver(clauses.expression(), names)).text}`)
  }
  const where = clauses.word('WHERE') ? [`where ${condition(translateOver(clauses.expression(), names)).text}`] : []
  clauses.expectEnd()
  const shown = items.flatMap((item) => outputsOf(item, sources))
  if (shown.length !== view.columns.length) return refuse('outputs of another number')
  const outputs = shown.map(({ source, column }, index) => {
    const name = view.columns[index]?.name ?? ''
    const path = [...(isAlone ? [] : [source.name]), column.name].map(quoteName).join('.')
    return `${path}${name === column.name ? '' : ` as ${quoteName(name)}`}`
  })
  const columns = view.columns.map((column, index): Column => {
    const { type, nullable } = shown[index]?.column ?? column
    return { ...column, type, nullable: nullable || shown[index]?.source.optional === true }
  })
  const select = folded([`select ${distinct}${outputs[0] ?? ''}`, ...outputs.slice(1)])
  const definition = [...select, `from ${named(sources[0])}`, ...joined, ...where].join('\n      ')
  return makeTable({ ...view, columns, definition })
}

const LINE_MAX = 100

/** A list as lines of some width. */
function folded(items: readonly string[]): readonly string[] {
  const lines: string[] = []
  for (const item of items) {
    const last = lines.at(-1)
    if (last === undefined || last.length + item.length > LINE_MAX) lines.push(item)
    else lines[lines.length - 1] = `${last}, ${item}`
  }
  return lines.map((line, index) => (index === lines.length - 1 ? line : `${line},`))
}

function named(source: Source | undefined): string {
  if (source === undefined) return refuse('nothing')
  const table = quoteName(source.table.name)
  return source.name === source.table.name ? table : `${table} as ${quoteName(source.name)}`
}

/** Names of the sources so far: `sources` grows. */
function namesOf(
  sources: readonly Source[],
  { scope, isAlone }: { readonly scope: ViewScope; readonly isAlone: boolean },
): Names {
  return (qualifier, name) => {
    const found = columnsCalled({ qualifier, name }, sources)
    const [first] = found
    if (first === undefined || found.length > 1) return null
    const isPlain = scope.isPlain(first.source.table, first.column)
    return columnPiece(first.column, isPlain, isAlone ? null : first.source.name)
  }
}

interface Output {
  readonly source: Source
  readonly column: Column
}

interface Item {
  readonly qualifier: string | null
  /** `*` for all. */
  readonly name: string
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

function columnsCalled({ qualifier, name }: Item, sources: readonly Source[]): readonly Output[] {
  return sources
    .filter((source) => qualifier === null || same(source.name, qualifier))
    .flatMap((source) =>
      source.table.columns.flatMap((column) => (same(column.name, name) ? [{ source, column }] : [])),
    )
}

function outputsOf(item: Item, sources: readonly Source[]): readonly Output[] {
  if (item.name !== '*') {
    const found = columnsCalled(item, sources)
    return found.length === 1 ? found : refuse(`the column ${item.name}`)
  }
  const wanted = sources.filter((source) => item.qualifier === null || same(source.name, item.qualifier))
  return wanted.flatMap((source) => source.table.columns.map((column) => ({ source, column })))
}

/** Words that end an expression. Those that are no clause of ours stay behind, and are refused at the end. */
const CLAUSES =
  'FROM WHERE GROUP ORDER HAVING LIMIT UNION EXCEPT INTERSECT WINDOW JOIN LEFT RIGHT FULL INNER CROSS NATURAL ON USING'.split(
    ' ',
  )

/** Reads a CREATE VIEW from left to right. */
class Clauses {
  readonly #sql: string
  readonly #tokens: readonly Token[]
  #at: number

  constructor(sql: string, tokens: readonly Token[]) {
    this.#sql = sql
    this.#tokens = tokens
    const start = tokens.findIndex((token, index) => isKeyword(token, 'AS') && isKeyword(tokens[index + 1], 'SELECT'))
    // `CREATE VIEW v (a, b) AS` gives its columns other names, which is no trouble; WITH stands between AS and SELECT.
    this.#at =
      start < 0 || tokens.slice(0, start).some((token) => isKeyword(token, 'WITH')) ? refuse('no select') : start + 2
  }

  word(word: string): boolean {
    if (!isKeyword(this.#tokens[this.#at], word)) return false
    this.#at++
    return true
  }

  expectEnd(): void {
    const rest = this.#tokens.slice(this.#at)
    if (rest.some((token) => token.text !== ';')) refuse('what follows')
  }

  items(): readonly Item[] {
    const items = [this.#item()]
    while (this.#mark(',')) items.push(this.#item())
    return items
  }

  #item(): Item {
    const path = [this.#name()]
    while (path.at(-1) !== '*' && this.#mark('.')) path.push(this.#name())
    const [first = '', second, third] = path
    if (third !== undefined) return refuse('a name of three parts')
    if (first !== '*' && (this.word('AS') || this.#isName())) this.#name()
    return second === undefined ? { qualifier: null, name: first } : { qualifier: first, name: second }
  }

  #name(): string {
    if (this.#mark('*')) return '*'
    const token = this.#tokens[this.#at++]
    return token?.kind === 'word' ? token.text : refuse('no name')
  }

  /** True before a name without AS. */
  #isName(): boolean {
    const token = this.#tokens[this.#at]
    return token?.kind === 'word' && (token.quoted || !CLAUSES.includes(token.text.toUpperCase()))
  }

  source(scope: ViewScope, optional: boolean): Source {
    const written = this.#name()
    const table = scope.table(written) ?? refuse(`the source ${written}`)
    const name = this.word('AS') || this.#isName() ? this.#name() : table.name
    return { name, table, optional }
  }

  join(): 'join' | 'left join' | null {
    if (this.word('LEFT')) {
      this.word('OUTER')
      return this.word('JOIN') ? 'left join' : refuse('LEFT')
    }
    if (this.word('INNER')) return this.word('JOIN') ? 'join' : refuse('INNER')
    return this.word('JOIN') ? 'join' : null
  }

  /** The text up to the next clause. */
  expression(): string {
    const start = this.#tokens[this.#at]?.start ?? this.#sql.length
    const isEnd = (token: Token): boolean =>
      token.depth === 0 && (token.text === ';' || CLAUSES.some((word) => isKeyword(token, word)))
    const rest = this.#tokens.slice(this.#at).findIndex(isEnd)
    const end = rest < 0 ? this.#tokens.length : this.#at + rest
    this.#at = end
    return this.#sql.slice(start, this.#tokens[end - 1]?.end ?? start)
  }

  #mark(sign: string): boolean {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'mark' || token.text !== sign) return false
    this.#at++
    return true
  }
}
