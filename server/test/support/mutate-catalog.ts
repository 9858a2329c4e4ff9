import type {
  ColumnDefinition,
  SchemaDefinition,
  TableDefinition,
  ViewDefinition,
} from '../../src/schema/definition.ts'
import type { Random } from '../simulate/random.ts'
import {
  computedColumn,
  definitionOf,
  freeColumnName,
  freeTableName,
  isComparable,
  isNewKey,
  otherAction,
  randomChecks,
  randomColumn,
  randomIndexes,
  randomLink,
  randomTable,
  randomViews,
  sourceOf,
  typeOf,
  withLink,
} from './random-catalog.ts'
import { otherType, plainDefinition, quoted, sampleFor } from './random-types.ts'

/** A definition on its way to another one. */
interface State {
  readonly before: SchemaDefinition
  readonly history: readonly SchemaDefinition[]
  readonly random: Random
  tables: readonly TableDefinition[]
  views: readonly ViewDefinition[]
}

/**
 * A definition some changes away from `before`, without mistakes: with renames (`was`), changes of type (`using`), and whatever else may be said
 * in a schema.ts. What the definitions before it (`history`) had may come back.
 */
export function mutateDefinition(
  before: SchemaDefinition,
  random: Random,
  history: readonly SchemaDefinition[] = [],
): SchemaDefinition {
  const plain = withoutWays(before)
  const state: State = { before: plain, history, random, tables: plain.tables, views: plain.views }
  for (let count = random.int(1, 5); count > 0; count--) random.pick(MUTATIONS)(state)
  return definitionOf(
    state.tables,
    state.views.flatMap((view) => viewOver(state.tables, view)),
  )
}

/** The view with the types its columns have by now; none where its table or a column is gone. */
function viewOver(tables: readonly TableDefinition[], view: ViewDefinition): readonly ViewDefinition[] {
  const table = tables.find((each) => view.select.endsWith(` from ${sourceOf(each)}`))
  const columns = view.columns.flatMap((column) => {
    const type = table?.columns.find((each) => each.name === column.name)?.type
    return type === undefined ? [] : [{ ...column, type }]
  })
  return columns.length === view.columns.length ? [{ ...view, columns }] : []
}

/** What was said about the way to a structure is done with when it is there. */
function withoutWays(definition: SchemaDefinition): SchemaDefinition {
  const tables = definition.tables.map((table) => ({
    ...table,
    was: null,
    using: null,
    columns: table.columns.map((column) => ({ ...column, was: null, using: null })),
  }))
  return { ...definition, tables }
}

type Mutation = (state: State) => void

const addTable: Mutation = (state) => {
  const table = randomTable(state.tables, state.random, new Set(state.before.tables.map(({ name }) => name)))
  if (table !== null) state.tables = [...state.tables, table]
}

const dropTable: Mutation = (state) => {
  const gone = pickTable(state)
  if (gone === null) return
  state.tables = state.tables
    .filter((table) => table !== gone)
    .map((table) => ({ ...table, foreignKeys: table.foreignKeys.filter((key) => key.target !== gone.key) }))
}

const renameTable: Mutation = (state) => {
  const table = pickTable(state)
  if (table === null || table.was !== null) return
  const name = freeTableName(
    namesOf(state, ({ tables }) => tables.map((each) => each.name)),
    state.random,
  )
  if (name === null) return
  const key = `${table.schema}.${name}`
  const isNew = !state.before.tables.some((each) => each.key === table.key)
  const columns = table.columns.map((column) => ({ ...column, type: typeOf(column.type, { name }, column.name) }))
  state.tables = state.tables
    .map((each) => (each === table ? { ...table, name, key, columns, was: isNew ? null : table.name } : each))
    .map((each) => ({
      ...each,
      foreignKeys: each.foreignKeys.map((one) => (one.target === table.key ? { ...one, target: key } : one)),
    }))
  renameInViews(state, quoted(table.name), quoted(name))
}

function namesOf(state: State, of: (definition: Pick<SchemaDefinition, 'tables' | 'views'>) => readonly string[]) {
  return new Set([...of(state.before), ...of(state)])
}

