import type { SchemaDefinition } from '../schema/definition.ts'
import { type Answers, expressionSql, grammarHere } from './expression/sql.ts'

/**
 * What PostgreSQL's grammar says of every text in a definition, to be remembered (`remember`) where the definition is served. It is made in a
 * process that ends afterwards: the grammar's WebAssembly is never given back by the one that ran it.
 */
export async function foresee(definition: SchemaDefinition): Promise<Answers> {
  const grammar = await grammarHere()
  return [...textsOf(definition)].map((sql) => [sql, grammar(sql)] as const)
}

/** Everything that the grammar is asked when a definition is served. */
export function textsOf(definition: SchemaDefinition): ReadonlySet<string> {
  const expressions = expressionsOf(definition).filter((text) => text !== null && text !== undefined)
  const selects = [...definition.views.map((view) => view.select), ...definition.tables.map((table) => table.using)]
  return new Set([...expressions.map(expressionSql), ...selects.filter((text) => text !== null)])
}

function expressionsOf({ tables, functions, policies }: SchemaDefinition): readonly (string | null | undefined)[] {
  return [
    // An index of all rows is one with this condition.
    'true',
    ...functions.map((fn) => fn.body),
    ...policies.flatMap(({ using, check }) => [using, check]),
    ...tables.flatMap((table) => [
      ...table.checks.map((check) => check.expression),
      ...table.indexes.map((index) => index.where),
      ...table.columns.flatMap((column) => [column.default, column.generated?.expression, column.check, column.using]),
    ]),
  ]
}
