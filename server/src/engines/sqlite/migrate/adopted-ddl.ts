import type { Catalog, Column, Table } from '../../../schema/catalog.ts'
import { generatedName } from '../../../schema/names.ts'
import type { RetiredColumn } from '../../../schema/retired.ts'
import { quoteName } from '../../sql/printer.ts'
import { columnNote } from '../note-shapes.ts'
import { type ColumnNote, readNote, type TableNote, wrapNote } from '../notes.ts'
import { keyText, readTableText } from '../read-table-sql.ts'
import { tokenize } from '../sql-text.ts'
import { printDefault, printGenerated } from './print-table.ts'
import { type Part, type Piece, type PieceKind, printPart, printTable, type TableDdl } from './table-ddl.ts'

/** A column of a retired one's kind: nothing but a place for values, and what it was. */
export function retireColumnText(part: Part, retired: RetiredColumn): string {
  const { table: _, storedAs, ...entry } = retired
  // The default, too: rows that are older than the column are read as having it.
  const kept: readonly PieceKind[] = ['type', 'collate', 'default']
  const pieces = part.pieces.filter((piece) => kept.includes(piece.kind)).map((piece) => piece.text)
  return [quoteName(storedAs), ...pieces, wrapNote({ retired: entry }).trimEnd()].join(' ')
}

export const isNative = (column: Pick<Column, 'storage'>): boolean => column.storage?.startsWith('native') ?? false

export interface ColumnEdit {
  readonly column: Column
  /** As it was; for a column that was out of sight, what it was before. */
  readonly from: Column
  /** It was out of sight: its rules are to be written again. */
  readonly isRestored: boolean
  readonly generatedChanged: boolean
  /** By the new key it would be the rowid, and count by itself. */
  readonly becomesRowid: boolean
}

/** The definition of a column that somebody else made, with what changed. */
export function editColumn(part: Part, edit: ColumnEdit, within: { table: Table; catalog: Catalog }): Part {
  const { column, from, isRestored } = edit
  const text = part.pieces.find((piece) => piece.kind === 'note')?.text ?? ''
  const note = columnNote(readNote(text), { table: within.table.name, column: column.name })
  let pieces = part.pieces.filter((piece) => piece.kind !== 'note')
  const exchange = (kind: PieceKind, text: string): void => {
    pieces = without(pieces, (piece) => piece.kind === kind)
    if (text !== '') pieces = [...pieces, added(kind, text)]
  }
  const hasNotNull = pieces.some((piece) => piece.kind === 'not null')
  if (isRestored || column.nullable !== from.nullable) {
    if (column.nullable || !hasNotNull) exchange('not null', column.nullable ? '' : 'NOT NULL')
  }
  const hasOwnDefault = column.default !== from.default || note.default !== undefined
  if (column.default !== from.default) {
    exchange('default', column.default === null ? '' : printDefault(column, within.catalog))
  }
  if (edit.generatedChanged) {
    exchange('generated', column.generated === null ? '' : printGenerated(column, within.table, within.catalog))
  }
  const says: ColumnNote = {
    ...(hasOwnDefault && column.default !== null ? { default: column.default } : {}),
    ...((edit.generatedChanged || note.generated !== undefined) && column.generated !== null
      ? { generated: column.generated.expression, stored: column.generated.stored }
      : {}),
    ...(column.comment === null ? {} : { comment: column.comment }),
  }
  // A note that says nothing of numbers says that there are none; without one, the key of a table counts.
  const hasNote = Object.keys(says).length > 0
  const isCounted =
    column.identity !== from.identity ||
    (column.identity === null ? edit.becomesRowid || note.identity === null : hasNote)
  const noted = wrapNote(isCounted ? { ...says, identity: column.identity } : says)
  if (noted !== '') pieces = [...pieces.slice(0, 1), added('note', noted.trimEnd()), ...pieces.slice(1)]
  return { ...part, pieces }
}

const added = (kind: PieceKind, text: string): Piece => ({ kind, before: ' ', text, constraint: null, columns: [] })

/** Comments before what is taken away stay. */
function without(pieces: readonly Piece[], isGone: (piece: Piece) => boolean): Piece[] {
  return pieces.flatMap((piece) => {
    if (!isGone(piece)) return [piece]
    return piece.before.trim() === '' ? [] : [{ ...piece, kind: 'other' as const, text: '' }]
  })
}

interface CheckEdit {
  readonly name: string
  /** One of ours printed anew; null where its text stays. */
  readonly text: string | null
}

/** What becomes of the keys and checks of a table that somebody else made. Names of columns as they will be. */
export interface ConstraintEdits {
  readonly table: Table
  /** Keys that go, as `keyText` says them; `primary` alone for the primary key. */
  readonly gone: ReadonlySet<string>
  /** By their place in the text: the check as it will be, or null where it goes. */
  readonly checks: readonly (CheckEdit | null)[]
  /** Constraints to be added. */
  readonly added: readonly string[]
}

