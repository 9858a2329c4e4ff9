import type { Expr, ViewQuery } from '../query/expr.ts'
import { namesActor } from '../query/expr-tools.ts'
import type { Catalog, Column, Table } from '../schema/catalog.ts'
import { nearest } from '../std/nearest.ts'
import { assignOutput, ExpressionError, parseExpression, readSelect, selectNamesActor } from './expression/index.ts'

/** What a `using` expression is about: the structure before the migration, and the table whose row it sees. */
export interface UsingScope {
  readonly found: Catalog
  readonly table: Table
  /** The row's source in the result; SELF unless said otherwise. */
  readonly sourceId?: string
}

/**
 * The expression that gives a column its values from the row as it was before the migration, subqueries included. It is yet to be fitted into the
 * column's length and scale. Throws `ExpressionError`.
 */
export function parseUsing(text: string, column: Pick<Column, 'name' | 'type'>, scope: UsingScope): Expr {
  const { found: catalog, table: self, sourceId } = scope
  const expected = expectedOf(column, 'using expression')
  const source = sourceId === undefined ? {} : { sourceId }
  const expr = parseExpression(text, { catalog, self, ...source, expected })
  if (namesActor(expr)) throw actorRefused()
  return expr
}

function actorRefused(): ExpressionError {
  return new ExpressionError('a using expression cannot depend on who asks', {
    hint: 'A migration runs for nobody: write the value, or look it up in a table.',
  })
}

const expectedOf = ({ name, type }: Pick<Column, 'name' | 'type'>, what: string) =>
  ({ kind: 'unfitted', name: `column "${name}"`, type, what }) as const

/** The select that fills a new table, each output named after a column and assigned to it. Throws `ExpressionError`. */
export function parseUsingSelect(text: string, table: Table, found: Catalog): ViewQuery {
  const query = readSelect(text, found, table.schema)
  if (selectNamesActor(query)) throw actorRefused()
  const names = table.columns.filter((column) => column.generated === null).map((column) => column.name)
  const output = query.output.map(({ name, value }) => {
    const column = table.column.get(name)
    if (column === undefined || !names.includes(name)) {
      const near = nearest(name, names, 0.5)
      const hint = near === null ? `Name it with AS, like one of: ${names.join(', ')}.` : `Perhaps you meant "${near}".`
      throw new ExpressionError(`the select gives "${name}", and there is no such column to fill`, { hint })
    }
    return Object.freeze({ name, value: assignOutput(value, expectedOf(column, 'the output of the select')) })
  })
  return Object.freeze({ ...query, output: Object.freeze(output) })
}
