import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The files that are checked: the repository's on disk, or a toy in a test. Paths are relative, with forward slashes. */
export interface Tree {
  readonly paths: readonly string[]
  has(path: string): boolean
  bytes(path: string): number
  text(path: string): string
}

/** Copies that the build makes. */
const IGNORED_FILES = new Set(['server/README.md', 'server/LICENSE'])
const IGNORED_FOLDERS = new Set(['node_modules', 'dist', 'coverage', '.git', '.pilar', '.cache'])

export function diskTree(root: string): Tree {
  const paths: string[] = []
  const visit = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) {
        if (!IGNORED_FOLDERS.has(entry.name)) visit(path)
      } else if (entry.isFile() && !IGNORED_FILES.has(path)) paths.push(path)
    }
  }
  visit('')
  const known = new Set(paths)
  return {
    paths: paths.sort(),
    has: (path) => known.has(path),
    bytes: (path) => statSync(join(root, path)).size,
    text: (path) => readFileSync(join(root, path), 'utf8'),
  }
}

export function toyTree(files: Readonly<Record<string, string>>): Tree {
  const text = (path: string) => files[path] ?? ''
  return {
    paths: Object.keys(files).sort(),
    has: (path) => path in files,
    bytes: (path) => Buffer.byteLength(text(path)),
    text,
  }
}
