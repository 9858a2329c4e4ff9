import { failure } from '../../errors/error.ts'
import { SELF } from '../../query/expr.ts'
import type { ForeignKey, ReferentialAction, Table, TableKey } from '../../schema/catalog.ts'
import type { ColumnType, Value } from '../../schema/types.ts'
import { compareValues, fromText } from '../../schema/values.ts'
import { evaluate } from './evaluate.ts'
import { bind, type Data, EMPTY_SCOPE, type Row, tableOf, type World } from './world.ts'

/** A statement's data while it is being written. A row keeps its identity: the object, or what replaced it. */
export class Draft {
  readonly world: World
  readonly #data: Map<TableKey, Row[]>
  readonly #replaced = new Map<Row, Row>()

  constructor(world: World) {
    this.world = world
    this.#data = new Map([...world.data].map(([key, rows]) => [key, [...rows]]))
  }
  get data(): Data {
    return this.#data
  }
  rows(key: TableKey): readonly Row[] {
    return this.#data.get(key) ?? []
  }
  has(key: TableKey, row: Row): boolean {
    return this.rows(key).includes(row)
  }
  /** What became of a row this statement wrote. */
  latest(row: Row): Row {
    const next = this.#replaced.get(row)
    return next === undefined ? row : this.latest(next)
  }
  insert(table: Table, row: Row): void {
    checkRow(table, row, this.world)
    checkUnique(table, row, this.rows(table.key))
    this.#data.set(table.key, [...this.rows(table.key), row])
  }
  replace(table: Table, old: Row, row: Row): void {
    checkRow(table, row, this.world)
    checkUnique(
      table,
      row,
      this.rows(table.key).filter((other) => other !== old),
    )
    this.#data.set(
      table.key,
      this.rows(table.key).map((other) => (other === old ? row : other)),
    )
    this.#replaced.set(old, row)
  }
  remove(table: Table, row: Row): void {
    this.#data.set(
      table.key,
      this.rows(table.key).filter((other) => other !== row),
    )
  }
}

/** The row with its generated columns computed. */
export function completed(table: Table, row: Row, world: World): Row {
  const generated = world.expressions.get(table.key)?.generated ?? new Map()
  const scope = bind(EMPTY_SCOPE, SELF, row)
  const computed = [...generated].map(([name, expr]) => [name, evaluate(expr, scope, world)] as const)
  return new Map([...row, ...computed].map(([name, value]) => [name, stored(table.column.get(name)?.type, value)]))
}

/** A value as the column keeps it: a numeric without scale has no trailing zeros (docs/reference/types.md). */
function stored(type: ColumnType | undefined, value: Value): Value {
  return type?.name === 'numeric' && value !== null ? fromText(type, String(value)) : value
}

/** What a column gets when nobody says: its default, else null. */
export function defaultOf(table: Table, column: string, world: World): Value {
  const expr = world.expressions.get(table.key)?.defaults.get(column)
  return expr === undefined ? null : evaluate(expr, EMPTY_SCOPE, world)
}

export function checkRow(table: Table, row: Row, world: World): void {
  const missing = table.columns.find((column) => !column.nullable && row.get(column.name) === null)
  if (missing !== undefined) throw failure('23502', { column: missing.name, table: table.name })
  const scope = bind(EMPTY_SCOPE, SELF, row)
  const checks = world.expressions.get(table.key)?.checks ?? []
  const broken = checks.find((check) => evaluate(check.expression, scope, world) === false)
  if (broken !== undefined) throw failure('23514', { table: table.name, constraint: broken.name })
}

function checkUnique(table: Table, row: Row, others: readonly Row[]): void {
  const keys = [
    { name: table.primaryKeyName ?? `${table.name}_pkey`, columns: table.primaryKey },
    ...table.uniques,
    ...table.indexes
      .filter((index) => index.unique && index.where === null)
      .map(({ name, columns }) => ({ name, columns: columns.map((column) => column.name) })),
  ]
  const broken = keys.find(({ columns }) => findEqual({ table, columns }, row, others) !== undefined)
  if (broken !== undefined) throw failure('23505', { constraint: broken.name })
}

