import { failure } from '../../errors/error.ts'
import type {
  ArrayExpr,
  Call,
  Cast,
  ColumnRef,
  Context,
  ContextName,
  EmbedExists,
  EmbedValue,
  Expr,
  InList,
  InQuery,
  Literal,
  Param,
  Quantified,
  Query,
} from '../../query/expr.ts'
import { AGGREGATES } from '../../query/expr.ts'
import type { FunctionName } from '../../query/functions.ts'
import type { Embed } from '../../query/plan.ts'
import type { Catalog, Column, Table, TableKey } from '../../schema/catalog.ts'
import type { ColumnType, LogicalType, ScalarType } from '../../schema/types.ts'
import { fromText } from '../../schema/values.ts'
import { assert } from '../../std/assert.ts'
import { allOf, type Dialect, printExpr, quoteName, quoteText } from '../sql/printer.ts'
import { printAggregate } from './aggregate.ts'
import { castSql, printCast } from './cast.ts'
import { fromStorageJson, PLAIN, type Storage, storageJson, storageOf, toPlain } from './codecs.ts'
import { type Comparison, comparable, inline, printInList, printQuantified, sortKey, universal } from './compare.ts'
import { decimalText, jsonText, nativeJsonb, numericOfKey } from './encode-json.ts'
import { CALLS } from './functions.ts'
import { printEmbedExists, printEmbedScalar } from './select.ts'
import { contextSlot, listSlot, Slots, type TextEncoder, textSlot } from './slots.ts'
import { isSingleRow, rowidName, tableName } from './tables.ts'
import { printView } from './view.ts'

/** The call that looks at the clock. */
export const FUEL = 'pilar_fuel()'

/** What a program turned out to need, gathered while its statements are printed. */
export class Usage {
  /** How often each table stands in a FROM. */
  readonly reads = new Map<TableKey, number>()
  readonly context = new Set<ContextName>()
  /** False as soon as a scan can't count its rows (a view): then it must not run in the server's thread. */
  isFueled = true
}

/** Prints the expressions of one statement in the standard form of their types, and collects its slots. */
export class ExprPrinter implements Dialect {
  readonly catalog: Catalog
  readonly usage: Usage
  readonly slots = new Slots()
  /** In DDL: no slots, no functions of ours; columns without a table, but in a view with it. */
  readonly ddl: boolean
  readonly #isQualified: boolean
  readonly #embeds = new Map<number, Embed>()
  /** Columns of these sources come from a subselect that must offer them. */
  readonly #wanted = new Map<string, Set<string>>()
  /** SQL that stands for columns of the source AGGREGATES, inside a view. */
  #aggregates: readonly string[] = []

  constructor(catalog: Catalog, usage: Usage, options: { ddl?: 'table' | 'view' } = {}) {
    this.catalog = catalog
    this.usage = usage
    this.ddl = options.ddl !== undefined
    this.#isQualified = options.ddl !== 'table'
  }

  print(expr: Expr): string {
    return printExpr(expr, this)
  }

  /** A condition, or null when there is nothing to check. */
  printAll(...conditions: readonly (Expr | null)[]): string | null {
    return allOf(conditions.map((condition) => (condition === null ? null : this.print(condition))))
  }

  table(key: TableKey): Table {
    const table = this.catalog.tables.get(key)
    assert(table !== undefined, `the catalog has the table ${key}`)
    return table
  }

  columnOf(ref: ColumnRef): Column {
    assert(ref.source !== AGGREGATES, 'an aggregate is no column')
    const column = this.table(ref.table).column.get(ref.column)
    assert(column !== undefined, `the table ${ref.table} has the column ${ref.column}`)
    return column
  }

  storageOf(ref: ColumnRef): Storage {
    return storageOf(this.columnOf(ref))
  }