function renameInViews(state: State, from: string, to: string): void {
  state.views = state.views.map((view) => ({
    ...view,
    select: view.select.replaceAll(from, to),
    columns: view.columns.map((column) => (quoted(column.name) === from ? { ...column, name: unquoted(to) } : column)),
  }))
}

const unquoted = (name: string): string => name.slice(1, -1).replaceAll('""', '"')

function pickTable(state: State): TableDefinition | null {
  return state.tables.length === 0 ? null : state.random.pick(state.tables)
}

function putTable(state: State, old: TableDefinition, changes: Partial<TableDefinition>): void {
  state.tables = state.tables.map((table) => (table === old ? { ...table, ...changes } : table))
}

function onTable(change: (state: State, table: TableDefinition) => Partial<TableDefinition> | null): Mutation {
  return (state) => {
    const table = pickTable(state)
    const changes = table === null ? null : change(state, table)
    if (table !== null && changes !== null) putTable(state, table, changes)
  }
}

/** Names that a table had before: a new column of such a name would be another one. */
function formerNames(state: State, table: TableDefinition): ReadonlySet<string> {
  const former = state.before.tables.find((each) => each.name === (table.was ?? table.name))
  return new Set(former?.columns.map((column) => column.name))
}

const addColumn = onTable((state, table) => {
  const { random } = state
  const column = randomColumn(table, random, formerNames(state, table))
  if (column === null) return null
  const isEmpty = column.default === null && !column.nullable && random.chance(0.8)
  const filled = isEmpty ? { nullable: true } : random.chance(0.2) ? { using: column.default } : {}
  return { columns: [...table.columns, { ...column, ...filled }] }
})

const bringColumnBack = onTable((state, table) => {
  const taken = new Set([...formerNames(state, table), ...table.columns.map(({ name }) => name)])
  const earlier = state.history.flatMap(({ tables }) => tables.filter((each) => each.key === table.key))
  const gone = earlier.flatMap(({ columns }) => columns).filter(({ name }) => !taken.has(name))
  if (gone.length === 0) return null
  const { name, type, nullable, default: text } = state.random.pick(gone)
  const fill = text ?? sampleFor(type).defaults[0] ?? null
  const column = plainDefinition(name, type, { nullable: nullable || fill === null, default: text, using: fill })
  return { columns: [...table.columns, column] }
})

const bringTableBack: Mutation = (state) => {
  const taken = namesOf(state, ({ tables }) => tables.map(({ name }) => name))
  const gone = state.history.flatMap(({ tables }) => tables).filter(({ name }) => !taken.has(name))
  if (gone.length === 0) return
  const table = state.random.pick(gone)
  const columns = table.columns.map((column) => ({ ...column, was: null, using: null }))
  state.tables = [...state.tables, { ...table, columns, was: null, using: null, foreignKeys: [] }]
}

const addComputed = onTable((state, table) => {
  const computed = computedColumn(table, state.random, formerNames(state, table))
  return computed.length === 0 ? null : { columns: [...table.columns, ...computed] }
})

/** Columns outside of the primary key. */
function pickColumn(state: State, table: TableDefinition): ColumnDefinition | null {
  const free = table.columns.filter((column) => !table.primaryKey?.includes(column.name))
  return free.length === 0 ? null : state.random.pick(free)
}

function onColumn(
  change: (state: State, table: TableDefinition, column: ColumnDefinition) => Partial<ColumnDefinition> | null,
): Mutation {
  return (state) => {
    const table = pickTable(state)
    const column = table === null ? null : pickColumn(state, table)
    const changes = table === null || column === null ? null : change(state, table, column)
    if (table === null || changes === null) return
    putTable(state, table, {
      columns: table.columns.map((each) => (each === column ? { ...each, ...changes } : each)),
    })
  }
}

const dropColumn: Mutation = (state) => {
  const table = pickTable(state)
  const column = table === null ? null : pickColumn(state, table)
  if (table === null || column === null || table.columns.length < 3) return
  const rest = without(table, column.name)
  if (rest.columns.length === 0) return
  putTable(state, table, rest)
}

