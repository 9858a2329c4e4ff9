/** Random changes of one database, one after the other, each compared with what it should come to. */
import assert from 'node:assert/strict'
import { readFile } from '../../src/engines/sqlite/found-file.ts'
import { planMigration as planSqlite } from '../../src/engines/sqlite/migrate/plan.ts'
import type { Lease, MigrationRun, Structure } from '../../src/engines/structure.ts'
import { PilarError } from '../../src/errors/error.ts'
import { SchemaProblems } from '../../src/pipeline/declare.ts'
import { applyMigration } from '../../src/pipeline/migrate/apply-migration.ts'
import { planMigration } from '../../src/pipeline/migrate/plan-migration.ts'
import type { MigrationPlan, UndoPlan } from '../../src/pipeline/migrate/types.ts'
import { planUndo } from '../../src/pipeline/migrate/undo.ts'
import type { Catalog } from '../../src/schema/catalog.ts'
import type { SchemaDefinition } from '../../src/schema/definition.ts'
import { makeCatalog, makeTable } from '../../src/schema/make-catalog.ts'
import { applySteps } from '../../src/schema/migration/apply-steps.ts'
import { explainStep } from '../../src/schema/migration/explain-step.ts'
import type { MigrationStep } from '../../src/schema/migration/step.ts'
import { TEXT } from '../../src/schema/types.ts'
import { Random } from '../simulate/random.ts'
import { mutateDefinition } from '../support/mutate-catalog.ts'
import { randomDefinition } from '../support/random-catalog.ts'
import { structureDifferences } from '../support/structure-differences.ts'
import type { TestDatabase } from './database.ts'
import { expectForward, fileName } from './expect-forward.ts'
import { expectUndo } from './expect-undo.ts'
import { compareTables } from './expected.ts'
import { settled } from './lineage.ts'
import { remainder } from './native-file.ts'
import { fillTables, writeSome } from './random-writes.ts'
import { dump, faults, leftOvers, type RowKey, readSnapshot, type Snapshot } from './snapshot.ts'

const signal = new AbortController().signal
/** A survey costs more than the migration of some rows: most are run without. */
const SURVEYED = 0.12

/** What was done, in figures that show the run was not empty. */
export interface Figures {
  pairs: number
  migrated: number
  refused: number
  /** Refused before the rows were asked: by mistakes of the definition, or obstacles. */
  impossible: number
  undone: number
  undoRefused: number
  /** Migrations that were surveyed before, as the command line does it. */
  surveyed: number
  /** Migrations during which rows were written. */
  disturbed: number
}

export const NO_FIGURES: Figures = {
  ...{ pairs: 0, migrated: 0, refused: 0, impossible: 0, undone: 0, undoRefused: 0, surveyed: 0, disturbed: 0 },
}

/** A migration that was run, for its undo. */
interface Frame {
  readonly before: SchemaDefinition
  readonly after: SchemaDefinition
  readonly from: Catalog
  readonly first: Snapshot
  readonly second: Snapshot
  readonly keys: ReadonlyMap<string, ReadonlyMap<RowKey, RowKey>>
}

export interface ChainOptions {
  readonly seed: number
  readonly pairs: number
  /** Changes the steps of an undo: a control that has to be noticed. */
  readonly breakUndo?: (steps: readonly MigrationStep[]) => readonly MigrationStep[]
}

/** A difference that was found, with the way that led there. */
export class Difference extends Error {
  override readonly name = 'Difference'
}

export class Chain {
  readonly figures: Figures = { ...NO_FIGURES }
  readonly #database: TestDatabase
  readonly #options: ChainOptions
  readonly #random: Random
  readonly #history: SchemaDefinition[] = []
  readonly #isAdopted: boolean
  #definition: SchemaDefinition
  #frames: Frame[] = []
  #told: readonly string[] = []

  constructor(database: TestDatabase, options: ChainOptions, adopted: SchemaDefinition | null) {
    this.#database = database
    this.#options = options
    this.#random = new Random(options.seed)
    this.#isAdopted = adopted !== null
    this.#definition = adopted ?? randomDefinition(this.#random)
  }

