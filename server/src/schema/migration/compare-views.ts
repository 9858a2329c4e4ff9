import type { Table } from '../catalog.ts'
import { ownsTable, take, type Work } from './difference-work.ts'
import { plainColumn } from './draft.ts'
import { sameExpression } from './pg-text.ts'
import { describeType } from './type-change.ts'

/** Views that are gone, or that make room for a table. */
export function dropViews(work: Work): void {
  for (const found of [...work.draft.tables.values()]) {
    if (found.kind !== 'view') continue
    const wanted = work.to.tables.get(found.key)
    if (wanted?.kind === 'view' || !ownsTable(work, found)) continue
    // An adopted view has no definition that could be brought back.
    if (found.definition !== null) take(work, { kind: 'drop-view', table: found })
  }
}

/** New and changed views, as declared, after all tables. */
export function bringViews(work: Work): void {
  for (const wanted of work.to.tables.values()) {
    if (wanted.kind !== 'view') continue
    const found = work.draft.tables.get(wanted.key)
    if (found === undefined) take(work, { kind: 'create-view', table: plainView(wanted) })
    else if (found.kind === 'view') compareView(work, found, wanted)
  }
}

/** A view whose definition the engine can't tell (an adopted one) is taken as it is, if it has the columns. */
function compareView(work: Work, found: Table, wanted: Table): void {
  if (found.definition !== null) {
    if (!isSameView(found, wanted)) take(work, { kind: 'replace-view', table: plainView(wanted), was: found })
    return
  }
  const lacking = wanted.columns.filter((column) => !found.column.has(column.name)).map((column) => column.name)
  if (lacking.length === 0) return
  const message = `the view in the database has no column ${lacking.join(', ')}`
  const hint = 'Declare the columns the view has, or drop the view so that Pilar can make it.'
  work.obstacles.push({ table: wanted.key, message, hint })
}

/** Keys and references of a view are words about it: no engine keeps them. */
function isSameView(found: Table, wanted: Table): boolean {
  const shape = (view: Table) =>
    view.columns.map(({ name, type, nullable }) => `${name} ${describeType(type)} ${nullable}`).join(', ')
  return (
    sameExpression(found.definition, wanted.definition) &&
    shape(found) === shape(wanted) &&
    found.comment === wanted.comment
  )
}

function plainView(view: Table): Table {
  return { ...view, columns: view.columns.map(plainColumn) }
}

/** Tells of a table where a view is wanted, or the other way round, that can't make room. */
export function refuseKind(work: Work, wanted: Table, found: Table): void {
  const message = `it is a ${found.kind} in the database and a ${wanted.kind} in schema.ts`
  const hint = `Declare it with ${found.kind}(…), or give it another name.`
  work.obstacles.push({ table: wanted.key, message, hint })
}
