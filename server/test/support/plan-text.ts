import type { Expr } from '../../src/query/expr.ts'
import type { Embed, OutputItem, Plan, SelectNode } from '../../src/query/plan.ts'
import { typeLabel } from '../../src/schema/types.ts'

/** An expression in one short line, for expectations: `eq(s0.id, $0 integer)`. */
export function exprText(expr: Expr): string {
  switch (expr.kind) {
    case 'literal':
      return JSON.stringify(expr.value)
    case 'param':
      return `$${expr.index} ${typeLabel(expr.type)}${expr.form === 'list' ? '…' : ''}`
    case 'column':
      return `${expr.source}.${expr.column}`
    case 'call':
      return `${expr.fn}(${expr.args.map(exprText).join(', ')})`
    case 'and':
    case 'or':
      return `(${expr.args.map(exprText).join(` ${expr.kind} `)})`
    case 'not':
      return `not ${exprText(expr.arg)}`
    case 'is':
      return `${exprText(expr.arg)} is ${expr.negated ? 'not ' : ''}${expr.test}`
    case 'cast':
      return `${exprText(expr.arg)}::${typeLabel(expr.type)}`
    case 'in':
      return `${exprText(expr.arg)} in (${expr.items.map(exprText).join(', ')})`
    case 'quantified':
      return `${expr.fn} ${expr.all ? 'all' : 'any'}(${exprText(expr.arg)}, ${exprText(expr.array)})`
    case 'embed-exists':
      return `exists #${expr.embed}`
    case 'embed-value':
      return `#${expr.embed}:${exprText(expr.value)}`
    default:
      return expr.kind
  }
}

function outputText(item: OutputItem): string {
  switch (item.kind) {
    case 'value': {
      const value = exprText(item.value)
      return value.endsWith(`.${item.name}`) && item.value.kind === 'column' ? item.name : `${item.name}=${value}`
    }
    case 'aggregate': {
      const cast = item.cast === null ? '' : `::${typeLabel(item.cast)}`
      return `${item.name}=${item.fn}(${item.value === null ? '' : exprText(item.value)}) ${typeLabel(item.type)}${cast}`
    }
    case 'embed':
      return `${item.name}=#${item.embed}`
    case 'spread':
      return `...#${item.embed}`
    case 'open':
      return `...${exprText(item.value)}`
  }
}

/** A node and its embeds, one line each, embeds indented. */
export function nodeText(node: SelectNode): readonly string[] {
  const parts = [`${node.source} ${node.table.name}`, `[${node.output.map(outputText).join(', ')}]`]
  if (node.grouped) parts.push('grouped')
  if (node.where !== null) parts.push(`where ${exprText(node.where)}`)
  for (const { value, descending, nullsFirst } of node.order) {
    parts.push(
      `order ${exprText(value)} ${descending ? 'desc' : 'asc'}${nullsFirst === descending ? '' : ' nulls flipped'}`,
    )
  }
  if (node.limit !== null) parts.push(`limit $${node.limit.index}`)
  if (node.offset !== null) parts.push(`offset $${node.offset.index}`)
  if (node.rowsMax !== null) parts.push(`max ${node.rowsMax}`)
  return [parts.join(' '), ...node.embeds.flatMap(embedText)]
}

function embedText(embed: Embed): readonly string[] {
  const through =
    embed.junction === null
      ? ''
      : ` through ${embed.junction.source} ${embed.junction.table.name} on ${exprText(embed.junction.join)}`
  const [first = '', ...rest] = nodeText(embed.node)
  const head = `#${embed.id} ${embed.name} ${embed.toMany ? 'many' : 'one'}${embed.inner ? ' inner' : ''}`
  return [`  ${head} on ${exprText(embed.join)}${through}: ${first}`, ...rest.map((line) => `  ${line}`)]
}

/** A whole plan as lines, for expectations. */
export function planText(plan: Plan): readonly string[] {
  if (plan.kind === 'read') return nodeText(plan.root)
  const parts = [`${plan.kind} ${plan.source} ${plan.table.name}`]
  if (plan.kind !== 'delete') {
    const columns = plan.columns.map(({ name, openKey }) => (openKey === null ? name : `${name}->${openKey}`))
    parts.push(`(${columns.join(', ')}) missing ${plan.missing}`)
  }
  if (plan.kind === 'insert') {
    if (plan.conflict !== null) parts.push(`${plan.conflict.resolution} on (${plan.conflict.columns.join(', ')})`)
    if (plan.replace)
      parts.push(`replace ${plan.replaceKey.map((key) => `${key.column}=${exprText(key.value)}`).join()}`)
  } else if (plan.where !== null) parts.push(`where ${exprText(plan.where)}`)
  parts.push(plan.returning)
  const embeds = plan.kind === 'insert' ? [] : plan.embeds.flatMap(embedText)
  const shown = plan.representation === null ? [] : nodeText(plan.representation).map((line) => `= ${line}`)
  return [parts.join(' '), ...embeds, ...shown]
}
