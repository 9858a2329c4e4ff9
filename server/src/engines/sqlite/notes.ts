import type { Column, Table } from '../../schema/catalog.ts'
import type { RetiredColumn } from '../../schema/retired.ts'
import type { ColumnType } from '../../schema/types.ts'

/**
 * What SQLite's own catalog can't say stands beside it as a comment in the CREATE statement, which SQLite keeps as it was written:
 * `/*pilar:{"default":"now()"}*\/`. So a file describes itself and needs no table of ours.
 */
export interface ColumnNote {
  readonly type?: ColumnType
  readonly default?: string
  readonly generated?: string
  readonly stored?: boolean
  readonly identity?: Column['identity']
  readonly comment?: string
  /** The column is out of sight: what it was, and when it went. */
  readonly retired?: Omit<RetiredColumn, 'table' | 'storedAs'>
}

export interface TableNote {
  /** Says that the table is Pilar's, where nothing else in it says so. */
  readonly own?: true
  /** Somebody else made the table: only columns with a type in their note are kept in our way. */
  readonly adopted?: true
  /** Of an adopted table that was moved to a schema: the rest of its name, after the dot, is the table's. */
  readonly schema?: string
  /** The table is out of sight: what it was, and when it went. */
  readonly retired?: { readonly table: Omit<Table, 'column'>; readonly retiredAt: string }
  readonly comment?: string
  readonly open?: string
  readonly system?: boolean
  readonly definition?: string
  readonly columns?: readonly { readonly name: string; readonly type: ColumnType; readonly nullable: boolean }[]
}

const PREFIX = '/*pilar:'

/** `isGuest`: in a table that somebody else made, where only the note says that a column is ours. */
export function noteColumn(column: Column, { isGuest = false }: { readonly isGuest?: boolean } = {}): string {
  return wrapNote({
    ...(hasOwnWord(column.type) && !isGuest ? {} : { type: column.type }),
    ...(column.default === null ? {} : { default: column.default }),
    ...(column.generated === null ? {} : { generated: column.generated.expression, stored: column.generated.stored }),
    ...(column.identity === null ? {} : { identity: column.identity }),
    ...(column.comment === null ? {} : { comment: column.comment }),
  })
}

/** Types whose declared SQLite type says everything; integers may be hidden behind INTEGER PRIMARY KEY. */
function hasOwnWord(type: ColumnType): boolean {
  return !['array', 'enum', 'smallint', 'integer', 'bigint'].includes(type.name)
}

export function noteTable(table: Table, further: TableNote = {}): string {
  const columns = table.columns.map(({ name, type, nullable }) => ({ name, type, nullable }))
  return wrapNote({
    ...further,
    ...(table.comment === null ? {} : { comment: table.comment }),
    ...(table.openColumn === null ? {} : { open: table.openColumn }),
    ...(table.system ? { system: true } : {}),
    ...(table.definition === null ? {} : { definition: table.definition, columns }),
  })
}

/** A PostgreSQL expression beside its translation. */
export function noteText(expression: string): string {
  return wrap(JSON.stringify(expression))
}

/** The note as a comment with a blank behind it; empty for a note that says nothing. */
export function wrapNote(note: ColumnNote | TableNote): string {
  return Object.keys(note).length === 0 ? '' : `${wrap(JSON.stringify(note))} `
}

/** In JSON a slash may be escaped: so no text can end the comment. */
const wrap = (json: string): string => `${PREFIX}${json.replaceAll('*/', '*\\/')}*/`

/** The note in a piece of SQL, or null. */
export function readNote(sql: string): unknown {
  const start = sql.indexOf(PREFIX)
  const end = start < 0 ? -1 : sql.indexOf('*/', start)
  if (end < 0) return null
  try {
    return JSON.parse(sql.slice(start + PREFIX.length, end))
  } catch {
    return null
  }
}
