import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { failure } from '../errors/error.ts'
import type { MigrationFile } from '../pipeline/migrate/types.ts'
import type { Catalog } from '../schema/catalog.ts'
import { readCatalog, writeCatalog } from '../schema/migration/catalog-text.ts'
import { diff } from '../schema/migration/diff.ts'
import { StepFault } from '../schema/migration/draft.ts'
import { explainStep } from '../schema/migration/explain-step.ts'
import { nearest } from '../std/nearest.ts'
import type { Invocation } from './command.ts'
import { loadMigrationFiles } from './migration-files.ts'
import { fileName, parseFileName } from './migration-name.ts'
import { type MigrationContent, resealedText } from './migration-text.ts'
import { beside, outcomeBeside, outsideTables } from './outside-tables.ts'
import { MIGRATIONS_FOLDER } from './serving.ts'

/** A command line for one project. */
export interface InProject extends Invocation {
  readonly project: string
  readonly signal: AbortSignal
}

/** Checks a file that was edited, and writes its checksum and, for the last one, what its steps now lead to. Gives the exit code. */
export async function sealFile(context: InProject, which: string): Promise<number> {
  const files = await filesOf(context)
  const file = findFile(which, files)
  const led = outcomeOf(file, readCatalog(file.before), 'its steps do not follow from where it starts')
  const differences = differencesOf(readCatalog(file.after), led)
  if (differences.length > 0 && file !== files.at(-1)) {
    const next = files[files.indexOf(file) + 1]?.name
    const hint = `Take the edit back, and say it in a new file: pilar migrate new.`
    const message = `${file.name} no longer leads to what ${next} starts from: it is missing what ${differences.join('; ')}`
    throw failure('PILAR_MIGRATION', { message }, { hint })
  }
  const after = differences.length === 0 ? file.after : writeCatalog(led)
  const path = pathOf(context, file.name)
  await rewrite(context, { from: path, to: path, content: { ...file, after } })
  return tell(context, `sealed ${relative(context.shell.cwd, path)}`, { file: file.name, leadsTo: differences })
}

/** Gives a file the last number and lets its steps start from what the other files lead to. Gives the exit code. */
export async function rebaseFile(context: InProject, which: string): Promise<number> {
  const files = await filesOf(context)
  const file = findFile(which, files)
  const others = files.filter((other) => other !== file)
  const last = others.at(-1)
  if (last === undefined) {
    throw failure('PILAR_MIGRATION', { message: `${file.name} is the only file: there is nothing it could follow` })
  }
  const led = outcomeOf(file, readCatalog(last.after), `it can't follow ${last.name}`)
  const words = parseFileName(file.name)?.words ?? ''
  const name = fileName(last.number + 1, words)
  const content = { steps: file.steps, before: last.after, after: writeCatalog(led) }
  await rewrite(context, { from: pathOf(context, file.name), to: pathOf(context, name), content })
  const shown = [file.name, name].map((each) => relative(context.shell.cwd, pathOf(context, each)))
  return tell(context, `${shown.join(' is now ')}, after ${last.name}`, { file: name, was: file.name })
}

async function filesOf({ project, shell, signal }: InProject): Promise<readonly MigrationFile[]> {
  return (await loadMigrationFiles(project, shell, signal)) ?? []
}

const pathOf = ({ project }: InProject, name: string): string => join(project, MIGRATIONS_FOLDER, `${name}.ts`)

/** By name, or by a number that only one file has. */
function findFile(which: string, files: readonly MigrationFile[]): MigrationFile {
  const wanted = which.replace(/^.*\//, '').replace(/\.ts$/, '')
  const named = files.find(({ name }) => name === wanted)
  const numbered = /^\d+$/.test(wanted) ? files.filter(({ number }) => number === Number(wanted)) : []
  const found = named ?? (numbered.length === 1 ? numbered[0] : undefined)
  if (found !== undefined) return found
  if (numbered.length > 1) {
    const hint = `Name one: ${numbered.map(({ name }) => name).join(', ')}.`
    throw failure('PILAR_MIGRATION', { message: `several files have the number ${wanted}` }, { hint })
  }
  const names = files.map(({ name }) => name)
  const near = nearest(wanted, names, 0.5)
  const hint = near === null ? `There is: ${names.join(', ') || 'no file at all'}.` : `Perhaps you meant ${near}.`
  throw failure('PILAR_MIGRATION', { message: `there is no file "${wanted}" in ${MIGRATIONS_FOLDER}/` }, { hint })
}

function outcomeOf({ name, steps }: MigrationFile, from: Catalog, problem: string): Catalog {
  try {
    return outcomeBeside(from, steps)
  } catch (error) {
    if (!(error instanceof StepFault)) throw error
    const hint = 'Mend its steps, or delete it and let pilar migrate new write the difference anew.'
    throw failure('PILAR_MIGRATION', { message: `${name}: ${problem}: ${error.message}` }, { hint, cause: error })
  }
}

/** What leads from one structure to another, in words. */
function differencesOf(from: Catalog, to: Catalog): readonly string[] {
  const outside = [
    ...new Map([...outsideTables(from, []), ...outsideTables(to, [])].map((table) => [table.key, table])).values(),
  ]
  const [left, right] = [beside(from, outside), beside(to, outside)]
  const existing = new Set(outside.map(({ key }) => key))
  const { steps, obstacles } = diff(left, right, { known: left, existing })
  return [...steps.map(explainStep), ...obstacles.map(({ table, message }) => `${table}: ${message}`)]
}

interface Rewriting {
  readonly from: string
  readonly to: string
  readonly content: MigrationContent
}

/** Writes the file under its new name, reads it again, and only then takes the old one away. */
async function rewrite(context: InProject, { from, to, content }: Rewriting): Promise<void> {
  const old = readFileSync(from, 'utf8')
  const text = resealedText(old, content)
  if (text === null) {
    const hint =
      '"checksum", "before" and "after" must stand as pilar migrate new writes them. Delete the file and write it anew, or undo the layout.'
    throw failure('PILAR_MIGRATION', { message: `${from} can't be sealed: it has another layout` }, { hint })
  }
  const draft = `${to}.new`
  writeFileSync(draft, text)
  renameSync(draft, to)
  if (from !== to) rmSync(from)
  const { project, shell, signal } = context
  const written = (await loadMigrationFiles(project, shell, signal))?.find(({ name }) => to.endsWith(`/${name}.ts`))
  if (written !== undefined && written.checksum === written.actualChecksum) return
  writeFileSync(from, old)
  if (from !== to) rmSync(to)
  throw failure('PILAR_MIGRATION', { message: `${from} can't be sealed: what it says changes each time it is loaded` })
}

function tell({ shell, given }: InProject, text: string, json: object): number {
  const { leadsTo } = json as { readonly leadsTo?: readonly string[] }
  if (given('json')) shell.output.print(JSON.stringify(json))
  else shell.output.print([text, ...(leadsTo ?? []).map((line) => `  now also ${line}`)].join('\n'))
  return 0
}
