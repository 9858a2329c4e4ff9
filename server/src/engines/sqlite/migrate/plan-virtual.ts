import { failure } from '../../../errors/error.ts'
import { quoteText } from '../../sql/printer.ts'
import type { SchemaRow } from '../found-file.ts'
import type { SchemaRewrite } from './migration.ts'

export interface RenamedTable {
  readonly from: string
  readonly to: string
  /** Columns that are called otherwise now, or are gone, by their names before. */
  readonly columns: readonly string[]
}

const CONTENT = /(\bcontent\s*=\s*)('(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|[^\s,)]+)/i

/**
 * Full text indexes over a table (`content=…`) name it in their own text, which ALTER TABLE leaves as it is. The table's name is exchanged here; its
 * columns can't be, since triggers and queries name those of the index. Throws 0A000 for a column that such an index reads.
 */
export function planVirtualTables(
  objects: readonly SchemaRow[],
  renamed: readonly RenamedTable[],
): readonly SchemaRewrite[] {
  return objects.flatMap(({ name, sql }): SchemaRewrite[] => {
    const content = sql === null || !/^CREATE\s+VIRTUAL\b/i.test(sql) ? null : CONTENT.exec(sql)
    if (sql === null || content === null) return []
    const table = unquoted(content[2] ?? '')
    const change = renamed.find(({ from }) => from.toLowerCase() === table.toLowerCase())
    if (change === undefined) return []
    const rest = sql.slice(sql.indexOf('('))
    const lost = change.columns.find((column) =>
      new RegExp(`(?<![\\p{L}\\p{N}_])${RegExp.escape(column)}(?![\\p{L}\\p{N}_])`, 'iu').test(rest),
    )
    if (lost !== undefined) throw reads(name, change.from, lost)
    if (change.from === change.to) return []
    return [{ type: 'table', name, sql: sql.replace(CONTENT, (_, key: string) => key + quoteText(change.to)) }]
  })
}

const unquoted = (text: string): string => {
  const quote = /^['"`]/.exec(text)?.[0]
  return quote === undefined ? text : text.slice(1, -1).replaceAll(quote + quote, quote)
}

function reads(index: string, table: string, column: string): Error {
  const message = `the full text index ${index} reads the column "${column}" of ${table} by this name`
  return failure('0A000', { message }, { hint: 'Drop the index before the migration, and make it anew afterwards.' })
}
