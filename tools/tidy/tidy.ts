import { checkBanned } from './banned.ts'
import { checkDocs } from './docs.ts'
import { checkFeatures } from './features.ts'
import type { Finding } from './finding.ts'
import { checkCycles, checkImports, checkPortable } from './modules.ts'
import { checkPackages } from './packages.ts'
import { checkSizes, FILE_BYTES_MAX } from './sizes.ts'
import { parseSource, type Source } from './source.ts'
import type { Tree } from './tree.ts'

/** All that is not as it should be, exceptions not yet considered. */
export function tidy(tree: Tree): Finding[] {
  const sources = new Map<string, Source>()
  for (const path of tree.paths) {
    if (/\.(ts|tsx|mjs)$/.test(path)) sources.set(path, parseSource(path, tree.text(path)))
  }
  return [
    ...checkImports(sources),
    ...checkPortable(sources),
    ...checkCycles(sources),
    ...[...sources.values()].flatMap((source) => [...checkSizes(source), ...checkBanned(source)]),
    ...checkFeatures(tree),
    ...checkDocs(tree),
    ...checkPackages(tree),
    ...checkFileBytes(tree),
  ]
}

function checkFileBytes(tree: Tree): Finding[] {
  return tree.paths
    .filter((path) => tree.bytes(path) > FILE_BYTES_MAX)
    .map((path) => ({
      rule: 'file-bytes',
      file: path,
      line: 1,
      what: `${tree.bytes(path)} bytes; at most ${FILE_BYTES_MAX}`,
      remedy: 'generate it, or fetch it in a test',
      name: '',
      value: tree.bytes(path),
    }))
}
