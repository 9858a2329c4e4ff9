import { randomUUID } from 'node:crypto'
import { failure } from '../../errors/error.ts'
import type { WriteColumn } from '../../query/plan.ts'
import type { Table } from '../../schema/catalog.ts'
import type { ColumnType, Value } from '../../schema/types.ts'
import { canonicalJson } from '../../schema/values/json.ts'
import { fromJson } from '../../schema/values.ts'
import type { Json, JsonObject } from '../../std/json.ts'
import { type SqlValue, type Storage, storageJson, storageOf, toStorage } from './codecs.ts'
import type { BindInput } from './slots.ts'

/** A column's cells in the bound payload, at a position of every row's JSON array. */
export interface PayloadColumn {
  readonly name: string
  readonly type: ColumnType
  readonly storage: Storage
  /** Indexes of the request's cells: one, or all keys of an open table that share the open column. */
  readonly cells: readonly { readonly index: number; readonly openKey: string | null }[]
  /** A new random UUID in every row: a default that must be the same in all statements of the write. */
  readonly uuid: boolean
}

/** Stands for a cell that the row does not have: an object, which no stored value is. */
export const ABSENT = '{}'

/** The real columns of a payload: keys of an open table are put together. */
export function payloadColumns(table: Table, columns: readonly WriteColumn[]): readonly PayloadColumn[] {
  const byName = new Map<string, { index: number; openKey: string | null }[]>()
  for (const [index, column] of columns.entries()) {
    const cells = byName.get(column.name) ?? []
    cells.push({ index, openKey: column.openKey })
    byName.set(column.name, cells)
  }
  return [...byName].map(([name, cells]) => {
    const column = table.column.get(name)
    if (column === undefined) throw new Error(`assertion failed: ${table.key} has the column ${name}`)
    return { name, type: column.type, storage: storageOf(column), cells, uuid: false }
  })
}

/** A cell as it is stored; undefined where the row lacks it. */
export function encodeCell(
  column: PayloadColumn,
  row: readonly (Json | undefined)[],
  input: BindInput,
): SqlValue | undefined {
  const [first] = column.cells
  if (first === undefined) return undefined
  if (first.openKey !== null) return openObject(column, row)
  const json = row[first.index]
  if (json === undefined) return undefined
  const value = fromJson(column.type, json, input)
  return toStorage(column.type, column.storage, storable(value))
}

function openObject(column: PayloadColumn, row: readonly (Json | undefined)[]): string {
  const members = column.cells.flatMap(({ index, openKey }): [string, Json][] => {
    const json = row[index]
    return json === undefined || openKey === null ? [] : [[openKey, json]]
  })
  return canonicalJson(Object.fromEntries(members) as JsonObject)
}

/** SQLite keeps NaN as NULL: rather no row than another value. */
function storable(value: Value): Value {
  if (typeof value === 'number' && Number.isNaN(value)) throw failure('0A000', { message: 'SQLite can not store NaN' })
  return value
}

/** All rows as one JSON text: `[[cell, …], …]`, cells in the order of `columns`. */
export function encodePayload(columns: readonly PayloadColumn[], input: BindInput): string {
  const rows = input.params.cells.map(
    (row) => `[${columns.map((column) => encodedCell(column, row, input)).join(',')}]`,
  )
  return `[${rows.join(',')}]`
}

function encodedCell(column: PayloadColumn, row: readonly (Json | undefined)[], input: BindInput): string {
  if (column.uuid) return `"${randomUUID()}"`
  const value = encodeCell(column, row, input)
  return value === undefined ? ABSENT : storageJson(value)
}
