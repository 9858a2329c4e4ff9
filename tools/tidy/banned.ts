import { ANY_HOMES, BANS, type Ban, ENGINE_NAME_HOMES, ENGINE_NAMES } from './bans.ts'
import type { Finding } from './finding.ts'
import { isTest, SERVER } from './layers.ts'
import { type Node, type Source, walk } from './source.ts'

/** Uses of what `bans.ts` forbids, `any`, and comparisons with an engine's name. */
export function checkBanned(source: Source): Finding[] {
  const bans = BANS.filter((ban) => applies(ban, source.path))
  const findings = bans.flatMap((ban) => [...checkModule(source, ban), ...checkText(source, ban)])
  const declared = declaredNames(source)
  walk(source.program, (node, parent) => {
    for (const ban of bans) {
      if (isBanned(node, parent, ban) && !(ban.kind === 'global' && declared.has(ban.name))) {
        findings.push(banFinding(source, node.start, ban))
      }
    }
    const other = anyFinding(source, node) ?? engineNameFinding(source, node)
    if (other !== undefined) findings.push(other)
  })
  return findings
}

function isProduct(path: string): boolean {
  return path.startsWith(SERVER) && !isTest(path)
}

function applies(ban: Ban, path: string): boolean {
  return !ban.homes.includes(path) && (ban.scope === 'everywhere' || isProduct(path))
}

function banFinding(source: Source, offset: number, ban: Ban): Finding {
  const home = ban.homes.length === 0 ? '' : ` outside ${ban.homes.join(', ')}`
  return {
    rule: 'banned',
    file: source.path,
    line: source.lineOf(offset),
    what: `${ban.name} is not used${home}`,
    remedy: ban.remedy,
    name: ban.name,
  }
}

function checkModule(source: Source, ban: Ban): Finding[] {
  if (ban.kind !== 'module') return []
  const specifiers = [ban.name, ban.name.replace('node:', '')]
  return source.imports
    .filter((imported) => specifiers.includes(imported.specifier))
    .filter((imported) => ban.exports === undefined || imported.names.some((name) => ban.exports?.includes(name)))
    .map((imported) => ({ ...banFinding(source, 0, ban), line: imported.line }))
}

function checkText(source: Source, ban: Ban): Finding[] {
  const at = ban.kind === 'text' ? source.text.indexOf(ban.name) : -1
  return at === -1 ? [] : [banFinding(source, at, ban)]
}

function isBanned(node: Node, parent: Node | undefined, ban: Ban): boolean {
  switch (ban.kind) {
    case 'global':
      return isGlobalUse(node, parent, ban.name)
    case 'member':
      return memberText(node) === ban.name || memberText(node) === `globalThis.${ban.name}`
    case 'argless':
      return isArgless(node, ban.name)
    case 'property':
      return isPropertyUse(node, ban)
    default:
      return false
  }
}

function isGlobalUse(node: Node, parent: Node | undefined, name: string): boolean {
  if (memberText(node) === `globalThis.${name}`) return true
  if (node.type !== 'Identifier' || node.name !== name) return false
  if (parent === undefined || parent.type.startsWith('TS')) return false
  const isName =
    (parent.property === node || parent.key === node) && parent.computed !== true && parent.shorthand !== true
  return !isName
}

/** `a.b` or `a['b']` as text; undefined for anything less simple. */
function memberText(node: Node): string | undefined {
  if (node.type !== 'MemberExpression') return undefined
  const object = node.object as Node
  const property = node.property as Node
  const left = object.type === 'Identifier' ? String(object.name) : memberText(object)
  const right = node.computed === true ? property.value : property.name
  return left === undefined || typeof right !== 'string' ? undefined : `${left}.${right}`
}

function isArgless(node: Node, name: string): boolean {
  if (node.type !== 'NewExpression' && node.type !== 'CallExpression') return false
  const callee = node.callee as Node
  if (callee.type !== 'Identifier' || callee.name !== name) return false
  // Every call of Function compiles text; Date is only a clock without arguments.
  return name === 'Function' || (node.arguments as readonly Node[]).length === 0
}

function isPropertyUse(node: Node, ban: Ban): boolean {
  if (node.type === 'JSXAttribute') return (node.name as Node).name === ban.name
  if (node.type === 'AssignmentExpression') {
    return ban.value === undefined && String((node.left as Node & { property?: Node }).property?.name) === ban.name
  }
  if (node.type !== 'Property') return false
  const key = node.key as Node
  if ((key.name ?? key.value) !== ban.name) return false
  return ban.value === undefined || (node.value as Node).value === ban.value
}

/** Names that the file binds itself, so that a parameter called `fetch` is not the global one. */
function declaredNames(source: Source): ReadonlySet<string> {
  const names = new Set<string>()
  const add = (pattern: unknown) => {
    const name = (pattern as Node | null)?.name
    if (typeof name === 'string') names.add(name)
  }
  walk(source.program, (node) => {
    for (const param of (node.params as readonly Node[] | undefined) ?? []) add(param)
    if (node.type === 'VariableDeclarator' || node.type === 'FunctionDeclaration') add(node.id)
    if (node.type === 'ImportSpecifier') add(node.local)
    // `{ fetch }` and `{ fetch = … }` in a destructuring pattern.
    if (node.type === 'ObjectPattern') for (const property of node.properties as readonly Node[]) add(property.value)
  })
  return names
}

function anyFinding(source: Source, node: Node): Finding | undefined {
  if (node.type !== 'TSAnyKeyword' || ANY_HOMES.some((home) => source.path.startsWith(home))) return undefined
  return {
    rule: 'any',
    file: source.path,
    line: source.lineOf(node.start),
    what: 'the type any switches the type checker off',
    remedy: 'use unknown and narrow it, or a type parameter',
    name: 'any',
  }
}

function engineNameFinding(source: Source, node: Node): Finding | undefined {
  if (!isProduct(source.path) || ENGINE_NAME_HOMES.some((home) => source.path.startsWith(home))) return undefined
  const isComparison = node.type === 'BinaryExpression' && /^[!=]==?$/.test(String(node.operator))
  const operands = isComparison ? [node.left, node.right] : node.type === 'SwitchCase' ? [node.test] : []
  const literal = (operands as (Node | null)[]).find((operand) => ENGINE_NAMES.includes(String(operand?.value)))
  if (literal === undefined || literal === null) return undefined
  return {
    rule: 'engine-name',
    file: source.path,
    line: source.lineOf(node.start),
    what: `compares with the engine name '${literal.value}'`,
    remedy: 'give the difference a name in engines/capabilities.ts and ask for that',
    name: String(literal.value),
  }
}
