import { posix } from 'node:path'
import type { Finding } from './finding.ts'
import type { Tree } from './tree.ts'

/** Markdown: one title, links that lead somewhere, a changelog in the usual form. */
export function checkDocs(tree: Tree): Finding[] {
  const findings: Finding[] = []
  for (const path of tree.paths) {
    if (!path.endsWith('.md')) continue
    const lines = withoutCode(tree.text(path)).split('\n')
    findings.push(...checkTitle(path, lines), ...checkLinks(tree, path, lines))
    if (path === 'CHANGELOG.md') findings.push(...checkChangelog(path, lines))
  }
  return findings
}

/** The text with fenced blocks and inline code blanked, line numbers kept. */
function withoutCode(text: string): string {
  let fence: string | undefined
  const lines = text.split('\n').map((line) => {
    const marker = /^\s*(```+|~~~+)/.exec(line)?.[1]
    if (fence !== undefined) {
      if (marker?.startsWith(fence) && line.trim() === marker) fence = undefined
      return ''
    }
    fence = marker
    return marker === undefined ? line.replace(/`[^`]*`/g, (code) => code.replace(/[[\]()<>]/g, ' ')) : ''
  })
  return lines.join('\n')
}

function checkTitle(file: string, lines: readonly string[]): Finding[] {
  const titles = lines.filter((line) => /^# /.test(line)).length
  if (titles === 1) return []
  const what = `${titles} headings of the first level; exactly one`
  return [{ rule: 'markdown', file, line: 1, what, remedy: 'one # title, ## below it', name: 'title' }]
}

function checkLinks(tree: Tree, file: string, lines: readonly string[]): Finding[] {
  const findings: Finding[] = []
  for (const [index, line] of lines.entries()) {
    for (const [, link = ''] of line.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)) {
      if (/^[a-z][a-z0-9+.-]*:/i.test(link) || leadsSomewhere(tree, file, link)) continue
      const what = `the link ${link} leads nowhere`
      findings.push({ rule: 'links', file, line: index + 1, what, remedy: 'mend it or remove it', name: link })
    }
  }
  return findings
}

function leadsSomewhere(tree: Tree, file: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? file : posix.normalize(posix.join(posix.dirname(file), decodeURIComponent(path)))
  const folder = `${target.replace(/\/$/, '')}/`
  if (!tree.has(target)) return anchor === undefined && tree.paths.some((known) => known.startsWith(folder))
  return anchor === undefined || !target.endsWith('.md') || anchorsOf(tree.text(target)).has(anchor)
}

/** Anchors of the headings, made as GitHub makes them. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = text.split('\n').filter((line) => /^#{1,6} /.test(line))
  const anchors = headings.map((line) => {
    const title = line.replace(/^#+ /, '').trim().toLowerCase()
    return title.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-')
  })
  return new Set(anchors)
}

const CHANGE_KINDS = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security']

/** The form of keepachangelog.com: `## [Unreleased]`, then versions from new to old, each with kinds of change. */
function checkChangelog(file: string, lines: readonly string[]): Finding[] {
  const findings: Finding[] = []
  const problem = (index: number, what: string, remedy: string) =>
    findings.push({ rule: 'changelog', file, line: index + 1, what, remedy, name: lines[index] ?? '' })
  const versions: { index: number; version: string }[] = []
  for (const [index, line] of lines.entries()) {
    const version = /^## (.*)$/.exec(line)?.[1]
    const kind = /^### (.*)$/.exec(line)?.[1]
    if (version !== undefined) versions.push({ index, version })
    if (kind !== undefined && !CHANGE_KINDS.includes(kind)) {
      problem(index, `"${kind}" is no kind of change`, `one of ${CHANGE_KINDS.join(', ')}`)
    }
  }
  if (versions[0]?.version !== '[Unreleased]') {
    problem(versions[0]?.index ?? 0, 'the first section is not [Unreleased]', 'begin with ## [Unreleased]')
  }
  for (const { index, version } of versions.slice(1)) {
    if (/^\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}$/.test(version)) continue
    problem(index, `"${version}" is no version heading`, 'write ## [1.2.3] - 2026-01-31')
  }
  return findings
}