  rawColumn(ref: ColumnRef): string {
    if (!this.#isQualified) return quoteName(ref.column)
    this.#wanted.get(ref.source)?.add(ref.column)
    return `${quoteName(ref.source)}.${quoteName(ref.column)}`
  }

  /** Notes which columns of `source` are used while `body` prints. */
  collectColumns<T>(source: string, body: () => T): { result: T; columns: readonly string[] } {
    const outer = this.#wanted.get(source)
    const columns = new Set<string>()
    this.#wanted.set(source, columns)
    const result = body()
    if (outer === undefined) this.#wanted.delete(source)
    else this.#wanted.set(source, outer)
    return { result, columns: [...columns] }
  }

  /** Prints `body` where embeds are known by the ids of one node. */
  withEmbeds<T>(embeds: readonly Embed[], body: () => T): T {
    const outer = embeds.map((embed) => this.#embeds.get(embed.id))
    for (const embed of embeds) this.#embeds.set(embed.id, embed)
    const result = body()
    for (const [index, embed] of embeds.entries()) {
      const before = outer[index]
      if (before !== undefined) this.#embeds.set(embed.id, before)
    }
    return result
  }

  embed(id: number): Embed {
    const embed = this.#embeds.get(id)
    assert(embed !== undefined, `embed ${id} belongs to the node`)
    return embed
  }

  /** A call of one of our functions. They are not there for DDL: a file must stay usable without Pilar. */
  udf(name: string, ...args: readonly string[]): string {
    if (this.ddl) throw failure('0A000', { message: `SQLite has no built-in for ${name}` })
    return `pilar_${name}(${args.join(', ')})`
  }

  callFunction(fn: FunctionName, args: readonly string[]): string {
    if (fn === 'like' || fn === 'ilike' || fn === 'match' || fn === 'imatch') return this.udf(fn, ...args)
    throw failure('0A000', { message: `the operator ${fn} is not supported with ANY and ALL` })
  }

  /** A slot for one text of the request. `key` tells encoders apart: equal keys share the slot. */
  value(index: number, key: string, encode: TextEncoder): string {
    return this.slots.add(`v${key}`, textSlot(index, encode))
  }

  list(index: number, key: string, encode: (text: string, input: Parameters<TextEncoder>[1]) => string | null): string {
    return this.slots.add(`l${key}`, listSlot(index, encode))
  }

  typeKey(type: LogicalType): string {
    return JSON.stringify(type)
  }

  literal(expr: Literal): string {
    return inline(toPlain(expr.type, expr.value))
  }

  param(expr: Param): string {
    const { type } = expr
    const key = `${expr.index}:plain:${this.typeKey(type)}`
    if (expr.form === 'scalar')
      return this.value(expr.index, key, (text, input) => toPlain(type, fromText(type, text, input)))
    return this.list(expr.index, key, (text, input) => storageJson(toPlain(type, fromText(type, text, input))))
  }

  context(expr: Context): string {
    this.usage.context.add(expr.name)
    return this.slots.add(`c${expr.name}:${expr.type.name}`, contextSlot(expr.name, expr.type))
  }

  /** Prints `body` where `aggregates."2"` is the third of these. */
  withAggregates<T>(aggregates: readonly string[], body: () => T): T {
    const outer = this.#aggregates
    this.#aggregates = aggregates
    const result = body()
    this.#aggregates = outer
    return result
  }

  column(expr: ColumnRef): string {
    if (expr.source === AGGREGATES) return this.#aggregates[Number(expr.column)] ?? 'NULL'
    const sql = this.rawColumn(expr)
    const storage = storageOf(this.columnOf(expr))
    if (storage.kind === 'plain') return sql
    return this.plainOf(expr.type, storage, sql)
  }

  /** A stored value in the standard form of its type. */
  plainOf(type: ColumnType, storage: Storage, sql: string): string {
    if (type.name === 'numeric') {
      if (storage.kind === 'scaled') return decimalText(sql, storage.scale)
      return storage.kind === 'key' ? numericOfKey(type, sql, this) : this.udf('numeric_of_native', sql)
    }
    if (storage.kind === 'native' && type.name === 'jsonb') return nativeJsonb(sql, this)
    if (storage.kind === 'native' && type.name === 'array')
      return `CASE WHEN json_valid(${sql}) THEN CASE json_type(${sql}) WHEN 'array' THEN ${sql} END END`
    if (type.name === 'timestamp' && storage.kind === 'native' && storage.datetime === ' ')
      return `replace(${sql}, ' ', 'T')`
    return sql
  }

  call(expr: Call): string {
    return CALLS[expr.fn](expr, this)
  }

  cast(expr: Cast): string {
    return printCast(expr, this)
  }

  castSql(from: LogicalType, to: ColumnType, sql: string): string {
    return castSql({ from, to }, sql, this)
  }

  inList(expr: InList): string {
    return printInList(expr, this)
  }

  inQuery(expr: InQuery): string {
    const { query, arg } = expr
    assert(query.output !== null, 'IN has an output')
    const inner = comparable(query.output, 'eq', this)
    const outer = comparable(arg, 'eq', this)
    if (inner.tag === outer.tag) return `(${outer.sql} IN (${this.#select(query, inner.sql)}))`
    const shared = universal(query.output, 'eq', this).sql
    return `(${universal(arg, 'eq', this).sql} IN (${this.#select(query, shared)}))`
  }

  quantified(expr: Quantified): string {
    return printQuantified(expr, this)
  }

  array(expr: ArrayExpr): string {
    assert(expr.type.name === 'array', 'ARRAY[] is an array')
    const { element } = expr.type
    const items = expr.items.map((item) => jsonText({ type: element, storage: PLAIN }, this.print(item), this))
    return `concat('[', ${items.length === 0 ? "''" : items.join(", ',', ")}, ']')`
  }

  embedExists(expr: EmbedExists): string {
    return printEmbedExists(this.embed(expr.embed), this)
  }

  embedValue(expr: EmbedValue): string {
    const embed = this.embed(expr.embed)
    return printEmbedScalar(embed, () => this.print(expr.value), this)
  }

  query(query: Query, form: 'exists' | 'scalar'): string {
    if (form === 'exists') return this.#select(query, '1')
    assert(query.output !== null || query.aggregate === 'count', 'a scalar subquery has an output')
    const output = query.aggregate === null || query.output === null ? null : query.output
    if (query.aggregate !== null) return this.#select(query, printAggregate(query.aggregate, output, this))
    return this.#select(query, this.print(query.output as Expr))
  }

  #select(query: Query, output: string): string {
    const conditions: (string | null)[] = []
    const sources = query.from.map((item, index) => {
      const table = this.table(item.table)
      conditions.push(this.fuel(table, item.source, [query.where, item.on]))
      const name = `${this.from(table)} AS ${quoteName(item.source)}`
      if (index === 0) return name
      const on = item.on === null ? '' : ` ON ${this.print(item.on)}`
      return `${item.join === 'left' ? 'LEFT JOIN' : item.join === 'inner' ? 'JOIN' : 'CROSS JOIN'} ${name}${on}`
    })
    const where = allOf([...conditions, this.printAll(query.where)])
    const order = query.order.map((term) => this.order(term)).join(', ')
    return [
      `SELECT ${output}`,
      sources.length === 0 ? '' : ` FROM ${sources.join(' ')}`,
      where === null ? '' : ` WHERE ${where}`,
      order === '' ? '' : ` ORDER BY ${order}`,
      query.limit === null ? '' : ` LIMIT ${query.limit}`,
    ].join('')
  }

  order(term: { readonly value: Expr; readonly descending: boolean; readonly nullsFirst: boolean }): string {
    return `${sortKey(term.value, this)} ${term.descending ? 'DESC' : 'ASC'} NULLS ${term.nullsFirst ? 'FIRST' : 'LAST'}`
  }

  /** The table's name in FROM; noted as read. */
  from(table: Table): string {
    this.usage.reads.set(table.key, (this.usage.reads.get(table.key) ?? 0) + 1)
    if (table.definition !== null && !this.ddl) return `(${printView(table, this)})`
    return quoteName(tableName(table))
  }

  /** The condition that counts the rows a scan visits; null where the conditions pin at most one row. */
  fuel(table: Table, source: string, conditions: readonly (Expr | null)[]): string | null {
    if (isSingleRow(table, source, conditions)) return null
    if (this.ddl) return null
    if (table.kind === 'view') {
      // A view of ours is printed in place and counts inside.
      if (table.definition === null) this.usage.isFueled = false
      return null
    }
    const rowid = rowidName(table)
    const key = table.primaryKey[0] ?? table.columns[0]?.name ?? 'rowid'
    const seen = rowid === null ? `length(${quoteName(source)}.${quoteName(key)})` : `${quoteName(source)}.${rowid}`
    // One row in 64 on average looks at the clock: random() costs a fifth of a call into JavaScript. Naming the row keeps it in the row's loop.
    return `((random() & 63) | (${seen} & 0) OR ${FUEL})`
  }

  /** An element of a JSON array, out of json_each, in standard form. */
  element(type: ScalarType, each: string): string {
    if (type.name === 'numeric') return `(${each}.json -> ('$[' || ${each}.key || ']'))`
    if (type.name === 'bytea') return `unhex(substr(${each}.value, 3))`
    return fromStorageJson(type, `${each}.value`)
  }

  /** `universal` for SQL that is in standard form already. */
  universalOf(type: LogicalType, op: Comparison, sql: string): string {
    if (type.name === 'numeric') return this.udf('numeric_key', sql)
    if (type.name === 'interval') return this.udf('interval_length', sql)
    if (type.name !== 'enum' || op === 'eq' || op === 'neq' || op === 'distinct') return sql
    const arms = (type.values ?? []).map((value, rank) => `WHEN ${quoteText(value)} THEN ${rank}`)
    return `(CASE ${sql} ${arms.join(' ')} END)`
  }
}
