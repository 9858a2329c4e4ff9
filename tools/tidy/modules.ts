import { posix } from 'node:path'
import type { Finding } from './finding.ts'
import { COMPOSITION, ENGINE_SHARED, isTest, LAYERS, layerOf, PORTABLE_LAYERS, partOf, WALLS } from './layers.ts'
import type { Import, Source } from './source.ts'

type Sources = ReadonlyMap<string, Source>

/** The repository file that a relative import names, whether or not it exists. */
export function targetOf(source: Source, imported: Import): string | undefined {
  if (!imported.specifier.startsWith('.')) return undefined
  return posix.normalize(posix.join(posix.dirname(source.path), imported.specifier))
}

/** Layers, walls between engines and between features, and the line between product and tests. */
export function checkImports(sources: Sources): Finding[] {
  const findings: Finding[] = []
  for (const source of sources.values()) {
    if (isTest(source.path) || layerOf(source.path) === undefined) continue
    for (const imported of source.imports) {
      const target = targetOf(source, imported)
      const problem = target === undefined ? undefined : importProblem(source.path, target)
      if (problem === undefined || target === undefined) continue
      findings.push({ ...problem, rule: 'layers', file: source.path, line: imported.line, name: target })
    }
  }
  return findings
}

type Problem = Pick<Finding, 'what' | 'remedy'>

function importProblem(from: string, to: string): Problem | undefined {
  if (isTest(to)) return { what: `the product imports test code, ${to}`, remedy: 'move what both need out of the test' }
  return layerProblem(from, to) ?? partProblem(from, to) ?? wallProblem(from, to)
}

function layerProblem(from: string, to: string): Problem | undefined {
  const layer = layerOf(from) ?? ''
  const target = layerOf(to)
  if (target === undefined)
    return { what: `server/src imports ${to}, outside it`, remedy: 'move the file into server/src' }
  if (layer === target) return undefined
  const rank = LAYERS.findIndex((names) => names.includes(layer))
  const targetRank = LAYERS.findIndex((names) => names.includes(target))
  const unknown = rank === -1 ? layer : target
  if (rank === -1 || targetRank === -1) {
    return { what: `${unknown} is no layer`, remedy: 'put the file into a layer of tools/tidy/layers.ts' }
  }
  if (targetRank < rank) return undefined
  return {
    what: `layer ${layer} may not import layer ${target}`,
    remedy: 'move what both need into a layer below both, or hand it in as a parameter',
  }
}

function partProblem(from: string, to: string): Problem | undefined {
  for (const layer of ['engines', 'features']) {
    const target = partOf(to, layer)
    if (target === undefined || (layer === 'engines' && ENGINE_SHARED.includes(target))) continue
    if (partOf(from, layer) === target || COMPOSITION.includes(layerOf(from) ?? '')) continue
    const remedy =
      layer === 'engines'
        ? 'ask the capability table, or move the shared part to engines/sql or engines/lower'
        : 'go through ctx (data, events), or move the shared part to a lower layer'
    return { what: `only app.ts, the CLI and tests may import ${layer}/${target} from outside it`, remedy }
  }
  return undefined
}

function wallProblem(from: string, to: string): Problem | undefined {
  const wall = WALLS.find((each) => from.startsWith(each.from) && to.startsWith(each.to))
  return wall && { what: `${wall.from} may not import ${to}: ${wall.why}`, remedy: 'write it anew there' }
}

/** The portable layers, and all that they import as values, may not need Node. */
export function checkPortable(sources: Sources): Finding[] {
  const findings: Finding[] = []
  const reachedBy = new Map<string, string>()
  const queue = [...sources.keys()].filter((path) => PORTABLE_LAYERS.includes(layerOf(path) ?? '') && !isTest(path))
  for (const path of queue) reachedBy.set(path, path)
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    const source = sources.get(path)
    const origin = reachedBy.get(path) ?? path
    for (const imported of source?.imports ?? []) {
      if (source === undefined || imported.typeOnly) continue
      if (isNodeModule(imported.specifier)) findings.push(notPortable(source, imported, origin))
      const target = targetOf(source, imported)
      if (target === undefined || reachedBy.has(target) || !sources.has(target)) continue
      reachedBy.set(target, origin)
      queue.push(target)
    }
  }
  return findings
}

function isNodeModule(specifier: string): boolean {
  return specifier.startsWith('node:')
}

function notPortable(source: Source, imported: Import, origin: string): Finding {
  const via = origin === source.path ? '' : `, and ${origin} imports it`
  return {
    rule: 'portable',
    file: source.path,
    line: imported.line,
    what: `imports ${imported.specifier}${via}; ${PORTABLE_LAYERS.join(', ')} also run in a browser`,
    remedy: 'hand it in as a parameter, or move the code to a layer that may use Node',
    name: imported.specifier,
  }
}

/** Value imports that lead back to where they started, each group of files once, with one path through it. */
export function checkCycles(sources: Sources): Finding[] {
  const edges = new Map<string, string[]>()
  for (const source of sources.values()) {
    const targets = source.imports
      .filter((imported) => !imported.typeOnly)
      .map((imported) => targetOf(source, imported))
    edges.set(
      source.path,
      targets.filter((target): target is string => target !== undefined && sources.has(target)),
    )
  }
  const findings: Finding[] = []
  const reported = new Set<string>()
  for (const start of [...edges.keys()].sort()) {
    const path = reported.has(start) ? undefined : pathBack(start, edges)
    if (path === undefined) continue
    for (const file of path) reported.add(file)
    findings.push({
      rule: 'cycles',
      file: start,
      line: 1,
      what: `import cycle: ${path.join(' → ')}`,
      remedy: 'move what they share into a file that both import, or make the import type-only',
      name: path.join(' '),
    })
  }
  return findings
}

/** The shortest way from `start` to itself. */
function pathBack(start: string, edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const cameFrom = new Map<string, string>()
  const queue = [start]
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    for (const target of edges.get(file) ?? []) {
      if (target === start) return trace(start, file, cameFrom)
      if (cameFrom.has(target)) continue
      cameFrom.set(target, file)
      queue.push(target)
    }
  }
  return undefined
}

function trace(start: string, last: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const path = [start]
  for (let file: string | undefined = last; file !== undefined && file !== start; file = cameFrom.get(file)) {
    path.unshift(file)
  }
  return [start, ...path]
}
