import { existsSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { adoptCatalog } from '../pipeline/adopt-catalog.ts'
import { declare } from '../pipeline/declare.ts'
import { loadGrammar } from '../policy/expression/index.ts'
import type { Catalog } from '../schema/catalog.ts'
import { makeCatalog } from '../schema/make-catalog.ts'
import { writeDatabaseTypes } from '../schema/types-text.ts'
import { type Command, type Invocation, PROJECT_OPTION } from './command.ts'
import { inspectServed } from './inspect-served.ts'
import { loadSchema } from './load-schema.ts'
import { describeProblems, problemsOf } from './problems.ts'
import { readServing, requireAdopted, requireDatabase, SCHEMA_FILE, SERVE_OPTIONS, schemaFile } from './serving.ts'

export const command: Command = {
  synopsis: 'pilar types [--database URL] [--project DIR] [--out FILE]',
  description:
    'Writes the TypeScript type Database, as supabase-js takes it: createClient<Database>(url, key). With --database, of what the\n' +
    'database has; else of the project: what its schema.ts declares, and what its database has besides. Writes nothing but FILE.',
  options: {
    database: {
      value: 'URL',
      doc: `Of this database, without a ${SCHEMA_FILE}: ${SERVE_OPTIONS.database.value} is sqlite:FILE.`,
    },
    project: PROJECT_OPTION,
    out: { value: 'FILE', doc: 'Where the types are written; else they are printed.' },
  },
  positionals: { min: 0, max: 0 },
  examples: ['pilar types --out database.types.ts', 'pilar types --database sqlite:shop.sqlite > database.types.ts'],
  run: async (invocation) => {
    const { shell, text } = invocation
    try {
      const types = writeDatabaseTypes(await catalogOf(invocation))
      const out = text('out')
      if (out === undefined) shell.output.print(types.trimEnd())
      else {
        const path = resolve(shell.cwd, out)
        writeFileSync(path, types)
        shell.output.print(`written  ${relative(shell.cwd, path)}`)
      }
      return 0
    } catch (error) {
      const problems = problemsOf(error)
      if (problems === null) throw error
      shell.output.report(describeProblems(problems, shell))
      return 1
    }
  },
}

async function catalogOf(invocation: Invocation): Promise<Catalog> {
  const serving = readServing(invocation)
  if (invocation.given('database')) return (await inspectServed(serving)).found
  const path = schemaFile(serving)
  if (path === null) return (await inspectServed(serving)).found
  const definition = await loadSchema(path)
  requireAdopted(definition, serving)
  const { databaseUrl, dataDir } = serving.settings
  if (databaseUrl !== '') requireDatabase(serving)
  const isThere = databaseUrl !== '' || existsSync(join(dataDir, 'data.db'))
  const found = isThere ? (await inspectServed(serving)).found : makeCatalog({ version: 0, tables: [] })
  await loadGrammar()
  return adoptCatalog(declare(definition, found, 1), found, 1)
}
