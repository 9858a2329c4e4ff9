import type { Finding } from './finding.ts'
import type { Tree } from './tree.ts'

/** Budgets for what the installed `pilar` brings along. Raise one only with a record in docs/decisions. */
export const DIRECT_PACKAGES_MAX = 12
export const TOTAL_PACKAGES_MAX = 52

const LOCK = 'package-lock.json'
const SERVER = 'server/package.json'

interface LockEntry {
  readonly version?: string
  readonly resolved?: string
  readonly link?: boolean
  readonly dev?: boolean
  readonly optional?: boolean
  readonly devOptional?: boolean
  readonly hasInstallScript?: boolean
}

/** The lock file names no registry and no install script; each direct dependency of the server has a decision record. */
export function checkPackages(tree: Tree): Finding[] {
  if (!tree.has(LOCK) || !tree.has(SERVER)) return []
  return [...checkLock(tree), ...checkDirect(tree)]
}

function checkLock(tree: Tree): Finding[] {
  const packages: Record<string, LockEntry> = JSON.parse(tree.text(LOCK)).packages
  const findings: Finding[] = []
  let total = 0
  for (const [path, entry] of Object.entries(packages)) {
    const name = path.replace(/^.*node_modules\//, '')
    if (entry.hasInstallScript) {
      findings.push(lockFinding(name, `${name} runs a script when it is installed`, 'choose a package that does not'))
    }
    if (entry.resolved?.includes('://')) {
      findings.push(lockFinding(name, `${name} names a registry`, 'install again: .npmrc leaves addresses out'))
    }
    const isRuntime =
      path.startsWith('node_modules/') && !entry.link && !entry.dev && !entry.optional && !entry.devOptional
    if (isRuntime) total++
  }
  if (total > TOTAL_PACKAGES_MAX) {
    const what = `${total} run-time packages; at most ${TOTAL_PACKAGES_MAX}`
    findings.push({ ...lockFinding('total', what, 'do without, or record why'), value: total })
  }
  return findings
}

function lockFinding(name: string, what: string, remedy: string): Finding {
  return { rule: 'packages', file: LOCK, line: 1, what, remedy, name }
}

function checkDirect(tree: Tree): Finding[] {
  const direct = Object.entries<string>(JSON.parse(tree.text(SERVER)).dependencies ?? {})
  const records = tree.paths
    .filter((path) => /^docs\/decisions\/\d{4}-.*\.md$/.test(path))
    .map((path) => tree.text(path))
  const place = { rule: 'packages', file: SERVER, line: 1 }
  const findings: Finding[] = []
  for (const [name, range] of direct) {
    if (!/^\d/.test(range)) {
      findings.push({ ...place, name, what: `${name} is "${range}"`, remedy: 'name one exact version' })
    }
    if (!records.some((text) => text.includes(`\`${name}\``))) {
      findings.push({
        ...place,
        name,
        what: `no decision record names \`${name}\``,
        remedy: 'write docs/decisions/NNNN-….md',
      })
    }
  }
  if (direct.length > DIRECT_PACKAGES_MAX) {
    const what = `${direct.length} direct dependencies; at most ${DIRECT_PACKAGES_MAX}`
    findings.push({ ...place, name: 'direct', what, remedy: 'do without', value: direct.length })
  }
  return findings
}
