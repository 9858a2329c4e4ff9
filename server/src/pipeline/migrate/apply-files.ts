import { failure } from '../../errors/error.ts'
import { loadGrammar } from '../../policy/expression/index.ts'
import { applyMigration } from './apply-migration.ts'
import { type Conflict, fileChain, filesToApply } from './file-chain.ts'
import { planFile } from './plan-files.ts'
import type { ApplyOptions, FileState, MigrationFile, MigrationPlan } from './types.ts'

export interface ApplyFilesOptions extends Omit<ApplyOptions, 'entry'> {
  readonly files: readonly MigrationFile[]
  /** True: a person asks for it, so that files are applied again that were undone. */
  readonly redo: boolean
  /** Called before each file, with its plan: the place to print, or to refuse by throwing. */
  readonly before?: (file: MigrationFile, plan: MigrationPlan) => Promise<void>
}

export interface AppliedFiles {
  readonly applied: readonly string[]
  /** Their outcome was there already: noted in the journal, not run. */
  readonly noted: readonly string[]
}

/**
 * Applies all pending files in order, each as one migration; what came before stays when one fails. Throws PILAR_MIGRATION for conflicts, before
 * anything is touched, and for rows that stand against a file.
 */
export async function applyFiles({ files, redo, before, ...run }: ApplyFilesOptions): Promise<AppliedFiles> {
  const { structure, signal } = run
  await loadGrammar()
  const journal = await structure.journal(signal)
  const chain = fileChain({ files, journal, found: await structure.introspect(signal) })
  if (chain.conflicts.length > 0) throw conflicting(chain.conflicts)
  const noted = chain.files.filter(({ state }) => state === 'present')
  const pending = redo ? chain.files.filter(isOpen) : filesToApply(chain)
  for (const file of noted) {
    const plan = await planFile({ ...file, steps: [] }, run)
    await applyMigration(plan, { ...run, entry: headOf(file) })
  }
  for (const file of pending) {
    const plan = await planFile(file, run)
    await before?.(file, plan)
    await applyMigration(plan, { ...run, entry: headOf(file) })
  }
  return { applied: pending.map(({ name }) => name), noted: noted.map(({ name }) => name) }
}

const isOpen = ({ state }: { readonly state: FileState }): boolean => state === 'pending' || state === 'undone'

const headOf = ({ name, checksum }: MigrationFile) => ({ name, checksum, kind: 'apply', undoes: null }) as const

export function conflicting(conflicts: readonly Conflict[]): Error {
  const lines = conflicts.map(({ message, hint }) => `  ${message}\n    hint: ${hint}`)
  return failure('PILAR_MIGRATION', {
    message: `the migrations contradict each other, and nothing was changed:\n${lines.join('\n')}`,
  })
}
