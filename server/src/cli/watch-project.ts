import { type FSWatcher, readdirSync, watch } from 'node:fs'
import { extname, join } from 'node:path'

// Editors write a file in several steps; one save is one change.
const SETTLE_MS = 80

/** Calls `onChange` after TypeScript files of the project changed. Gives the function that stops it. */
export function watchProject(project: string, onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  const changed = (_event: string, name: string | null) => {
    if (name !== null && extname(name) !== '.ts') return
    clearTimeout(timer)
    timer = setTimeout(onChange, SETTLE_MS)
  }
  const watchers: FSWatcher[] = foldersOf(project).map((folder) => watch(folder, changed))
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}

/** The project's folder and those directly in it that hold source: folders, not files, because editors replace files. */
function foldersOf(project: string): readonly string[] {
  const inside = readdirSync(project, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .map((entry) => join(project, entry.name))
  return [project, ...inside]
}
