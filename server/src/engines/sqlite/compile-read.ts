import type { Expr } from '../../query/expr.ts'
import type { Embed, OutputItem, ReadPlan, SelectNode } from '../../query/plan.ts'
import type { Catalog, Table } from '../../schema/catalog.ts'
import type { Program, TableRead } from '../engine.ts'
import { ExprPrinter, Usage } from './expr.ts'
import type { SqliteProgram } from './program.ts'
import { NO_JOINS, printRows, printTotal } from './select.ts'

/** A read is one statement that gives one row: JSON text of all rows, their count, and the total when the request counts. */
export function compileRead(plan: ReadPlan, catalog: Catalog): SqliteProgram {
  const usage = new Usage()
  const printer = new ExprPrinter(catalog, usage)
  const { object, from } = printRows(plan.root, NO_JOINS, printer)
  const total = plan.count === null ? 'NULL' : `(${printTotal(plan.root, printer)})`
  const sql = `SELECT ifnull(group_concat(${object}, ','), ''), count(*), ${total} FROM ${from}`
  return Object.freeze({
    kind: 'read' as const,
    engine: 'sqlite' as const,
    output: outputOf(plan.root),
    reads: readsOf(usage, plan.root, plan.count === null ? 1 : 2),
    writes: [],
    claims: [...usage.context],
    text: [sql],
    read: Object.freeze({ sql, slots: printer.slots.list }),
    write: null,
    inline: usage.isFueled,
  })
}

/** The members of a result row, in order. */
export function outputOf(node: SelectNode): Program['output'] {
  const embeds = new Map(node.embeds.map((embed) => [embed.id, embed]))
  return node.output.flatMap((item) => membersOf(item, embeds))
}

function membersOf(item: OutputItem, embeds: ReadonlyMap<number, Embed>): Program['output'] {
  switch (item.kind) {
    case 'value':
      return [{ name: item.name, type: item.value.type.name === 'unknown' ? null : item.value.type }]
    case 'aggregate':
      return [{ name: item.name, type: item.cast ?? item.type }]
    case 'embed':
      return [{ name: item.name, type: null }]
    case 'spread': {
      const embed = embeds.get(item.embed)
      const inner = embed === undefined ? [] : outputOf(embed.node)
      return embed?.toMany === true ? inner.map(({ name }) => ({ name, type: null })) : inner
    }
    case 'open':
      return []
  }
}

/** Every table read; the root's with its key when it occurs nowhere else and equalities to request values pin its rows. */
export function readsOf(usage: Usage, root: SelectNode | null, rootOccurrences: number): readonly TableRead[] {
  return [...usage.reads].map(([table, occurrences]) => {
    const pinned = root !== null && root.table.key === table && occurrences === rootOccurrences
    return { table, key: pinned ? keyOf(root.table, root.source, root.where) : null }
  })
}

function keyOf(table: Table, source: string, where: Expr | null): TableRead['key'] {
  const conditions = where === null ? [] : where.kind === 'and' ? where.args : [where]
  const key = conditions.flatMap((condition) => {
    if (condition.kind !== 'call' || condition.fn !== 'eq') return []
    const [column, value] = condition.args
    if (column?.kind !== 'column' || column.source !== source || column.table !== table.key) return []
    return value?.kind === 'param' && value.form === 'scalar' ? [{ column: column.column, index: value.index }] : []
  })
  return key.length === 0 ? null : key
}
