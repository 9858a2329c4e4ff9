import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { failure } from '../errors/error.ts'
import { conflicting } from '../pipeline/migrate/apply-files.ts'
import { contradictions } from '../pipeline/migrate/file-chain.ts'
import type { MigrationFile } from '../pipeline/migrate/types.ts'
import type { Table } from '../schema/catalog.ts'
import { shortKey } from '../schema/check-keys.ts'
import type { SchemaDefinition } from '../schema/definition.ts'
import { writeCatalog } from '../schema/migration/catalog-text.ts'
import type { Difference } from '../schema/migration/diff.ts'
import { explainStep } from '../schema/migration/explain-step.ts'
import { riskOf } from '../schema/migration/risk.ts'
import { changeAfter, existingTables, lastStructure } from './change-after.ts'
import { type Command, type Invocation, JSON_OPTION, PROJECT_OPTION, UsageError } from './command.ts'
import { loadSchemaApart } from './load-schema.ts'
import { prepareGrammar, stoppable, withStructure } from './migrate-context.ts'
import { loadMigrationFiles } from './migration-files.ts'
import { fileName, wordsForSteps, wordsOf } from './migration-name.ts'
import { type MigrationContent, migrationText } from './migration-text.ts'
import { type InProject, rebaseFile, sealFile } from './reseal.ts'
import { MIGRATIONS_FOLDER, readServing, requireAdopted, SCHEMA_FILE, SERVE_OPTIONS, schemaFile } from './serving.ts'

const EXIT_FAILED = 1

export const command: Command = {
  synopsis:
    'pilar migrate new [NAME] [--empty | --seal FILE | --rebase FILE] [--json] [--project DIR] [--database URL]',
  description:
    'Writes what schema.ts has and the last file of migrations/ has not as the next file, to be read, kept in Git, and applied by\n' +
    '`pilar migrate apply` everywhere. Needs no database, unless schema.ts refers to tables of one. After an edit of a file by hand\n' +
    '--seal checks it and writes its checksum; where two branches met, --rebase lets one file follow the others.',
  options: {
    empty: { value: null, doc: 'Write a file without steps, to be written by hand.' },
    seal: {
      value: 'FILE',
      doc: 'Check a file that was edited and is not applied anywhere, by number or name, and seal it.',
    },
    rebase: { value: 'FILE', doc: 'Give a file the last number, starting from what the others lead to.' },
    database: {
      ...SERVE_OPTIONS.database,
      doc: 'Where the tables are that schema.ts only refers to, with existing().',
    },
    project: PROJECT_OPTION,
    json: JSON_OPTION,
  },
  positionals: { min: 0, max: 1 },
  examples: ['pilar migrate new', 'pilar migrate new add_slugs', 'pilar migrate new --seal 0003'],
  run: (invocation) => {
    requireOneMode(invocation)
    return stoppable(invocation.shell, async (signal) => {
      const project = { ...invocation, signal, project: readServing(invocation).project }
      const seal = invocation.text('seal')
      const rebase = invocation.text('rebase')
      if (seal !== undefined) return sealFile(project, seal)
      if (rebase !== undefined) return rebaseFile(project, rebase)
      const files = (await loadMigrationFiles(project.project, invocation.shell, signal)) ?? []
      requireOrder(files)
      return invocation.given('empty') ? writeEmpty(project, files) : writeDifference(project, files)
    })
  },
}

function requireOneMode({ given, positionals }: Invocation): void {
  const modes = ['empty', 'seal', 'rebase'].filter(given)
  if (modes.length > 1) throw new UsageError(`--${modes[0]} and --${modes[1]} exclude each other`)
  const [name] = positionals
  if (name !== undefined && (given('seal') || given('rebase'))) throw new UsageError(`--${modes[0]} takes no name`)
  if (name !== undefined && wordsOf(name) === null)
    throw new UsageError(`"${name}" has no letter or digit a file name could be made of`)
}

/** Nothing may be built on files that contradict each other. */
function requireOrder(files: readonly MigrationFile[]): void {
  const conflicts = contradictions(files)
  if (conflicts.length > 0) throw conflicting(conflicts)
}

