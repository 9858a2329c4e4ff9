import { failure } from '../../errors/error.ts'
import type { Expr } from '../../query/expr.ts'
import type { Embed, OutputItem, RowBound, SelectNode } from '../../query/plan.ts'
import type { ColumnType } from '../../schema/types.ts'
import { allOf, quoteName, quoteText } from '../sql/printer.ts'
import { printAggregate } from './aggregate.ts'
import { PLAIN, type Storage, storageOf } from './codecs.ts'
import { jsonText, memberName } from './encode-json.ts'
import type { ExprPrinter } from './expr.ts'
import { countSlot } from './slots.ts'

/** One member of a result object: JSON text under a name, or (open tables) an object whose members are hoisted. */
type Member = { readonly name: string; readonly json: string } | { readonly open: string }

/** A select that gives one JSON text per row: `object` over the rows of `from`. */
interface RowSource {
  readonly object: string
  readonly from: string
}

const OFFSET_MAX = Number.MAX_SAFE_INTEGER

/**
 * The rows of a node. Rows are chosen, ordered and cut in an inner select that carries only the columns needed, and turned into JSON outside
 * it: so a sorter never holds JSON, and embeds run for the rows of the answer only.
 */
export function printRows(node: SelectNode, joins: Joins, printer: ExprPrinter): RowSource {
  return printer.withEmbeds(node.embeds, () => {
    if (node.grouped) return printGroups(node, joins, printer)
    const { result, columns } = printer.collectColumns(node.source, () => printObject(members(node, printer)))
    const source = quoteName(node.source)
    const list = columns.length === 0 ? '1' : columns.map((name) => `${source}.${quoteName(name)}`).join(', ')
    const inner = `SELECT ${list} FROM ${printFrom(node, joins, printer)}${printTail(node, printer, joins.keys)}`
    return { object: result, from: `(${inner}) AS ${source}` }
  })
}

/** What ties an embed to its parent; empty at the root. */
export interface Joins {
  readonly conditions: readonly (Expr | null)[]
  readonly junction: Embed['junction']
  /** The rows with these keys only, in the keys' order: the representation of a write. */
  readonly keys?: RowKeys
}

/** `each` is json_each over the keys, `condition` ties it to the table. */
export interface RowKeys {
  readonly each: string
  readonly condition: string
}

/** Alias of json_each over keys; no source of a plan is called so. */
export const KEYS_ALIAS = '"~k"'

export const NO_JOINS: Joins = { conditions: [], junction: null }

function joinsOf(embed: Embed): Joins {
  return {
    conditions: [embed.join, embed.junction?.join ?? null, embed.junction?.guard ?? null],
    junction: embed.junction,
  }
}

/** `table AS s1, junction AS s2 WHERE …`: counters of visited rows first, then guards, then the request's filters. */
function printFrom(node: SelectNode, joins: Joins, printer: ExprPrinter): string {
  const conditions = [...joins.conditions, node.guard, node.where]
  const { junction, keys } = joins
  const tables = [`${printer.from(node.table)} AS ${quoteName(node.source)}`]
  if (keys !== undefined) tables.unshift(`${keys.each} AS ${KEYS_ALIAS}`)
  const fuel = [keys === undefined ? printer.fuel(node.table, node.source, conditions) : keys.condition]
  if (junction !== null) {
    tables.push(`${printer.from(junction.table)} AS ${quoteName(junction.source)}`)
    fuel.push(printer.fuel(junction.table, junction.source, conditions))
  }
  const where = allOf([...fuel, printer.printAll(...conditions)])
  return `${tables.join(keys === undefined ? ', ' : ' CROSS JOIN ')}${where === null ? '' : ` WHERE ${where}`}`
}

function printTail(node: SelectNode, printer: ExprPrinter, keys?: RowKeys): string {
  const terms = node.order.map((term) => printer.order(term))
  if (keys !== undefined && terms.length === 0) terms.push(`${KEYS_ALIAS}.key`)
  const order = terms.join(', ')
  return `${order === '' ? '' : ` ORDER BY ${order}`}${printBounds(node, printer)}`
}

function printBounds(node: SelectNode, printer: ExprPrinter): string {
  const { limit, offset, rowsMax } = node
  if (limit === null && offset === null && rowsMax === null) return ''
  const most = rowsMax === null ? '-1' : String(rowsMax)
  const rows = limit === null ? most : bound(limit, rowsMax ?? OFFSET_MAX, printer)
  return ` LIMIT ${rows}${offset === null ? '' : ` OFFSET ${bound(offset, OFFSET_MAX, printer)}`}`
}

/**
 * An expression around the parameter, not the parameter itself: SQLite's planner looks at the value of `LIMIT ?`, and therefore prepares the
 * statement again on every run in which it is bound anew (measured: 12 µs of 25).
 */
function bound(bound: RowBound, max: number, printer: ExprPrinter): string {
  return `(${printer.slots.add(`n${bound.index}:${max}`, countSlot(bound.index, max))} + 0)`
}

