import { join } from 'node:path'
import type { Lease } from '../engines/structure.ts'
import { applyMigration } from '../pipeline/migrate/apply-migration.ts'
import { backupBefore } from '../pipeline/migrate/backup-before.ts'
import { withLease } from '../pipeline/migrate/lease.ts'
import type { ApplyOptions, EntryHead, MigrationPlan } from '../pipeline/migrate/types.ts'
import { systemClock } from '../std/clock.ts'
import { type Invocation, type Option, UsageError } from './command.ts'
import { YES_OPTION } from './confirm.ts'
import type { MigrateContext } from './migrate-context.ts'
import { pausing } from './pause.ts'
import { progressView } from './progress.ts'

const PACE_MIN = 0.05

/** Options of every command that changes the structure. */
export const RUN_OPTIONS = {
  yes: YES_OPTION,
  pace: {
    value: 'SHARE',
    doc: 'Share of the time that copying rows may take, 0.05 to 1; less is gentler to a server in use.',
    default: '1',
  },
  'no-backup': { value: null, doc: 'Make no backup before steps that retire something or need data.' },
} as const satisfies Readonly<Record<string, Option>>

/** What runs need besides their steps. Throws UsageError for a pace that is none. */
export type RunOptions = Omit<ApplyOptions, 'entry' | 'lease'>

/** Runs `body` with the lease, showing progress meanwhile; `p` on a terminal pauses it. */
export async function running<T>(
  invocation: Invocation,
  context: MigrateContext,
  body: (options: Omit<ApplyOptions, 'entry'>) => Promise<T>,
): Promise<T> {
  const { shell, structure, signal, holder, serving } = context
  const pace = paceOf(invocation)
  const waiting = (other: string) => shell.output.report(`Waiting for ${other}, which is changing this database …`)
  const save = backupBefore({
    ...{ structure, signal, clock: systemClock },
    folder: join(serving.settings.dataDir, 'backups'),
    kept: serving.settings.backupsKept,
    saved: ({ file }) => shell.output.report(`backup: ${file}`),
  })
  const backup = invocation.given('no-backup') ? async () => {} : save
  const view = progressView(shell, systemClock)
  return withLease(structure, { holder, signal, waiting }, async (lease: Lease) => {
    const pause = pausing(shell, signal)
    try {
      return await body({ structure, lease, signal, pace, backup, progress: view.show, pause: pause.wait })
    } finally {
      pause.end()
      view.end()
    }
  })
}

/** Runs one plan as one migration. */
export function runPlan(plan: MigrationPlan, entry: EntryHead, options: Omit<ApplyOptions, 'entry'>): Promise<void> {
  return applyMigration(plan, { ...options, entry })
}

function paceOf({ text }: Invocation): number {
  const given = text('pace')
  if (given === undefined) return 1
  const pace = Number(given)
  if (pace >= PACE_MIN && pace <= 1) return pace
  throw new UsageError(`--pace is "${given}"; it must be a number from ${PACE_MIN} to 1`)
}
