import type { Catalog, Column, Table, TableKey } from '../catalog.ts'
import { applyStep } from './apply-steps.ts'
import type { DiffOptions, Obstacle, Warning } from './diff.ts'
import { type Draft, draftOf, StepFault } from './draft.ts'
import type { MigrationStep } from './step.ts'

/** What `diff` has come to so far. */
export interface Work {
  /** The database as the steps so far leave it. */
  readonly draft: Draft
  /** What was declared last, under its present names; null when nothing is known. */
  readonly known: Draft | null
  readonly to: Catalog
  readonly existing: ReadonlySet<TableKey>
  readonly steps: MigrationStep[]
  readonly obstacles: Obstacle[]
  readonly warnings: Warning[]
}

export function beginWork(from: Catalog, to: Catalog, options: DiffOptions): Work {
  return {
    draft: draftOf(from),
    known: options.known === null ? null : draftOf(options.known),
    to,
    existing: options.existing ?? new Set(),
    steps: [],
    obstacles: [],
    warnings: [],
  }
}

/** Adds a step. Where there are obstacles, nothing is run, and a step that leans on what could not be made is left out. */
export function take(work: Work, step: MigrationStep): void {
  try {
    applyStep(work.draft, step)
    work.steps.push(step)
  } catch (error) {
    if (work.obstacles.length === 0 || !(error instanceof StepFault)) throw error
  }
}

/** A name of `names` that engines could take for `name`: it differs by upper and lower case only. */
export function twinOf(name: string, names: Iterable<string>): string | null {
  const folded = name.toLowerCase()
  return [...names].find((each) => each !== name && each.toLowerCase() === folded) ?? null
}

/** Tables (no views) that are wanted and that are there. */
export function pairs(work: Work): readonly { readonly found: Table; readonly wanted: Table }[] {
  return [...work.to.tables.values()].flatMap((wanted) => {
    const found = work.draft.tables.get(wanted.key)
    return wanted.kind === 'table' && found?.kind === 'table' ? [{ found, wanted }] : []
  })
}

/** Columns of an adopted table keep their own storage; whatever type is declared for them is how they are read. */
export function isAdopted(column: Column): boolean {
  return column.storage?.startsWith('native') ?? false
}

export function isAdoptedTable(table: Table): boolean {
  return table.columns.some(isAdopted)
}

/** True for what a schema.ts declared, so that its absence there is a wish. */
export function ownsTable(work: Work, table: Table): boolean {
  if (table.system || work.existing.has(table.key)) return false
  if (work.known !== null) return work.known.tables.has(table.key)
  return table.kind === 'view' ? table.definition !== null : !isAdoptedTable(table)
}

export function ownsColumn(work: Work, table: Table, column: Column): boolean {
  if (work.known === null) return !isAdoptedTable(table)
  return work.known.tables.get(table.key)?.column.has(column.name) ?? false
}
