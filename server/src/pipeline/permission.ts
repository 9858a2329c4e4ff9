import { failure } from '../errors/error.ts'
import type { Risk } from '../schema/migration/step.ts'
import { describePlan } from './migrate/describe-plan.ts'
import type { Conflict } from './migrate/file-chain.ts'
import type { Change } from './migrate/plan-migration.ts'
import type { MigrationPlan } from './migrate/types.ts'

/** What a server may do to its database without being asked. */
export interface Permission {
  /**
   * True: the files of `migrations/`, where there are any, decide how the database changes, and what is wrong with them stops everything. False: they are
   * applied where they fit, and schema.ts decides.
   */
  readonly filesDecide: boolean
  /** True: schema.ts decides even where it asks for what a person has undone. */
  readonly mayRedo: boolean
  /** Classes of steps that may follow from schema.ts alone; empty where nothing may. */
  readonly risks: readonly Risk[]
}

/** `pilar start` with a database of its own. */
export const STARTING: Permission = { filesDecide: true, mayRedo: false, risks: ['safe', 'slow'] }
/** `pilar dev` with a database of its own. */
export const DEVELOPING: Permission = {
  filesDecide: false,
  mayRedo: true,
  risks: ['safe', 'slow', 'needs data', 'retires'],
}
/** A database of other people is changed by reviewed files only, and by `pilar migrate apply`. */
export const ADOPTED: Permission = { filesDecide: true, mayRedo: false, risks: [] }

/** Whether steps of these classes may be run without a file. */
export function isPermitted(needed: readonly Risk[], { risks }: Permission): boolean {
  return needed.every((risk) => risks.includes(risk))
}

/** Stops before anything was touched. Like all refusals here, its details tell it from other reasons not to start. */
export function refuseConflicts(conflicts: readonly Conflict[]): Error {
  const lines = conflicts.map(({ message, hint }) => `  ${message}\n    hint: ${hint}`)
  const message = `the migrations do not fit the database or each other, and nothing was changed:\n${lines.join('\n')}`
  return failure('PILAR_START', { message }, { details: { unheeded: null } })
}

/** Stops because a plan may not be run here, or can't be run at all. */
export function refusePlan(plan: MigrationPlan, hint: string): Error {
  const message = `the database differs from schema.ts, and nothing was changed:\n${describePlan(plan)}`
  return failure('PILAR_START', { message }, { hint, details: { unheeded: null } })
}

export const HINT_FILES =
  'Write it down as a migration: pilar migrate new NAME. The next start applies it, or pilar migrate apply.'
export const HINT_APPLY =
  'Review it: pilar migrate plan. Then let it happen: pilar migrate apply. Or change schema.ts to what the database has.'
export const HINT_UNDONE =
  'This was undone here. To have it again: pilar migrate apply. Else change schema.ts to what the database has.'
export const HINT_ROWS = 'Change these rows, or say in schema.ts what becomes of them, with .default() or .using().'
const HINT_RENAME =
  'Say so with .was(), and the values move along. If it is no rename, save once more: what is removed is kept out of sight.'

/** A person should see the plan first: to be told, and done when asked for again. */
export function holdForRename(plan: MigrationPlan): Error {
  const message = `this looks like a rename, and nothing was changed yet:\n${describePlan(plan)}`
  return failure('PILAR_START', { message }, { hint: HINT_RENAME, details: { unheeded: renamesOf(plan) } })
}

/** The probable renames of a change in one text; null where there is none. */
export function renamesOf({ warnings }: Pick<Change, 'warnings'>): string | null {
  const renames = warnings.filter(({ kind }) => kind === 'probable-rename').map(({ message }) => message)
  return renames.length === 0 ? null : renames.join('\n')
}
