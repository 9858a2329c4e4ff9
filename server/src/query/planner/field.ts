import { failure } from '../../errors/error.ts'
import { INTEGER, JSONB, TEXT } from '../../schema/types.ts'
import type { Expr } from '../expr.ts'
import { call, column, literal } from '../expr-tools.ts'
import type { FieldRef, JsonStep } from '../request.ts'
import { resolveCall } from '../signatures.ts'
import type { Draft } from './draft.ts'
import { columnMissing, declaredColumn } from './names.ts'

/**
 * The value a request's field stands for: a column, a path into its JSON, or an undeclared key of an open table. Such a key is `text` where
 * it is compared with text, `json` where it is shown or sorted. Throws 42703 for an unknown column.
 */
export function fieldValue(draft: Draft, field: FieldRef, undeclaredAs: 'text' | 'json'): Expr {
  const { source, table } = draft
  const { name, path } = field
  if (declaredColumn(table, name) !== undefined) {
    const value = column(source, table, name)
    return path.length === 0 ? value : follow(asJson(value), path)
  }
  if (table.openColumn === null) throw columnMissing(table, name)
  const open = column(source, table, table.openColumn)
  const asText = undeclaredAs === 'text' && path.length === 0
  return follow(open, [{ key: name, asText }, ...path])
}

/** JSON arrows on anything but jsonb act on `to_jsonb(value)`. */
function asJson(value: Expr): Expr {
  return value.type.name === 'jsonb' ? value : call('to_jsonb', [value], JSONB)
}

function follow(start: Expr, path: readonly JsonStep[]): Expr {
  let value = start
  for (const { key, asText } of path) {
    if (value.type.name !== 'jsonb') {
      const message = `operator does not exist: ${value.type.name} ${asText ? '->>' : '->'} unknown`
      const hint = 'No operator matches the given name and argument types. You might need to add explicit type casts.'
      throw failure('42883', { message }, { hint })
    }
    const operand = typeof key === 'number' ? literal(key, INTEGER) : literal(key, TEXT)
    value = resolveCall(asText ? 'json_get_text' : 'json_get', [value, operand])
  }
  return value
}
