import { coercible, sameBase } from '../../query/common-type.ts'
import { coerce } from '../../query/conversion.ts'
import type { Expr } from '../../query/expr.ts'
import type { ExprFunction } from '../../schema/catalog.ts'
import { typeLabel } from '../../schema/types.ts'
import { ExpressionError, located } from './error.ts'
import type { Scope } from './scope.ts'
import { type Node, parseExpressionText } from './sql.ts'

/** A function of the schema by its written name, or null. */
export function declaredFunction(path: readonly string[], scope: Scope): ExprFunction | null {
  const name = path.at(-1) ?? ''
  const schemas = path.length > 1 ? [path.slice(0, -1).join('.')] : [scope.schema, ...scope.catalog.schemas]
  for (const schema of schemas) {
    const found = scope.catalog.functions.get(`${schema}.${name}`)
    if (found !== undefined) return found
  }
  return null
}

/**
 * Puts the function's body in place of the call, its arguments in place of their names. Subqueries of a definer's body, and of whatever
 * that calls, are marked. Throws when functions call each other in a circle.
 */
export function callDeclared(fn: ExprFunction, args: readonly Node[], scope: Scope): Expr {
  const key = `${fn.schema}.${fn.name}`
  if (scope.calling.includes(key)) {
    const circle = [...scope.calling.slice(scope.calling.indexOf(key)), key].map((name) =>
      name.replace(/^public\./, ''),
    )
    throw new ExpressionError(`functions call each other in a circle: ${circle.join(' → ')}`)
  }
  const values = bindArguments(fn, args, scope)
  return checkBody(fn, values, { ...scope, definer: scope.definer || fn.definer, calling: [...scope.calling, key] })
}

/** The body with `values` for its arguments, in its own scope: it sees no table but those it names. */
export function checkBody(fn: ExprFunction, values: ReadonlyMap<string, Expr>, scope: Scope): Expr {
  try {
    const { node, positionOf } = parseExpressionText(fn.body)
    const bindings = { functionName: fn.name, values }
    return scope.check(node, { ...scope, schema: fn.schema, levels: [], bindings, positionOf })
  } catch (error) {
    if (!(error instanceof ExpressionError) || error.message.startsWith('functions call each other')) throw error
    const where = error.position === null ? '' : ` at character ${error.position}`
    throw new ExpressionError(`in function ${fn.name}${where}: ${error.message}`, { hint: error.hint })
  }
}

function bindArguments(fn: ExprFunction, nodes: readonly Node[], scope: Scope): Map<string, Expr> {
  const values = new Map<string, Expr>()
  for (const [index, node] of nodes.entries()) {
    const [name, value] =
      'NamedArgExpr' in node ? [node.NamedArgExpr.name, node.NamedArgExpr.arg] : [fn.arguments[index]?.name, node]
    const declared = fn.arguments.find((argument) => argument.name === name)
    if (declared === undefined || value === undefined || values.has(declared.name)) throw wrongCall(fn)
    const expr = scope.check(value, scope)
    const { type } = declared
    const fits =
      type.name === 'array'
        ? expr.type.name === 'unknown' || sameBase(expr.type, type)
        : coercible(expr.type, type.name)
    if (!fits && !sameBase(expr.type, type)) throw wrongCall(fn)
    try {
      values.set(declared.name, coerce(expr, type))
    } catch (error) {
      throw located(error, null)
    }
  }
  if (values.size !== fn.arguments.length) throw wrongCall(fn)
  return values
}

function wrongCall(fn: ExprFunction): ExpressionError {
  const wanted = fn.arguments.map((argument) => `${argument.name} ${typeLabel(argument.type)}`).join(', ')
  return new ExpressionError(`function ${fn.name} is called with the wrong arguments`, {
    hint: `It is declared as ${fn.name}(${wanted}).`,
  })
}
