import { randomBytes } from 'node:crypto'
import { SchemaProblems } from '../pipeline/load-model.ts'
import { Model } from '../pipeline/model.ts'
import { checkSchema } from '../policy/check-schema.ts'
import { loadGrammar } from '../policy/expression/index.ts'
import { loadPolicies } from '../policy/load-policies.ts'
import { buildCatalog } from '../schema/build-catalog.ts'
import type { SchemaDefinition } from '../schema/definition.ts'
import { type Invocation, type Option, PROJECT_OPTION } from './command.ts'
import { loadSchema } from './load-schema.ts'
import { describeProblems, problemsOf } from './problems.ts'
import { readServing, SERVE_OPTIONS, type Serving, schemaFile } from './serving.ts'

export const POLICY_OPTIONS = {
  project: PROJECT_OPTION,
  database: { ...SERVE_OPTIONS.database, doc: 'Read tables that schema.ts does not declare from this database.' },
} as const satisfies Readonly<Record<string, Option>>

/** Runs `body` over a project's catalog and policies; mistakes in the schema are reported instead. Gives the exit code. */
export async function withModel(invocation: Invocation, body: (model: Model) => void): Promise<number> {
  try {
    body(await projectModel(invocation))
    return 0
  } catch (error) {
    const problems = problemsOf(error)
    if (problems === null) throw error
    invocation.shell.output.report(describeProblems(problems, invocation.shell))
    return 1
  }
}

/** From schema.ts alone, or with the tables of a database. Changes nothing. */
async function projectModel(invocation: Invocation): Promise<Model> {
  const serving = readServing(invocation)
  const path = schemaFile(serving)
  const definition = path === null ? null : await loadSchema(path)
  if (definition === null || serving.settings.databaseUrl !== '') return modelOfDatabase(definition, serving)
  await loadGrammar()
  const built = buildCatalog(definition, { version: 1 })
  if (built.catalog === null) throw new SchemaProblems(built.problems)
  const loaded = loadPolicies(definition, built.catalog, { version: 1 })
  const problems = [...built.problems, ...checkSchema(definition, built.catalog), ...loaded.problems]
  if (loaded.policies === null || problems.length > 0) throw new SchemaProblems(problems)
  return new Model(built.catalog, loaded.policies)
}

async function modelOfDatabase(definition: SchemaDefinition | null, serving: Serving): Promise<Model> {
  const { createApp } = await import('../app.ts')
  // Nobody will sign anything: a secret of the moment keeps this from making one in the data folder.
  const settings = { ...serving.settings, migrate: 'off', jwtSecret: randomBytes(32).toString('hex') } as const
  const app = await createApp({ projectDir: serving.project, definition, settings })
  try {
    return app.model
  } finally {
    await app.close()
  }
}