/** The number of rows that match, whatever the bounds. */
export function printTotal(node: SelectNode, printer: ExprPrinter): string {
  return printer.withEmbeds(node.embeds, () => {
    const from = printFrom(node, NO_JOINS, printer)
    if (!node.grouped) return `SELECT count(*) FROM ${from}`
    const { columns, keys } = groupColumns(node, printer)
    return `SELECT count(*) FROM (SELECT ${columns.join(', ')} FROM ${from}${groupBy(keys)})`
  })
}

function printObject(list: readonly Member[]): string {
  if (list.some((member) => 'open' in member)) return printOpenObject(list)
  if (list.length === 0) return "'{}'"
  const parts = list.map((member, index) =>
    'open' in member ? '' : `${memberName(member.name, index === 0 ? '{' : ',')}, ${member.json}`,
  )
  return `concat(${parts.join(', ')}, '}')`
}

/** Every member brings its comma, since the hoisted object may be empty; the first comma is cut off. */
function printOpenObject(list: readonly Member[]): string {
  const parts = list.map((member) => {
    if ('open' in member)
      return `iif(length(${member.open}) > 2, ',' || substr(${member.open}, 2, length(${member.open}) - 2), '')`
    return `${memberName(member.name, ',')}, ${member.json}`
  })
  return `concat('{', substr(concat(${parts.join(', ')}), 2), '}')`
}

function members(node: SelectNode, printer: ExprPrinter): readonly Member[] {
  return node.output.flatMap((item) => memberOf(item, printer))
}

