import type { FilterNode } from '../../query/request.ts'
import { Cursor } from './cursor.ts'
import { type FilterState, filterExpression, isOperator } from './filter.ts'
import { limitExceeded, type ParseLimits } from './limits.ts'
import { fieldName, jsonPath, optionalName } from './names.ts'
import type { Values } from './values.ts'

const LOGIC_HEAD = /(?:not\.)?(?:and|or)[ \t]*\(/y

export interface FilterCounter {
  /** Filters and logic nodes so far. */
  nodes: number
}

interface LogicState extends FilterState {
  readonly counter: FilterCounter
}

/** The key of an and/or parameter: `orders.not.or` → path `['orders']`, negated, `or`. */
export function parseLogicPath(key: string): {
  readonly path: readonly string[]
  readonly negated: boolean
  readonly op: 'and' | 'or'
} {
  const cursor = new Cursor('logic path', key)
  const names = [fieldName(cursor)]
  while (cursor.take('.', 'delimiter (.)')) names.push(fieldName(cursor))
  cursor.requireEnd()
  const op = names.pop() === 'or' ? 'or' : 'and'
  const path = Object.freeze(names.filter((name) => name !== 'not'))
  return { path, negated: names.includes('not'), op }
}

/** The value of an and/or parameter. `head` is the operator the key named, as in `not.or`: positions count from its start. */
export function parseLogicTree(
  head: string,
  text: string,
  rest: { readonly limits: ParseLimits; readonly values: Values; readonly counter: FilterCounter },
): FilterNode {
  const cursor = new Cursor('logic tree', head + text)
  const node = logicNode({ ...rest, cursor, inLogic: true }, 0)
  cursor.skipBlanks()
  cursor.requireEnd()
  return node
}

function logicNode(state: LogicState, depth: number): FilterNode {
  const { cursor, limits, counter } = state
  counter.nodes++
  if (counter.nodes > limits.filterNodesMax) throw limitExceeded('filterNodesMax', limits)
  cursor.skipBlanks()
  const head = cursor.match(LOGIC_HEAD)
  if (head === null) return depth === 0 ? missingParenthesis(cursor) : filterNode(state)
  if (depth >= limits.logicDepthMax) throw limitExceeded('logicDepthMax', limits)
  const negated = head.startsWith('not.')
  const op = head.startsWith('or', negated ? 4 : 0) ? 'or' : 'and'
  const nodes: FilterNode[] = []
  do {
    nodes.push(logicNode(state, depth + 1))
    cursor.skipBlanks()
  } while (cursor.take(','))
  cursor.require(')')
  return Object.freeze({ kind: 'logic', op, negated, nodes: Object.freeze(nodes) })
}

/** The parameter's own operator always stands at the start; what is missing is its list. */
function missingParenthesis(cursor: Cursor): never {
  cursor.match(/(?:not\.)?(?:and|or)[ \t]*/y)
  cursor.note('"("')
  throw cursor.error()
}

function filterNode(state: LogicState): FilterNode {
  const { cursor } = state
  const name = optionalName(cursor)
  if (name === null) {
    for (const label of ['field name (* or [a..z0..9_$])', 'negation operator (not)', 'logic operator (and, or)'])
      cursor.note(label)
    throw cursor.error()
  }
  const field = Object.freeze({ name, path: jsonPath(cursor, state.limits) })
  cursor.skipBlanks()
  if (name === 'and' || name === 'or') cursor.note('"("')
  cursor.require('.', 'delimiter (.)')
  const start = cursor.position
  const head = name === 'not' ? cursor.match(/[a-z]+\(/y) : null
  cursor.position = start
  if (head !== null && !isOperator(head.slice(0, -1))) {
    cursor.note('logic operator (and, or)')
    throw cursor.error()
  }
  return filterExpression(state, field)
}
