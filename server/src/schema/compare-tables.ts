import type { Check, Column, ForeignKey, Index, Table } from './catalog.ts'
import type { Difference, MigrationStep, Obstacle } from './diff.ts'
import type { ColumnType } from './types.ts'
import { typeLabel } from './types.ts'

/** Compares one table (or view) that both sides have. */
export function compareTables(found: Table, wanted: Table): Difference {
  if (found.kind !== wanted.kind) {
    const hint = `Declare it with ${found.kind}(…), or give it another name.`
    return {
      steps: [],
      obstacles: [obstacle(wanted, `it is a ${found.kind} in the database and a ${wanted.kind} in schema.ts`, hint)],
    }
  }
  return wanted.kind === 'view' ? compareViews(found, wanted) : compareStructure(found, wanted)
}

/** A view whose definition the engine can't tell (an adopted one) is taken as it is, if it has the columns. */
function compareViews(found: Table, wanted: Table): Difference {
  if (found.definition !== null) {
    const isSame = sameText(found.definition, wanted.definition ?? '')
    return { steps: isSame ? [] : [{ kind: 'replace-view', table: wanted }], obstacles: [] }
  }
  const lacking = wanted.columns.filter((column) => !found.column.has(column.name)).map((column) => column.name)
  if (lacking.length === 0) return { steps: [], obstacles: [] }
  const hint = 'Declare the columns the view has, or drop the view so that Pilar can make it.'
  return {
    steps: [],
    obstacles: [obstacle(wanted, `the view in the database has no column ${lacking.join(', ')}`, hint)],
  }
}

function compareStructure(found: Table, wanted: Table): Difference {
  const steps: MigrationStep[] = []
  const obstacles: Obstacle[] = []
  const added = wanted.columns.filter((column) => !found.column.has(column.name))
  for (const column of added) {
    const fault = additionFault(column, found, wanted)
    if (fault === null) steps.push(additionOf(column, wanted))
    else obstacles.push(fault)
  }
  for (const column of wanted.columns) {
    const existing = found.column.get(column.name)
    if (existing !== undefined) obstacles.push(...compareColumns(wanted, existing, column))
  }
  const addedNames = new Set(added.map((column) => column.name))
  obstacles.push(
    ...compareExtraColumns(found, wanted),
    ...compareKeys(found, wanted),
    ...compareForeignKeys(found, wanted, addedNames),
  )
  obstacles.push(...compareChecks(found, wanted, addedNames))
  const indexes = compareIndexes(found, wanted)
  return { steps: [...steps, ...indexes.steps], obstacles: [...obstacles, ...indexes.obstacles] }
}

function additionOf(column: Column, wanted: Table): MigrationStep {
  const isOwn = (key: ForeignKey) => key.columns.length === 1 && key.columns[0] === column.name
  const foreignKey = wanted.foreignKeys.find(isOwn) ?? null
  return { kind: 'add-column', table: wanted.key, column, foreignKey, check: ownCheck(column.name, wanted) }
}

/** A check belongs to the column that it is named after. */
function ownCheck(column: string, table: Table): Check | null {
  const name = `${table.name}_${column}_check`
  return table.checks.find((check) => check.name === name) ?? null
}

function additionFault(column: Column, found: Table, wanted: Table): Obstacle | null {
  if (column.was !== undefined && found.column.has(column.was)) {
    const message = `column "${column.name}" was called "${column.was}"; columns are not renamed automatically yet`
    return obstacle(wanted, message, `Rename the column in the database, or take .was('${column.was}') away.`)
  }
  const missing = `column "${column.name}" is missing in the database and can not be added`
  if (wanted.primaryKey.includes(column.name))
    return obstacle(wanted, `${missing}: it is part of the primary key`, COPY)
  if (wanted.uniques.some((unique) => unique.columns.includes(column.name))) {
    const hint = `Use .index('${column.name}', { unique: true }) instead of .unique().`
    return obstacle(wanted, `${missing}: it has a unique constraint`, hint)
  }
  if (column.identity !== null) return obstacle(wanted, `${missing}: existing rows would need numbers`, COPY)
  if (column.generated?.stored) {
    return obstacle(wanted, `${missing}: existing rows would have to be computed`, 'Leave out { stored: true }.')
  }
  if (column.nullable || column.default !== null || column.generated !== null) return null
  return obstacle(wanted, `${missing}: it is not null and has no default`, 'Add .nullable() or .default(…).')
}

const COPY = 'Make a new table with it and copy the rows.'

/** Columns of an adopted table keep their own storage; whatever type is declared for them is how they are read. */
function isAdopted(column: Column): boolean {
  return column.storage?.startsWith('native') ?? false
}

function compareColumns(wanted: Table, found: Column, column: Column): Obstacle[] {
  const obstacles: Obstacle[] = []
  const differs = (what: string, hint: string) =>
    obstacles.push(obstacle(wanted, `column "${column.name}" ${what}`, hint))
  if (!isAdopted(found) && !sameType(found.type, column.type)) {
    differs(
      `is ${describe(found.type)} in the database and ${describe(column.type)} in schema.ts`,
      `Declare it as ${describe(found.type)}.`,
    )
  }
  // SQLite lets a text key be null.
  const isOddKey = isAdopted(found) && wanted.primaryKey.includes(column.name)
  if (found.nullable && !column.nullable && !isOddKey) differs('may be null in the database', 'Add .nullable().')
  if (!found.nullable && column.nullable && !isAdopted(found))
    differs('is not null in the database', 'Leave out .nullable().')
  if ((found.generated === null) !== (column.generated === null)) {
    const is = found.generated === null ? 'not generated' : 'generated'
    differs(`is ${is} in the database`, `Declare it as it is, or ${COPY.toLowerCase()}`)
  }
  return obstacles
}