/** The table without a column and all that reads it. */
function without(table: TableDefinition, name: string) {
  const reads = (text: string | null | undefined): boolean => text?.includes(quoted(name)) ?? false
  const rest = table.columns.filter((column) => column.name !== name && !reads(column.generated?.expression))
  const gone = table.columns.filter((column) => !rest.includes(column)).map((column) => column.name)
  const isKept = (columns: readonly string[]) => columns.every((each) => !gone.includes(each))
  return {
    columns: rest.map((column) => (reads(column.check) ? { ...column, check: null } : column)),
    uniques: table.uniques.filter((one) => isKept(one.columns)),
    foreignKeys: table.foreignKeys.filter((one) => isKept(one.columns)),
    checks: table.checks.filter((one) => !reads(one.expression)),
    indexes: table.indexes.filter((one) => isKept(one.columns.map((each) => each.name)) && !reads(one.where)),
  }
}

const renameColumn: Mutation = (state) => {
  const table = pickTable(state)
  const column = table === null ? null : state.random.pick(table.columns)
  if (table === null || column === null || column.was !== null) return
  const taken = new Set([...formerNames(state, table), ...table.columns.map((each) => each.name)])
  const name = freeColumnName(taken, state.random)
  if (name === null) return
  const [from, to] = [quoted(column.name), quoted(name)]
  const text = (expression: string): string => expression.replaceAll(from, to)
  const called = (each: string): string => (each === column.name ? name : each)
  const isNew = !formerNames(state, table).has(column.name)
  const renamed: TableDefinition = {
    ...table,
    columns: table.columns.map((each) => ({
      ...each,
      ...(each === column ? { name, was: isNew ? null : column.name, type: typeOf(each.type, table, name) } : {}),
      check: each.check === null ? null : text(each.check),
      generated: each.generated === null ? null : { ...each.generated, expression: text(each.generated.expression) },
    })),
    primaryKey: table.primaryKey?.map(called) ?? null,
    uniques: table.uniques.map((one) => ({ ...one, columns: one.columns.map(called) })),
    foreignKeys: table.foreignKeys.map((one) => ({ ...one, columns: one.columns.map(called) })),
    checks: table.checks.map((one) => ({ ...one, expression: text(one.expression) })),
    indexes: table.indexes.map((one) => ({
      ...one,
      columns: one.columns.map((each) => ({ ...each, name: called(each.name) })),
      where: one.where === null ? null : text(one.where),
    })),
  }
  state.tables = state.tables
    .map((each) => (each === table ? renamed : each))
    .map((each) => ({
      ...each,
      foreignKeys: each.foreignKeys.map((one) =>
        one.target === table.key ? { ...one, targetColumns: one.targetColumns.map(called) } : one,
      ),
    }))
  const shown = state.views.filter((view) => view.select.endsWith(` from ${sourceOf(table)}`))
  const others = state.views.filter((view) => !shown.includes(view))
  state.views = shown
  renameInViews(state, from, to)
  state.views = [...others, ...state.views]
}

const changeType: Mutation = (state) => {
  const table = pickTable(state)
  const column = table === null ? null : pickColumn(state, table)
  if (table === null || column === null || column.generated !== null || column.identity !== null) return
  if (table.foreignKeys.some((key) => key.columns.includes(column.name))) return
  const { type: to, using } = otherType(column.type, state.random)
  const type = typeOf(to, table, column.name)
  const { defaults } = sampleFor(type)
  const [first] = defaults
  const rest = { ...table, ...without(table, column.name) }
  const changed = { ...column, type, using, check: null, unique: column.unique && isComparable(type) }
  const withDefault = { ...changed, default: column.default === null ? null : (first ?? null) }
  putTable(state, table, {
    ...rest,
    columns: table.columns.flatMap((each) =>
      each === column ? [withDefault] : rest.columns.filter((one) => one.name === each.name),
    ),
  })
}

const toggleNull = onColumn((_, __, column) => {
  if (column.identity !== null || column.generated !== null) return null
  if (!column.nullable) return isReferenceSettingNull(column) ? null : { nullable: true }
  const fill = column.default ?? sampleFor(column.type).defaults[0] ?? null
  return { nullable: false, using: fill }
})

const isReferenceSettingNull = (column: ColumnDefinition): boolean => column.name.startsWith('ref_')