/** The statement with these columns, and its constraints edited. */
export function editTable(ddl: TableDdl, columns: readonly Part[], edits: ConstraintEdits): TableDdl {
  const checks = ddl.parts.flatMap((part) => part.pieces.filter((piece) => piece.kind === 'check'))
  const checkOf = (piece: Piece): CheckEdit | null => edits.checks[checks.indexOf(piece)] ?? null
  // As introspection would call them, numbers included.
  const derived = readTableText(printTable(ddl), edits.table.name).checks
  const edited = (part: Part): Part => {
    const isGone = (piece: Piece): boolean => {
      if (piece.kind === 'check') return checkOf(piece) === null
      if (piece.kind === 'primary') return edits.gone.has('primary')
      if (piece.kind !== 'unique' && piece.kind !== 'foreign') return false
      return edits.gone.has(keyText(piece.kind, part.column === null ? piece.columns : [part.column]))
    }
    const kept = without(part.pieces, isGone).map((piece) => {
      const check = piece.kind === 'check' ? checkOf(piece) : null
      if (check !== null && check.text !== null) return { ...piece, constraint: check.name, text: check.text }
      const name = check?.name ?? nameOfKey(piece, part, edits.table)
      if (name === null) return piece
      const own = piece.kind === 'check' ? derived[checks.indexOf(piece)]?.name : derivedName(piece, part, edits.table)
      return withName(piece, name, own ?? '')
    })
    return { ...part, pieces: kept }
  }
  const constraints = ddl.parts.filter((part) => part.column === null).map(edited)
  const kept = constraints.filter((part) => part.pieces.length > 0)
  const more = edits.added.map((text): Part => ({ column: null, pieces: [added('other', text)], after: '' }))
  return { ...ddl, parts: [...columns.map(edited), ...kept, ...more] }
}

function nameOfKey(piece: Piece, part: Part, table: Table): string | null {
  const columns = part.column === null ? piece.columns : [part.column]
  const is = (kind: 'unique' | 'foreign', of: readonly string[]): boolean =>
    keyText(kind, of) === keyText(kind, columns)
  if (piece.kind === 'primary') return table.primaryKeyName
  if (piece.kind === 'unique') return table.uniques.find((one) => is('unique', one.columns))?.name ?? null
  return piece.kind === 'foreign' ? (table.foreignKeys.find((one) => is('foreign', one.columns))?.name ?? null) : null
}

const LABELS: Readonly<Partial<Record<PieceKind, string>>> = {
  primary: 'pkey',
  unique: 'key',
  foreign: 'fkey',
}

function derivedName(piece: Piece, part: Part, table: Table): string {
  const own = part.column === null ? piece.columns : [part.column]
  const columns = piece.kind === 'primary' ? [] : own
  return generatedName({ table: table.name, columns, label: LABELS[piece.kind] ?? '' })
}

/** A constraint that has no name keeps none as long as the one it would be given is its own. */
function withName(piece: Piece, name: string, derived: string): Piece {
  if (name === (piece.constraint ?? derived)) return piece
  const [, before] = tokenize(piece.text).filter((token) => token.kind !== 'comment')
  const rest = piece.constraint === null ? piece.text : piece.text.slice(before?.end ?? 0).trimStart()
  return { ...piece, constraint: name, text: `CONSTRAINT ${quoteName(name)} ${rest}` }
}

/** A definition of ours among somebody else's, set as the one before it is. */
export function newColumnPart(name: string, text: string, like: Part | undefined): Part {
  const before = /\n[ \t]*$/.exec(like?.pieces[0]?.before ?? '')?.[0] ?? ' '
  return { column: name, pieces: [{ ...added('other', text), before }], after: '' }
}

/** A definition of ours printed anew, with the constraints that stand in it; `hasKey`: the text has the primary key already. */
export function printedAnew(part: Part, text: string, hasKey: boolean): Part {
  const before = part.pieces[0]?.before ?? ' '
  const kinds: readonly PieceKind[] = ['unique', 'check', 'foreign', ...(hasKey ? [] : (['primary'] as const))]
  const rules = part.pieces.filter((piece) => kinds.includes(piece.kind))
  return { ...part, pieces: [{ ...added('other', text), before }, ...rules] }
}

/** The note of a table whose text is edited: only where something in it is ours. `isOwn`: Pilar made the table, and somebody else changed it. */
export function noteEdited(ddl: TableDdl, of: { table: Table; name: string; isOwn: boolean }): TableDdl {
  const { table, name, isOwn } = of
  const hasNotes = ddl.parts.some((part) => printPart(part).includes('/*pilar:'))
  const isMoved = table.schema !== 'public' && name.startsWith(`${table.schema}.`)
  const says: TableNote = {
    ...(isMoved ? { schema: table.schema } : {}),
    ...(table.comment === null ? {} : { comment: table.comment }),
    ...(table.openColumn === null ? {} : { open: table.openColumn }),
  }
  if (!hasNotes && !isOwn && Object.keys(says).length === 0) return { ...ddl, note: '' }
  return { ...ddl, note: wrapNote(isOwn ? { own: true, ...says } : { adopted: true, ...says }) }
}
