import type { EnginePool } from '../engines/engine.ts'
import type { Catalog } from '../schema/catalog.ts'
import type { SchemaDefinition } from '../schema/definition.ts'
import { readCatalog } from '../schema/migration/catalog-text.ts'
import { breathe } from './breathe.ts'
import { declare } from './declare.ts'
import { type Chain, fileChain, filesToApply } from './migrate/file-chain.ts'
import { isRedone } from './migrate/is-redone.ts'
import { lastDeclared, undoneSteps } from './migrate/journal.ts'
import { fileOn } from './migrate/plan-files.ts'
import { type Change, changeOf } from './migrate/plan-migration.ts'
import type { MigrationFile } from './migrate/types.ts'

/** What a project says about its database. */
export interface Project {
  /** What schema.ts says; null serves the database as it is, closed to everyone but service_role. */
  readonly definition: SchemaDefinition | null
  /** Those in `migrations/`; null without that folder. */
  readonly files: readonly MigrationFile[] | null
}

/** A database beside what its project says of it. */
export interface Outlook {
  readonly structureVersion: number
  readonly found: Catalog
  readonly chain: Chain
  /** What schema.ts wants beyond the pending files. */
  readonly change: Change
  /** True when a part of that is what a person has undone. */
  readonly redoes: boolean
}

export interface OutlookOptions {
  readonly pool: EnginePool
  /** False where this process changes nothing: then files are of no interest. */
  readonly withFiles: boolean
  readonly signal: AbortSignal
}

export const NOTHING: SchemaDefinition = {
  tables: [],
  views: [],
  functions: [],
  policies: [],
  hidden: [],
  roles: [],
  problems: [],
}

const NO_FILES: Chain = { files: [], conflicts: [] }

/** Compares a database with its project. Touches nothing. The grammar must be loaded. Throws SchemaProblems. */
export async function outlookOf(project: Project, options: OutlookOptions): Promise<Outlook> {
  const { pool, withFiles, signal } = options
  const structureVersion = pool.structureVersion()
  const found = await pool.structure.introspect(signal)
  const { definition } = project
  if (definition === null) {
    const wanted = declare(NOTHING, found, 0)
    const change = { found, wanted, known: wanted, steps: [], obstacles: [], warnings: [] }
    return { structureVersion, found, chain: NO_FILES, change, redoes: false }
  }
  await breathe()
  const journal = await pool.structure.journal(signal)
  // Another process has migrated between the two looks: they tell of different moments.
  if (pool.structureVersion() !== structureVersion) return outlookOf(project, options)
  const files = withFiles ? project.files : null
  const chain = files === null ? NO_FILES : fileChain({ files, journal, found })
  const pending = filesToApply(chain)
  const last = pending.at(-1)
  const expected = pending.reduce((catalog, file) => fileOn(file, catalog).after, found)
  const known = last === undefined ? lastDeclared(journal) : readCatalog(last.after)
  await breathe()
  const change = changeOf({ definition, found: expected, known })
  return { structureVersion, found, chain, change, redoes: isRedone(change.steps, undoneSteps(journal)) }
}

/** Files to be run, or to be noted. */
export function hasOpenFiles({ chain }: Outlook): boolean {
  return filesToApply(chain).length > 0 || chain.files.some(({ state }) => state === 'present')
}

export function hasWork(outlook: Outlook): boolean {
  const { chain, change } = outlook
  return chain.conflicts.length + change.steps.length + change.obstacles.length > 0 || hasOpenFiles(outlook)
}
