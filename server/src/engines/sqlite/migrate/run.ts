import { failure, PilarError } from '../../../errors/error.ts'
import type { Catalog } from '../../../schema/catalog.ts'
import { systemClock } from '../../../std/clock.ts'
import type { JournalEntry, MigrationRun, Progress } from '../../structure.ts'
import { LEASE_MS } from '../../structure.ts'
import { entryRow } from './journal.ts'
import type { SqliteMigration, TableCopy } from './migration.ts'
import { nameConstraint } from './name-constraint.ts'
import { isLocked, Meter, Pacer, patiently, requireLeave } from './pacer.ts'
import { COPY_PREFIX } from './reserved.ts'
import { firstDifference } from './same-structure.ts'
import type { Claim, Key, StructureOutcomes, StructureTask } from './tasks.ts'

export type Ask = <K extends StructureTask['kind']>(
  task: Extract<StructureTask, { kind: K }>,
) => Promise<StructureOutcomes[K]>

/** The open file, as a migration needs it. */
export interface Place {
  readonly ask: Ask
  readonly version: () => number
  readonly introspect: () => Catalog
  /** Roughly how many rows a table has; 0 where that takes too long. */
  readonly countRows: (table: string) => Promise<number>
  readonly lastWriteMs: () => number
  /** Ends watching of changes before the switch, and begins it again. */
  readonly rewatch: (on: boolean) => Promise<void>
}

export interface Planned {
  readonly plan: SqliteMigration
  readonly from: Catalog
  /** What the structure has to be afterwards. */
  readonly expected: Catalog
  readonly entry: JournalEntry | null
}

/** Changes noted and not taken over with which the switch may begin. */
const BEHIND_MAX = 2_000
/** After that many attempts the switch takes over whatever there is: somebody writes faster than rows can be copied. */
const ATTEMPTS_MAX = 20

/** Prepare, switch, tidy. */
export async function runMigration(planned: Planned, run: MigrationRun, place: Place): Promise<void> {
  await new Run(planned, run, place).all()
}

/** Takes away what migrations before have left, but not what one of them may go on with. */
export async function sweepRubbish(run: Pick<MigrationRun, 'lease' | 'signal'>, ask: Ask): Promise<void> {
  await sweep({ run, ask, pacer: new Pacer(run) }, COPY_PREFIX)
}

/** The same, and what could be gone on with. */
export async function sweepAll(run: Pick<MigrationRun, 'lease' | 'signal'>, ask: Ask): Promise<void> {
  await sweep({ run, ask, pacer: new Pacer(run) }, null)
}

interface Sweeping {
  readonly run: Pick<MigrationRun, 'lease' | 'signal'>
  readonly ask: Ask
  readonly pacer: Pacer
}

async function sweep({ run, ask, pacer }: Sweeping, keep: string | null): Promise<void> {
  for (;;) {
    const { done, tookMs } = await patiently(run.signal, () =>
      ask({ kind: 'sweep', claim: claimOf(run), keep, rows: pacer.rows }),
    )
    if (done) return
    await pacer.after(tookMs)
  }
}

const claimOf = ({ lease }: Pick<MigrationRun, 'lease'>): Claim => ({
  fence: lease.fence,
  untilMs: systemClock.now() + LEASE_MS,
})

/** The structure changed between two tasks: to be looked at, and tried again. */
class Again extends Error {}

/** What was cancelled can go on; who has lost the lease may not touch what is another one's by now. */
function isResumable(error: unknown): boolean {
  return error instanceof PilarError && (error.code === '57014' || error.code === 'PILAR_MIGRATION_LEASE')
}

class Run {
  readonly #planned: Planned
  readonly #run: MigrationRun
  readonly #place: Place
  readonly #pacer: Pacer
  readonly #startMs = systemClock.monotonicMs()
  /** The structure's number when it was last known to be what the migration was planned for. */
  #version = 0

  constructor(planned: Planned, run: MigrationRun, place: Place) {
    this.#planned = planned
    this.#run = run
    this.#place = place
    this.#pacer = new Pacer({ ...run, lastWriteMs: place.lastWriteMs })
  }

  async all(): Promise<void> {
    const { copies, id } = this.#planned.plan
    await this.#pacer.after(0)
    await this.#sweep(`${COPY_PREFIX}${id}_`)
    try {
      this.#requireFrom()
      for (const copy of copies) await this.#copy(copy)
      await this.#switch()
    } catch (error) {
      if (!isResumable(error)) await this.#tidy()
      throw this.#named(error)
    }
    this.#progress('tidying')
    await this.#tidy()
  }

