import type { Finding } from './finding.ts'
import { FEATURE_FILES, FEATURE_FILES_REQUIRED, FEATURE_FOLDERS } from './layers.ts'
import type { Tree } from './tree.ts'

const FEATURES = 'server/src/features/'

/** Every feature folder has the same shape: see one, know all. */
export function checkFeatures(tree: Tree): Finding[] {
  const findings: Finding[] = []
  const names = new Set<string>()
  for (const path of tree.paths) {
    if (!path.startsWith(FEATURES)) continue
    const [feature = '', ...rest] = path.slice(FEATURES.length).split('/')
    if (rest.length > 0) names.add(feature)
    if (!isAllowed(rest)) findings.push(misplaced(path, rest))
  }
  for (const feature of names) {
    const folder = `${FEATURES}${feature}`
    const missing = FEATURE_FILES_REQUIRED.filter((name) => !tree.has(`${folder}/${name}`))
    for (const name of missing) findings.push(missingFile(folder, name))
  }
  return findings
}

function isAllowed(rest: readonly string[]): boolean {
  const [first = '', second] = rest
  if (rest.length === 1) return FEATURE_FILES.includes(first.replace(/\.test\.ts$/, '.ts'))
  return rest.length === 2 && FEATURE_FOLDERS.includes(first) && /^[a-z0-9-]+(\.test)?\.ts$/.test(second ?? '')
}

function misplaced(path: string, rest: readonly string[]): Finding {
  return {
    rule: 'feature-shape',
    file: path,
    line: 1,
    what: rest.length === 0 ? 'a file directly in features/' : `a feature folder has no ${rest.join('/')}`,
    remedy: `one of ${FEATURE_FILES.join(', ')}, or a file in ${FEATURE_FOLDERS.join('/ or ')}/`,
    name: rest.join('/'),
  }
}

function missingFile(folder: string, name: string): Finding {
  return {
    rule: 'feature-shape',
    file: `${folder}/${name}`,
    line: 1,
    what: 'missing',
    remedy: name === 'README.md' ? 'one page: purpose, invariants, limits, failure modes' : 'export the feature here',
    name,
  }
}