const PLAIN_KEY = /^[^"\\\p{Cc}]+$/u

/** The undeclared keys of an open table's row, without those that a column of the same name stands for. */
function openObject({ value, except }: OutputItem & { kind: 'open' }, printer: ExprPrinter): string {
  const plain = except.filter((name) => PLAIN_KEY.test(name))
  const paths = plain.map((name) => quoteText(`$."${name}"`))
  const removed =
    paths.length === 0 ? printer.print(value) : `json_remove(${[printer.print(value), ...paths].join(', ')})`
  return except
    .filter((name) => !plain.includes(name))
    .reduce((sql, name) => printer.udf('jsonb_delete', sql, quoteText(name)), removed)
}

function memberOf(item: OutputItem, printer: ExprPrinter): readonly Member[] {
  switch (item.kind) {
    case 'value':
      return [{ name: item.name, json: valueJson(item.value, printer) }]
    case 'open':
      return [{ open: openObject(item, printer) }]
    case 'embed':
      return [{ name: item.name, json: printEmbedJson(printer.embed(item.embed), printer) }]
    case 'spread':
      return spreadMembers(printer.embed(item.embed), printer)
    case 'aggregate':
      throw new Error('assertion failed: an aggregate makes its node grouped')
  }
}

function valueJson(value: Expr, printer: ExprPrinter): string {
  const type = typeOf(value)
  if (value.kind !== 'column') return jsonText({ type, storage: PLAIN }, printer.print(value), printer)
  return jsonText({ type, storage: storageOf(printer.columnOf(value)) }, printer.rawColumn(value), printer)
}

function typeOf(value: Expr): ColumnType {
  return value.type.name === 'unknown' ? { name: 'text' } : value.type
}

/** A to-one embed is an object or null, a to-many one an array. */
function printEmbedJson(embed: Embed, printer: ExprPrinter): string {
  const { object, from } = printRows(embed.node, joinsOf(embed), printer)
  if (embed.toMany) return `(SELECT concat('[', group_concat(${object}, ','), ']') FROM ${from})`
  return `ifnull((SELECT ${object} FROM ${from} LIMIT 1), 'null')`
}

/** Each member of a spread embed by itself: the value of the one row, or the values of all rows as an array. */
function spreadMembers(embed: Embed, printer: ExprPrinter): readonly Member[] {
  const { node } = embed
  return spreadNames(embed, printer).map((name, index) => {
    const pick = (): string => {
      const member = members(node, printer)[index]
      if (member === undefined || 'open' in member) throw failure('0A000', { message: "an open table can't be spread" })
      return member.json
    }
    return {
      name,
      json: embed.toMany
        ? printSpreadArray(embed, pick, printer)
        : `ifnull(${printEmbedScalar(embed, pick, printer)}, 'null')`,
    }
  })
}

/** The names a spread embed adds to its parent, nested spreads included. */
function spreadNames(embed: Embed, printer: ExprPrinter): readonly string[] {
  const { node } = embed
  return printer.withEmbeds(node.embeds, () =>
    node.output.flatMap((item: OutputItem): readonly string[] => {
      if (item.kind === 'spread') return spreadNames(printer.embed(item.embed), printer)
      return item.kind === 'open' ? [''] : [item.name]
    }),
  )
}

function printSpreadArray(embed: Embed, pick: () => string, printer: ExprPrinter): string {
  const { node } = embed
  return printer.withEmbeds(node.embeds, () => {
    const { result, columns } = printer.collectColumns(node.source, pick)
    const source = quoteName(node.source)
    const list = columns.length === 0 ? '1' : columns.map((name) => `${source}.${quoteName(name)}`).join(', ')
    const inner = `SELECT ${list} FROM ${printFrom(node, joinsOf(embed), printer)}${printTail(node, printer)}`
    return `(SELECT concat('[', group_concat(${result}, ','), ']') FROM (${inner}) AS ${source})`
  })
}

/** One value of the first row of an embed; null when there is none. */
export function printEmbedScalar(embed: Embed, value: () => string, printer: ExprPrinter): string {
  const { node } = embed
  return printer.withEmbeds(node.embeds, () => {
    const output = value()
    return `(SELECT ${output} FROM ${printFrom(node, joinsOf(embed), printer)} LIMIT 1)`
  })
}

/** True where the embed has a row for the current parent; its own limits play no part. */
export function printEmbedExists(embed: Embed, printer: ExprPrinter): string {
  return printer.withEmbeds(
    embed.node.embeds,
    () => `EXISTS (SELECT 1 FROM ${printFrom(embed.node, joinsOf(embed), printer)})`,
  )
}

interface GroupColumns {
  /** Expressions with their aliases `g0`, `g1`, …. */
  readonly columns: readonly string[]
  /** Aliases to group by. */
  readonly keys: readonly string[]
  readonly members: readonly Member[]
}

function printGroups(node: SelectNode, joins: Joins, printer: ExprPrinter): RowSource {
  const { columns, keys, members: list } = groupColumns(node, printer)
  const source = quoteName(node.source)
  const order = printTail(node, printer)
  const inner = `SELECT ${columns.join(', ')} FROM ${printFrom(node, joins, printer)}${groupBy(keys)}${order}`
  return { object: printObject(list), from: `(${inner}) AS ${source}` }
}

const groupBy = (keys: readonly string[]): string => (keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`)

/** Each output as a column of the grouping select: values and embeds are keys, aggregates are computed. */
function groupColumns(node: SelectNode, printer: ExprPrinter): GroupColumns {
  const columns: string[] = []
  const keys: string[] = []
  const list: Member[] = []
  const add = (
    name: string,
    sql: string,
    options: { type: ColumnType | null; storage: Storage; isKey: boolean },
  ): void => {
    const alias = `"g${columns.length}"`
    columns.push(`${sql} AS ${alias}`)
    if (options.isKey) keys.push(String(columns.length))
    const json =
      options.type === null ? alias : jsonText({ type: options.type, storage: options.storage }, alias, printer)
    list.push({ name, json })
  }
  for (const item of node.output) addGroupItem(item, add, printer)
  return { columns, keys, members: list }
}

type AddColumn = (
  name: string,
  sql: string,
  options: { type: ColumnType | null; storage: Storage; isKey: boolean },
) => void

function addGroupItem(item: OutputItem, add: AddColumn, printer: ExprPrinter): void {
  switch (item.kind) {
    case 'value': {
      const { value } = item
      const storage = value.kind === 'column' ? storageOf(printer.columnOf(value)) : PLAIN
      const sql = value.kind === 'column' ? printer.rawColumn(value) : printer.print(value)
      add(item.name, sql, { type: typeOf(value), storage, isKey: true })
      break
    }
    case 'aggregate':
      addAggregate(item, add, printer)
      break
    case 'embed': {
      const json = printEmbedJson(printer.embed(item.embed), printer)
      add(item.name, json, { type: null, storage: PLAIN, isKey: true })
      break
    }
    case 'spread':
      addGroupSpread(printer.embed(item.embed), add, printer)
      break
    case 'open':
      add('', openObject(item, printer), { type: { name: 'jsonb' }, storage: PLAIN, isKey: true })
  }
}

type AggregateItem = Extract<OutputItem, { kind: 'aggregate' }>

function addAggregate(item: AggregateItem, add: AddColumn, printer: ExprPrinter): void {
  const sql = printAggregate(item.fn, item.value, printer)
  const type = item.cast ?? item.type
  const result = item.cast === null ? sql : printer.castSql(item.type, item.cast, sql)
  add(item.name, result, { type, storage: PLAIN, isKey: false })
}

/** Aggregates inside a to-one spread belong to the parent's groups. */
function addGroupSpread(embed: Embed, add: AddColumn, printer: ExprPrinter): void {
  const { node } = embed
  if (!node.output.some((item) => item.kind === 'aggregate')) {
    for (const member of spreadMembers(embed, printer)) {
      if ('name' in member) add(member.name, member.json, { type: null, storage: PLAIN, isKey: true })
    }
    return
  }
  for (const item of node.output) {
    const inEmbed = (value: Expr): Expr => ({ kind: 'embed-value', type: typeOf(value), embed: embed.id, value })
    if (item.kind === 'value') addGroupItem({ ...item, value: inEmbed(item.value) }, add, printer)
    else if (item.kind === 'aggregate')
      addAggregate({ ...item, value: item.value === null ? null : inEmbed(item.value) }, add, printer)
    else throw failure('0A000', { message: 'embeds and aggregates together are not supported in a spread' })
  }
}