  #named(error: unknown): unknown {
    const { plan, expected } = this.#planned
    const source = error instanceof PilarError ? (error.details as { table?: string } | null)?.table : undefined
    const copy = plan.copies.find((each) => each.source === source)
    return nameConstraint(error, plan.switch.names.find(({ target }) => target === copy?.target)?.name, expected)
  }

  #claim(): Claim {
    return claimOf(this.#run)
  }

  #progress(phase: Progress['phase'], more: Partial<Progress> = {}): void {
    this.#run.progress?.({ phase, table: null, rows: 0, rowsTotal: 0, rowsPerSecond: 0, remainingMs: null, ...more })
  }

  #sweep(keep: string | null): Promise<void> {
    return sweep({ run: this.#run, ask: this.#place.ask, pacer: this.#pacer }, keep)
  }

  /** PILAR_MIGRATION_STALE unless the structure is what the migration was planned for. What others add that no Catalog has does not matter. */
  #requireFrom(): void {
    this.#version = this.#place.version()
    const difference = firstDifference(this.#planned.from, this.#place.introspect())
    if (difference !== null) throw failure('PILAR_MIGRATION_STALE', {}, { details: difference })
  }

  async #copy(copy: TableCopy): Promise<void> {
    const rowsTotal = await this.#place.countRows(copy.source)
    const { after, rowsDone } = await this.#prepare(copy)
    const meter = new Meter()
    let rows = rowsDone
    const report = (): void => {
      const { rowsPerSecond } = meter
      const total = Math.max(rows, rowsTotal)
      const remainingMs = meter.remainingMs(total - rows)
      this.#progress('copying', { table: copy.source, rows, rowsTotal: total, rowsPerSecond, remainingMs })
    }
    report()
    await this.#inBatches('copy-rows', { copy, after }, (done) => {
      rows += done
      meter.add(done)
      report()
    })
  }

  async #prepare(copy: TableCopy): Promise<{ after: Key | null; rowsDone: number }> {
    for (;;) {
      const outcome = await patiently(this.#run.signal, () =>
        this.#place.ask({ kind: 'prepare-copy', version: this.#version, copy, claim: this.#claim() }),
      )
      if (outcome.kind === 'changed') {
        this.#version = outcome.version
        return outcome
      }
      this.#requireFrom()
    }
  }

  async #inBatches(
    kind: 'copy-rows' | 'compare-rows',
    start: { copy: TableCopy; after: Key | null },
    report: (rows: number) => void,
  ): Promise<void> {
    let { after } = start
    do {
      const task = { copy: start.copy, claim: this.#claim(), after, rows: this.#pacer.rows }
      const copied = await patiently(this.#run.signal, () =>
        this.#place.ask<'copy-rows' | 'compare-rows'>({ kind, ...task }),
      )
      after = copied.after
      report(copied.rows)
      await this.#pacer.after(copied.tookMs)
    } while (after !== null)
  }

  /** Until little is left to take over. */
  async #catchUp(): Promise<void> {
    for (const copy of this.#planned.plan.copies) {
      for (;;) {
        const task = { copy, claim: this.#claim(), rows: this.#pacer.rows }
        const { behind, compare, tookMs } = await patiently(this.#run.signal, () =>
          this.#place.ask({ kind: 'catch-up', ...task }),
        )
        await this.#pacer.after(tookMs)
        if (compare) await this.#inBatches('compare-rows', { copy, after: null }, () => {})
        if (behind <= BEHIND_MAX / 10) break
      }
    }
  }

  async #switch(): Promise<void> {
    const atSwitch = this.#run.atSwitch ?? ((body) => body())
    for (let attempt = 0; ; attempt++) {
      await this.#catchUp()
      this.#progress('switching')
      const behindMax = attempt < ATTEMPTS_MAX ? BEHIND_MAX : Number.MAX_SAFE_INTEGER
      try {
        await atSwitch(() => this.#switchOnce(behindMax))
        return
      } catch (error) {
        if (!(error instanceof Again || isLocked(error))) throw error
        requireLeave(this.#run.signal)
      }
    }
  }

  async #switchOnce(behindMax: number): Promise<void> {
    const { plan, expected, entry } = this.#planned
    const durationMs = Math.round(systemClock.monotonicMs() - this.#startMs)
    const task = {
      ...plan.switch,
      ...{ version: this.#version, claim: this.#claim(), copies: plan.copies, behindMax, expected },
      entry: entry === null ? null : entryRow({ ...entry, durationMs }),
    }
    await this.#place.rewatch(false)
    try {
      const outcome = await this.#place.ask({ kind: 'switch', switch: task })
      if (outcome.kind === 'stale') this.#requireFrom()
      if (outcome.kind !== 'changed') throw new Again()
    } finally {
      await this.#place.rewatch(true)
    }
  }

  /** What is left over is taken away; whoever is next does it where this one can't. */
  async #tidy(): Promise<void> {
    try {
      await this.#sweep(null)
    } catch {
      // The migration is done, or refused already. Rubbish that stays behind is swept with the next lease.
    }
  }
}