const toggleDefault = onColumn(({ random }, __, column) => {
  if (column.identity !== null || column.generated !== null) return null
  const { defaults } = sampleFor(column.type)
  return { default: column.default === null && defaults.length > 0 ? random.pick(defaults) : null }
})

const toggleGenerated = onColumn(({ random }, _, column) => {
  if (column.generated === null) return null
  const { generated } = column
  return random.chance(0.5) ? { generated: null } : { generated: { ...generated, stored: !generated.stored } }
})

/** The other way round: an ordinary column becomes a computed one. */
const computeColumn = onTable((state, table) => {
  const column = pickColumn(state, table)
  if (column === null || column.name.startsWith('ref_')) return null
  const rest = { ...table, ...without(table, column.name) }
  const [computed] = computedColumn(rest, state.random)
  if (computed === undefined || column.generated !== null || column.was !== null) return null
  return { ...rest, columns: [...rest.columns, { ...computed, name: column.name }] }
})

const toggleComment = onColumn(({ random }, _, column) => ({
  comment: column.comment === null || random.chance(0.5) ? `now */ "${random.int(1, 99)}"` : null,
}))

const toggleUnique = onTable((state, table) => {
  const [first] = table.uniques
  if (first !== undefined) return { uniques: table.uniques.slice(1) }
  const columns = table.columns.filter((column) => column.generated === null && isComparable(column.type))
  const names = state.random.some(columns, 2).map((column) => column.name)
  return isNewKey(table, names) ? { uniques: [{ name: null, columns: names }] } : null
})

const changeForeignKey = onTable(({ random }, table) => {
  const [key, ...rest] = table.foreignKeys
  if (key === undefined) return null
  if (random.chance(0.5)) return { foreignKeys: rest }
  return { foreignKeys: [{ ...key, onDelete: otherAction(key.onDelete, random) }, ...rest] }
})

const addForeignKey = onTable((state, table) => {
  const former = formerNames(state, table)
  const link = randomLink(table, state.tables, state.random)
  return link === null || link.columns.some(({ name }) => former.has(name)) ? null : withLink(table, link)
})

const changePrimaryKey = onTable((state, table) => {
  const isTarget = state.tables.some((each) => each.foreignKeys.some((key) => key.target === table.key))
  if (isTarget || table.columns.some((column) => column.identity !== null)) return null
  const candidates = table.columns.filter(
    (column) => !column.nullable && column.generated === null && isComparable(column.type) && !column.unique,
  )
  const names = state.random.some(candidates, state.random.int(0, 2)).map((column) => column.name)
  if (!isNewKey({ ...table, primaryKey: null }, names) && names.length > 0) return null
  return { primaryKey: names.length === 0 ? null : names }
})

const toggleView: Mutation = (state) => {
  const { random } = state
  const isLeft = random.chance(0.5)
  if (state.views.length > 0) state.views = isLeft ? state.views.slice(1) : state.views
  const taken = state.before.views.map((view) => view.name)
  const more = randomViews(state.tables, isLeft ? taken : [...taken, ...state.views.map(({ name }) => name)], random)
  if (random.chance(0.7)) state.views = [...state.views.filter((view) => view.name !== more[0]?.name), ...more]
}

const MUTATIONS: readonly Mutation[] = [
  ...[bringColumnBack, bringColumnBack, bringTableBack],
  ...[addTable, dropTable, renameTable, renameTable, addColumn, addColumn, addComputed, dropColumn, dropColumn],
  ...[renameColumn, renameColumn, renameColumn, changeType, changeType, toggleNull, toggleDefault, toggleGenerated],
  ...[computeColumn, toggleComment, toggleUnique, changeForeignKey, addForeignKey, changePrimaryKey, toggleView],
  onTable(({ random }, table) => ({ comment: table.comment === null ? `about ${random.int(1, 99)}` : null })),
  onTable((_, table) => ({ open: !table.open })),
  onTable((state, table) => ({ checks: randomChecks(table, state.random) })),
  onTable(({ random }, table) => ({
    indexes: random.chance(0.3) ? [] : [...table.indexes, ...randomIndexes(table, random)],
  })),
  onTable(({ random }, table) => ({ columns: random.shuffled(table.columns) })),
]