async function writeDifference(project: InProject, files: readonly MigrationFile[]): Promise<number> {
  const { shell } = project
  const { output } = shell
  const serving = readServing(project)
  const path = schemaFile({ ...serving, settings: { ...serving.settings, databaseUrl: '' } })
  if (path === null) throw failure('PILAR_START', { message: `there is no ${SCHEMA_FILE} in ${project.project}` })
  const definition = await loadSchemaApart(path, shell, project.signal)
  await prepareGrammar()
  const change = await changeAfter(files, definition, await existingOf(project, definition))
  const notes = notesOf(change)
  if (notes !== '') output.report(notes)
  if (change.obstacles.length > 0) return refused(project, change)
  if (change.steps.length === 0) {
    const last = files.at(-1)?.name
    if (project.given('json')) output.print(JSON.stringify({ file: null, steps: [] }))
    else
      output.print(
        `No difference: ${last === undefined ? 'schema.ts declares nothing' : `schema.ts says what ${last} leads to`}.`,
      )
    return 0
  }
  if (!(await agreesToRenames(project, change))) return refused(project, change)
  return writeNext(project, files, {
    steps: change.steps,
    before: beforeNext(files),
    after: writeCatalog(change.wanted),
  })
}

function refused({ shell, given }: InProject, { obstacles, warnings }: Difference): number {
  if (given('json')) shell.output.print(JSON.stringify({ file: null, obstacles, warnings }, null, 2))
  return EXIT_FAILED
}

function writeEmpty(project: InProject, files: readonly MigrationFile[]): Promise<number> {
  const before = beforeNext(files)
  return writeNext(project, files, { steps: [], before, after: before })
}

const beforeNext = (files: readonly MigrationFile[]): string => writeCatalog(lastStructure(files))

/** Of the database, which is asked only when schema.ts speaks of tables that it does not declare. */
async function existingOf(project: InProject, definition: SchemaDefinition): Promise<readonly Table[]> {
  if ((definition.existing ?? []).length === 0) return []
  const serving = readServing(project)
  requireAdopted(definition, serving)
  return withStructure(serving, { env: project.shell.env, writes: false }, (structure) =>
    existingTables(definition, structure, project.signal),
  )
}

function notesOf({ obstacles, warnings }: Difference): string {
  const lines = [
    ...obstacles.map(({ table, message, hint }) => `not possible: ${shortKey(table)}: ${message}\nhint: ${hint}`),
    ...warnings.map(
      ({ table, message, hint }) => `to know: ${shortKey(table)}: ${message}${hint === null ? '' : `\nhint: ${hint}`}`,
    ),
  ]
  return lines.join('\n')
}

/** What looks like a rename and is not said to be one is asked about, where somebody can be asked. */
async function agreesToRenames({ shell }: Invocation, { warnings }: Difference): Promise<boolean> {
  if (shell.terminal === null || !warnings.some(({ kind }) => kind === 'probable-rename')) return true
  const answer = await shell.terminal.ask('Is it really not a rename? Write the file so? [y/N] ')
  return answer !== null && /^\s*y(es)?\s*$/i.test(answer)
}

async function writeNext(
  project: InProject,
  files: readonly MigrationFile[],
  content: MigrationContent,
): Promise<number> {
  const { shell, positionals, given } = project
  const words = wordsOf(positionals[0] ?? '') ?? wordsForSteps(content.steps, files.length === 0)
  const name = fileName((files.at(-1)?.number ?? 0) + 1, words)
  const folder = join(project.project, MIGRATIONS_FOLDER)
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${name}.ts`)
  writeFileSync(path, migrationText(content), { flag: 'wx' })
  const shown = relative(shell.cwd, path)
  const steps = content.steps.map((step) => ({ explanation: explainStep(step), risk: riskOf(step) }))
  if (given('json')) shell.output.print(JSON.stringify({ file: shown, steps }, null, 2))
  else shell.output.print([`wrote ${shown}`, ...steps.map(stepLine), nextHint(name, steps.length)].join('\n'))
  return 0
}

function stepLine(
  { explanation, risk }: { readonly explanation: string; readonly risk: string },
  index: number,
): string {
  return `  ${index + 1}. ${explanation}${risk === 'safe' ? '' : ` (${risk})`}`
}

function nextHint(name: string, steps: number): string {
  const next =
    steps === 0 ? `Write its steps, then: pilar migrate new --seal ${name}` : 'Read it, then: pilar migrate plan'
  return `\n${next}`
}