export interface Key {
  readonly table: Table
  readonly columns: readonly string[]
}

/** The row that equals `row` in all columns of the key; nulls equal nothing. */
export function findEqual(key: Key, row: Row, others: readonly Row[]): Row | undefined {
  const { columns } = key
  return columns.length === 0 ? undefined : others.find((other) => sameKey(key, row, { row: other, columns }))
}

function sameKey({ table, columns }: Key, row: Row, other: { row: Row; columns: readonly string[] }): boolean {
  return columns.every((name, at) => {
    const [a, b] = [row.get(name) ?? null, other.row.get(other.columns[at] ?? '') ?? null]
    const type = table.column.get(name)?.type
    return type !== undefined && a !== null && b !== null && compareValues(type, a, b) === 0
  })
}

/** One row the statement changed or, when `after` is null, removed. */
export interface Changed {
  readonly table: Table
  readonly before: Row
  readonly after: Row | null
}

/** Runs the actions of foreign keys, whoever asks: policies don't bind them. Then every foreign key must hold. */
export function settle(draft: Draft, changes: readonly Changed[]): void {
  for (const change of changes) follow(draft, change)
  for (const table of draft.world.catalog.tables.values()) {
    for (const key of table.foreignKeys) checkForeignKey(draft, table, key)
  }
}

function follow(draft: Draft, { table, before, after }: Changed): void {
  for (const child of draft.world.catalog.tables.values()) {
    for (const key of child.foreignKeys) {
      if (key.references.table !== table.key) continue
      const { columns } = key.references
      const isKept = after !== null && sameKey({ table, columns }, before, { row: after, columns })
      if (isKept) continue
      const action = after === null ? key.onDelete : key.onUpdate
      for (const found of draft.rows(child.key)) {
        const row = draft.latest(found) // an action may have come to it on another way
        const isAffected =
          draft.has(child.key, row) && sameKey({ table: child, columns: key.columns }, row, { row: before, columns })
        if (isAffected) act(draft, { child, key, row, after, action })
      }
    }
  }
}

interface Action {
  readonly child: Table
  readonly key: ForeignKey
  readonly row: Row
  readonly after: Row | null
  readonly action: ReferentialAction
}

function act(draft: Draft, { child, key, row, after, action }: Action): void {
  if (action === 'no action') return
  if (action === 'restrict') throw violated(draft, child, key)
  if (action === 'cascade' && after === null) {
    draft.remove(child, row)
    follow(draft, { table: child, before: row, after: null })
    return
  }
  const value = (name: string, at: number): Value =>
    action === 'cascade'
      ? (after?.get(key.references.columns[at] ?? '') ?? null)
      : action === 'set default'
        ? defaultOf(child, name, draft.world)
        : null
  const changed = completed(
    child,
    new Map([...row, ...key.columns.map((name, at) => [name, value(name, at)] as const)]),
    draft.world,
  )
  draft.replace(child, row, changed)
  follow(draft, { table: child, before: row, after: changed })
}

function checkForeignKey(draft: Draft, table: Table, key: ForeignKey): void {
  const parents = draft.rows(key.references.table)
  for (const row of draft.rows(table.key)) {
    if (key.columns.some((name) => row.get(name) === null)) continue
    const isHeld = parents.some((parent) =>
      sameKey({ table, columns: key.columns }, row, { row: parent, columns: key.references.columns }),
    )
    if (!isHeld) throw violated(draft, table, key)
  }
}

function violated(draft: Draft, table: Table, key: ForeignKey) {
  const parent = tableOf(draft.world, key.references.table).name
  return failure('23503', {
    message: `foreign key constraint "${key.name}" between "${table.name}" and "${parent}" is violated`,
  })
}