  /** Throws Difference. */
  async run(): Promise<void> {
    try {
      const { structure, raw } = this.#database
      const plan = await planMigration({ structure: unsurveyed(structure), definition: this.#definition, signal })
      if (this.#isAdopted)
        report(plan.steps.map(({ explanation }) => `to do for a file as it was found: ${explanation}`))
      await this.#apply(plan)
      fillTables({ database: raw, catalog: await this.#introspect(), random: this.#random })
      while (this.figures.pairs < this.#options.pairs) await this.#change()
    } catch (error) {
      const text = error instanceof Error ? `${error.message.slice(0, 3000)}\n${error.stack}` : String(error)
      throw new Difference(`seed ${this.#options.seed}:\n${this.#told.join('\n')}\n${text}`, { cause: error })
    }
  }

  #introspect(): Promise<Catalog> {
    return this.#database.structure.introspect(signal)
  }

  async #change(): Promise<void> {
    const random = this.#random
    await this.#forward(this.#nextDefinition())
    for (let count = random.int(0, 2); count > 0 && this.#frames.length > 0; count--) {
      if (random.chance(0.6)) {
        writeSome({ database: this.#database.raw, catalog: await this.#introspect(), random })
      }
      await this.#undo()
    }
  }

  #nextDefinition(): SchemaDefinition {
    const random = this.#random
    const last = this.#frames.at(-1)
    if (last !== undefined && random.chance(0.15)) return settled(last.before)
    if (!this.#isAdopted && random.chance(0.06)) return randomDefinition(random)
    return mutateDefinition(this.#definition, random, [...this.#history, this.#definition])
  }

  async #forward(after: SchemaDefinition): Promise<void> {
    const { figures } = this
    const { structure, raw } = this.#database
    figures.pairs++
    const isSurveyed = this.#random.chance(SURVEYED)
    if (isSurveyed) figures.surveyed++
    const from = await this.#introspect()
    const untouched = dump(raw)
    let plan: MigrationPlan
    try {
      plan = await planMigration({
        structure: isSurveyed ? structure : unsurveyed(structure),
        definition: after,
        signal,
      })
    } catch (error) {
      if (!(error instanceof SchemaProblems)) throw error
      figures.impossible++
      assert.equal(dump(raw), untouched, 'a schema with mistakes changes nothing')
      return
    }
    this.#told = plan.steps.map(({ step }) => explainStep(step))
    if (plan.obstacles.length > 0) figures.impossible++
    const around = this.#remainder()
    const first = await this.#attempt(plan, from, isSurveyed)
    if (first === null) return
    if (first.isDisturbed === false) assert.equal(this.#remainder(), around, "what is somebody else's stays")
    figures.migrated++
    const before = this.#definition
    this.#definition = settled(after)
    this.#history.push(before)
    const to = await this.#introspect()
    const second = readSnapshot(raw)
    const foretold = expectForward({
      ...{ before, after, from, to, rows: first.rows, found: second, isAdopted: this.#isAdopted },
    })
    report(compareTables(foretold.tables, second))
    await this.#checkFile(this.#definition)
    // What comes back may be written before it goes again: earlier migrations know it as it was.
    if (plan.steps.some(({ step }) => bringsBack(step))) this.#frames = []
    if (plan.steps.length > 0)
      this.#frames.push({ before, after, from, first: first.rows, second, keys: foretold.keys })
  }

  /** Triggers, views and virtual tables that somebody else made. */
  #remainder(): string {
    return this.#isAdopted ? remainder(this.#database.raw) : ''
  }

  /** The rows right before the change; null where it was refused, and the file is as it was. */
  async #attempt(
    plan: MigrationPlan,
    from: Catalog,
    isSurveyed: boolean,
  ): Promise<{ readonly rows: Snapshot; readonly isDisturbed: boolean } | null> {
    const { raw } = this.#database
    let present = dump(raw)
    let rows = readSnapshot(raw)
    const disturb = this.#random.chance(0.35) && plan.possible ? this.#random.int(1, 3) : 0
    let isDisturbed = false
    const pause = async (): Promise<void> => {
      if (isDisturbed || disturb === 0) return
      // Not before a copy is there: rows that are written before are nothing special.
      if (leftOvers(raw).length === 0) return
      isDisturbed = true
      this.figures.disturbed++
      for (let count = disturb; count > 0; count--) writeSome({ database: raw, catalog: from, random: this.#random })
      present = ''
      rows = readSnapshot(raw)
    }
    try {
      await this.#apply(plan, { pause })
      return { rows, isDisturbed }
    } catch (error) {
      if (!isRefusal(error)) throw error
      if (plan.obstacles.length === 0) this.figures.refused++
      // Rows that were written meanwhile may break a rule that all rows kept when they were asked.
      if (isSurveyed && plan.possible && !isDisturbed) throw error
      if (present === '') assert.deepEqual(readSnapshot(raw), rows, 'a refused migration changes no row')
      else assert.equal(dump(raw), present, 'a refused migration changes nothing')
      if (isSurveyed && plan.obstacles.length === 0 && !plan.possible) await this.#requireTrue(plan, present)
      return null
    }
  }

  /** What the survey says is so: run all the same, the steps are refused by the rows. */
  async #requireTrue(plan: MigrationPlan, present: string): Promise<void> {
    const { structure, raw } = this.#database
    const steps = plan.steps.map(({ step }) => step)
    const said = plan.steps.flatMap(({ findings }) => findings.map(({ message }) => message)).join('; ')
    const refused = await this.#withLease((lease) =>
      structure.migrate({ steps, from: plan.found, entry: null }, { lease, signal }).then(
        () => false,
        (error: unknown) => {
          if (!isRefusal(error)) throw error
          return true
        },
      ),
    )
    assert.ok(refused, `the survey refuses (${said}) what can be done`)
    assert.equal(dump(raw), present, 'a refused migration changes nothing')
  }

  async #undo(): Promise<void> {
    const frame = this.#frames.at(-1)
    if (frame === undefined) return
    const { structure, raw } = this.#database
    const isSurveyed = this.#random.chance(SURVEYED)
    const plan = await planUndo({ structure: isSurveyed ? structure : unsurveyed(structure), which: null, signal })
    this.#told = ['undo:', ...plan.steps.map(({ step }) => explainStep(step))]
    const present = readSnapshot(raw)
    const isDone = await this.#attemptUndo(plan, isSurveyed)
    if (!isDone) {
      this.figures.undoRefused++
      // What can't be undone stays; so do the migrations before it.
      this.#frames = []
      return
    }
    this.figures.undone++
    this.#frames.pop()
    this.#history.push(this.#definition)
    this.#definition = settled(frame.before)
    const found = readSnapshot(raw)
    report(compareTables(expectUndo({ ...frame, present, found, isAdopted: this.#isAdopted }), found))
    report(lossesNotTold(frame, plan))
    const to = await this.#introspect()
    report(structureDifferences(withoutRetired(frame.from, this.#isAdopted), withoutRetired(to, this.#isAdopted)))
    await this.#checkFile(this.#definition)
  }

  async #attemptUndo(plan: UndoPlan, isSurveyed: boolean): Promise<boolean> {
    const { raw } = this.#database
    const untouched = dump(raw)
    const steps = this.#options.breakUndo?.(plan.steps.map(({ step }) => step)) ?? null
    const planned =
      steps === null ? plan.steps : plan.steps.map((each, at) => ({ ...each, step: steps[at] ?? each.step }))
    try {
      await this.#apply({ ...plan, steps: planned }, {}, plan.entry.id)
      return true
    } catch (error) {
      if (!isRefusal(error)) throw error
      if (isSurveyed && plan.possible) throw error
      assert.equal(dump(raw), untouched, 'a refused undo changes nothing')
      if (isSurveyed && plan.obstacles.length === 0) await this.#requireTrue(plan, untouched)
      return false
    }
  }

  #apply(plan: MigrationPlan, more: Pick<MigrationRun, 'pause'> = {}, undoes: number | null = null): Promise<void> {
    const entry = { name: null, checksum: null, kind: undoes === null ? 'apply' : 'undo', undoes } as const
    const structure = this.#random.chance(0.3) ? this.#asIfLarge() : this.#database.structure
    const backup = async (): Promise<void> => {}
    return this.#withLease((lease) => applyMigration(plan, { structure, lease, entry, backup, signal, ...more }))
  }

  /** As if every table had a million rows: new rules are verified by copying then. */
  #asIfLarge(): Structure {
    const { structure, raw } = this.#database
    return {
      ...facade(structure),
      migrate: ({ steps, from, entry }, run) => {
        const at = entry?.at ?? '2026-01-02T03:04:05Z'
        const { objects } = readFile(raw)
        const plan = planSqlite(steps, { found: from, objects, rows: () => 1_000_000, at, nowMicros: 0n })
        return structure.run({ plan, from, expected: applySteps(from, steps, at), entry }, run)
      },
    }
  }

  async #withLease<T>(body: (lease: Lease) => Promise<T>): Promise<T> {
    const lease = await this.#database.structure.acquireLease({ holder: 'a test', signal })
    try {
      return await body(lease)
    } finally {
      await lease.release()
    }
  }

  async #checkFile(definition: SchemaDefinition): Promise<void> {
    const { structure, raw } = this.#database
    const again = await planMigration({ structure: unsurveyed(structure), definition, signal })
    report(again.steps.map(({ explanation }) => `still to do: ${explanation}`))
    report(faults(raw))
    report(leftOvers(raw).map((name) => `left over: ${name}`))
  }
}

function report(differences: readonly string[]): void {
  if (differences.length > 0) assert.fail(differences.slice(0, 10).join('\n'))
}

const bringsBack = (step: MigrationStep): boolean =>
  step.kind.startsWith('restore-') || (step.kind === 'change-type' && step.restores !== null)

/** A refusal in the words of an error that users see; anything else is a bug. */
function isRefusal(error: unknown): boolean {
  return error instanceof PilarError && !['PILAR_MIGRATION_STALE', 'PILAR_MIGRATION_LEASE'].includes(error.code)
}

const facade = (structure: Structure): Structure => ({
  introspect: (stop) => structure.introspect(stop),
  survey: (steps, stop) => structure.survey(steps, stop),
  migrate: (migration, run) => structure.migrate(migration, run),
  journal: (stop) => structure.journal(stop),
  record: (entry, lease) => structure.record(entry, lease),
  acquireLease: (options) => structure.acquireLease(options),
  leftovers: (stop) => structure.leftovers(stop),
  tidy: (run) => structure.tidy(run),
  backup: structure.backup,
})

const unsurveyed = (structure: Structure): Structure => ({
  ...facade(structure),
  survey: async (steps) => ({
    findings: [],
    steps: steps.map(() => ({ sql: [], rows: 0, estimateMs: 0, copies: false })),
  }),
})

/** An ON CONFLICT of somebody else's column does not outlive its retirement: what acts by it is told, not remembered. */
function withoutRetired(catalog: Catalog, isAdopted: boolean): Catalog {
  const { tables, functions } = catalog
  const own = [...tables.values()]
    .filter(({ system }) => !system)
    .map(({ storage, ...table }) =>
      makeTable({
        ...table,
        // Types of somebody else's columns may be guessed by a value of the moment.
        columns: table.columns.map((one) =>
          one.storage === undefined ? one : { ...one, type: TEXT, storage: 'native' },
        ),
        // Keys of somebody else's tables are called after their columns of the moment; checks that go with a column are told.
        primaryKeyName: isAdopted ? null : table.primaryKeyName,
        uniques: isAdopted ? [] : table.uniques,
        foreignKeys: isAdopted ? table.foreignKeys.map((one) => ({ ...one, name: '' })) : table.foreignKeys,
        checks: isAdopted ? table.checks.filter(({ native }) => native !== true) : table.checks,
        ...(storage?.includes('without rowid') === true ? { storage: 'without rowid' } : {}),
      }),
    )
  return makeCatalog({ version: 0, schemas: catalog.schemas, tables: own, functions: [...functions.values()] })
}

/** Rows that had no value before the migration and have one after its undo: told, or a difference. */
function lossesNotTold(frame: Frame, { losses }: UndoPlan): readonly string[] {
  return frame.before.tables.flatMap((table) => {
    const next = frame.after.tables.find(
      (each) => each.schema === table.schema && (each.was ?? each.name) === table.name,
    )
    return table.columns.flatMap((column) => {
      const after = next?.columns.find((each) => (each.was ?? each.name) === column.name)
      if (after === undefined || after.using === null || after.nullable || !column.nullable) return []
      const had = [...(frame.first.get(fileName(table))?.rows.values() ?? [])]
      if (!had.some((row) => row.get(column.name) === 'null')) return []
      return losses.some((text) => text.includes(`"${after.name}"`)) ? [] : [`not told: ${table.key}.${column.name}`]
    })
  })
}
