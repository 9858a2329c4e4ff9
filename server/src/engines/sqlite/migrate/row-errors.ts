import { failure, PilarError } from '../../../errors/error.ts'
import { isSqliteError } from '../faults.ts'
import type { TableCopy } from './migration.ts'
import type { Key } from './tasks.ts'

const CONSTRAINT = 19
const MISMATCH = 20
const UNIQUE: ReadonlySet<number> = new Set([1555, 2067, 2579])
const NOT_NULL = 1299

/** True for what a row is to blame for: a broken rule, or a value that can't be converted. */
export function isRowError(error: unknown): boolean {
  if (error instanceof PilarError) return true
  return isSqliteError(error) && [CONSTRAINT, MISMATCH].includes(error.errcode & 0xff)
}

/** The SQLSTATE of a row that can't be copied, with its key and the step to blame in the details. */
export function rowError(error: unknown, copy: TableCopy, key: Key | null): unknown {
  if (!isRowError(error) || !(error instanceof Error)) return error
  const columns = namedColumns(error.message, copy)
  const extra = {
    details: { table: copy.source, step: stepOf(columns, copy), columns, row: rowOf(copy, key) },
    cause: error,
  }
  if (error instanceof PilarError) return new PilarError(error.code, error.message, extra)
  const { errcode } = error as Error & { errcode: number }
  if (UNIQUE.has(errcode)) return failure('23505', { constraint: constraintName(error.message, columns, copy) }, extra)
  if (errcode === NOT_NULL) return failure('23502', { column: columns[0] ?? '', table: copy.source }, extra)
  if ((errcode & 0xff) === MISMATCH) {
    return failure('42804', { message: 'the value does not fit the type of the primary key' }, extra)
  }
  const constraint = error.message.slice(error.message.indexOf(': ') + 2)
  return failure('23514', { table: copy.source, constraint }, extra)
}

/** `NOT NULL constraint failed: pilar.copy_1_0.slug` names the copy; people know the table. */
function namedColumns(message: string, { target }: TableCopy): readonly string[] {
  const names = message.slice(message.indexOf(': ') + 2)
  return names.startsWith(`${target}.`) ? names.slice(target.length + 1).split(`, ${target}.`) : []
}

function constraintName(message: string, columns: readonly string[], copy: TableCopy): string {
  const index = /index '(.*)'/.exec(message)?.[1]
  return index ?? `${copy.source}_${columns.join('_')}_key`
}

function stepOf(columns: readonly string[], { blame }: TableCopy): number | null {
  return blame.find(({ column }) => columns.includes(column))?.step ?? blame[0]?.step ?? null
}

function rowOf({ key }: TableCopy, values: Key | null): Readonly<Record<string, string | null>> | null {
  if (values === null) return null
  return Object.fromEntries(key.map((name, index) => [unquoted(name), text(values[index] ?? null)]))
}

const unquoted = (name: string): string => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name)
const text = (value: Key[number]): string | null =>
  value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : value === null ? null : String(value)
