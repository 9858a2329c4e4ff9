import { failure } from '../../../errors/error.ts'
import { ExpressionError } from '../../../policy/expression/index.ts'
import type { Catalog, Table } from '../../../schema/catalog.ts'
import { quoteName } from '../../sql/printer.ts'
import type { SchemaRow } from '../found-file.ts'
import { tableName } from '../tables.ts'
import { printCreateView } from './print-table.ts'

export interface PlannedViews {
  readonly drop: readonly string[]
  readonly create: readonly string[]
}

/**
 * Views of ours are made anew where what they would be now differs from what they are: because they changed, or something they read. Triggers that
 * somebody else put on them go and come with them. Views of others are only dropped where a step says so.
 */
export function planViews(given: { found: Catalog; after: Catalog; objects: readonly SchemaRow[] }): PlannedViews {
  const { found, after, objects } = given
  const texts = new Map(objects.filter(({ type }) => type === 'view').map(({ name, sql }) => [name, sql]))
  const views = (catalog: Catalog): readonly Table[] =>
    [...catalog.tables.values()].filter(({ kind }) => kind === 'view')
  const wanted = new Map(
    views(after).flatMap((view): [string, string][] =>
      view.definition === null ? [] : [[tableName(view), printed(view, after)]],
    ),
  )
  const kept = new Set(views(after).map(tableName))
  const isStale = (name: string): boolean =>
    !kept.has(name) || (wanted.has(name) && wanted.get(name) !== texts.get(name))
  const dropped = views(found).map(tableName).filter(isStale)
  const made = [...wanted].filter(([name]) => !texts.has(name) || dropped.includes(name))
  const triggers = objects.filter(
    ({ type, tbl_name }) => type === 'trigger' && dropped.includes(tbl_name) && kept.has(tbl_name),
  )
  return {
    drop: dropped.map((name) => `DROP VIEW ${quoteName(name)}`),
    create: [...made.map(([, sql]) => sql), ...triggers.flatMap(({ sql }) => (sql === null ? [] : [sql]))],
  }
}

function printed(view: Table, after: Catalog): string {
  try {
    return printCreateView(view, after)
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const message = `the view ${view.name} would read what is no more: ${error.message}`
    throw failure('0A000', { message }, { hint: 'Change the view in the same migration.' })
  }
}
