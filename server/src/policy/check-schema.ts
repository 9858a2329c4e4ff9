import { sameBase } from '../query/common-type.ts'
import type { Expr } from '../query/expr.ts'
import { collect, namesActor, walk } from '../query/expr-tools.ts'
import type { Catalog, Table } from '../schema/catalog.ts'
import type {
  ColumnDefinition,
  Problem,
  SchemaDefinition,
  TableDefinition,
  ViewDefinition,
} from '../schema/definition.ts'
import { typeLabel } from '../schema/types.ts'
import { nearest } from '../std/nearest.ts'
import { checkFunctionBody, ExpressionError, parseExpression, parseSelect } from './expression/index.ts'
import { attempt } from './problem.ts'

/**
 * Checks every expression of a project but its policies: defaults, checks, generated columns, partial indexes, function bodies. Reports all
 * mistakes. Checks of adopted tables (`native`) are the engine's own and are left alone. The grammar must be loaded (`loadGrammar`).
 */
export function checkSchema(definition: SchemaDefinition, catalog: Catalog): readonly Problem[] {
  const problems: Problem[] = []
  for (const fn of definition.functions) {
    attempt({ at: fn.at, where: `function ${fn.name}`, part: 'body' }, problems, () => checkFunctionBody(fn, catalog))
  }
  for (const table of definition.tables) {
    const found = catalog.tables.get(table.key)
    if (found === undefined) continue
    const checker: Checker = { catalog, table: found, name: table.name, problems }
    for (const column of table.columns) checkColumn(column, checker)
    checkTable(table, checker)
  }
  for (const view of definition.views) {
    attempt({ at: view.at, where: `view ${view.name}`, part: 'select' }, problems, () => checkView(view, catalog))
  }
  return problems
}

interface Checker {
  readonly catalog: Catalog
  readonly table: Table
  readonly name: string
  readonly problems: Problem[]
}

function checkColumn(column: ColumnDefinition, checker: Checker): void {
  const { catalog, table, problems } = checker
  const place = { at: column.at, where: `${checker.name}.${column.name}` }
  const target = { kind: 'column', name: `column "${column.name}"`, type: column.type } as const
  const { default: preset, generated, check } = column
  if (preset !== null) {
    attempt({ ...place, part: 'default' }, problems, () => {
      const noSubqueries = 'cannot use subquery in DEFAULT expression'
      return parseExpression(preset, {
        catalog,
        self: null,
        noSubqueries,
        expected: { ...target, what: 'default expression' },
      })
    })
  }
  if (generated !== null) {
    attempt({ ...place, part: 'generated' }, problems, () => {
      const noSubqueries = 'cannot use subquery in column generation expression'
      const expected = { ...target, what: 'expression' }
      const expr = parseExpression(generated.expression, { catalog, self: table, noSubqueries, expected })
      refuseChanging(expr, 'generation expression is not immutable')
      refuseGenerated(expr, table)
    })
  }
  if (check !== null) attempt({ ...place, part: 'check' }, problems, () => checkCondition(check, checker))
}

function checkTable(table: TableDefinition, checker: Checker): void {
  const { catalog, problems } = checker
  for (const check of table.checks) {
    if (check.native === true) continue
    const place = { at: table.at, where: `check ${check.name} of ${table.name}`, part: 'check' }
    attempt(place, problems, () => checkCondition(check.expression, checker))
  }
  for (const { where } of table.indexes) {
    if (where === null) continue
    attempt({ at: table.at, where: `index of ${table.name}`, part: 'where' }, problems, () => {
      const noSubqueries = 'cannot use subquery in index predicate'
      const expected = { kind: 'condition', of: 'WHERE' } as const
      const expr = parseExpression(where, { catalog, self: checker.table, noSubqueries, expected })
      refuseChanging(expr, 'functions in index predicate must be marked IMMUTABLE')
    })
  }
}

function checkCondition(text: string, { catalog, table }: Checker): void {
  const noSubqueries = 'cannot use subquery in check constraint'
  const expr = parseExpression(text, {
    catalog,
    self: table,
    noSubqueries,
    expected: { kind: 'condition', of: 'CHECK' },
  })
  if (namesActor(expr)) {
    throw new ExpressionError('a check constraint cannot depend on who asks', { hint: 'Use a policy for that.' })
  }
}

/** Refuses what differs from one evaluation to the next: the time, the actor, random values. */
function refuseChanging(expr: Expr, message: string): void {
  walk(expr, (node) => {
    if (node.kind === 'context' || (node.kind === 'call' && node.fn === 'gen_random_uuid'))
      throw new ExpressionError(message)
  })
}

function refuseGenerated(expr: Expr, table: Table): void {
  for (const { column } of collect(expr).columns) {
    if (table.column.get(column)?.generated !== null) {
      throw new ExpressionError(`cannot use generated column "${column}" in column generation expression`)
    }
  }
}

/** The select must be valid and give the columns that the view declares, in any order. */
function checkView(view: ViewDefinition, catalog: Catalog): void {
  const query = parseSelect(view.select, catalog, view.schema)
  for (const column of view.columns) {
    const given = query.output.find((item) => item.name === column.name)
    if (given === undefined) {
      const found = nearest(
        column.name,
        query.output.map((item) => item.name),
        0.5,
      )
      const hint = found === null ? 'Name an output with AS.' : `Perhaps you meant the column "${found}".`
      throw new ExpressionError(`the select has no output "${column.name}"`, { hint })
    }
    if (!sameBase(given.value.type, column.type)) {
      const types = `declared as ${typeLabel(column.type)} but the select gives ${typeLabel(given.value.type)}`
      throw new ExpressionError(`column "${column.name}" is ${types}`, { hint: 'Cast the output or declare its type.' })
    }
  }
  if (query.from.some((item) => item.table === view.key)) throw new ExpressionError('the view reads itself')
}
