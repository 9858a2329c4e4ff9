import type { ForeignKey, Index, ReferentialAction, Unique } from '../../schema/catalog.ts'
import { tableKey } from '../../schema/catalog.ts'
import { generatedName } from '../../schema/names.ts'
import { type Found, type FoundFile, type IndexRow, nameOf, rows } from './found-file.ts'
import { readNote } from './notes.ts'
import { keyText } from './read-table-sql.ts'

/** The note of an index that stands for a unique key: one that was added to a table that had rows. */
const UNIQUE_NOTE = 'unique'

export interface IndexColumnRow {
  /** -1 the rowid, -2 an expression. */
  readonly cid: number
  readonly name: string | null
  readonly desc: number
  readonly coll: string
  readonly key: number
}

export function indexColumns(index: Pick<IndexRow, 'name'>, file: FoundFile): readonly IndexColumnRow[] {
  const all = rows<IndexColumnRow>(file.database, 'SELECT * FROM pragma_index_xinfo(?)', index.name)
  return all.filter((row) => row.key === 1)
}

const textOf = (index: IndexRow, { objects }: FoundFile): string =>
  objects.find((object) => object.type === 'index' && object.name === index.name)?.sql ?? ''

const isUniqueKey = (index: IndexRow, file: FoundFile): boolean =>
  index.origin === 'c' && index.unique === 1 && readNote(textOf(index, file)) === UNIQUE_NOTE

export function readUniques(found: Found, file: FoundFile): Unique[] {
  const { name } = nameOf(found)
  return file.indexes(found.name).flatMap((index): Unique[] => {
    const isKey = isUniqueKey(index, file)
    if (index.origin !== 'u' && !isKey) return []
    const columns = indexColumns(index, file).map((column) => column.name ?? '')
    const named =
      found.text.names.get(keyText('unique', columns)) ?? generatedName({ table: name, columns, label: 'key' })
    return [{ name: isKey ? index.name : named, columns }]
  })
}

/** Indexes over expressions are left out: they have no columns to name. */
export function readIndexes(found: Found, file: FoundFile): Index[] {
  return file.indexes(found.name).flatMap((index): Index[] => {
    if (index.origin !== 'c' || isUniqueKey(index, file)) return []
    const columns = indexColumns(index, file)
    if (columns.some((column) => column.name === null)) return []
    return [
      {
        name: index.name,
        unique: index.unique === 1,
        columns: columns.map((column) => ({ name: column.name ?? '', descending: column.desc === 1 })),
        where: index.partial === 1 ? conditionOf(textOf(index, file)) : null,
      },
    ]
  })
}

function conditionOf(sql: string): string {
  const note = readNote(sql)
  return typeof note === 'string' ? note : (/\bWHERE\b([\s\S]*)$/i.exec(sql)?.[1]?.trim() ?? '')
}

interface ForeignKeyRow {
  readonly id: number
  readonly table: string
  readonly from: string
  readonly to: string | null
  readonly on_update: string
  readonly on_delete: string
}

/** Foreign keys as SQLite lists them, each with a row per column. */
function foreignKeyRows(found: Found, file: FoundFile): readonly (readonly ForeignKeyRow[])[] {
  const sql = 'SELECT * FROM pragma_foreign_key_list(?) ORDER BY id DESC, seq'
  return [...Map.groupBy(rows<ForeignKeyRow>(file.database, sql, found.name), (row) => row.id).values()]
}

const targetOf = (parts: readonly ForeignKeyRow[], { tables }: FoundFile): Found | undefined =>
  tables.find((each) => each.name.toLowerCase() === parts[0]?.table.toLowerCase())

/** Foreign keys to tables that are not there, in words. */
export function readDangling(
  found: Found,
  file: FoundFile,
): readonly { readonly name: string; readonly text: string }[] {
  const dangling = foreignKeyRows(found, file).filter((parts) => targetOf(parts, file) === undefined)
  return dangling.map((parts) => ({
    name: parts.map((part) => part.from).join(', '),
    text: `to ${parts[0]?.table ?? ''}, which is not there`,
  }))
}

export function readForeignKeys(found: Found, file: FoundFile): ForeignKey[] {
  return foreignKeyRows(found, file).flatMap((parts): ForeignKey[] => {
    const [first] = parts
    const target = targetOf(parts, file)
    if (first === undefined || target === undefined) return []
    const columns = parts.map((part) => spelled(part.from, found, file))
    const { schema, name } = nameOf(target)
    const named = parts.every((part) => part.to !== null) ? parts.map((part) => part.to ?? '') : keyOf(target, file)
    return [
      {
        name:
          found.text.names.get(keyText('foreign', columns)) ??
          generatedName({ table: nameOf(found).name, columns, label: 'fkey' }),
        columns,
        references: { table: tableKey(schema, name), columns: named.map((column) => spelled(column, target, file)) },
        onDelete: first.on_delete.toLowerCase() as ReferentialAction,
        onUpdate: first.on_update.toLowerCase() as ReferentialAction,
      },
    ]
  })
}

function keyOf(found: Found, file: FoundFile): readonly string[] {
  const key = file.columns(found.name).filter((row) => row.pk > 0)
  return key.sort((a, b) => a.pk - b.pk).map((row) => row.name)
}

/** SQLite's names ignore case; ours do not. */
function spelled(column: string, found: Found, file: FoundFile): string {
  return file.columns(found.name).find((row) => row.name.toLowerCase() === column.toLowerCase())?.name ?? column
}
