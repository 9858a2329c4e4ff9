/** A database pulled into a folder, as `pilar pull` does it, and what can be asked of the result. */
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { main } from '../../src/cli/dispatch.ts'
import { loadSchema } from '../../src/cli/load-schema.ts'
import { inspect } from '../../src/engines/sqlite/inspect.ts'
import { declare } from '../../src/pipeline/declare.ts'
import { loadGrammar } from '../../src/policy/expression/index.ts'
import type { Catalog } from '../../src/schema/catalog.ts'
import type { SchemaDefinition } from '../../src/schema/definition.ts'
import { type Difference, diff } from '../../src/schema/migration/diff.ts'
import { ROOT } from '../cli/process.ts'
import { tempFolder } from '../support/temp.ts'

export interface PulledProject {
  readonly folder: string
  readonly definition: SchemaDefinition
  /** What `pilar pull` printed. */
  readonly printed: string
}

/** Runs one command line in this process. Throws when it fails. */
export async function pilar(args: readonly string[], cwd: string): Promise<string> {
  const printed: string[] = []
  const print = (text: string) => void printed.push(text)
  const output = {
    print,
    report: print,
    bold: (text: string) => text,
    stream: async (chunks: Iterable<string>) => print([...chunks].join('')),
  }
  const untilStopped = () => new Promise<string>(() => {})
  const code = await main(args, { env: {}, cwd, output, terminal: null, untilStopped })
  if (code !== 0) throw new Error(printed.join('\n'))
  return printed.join('\n')
}

/** A folder with the packages of this checkout, into which `file` is pulled. */
export async function pull(file: string): Promise<PulledProject & { remove: () => void }> {
  const temp = tempFolder()
  const folder = join(temp.path, 'project')
  const printed = await pilar(['pull', '--database', `sqlite:${file}`, '--out', folder], temp.path)
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return { folder, printed, definition: await loadSchema(join(folder, 'schema.ts')), remove: temp.remove }
}

export function structureOf(file: string): Catalog {
  return inspect({ url: `sqlite:${file}`, statementTimeoutMs: 10_000, transactionMs: 10_000 }).found
}

/** What would have to be done for the database to be what the schema says. */
export async function differenceOf(definition: SchemaDefinition, found: Catalog): Promise<Difference> {
  await loadGrammar()
  const existing = new Set((definition.existing ?? []).map(({ key }) => key))
  return diff(found, declare(definition, found, 1), { known: null, existing })
}
