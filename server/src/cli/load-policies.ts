import { randomBytes } from 'node:crypto'
import { declare } from '../pipeline/declare.ts'
import { Model } from '../pipeline/model.ts'
import { loadGrammar } from '../policy/expression/index.ts'
import { loadPolicies } from '../policy/load-policies.ts'
import { DEFAULT_SCHEMA } from '../schema/catalog.ts'
import type { SchemaDefinition } from '../schema/definition.ts'
import { makeCatalog } from '../schema/make-catalog.ts'
import { assert } from '../std/assert.ts'
import { type Invocation, type Option, PROJECT_OPTION } from './command.ts'
import { loadSchema } from './load-schema.ts'
import { describeProblems, problemsOf } from './problems.ts'
import { readServing, requireAdopted, requireDatabase, SERVE_OPTIONS, type Serving, schemaFile } from './serving.ts'

export const POLICY_OPTIONS = {
  project: PROJECT_OPTION,
  database: { ...SERVE_OPTIONS.database, doc: 'Read tables that schema.ts does not declare from this database.' },
} as const satisfies Readonly<Record<string, Option>>

const NOTHING_FOUND = makeCatalog({ version: 0, schemas: [DEFAULT_SCHEMA], tables: [], functions: [] })

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
  requireAdopted(definition, serving)
  if (definition === null) return modelOfDatabase(definition, serving)
  if (serving.settings.databaseUrl !== '') {
    requireDatabase(serving)
    return modelOfDatabase(definition, serving)
  }
  await loadGrammar()
  const catalog = declare(definition, NOTHING_FOUND, 1)
  const { policies } = loadPolicies(definition, catalog, { version: 1 })
  assert(policies !== null, 'declare checked the policies')
  return new Model(catalog, policies)
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