function sameType(a: ColumnType, b: ColumnType): boolean {
  if (a.name === 'array' && b.name === 'array') return sameType(a.element, b.element)
  return describe(a) === describe(b)
}

function describe(type: ColumnType): string {
  if (type.name === 'array') return `${describe(type.element)}[]`
  return type.name === 'enum' ? `enum(${(type.values ?? []).join(', ')})` : typeLabel(type)
}

/**
 * A column that only the database has is left alone, unless it would make every insert fail. Of an adopted table, only the columns that are
 * declared are served: the rest is its owner's business.
 */
function compareExtraColumns(found: Table, wanted: Table): Obstacle[] {
  if (found.columns.some(isAdopted)) return []
  const needsValue = (column: Column) =>
    !column.nullable && column.default === null && column.generated === null && column.identity === null
  const renamed = new Set(wanted.columns.map((column) => column.was))
  const extra = found.columns.filter((column) => !wanted.column.has(column.name) && !renamed.has(column.name))
  return extra.filter(needsValue).map((column) => {
    const message = `the database has a column "${column.name}" that must be given and that schema.ts does not mention`
    return obstacle(wanted, message, 'Declare it.')
  })
}

function compareKeys(found: Table, wanted: Table): Obstacle[] {
  const obstacles: Obstacle[] = []
  if (!sameNames(found.primaryKey, wanted.primaryKey)) {
    const names = found.primaryKey.length === 0 ? 'none' : found.primaryKey.join(', ')
    obstacles.push(obstacle(wanted, `the primary key in the database is ${names}`, 'Declare the key it has.'))
  }
  const keys = [found.primaryKey, ...found.uniques.map((unique) => unique.columns)]
  keys.push(...found.indexes.filter(isUniqueIndex).map((index) => index.columns.map((column) => column.name)))
  for (const unique of wanted.uniques) {
    // A missing column is an obstacle of its own.
    if (!unique.columns.every((name) => found.column.has(name))) continue
    if (keys.some((key) => sameNames(key, unique.columns))) continue
    const names = unique.columns.map((name) => `'${name}'`).join(', ')
    const hint = `Use .index(${names}, { unique: true }) instead: an index can be added.`
    obstacles.push(obstacle(wanted, `the unique key "${unique.name}" is missing in the database`, hint))
  }
  return obstacles
}

function isUniqueIndex(index: Index): boolean {
  return index.unique && index.where === null
}

function compareForeignKeys(found: Table, wanted: Table, added: ReadonlySet<string>): Obstacle[] {
  return wanted.foreignKeys.flatMap((key) => {
    if (key.columns.length === 1 && added.has(key.columns[0] ?? '')) return []
    const twin = found.foreignKeys.find((other) => sameForeignKey(other, key))
    if (twin === undefined) {
      const message = `the foreign key "${key.name}" is missing in the database`
      return [obstacle(wanted, message, 'Leave out the reference, or make a new table and copy the rows.')]
    }
    if (twin.onDelete === key.onDelete && twin.onUpdate === key.onUpdate) return []
    const message = `the foreign key "${key.name}" is on delete ${twin.onDelete}, on update ${twin.onUpdate} in the database`
    return [obstacle(wanted, message, 'Declare the actions it has.')]
  })
}

function sameForeignKey(a: ForeignKey, b: ForeignKey): boolean {
  const pairs = (key: ForeignKey) => key.columns.map((name, index) => `${name}\u0000${key.references.columns[index]}`)
  return a.references.table === b.references.table && sameNames(pairs(a), pairs(b))
}

function compareChecks(found: Table, wanted: Table, added: ReadonlySet<string>): Obstacle[] {
  const known = new Set(found.checks.map((check) => check.name))
  for (const name of added) known.add(ownCheck(name, wanted)?.name ?? '')
  return wanted.checks
    .filter((check) => !known.has(check.name))
    .map((check) => {
      const message = `the check "${check.name}" is missing in the database`
      return obstacle(
        wanted,
        message,
        'Leave it out, or state it in a policy: a restrictive one binds every role but service_role.',
      )
    })
}

function compareIndexes(found: Table, wanted: Table): Difference {
  const steps: MigrationStep[] = []
  const obstacles: Obstacle[] = []
  for (const index of wanted.indexes) {
    const named = found.indexes.find((other) => other.name === index.name)
    const twin = named ?? found.indexes.find((other) => sameIndex(other, index))
    if (twin === undefined) steps.push({ kind: 'create-index', table: wanted.key, index })
    else if (!sameIndex(twin, index)) {
      const message = `the index "${index.name}" is over other columns or rows in the database`
      obstacles.push(obstacle(wanted, message, 'Drop it in the database, so that it is made anew.'))
    }
  }
  return { steps, obstacles }
}

/** Conditions are not compared: engines print them in their own words. */
function sameIndex(a: Index, b: Index): boolean {
  const columns = (index: Index) =>
    index.columns.map((column) => `${column.name}${column.descending ? ' desc' : ''}`).join(',')
  return a.unique === b.unique && columns(a) === columns(b) && (a.where === null) === (b.where === null)
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name))
}

function sameText(a: string, b: string): boolean {
  const plain = (text: string) => text.trim().replace(/;$/, '').replace(/\s+/g, ' ')
  return plain(a) === plain(b)
}

function obstacle(table: Table, message: string, hint: string): Obstacle {
  return { table: table.key, message, hint }
}
