import { parseSync, visitorKeys } from 'oxc-parser'

/** A node of the syntax tree, seen without its type: tidy looks at shapes, not at meaning. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

export interface Source {
  readonly path: string
  readonly text: string
  readonly program: Node
  readonly imports: readonly Import[]
  lineOf(offset: number): number
}

export interface Import {
  /** As written. */
  readonly specifier: string
  readonly line: number
  /** Gone at run time (`import type`): does not make a cycle, but still crosses layers. */
  readonly typeOnly: boolean
  /** Imported names, for rules about single exports; empty for `import()` and `export *`. */
  readonly names: readonly string[]
}

export function parseSource(path: string, text: string): Source {
  const { program, errors } = parseSync(path, text)
  const error = errors[0]
  if (error !== undefined) throw new Error(`${path} cannot be parsed: ${error.message}`)
  const root = program as unknown as Node
  const lineOf = lineFinder(text)
  const imports: Import[] = []
  walk(root, (node) => {
    const found = readImport(node, lineOf)
    if (found !== undefined) imports.push(found)
  })
  return { path, text, program: root, imports, lineOf }
}

function readImport(node: Node, lineOf: (offset: number) => number): Import | undefined {
  const isStatement =
    node.type === 'ImportDeclaration' || node.type === 'ExportNamedDeclaration' || node.type === 'ExportAllDeclaration'
  if (!isStatement && node.type !== 'ImportExpression' && node.type !== 'TSImportType') return undefined
  const source = node.source as Node | null
  if (source?.type !== 'Literal' || typeof source.value !== 'string') return undefined
  const kind = node.importKind ?? node.exportKind
  return {
    specifier: source.value,
    line: lineOf(node.start),
    typeOnly: node.type === 'TSImportType' || kind === 'type',
    names: ((node.specifiers as Node[] | undefined) ?? []).map(importedName),
  }
}

function importedName(specifier: Node): string {
  const imported = (specifier.imported ?? specifier.local) as Node
  return String(imported.name ?? imported.value)
}

/** Calls `visit` for the node and everything below it, parents first. */
export function walk(node: Node, visit: (node: Node, parent: Node | undefined) => void, parent?: Node): void {
  visit(node, parent)
  for (const key of visitorKeys[node.type] ?? []) {
    const child = node[key]
    if (Array.isArray(child)) {
      for (const item of child) if (item !== null) walk(item as Node, visit, node)
    } else if (child !== null && child !== undefined) walk(child as Node, visit, node)
  }
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return low + 1
  }
}
