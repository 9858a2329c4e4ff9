import { failure } from '../../errors/error.ts'
import { BOOLEAN, TEXT, typeLabel } from '../../schema/types.ts'
import type { EmbedExists, Expr, Param } from '../expr.ts'
import { and, is, not, or } from '../expr-tools.ts'
import type { FunctionName } from '../functions.ts'
import type { FilterNode, FilterOperator } from '../request.ts'
import { resolveCall, resolveIn, resolveQuantified } from '../signatures.ts'
import { type Draft, findEmbed } from './draft.ts'
import { fieldValue } from './field.ts'

type Filter = Extract<FilterNode, { kind: 'filter' }>

const FUNCTION_OF: ReadonlyMap<FilterOperator, FunctionName> = new Map([
  ['eq', 'eq'],
  ['neq', 'neq'],
  ['gt', 'gt'],
  ['gte', 'gte'],
  ['lt', 'lt'],
  ['lte', 'lte'],
  ['like', 'like'],
  ['ilike', 'ilike'],
  ['match', 'match'],
  ['imatch', 'imatch'],
  ['isdistinct', 'distinct'],
  ['cs', 'contains'],
  ['cd', 'contained'],
  ['ov', 'overlaps'],
])
const RANGE_OPERATORS: ReadonlySet<FilterOperator> = new Set(['sl', 'sr', 'nxr', 'nxl', 'adj'] as const)

/** All filters of a node and its inner joins, in one expression; null when there are none. */
export function nodeCondition(draft: Draft): Expr | null {
  const filters = draft.filters.map((node) => filterExpr(draft, node))
  const joins = draft.embeds.filter((embed) => embed.item.join === 'inner').map((embed) => embedExists(embed.id))
  const parts = [...filters, ...joins]
  return parts.length === 0 ? null : and(...parts)
}

export function embedExists(embed: number): EmbedExists {
  return Object.freeze({ kind: 'embed-exists', type: BOOLEAN, embed })
}

/** One filter, typed by what it compares. Throws 42703, 42883, 42804 and 0A000. */
export function filterExpr(draft: Draft, node: FilterNode): Expr {
  if (node.kind === 'logic') {
    const parts = node.nodes.map((part) => filterExpr(draft, part))
    const whole = node.op === 'and' ? and(...parts) : or(...parts)
    return node.negated ? not(whole) : whole
  }
  return embedTest(draft, node) ?? columnTest(draft, node)
}

/** `orders=is.null` where `orders` is an embed: whether the parent has such rows. */
function embedTest(draft: Draft, node: Filter): Expr | null {
  if (node.field.path.length > 0 || (node.is !== 'null' && node.is !== 'not_null')) return null
  const embed = findEmbed(draft, node.field.name)
  if (embed === null) return null
  const wantsNone = (node.is === 'null') !== node.negated
  return wantsNone ? not(embedExists(embed.id)) : embedExists(embed.id)
}

/** Whether a filter tests the embed of this name, as `embedTest` does. */
export function testsEmbed(node: FilterNode, name: string): boolean {
  if (node.kind === 'logic') return node.nodes.some((part) => testsEmbed(part, name))
  return node.field.path.length === 0 && (node.is === 'null' || node.is === 'not_null') && node.field.name === name
}

function columnTest(draft: Draft, node: Filter): Expr {
  refuseUnbuilt(node.op)
  const undeclaredAs = node.op === 'cs' || node.op === 'cd' ? 'json' : 'text'
  const value = fieldValue(draft, node.field, undeclaredAs)
  if (node.is !== null) return isTest(value, node.is, node.negated)
  const test = compare(value, node)
  return node.negated ? not(test) : test
}

function compare(value: Expr, node: Filter): Expr {
  const form = node.op === 'in' || node.quantifier !== null ? 'list' : 'scalar'
  const param: Param = Object.freeze({ kind: 'param', type: TEXT, index: node.value, form })
  if (node.op === 'in') return resolveIn(value, [param])
  const fn = FUNCTION_OF.get(node.op)
  if (fn === undefined) throw new Error(`assertion failed: no function for the operator ${node.op}`)
  if (node.quantifier === null) return resolveCall(fn, [value, param])
  return resolveQuantified(fn, node.quantifier === 'all', { arg: value, array: param })
}

function isTest(value: Expr, word: NonNullable<Filter['is']>, negated: boolean): Expr {
  if (word === 'not_null') return is(value, 'null', !negated)
  if (word !== 'null' && value.type.name !== 'boolean') {
    const message = `argument of IS ${word.toUpperCase()} must be type boolean, not type ${typeLabel(value.type)}`
    throw failure('42804', { message })
  }
  return is(value, word, negated)
}

function refuseUnbuilt(op: FilterOperator): void {
  if (RANGE_OPERATORS.has(op)) {
    throw failure(
      '0A000',
      { message: `the range operator ${op} is not supported` },
      { details: 'Range types are not built yet.' },
    )
  }
  if (op === 'fts' || op === 'plfts' || op === 'phfts' || op === 'wfts') {
    throw failure(
      '0A000',
      { message: `the full-text operator ${op} is not supported` },
      { details: 'Full-text search is not built yet.' },
    )
  }
}
