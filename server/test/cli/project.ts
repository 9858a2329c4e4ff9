/** Projects for tests of commands. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { DATA_FILE } from '../fixtures/rows.ts'
import { tempFolder } from '../support/temp.ts'
import { Pilar } from './process.ts'

interface Test {
  readonly after: (fn: () => void) => void
}

/** A folder with these files, removed after the test. */
export function projectOf(t: Test, files: Readonly<Record<string, string>>): string {
  const folder = tempFolder()
  t.after(folder.remove)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text)
  return folder.path
}

/** A stored project with the data directory of its release: see ../fixtures/README.md. */
export function storedProject(t: Test, fixture: string): string {
  const folder = tempFolder()
  t.after(folder.remove)
  const source = fileURLToPath(new URL(`../fixtures/${fixture}/`, import.meta.url))
  for (const file of ['schema.ts', 'seed.ts']) cpSync(join(source, file), join(folder.path, file))
  mkdirSync(join(folder.path, '.pilar'))
  writeFileSync(join(folder.path, '.pilar/data.db'), gunzipSync(readFileSync(join(source, DATA_FILE))))
  return folder.path
}

export interface Run {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs one command to its end. */
export async function run(
  cwd: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; stdin?: string } = {},
): Promise<Run> {
  const pilar = new Pilar(args, { cwd, env: { PILAR_LOG: 'error', ...options.env } })
  pilar.child.stdin?.end(options.stdin ?? '')
  const { code } = await pilar.ended
  return { code, out: pilar.out, err: pilar.err }
}
