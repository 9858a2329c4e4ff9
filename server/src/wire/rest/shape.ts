import type { ApiRequest, FieldRef, FilterNode } from '../../query/request.ts'

/** What `shapeOf` needs: the request without its shape, and the select as text, which is shorter than its items. */
export type Unshaped = ApiRequest extends infer R ? (R extends ApiRequest ? Omit<R, 'shape'> : never) : never

/**
 * A text that says everything about a request but its values: the key of the plan cache. Every piece of user text has its length before it,
 * so that two different requests never have one shape.
 */
export function shapeOf(request: Unshaped, selectText: string): string {
  let shape = `${request.kind} ${text(request.schema)}${text(request.table)}${text(selectText)}`
  for (const { path, node } of request.filters) shape += `F${names(path)}${filter(node)}`
  for (const { path, terms } of request.orders) {
    shape += `O${names(path)}`
    for (const term of terms) {
      const nulls = term.nullsFirst === null ? '' : term.nullsFirst ? 'f' : 'l'
      shape += `${term.descending ? '>' : '<'}${nulls}${term.relation === null ? '' : `r${text(term.relation)}`}${field(term.field)}`
    }
  }
  for (const { path, limit, offset } of request.ranges) shape += `R${names(path)}${limit},${offset};`
  if (request.count !== null) shape += `C${request.count}`
  return shape + writeShape(request)
}

function writeShape(request: Unshaped): string {
  if (request.kind === 'read') return ''
  const returning = `W${request.returning} `
  if (request.kind === 'delete') return returning
  const payload = `${returning}${request.missing} ${names(request.payload.columns)}`
  if (request.kind === 'update') return payload
  const conflict = request.conflict === null ? '-' : names(request.conflict)
  return `${payload}${request.resolution} ${request.replace ? 'replace' : ''}${conflict}`
}

function text(value: string): string {
  return `${value.length}:${value}`
}

function names(list: readonly string[]): string {
  let all = `${list.length}/`
  for (const name of list) all += text(name)
  return all
}

function field({ name, path }: FieldRef): string {
  let all = text(name)
  for (const { key, asText } of path) all += `${asText ? '»' : '›'}${typeof key === 'number' ? `#${key};` : text(key)}`
  return all
}

function filter(node: FilterNode): string {
  const not = node.negated ? '!' : ''
  if (node.kind === 'logic') return `${not}${node.op}(${node.nodes.map(filter).join('')})`
  const extra = node.language === null ? '' : `l${text(node.language)}`
  return `${not}${field(node.field)}${node.op}.${node.quantifier ?? ''}.${node.is ?? ''}${extra}@${node.value};`
}
