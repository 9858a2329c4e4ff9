import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join, relative, resolve, sep } from 'node:path'
import { failure } from '../errors/error.ts'
import type { LeftAlone, Pulled } from '../pipeline/pull-schema.ts'
import { type Command, type Shell, UsageError } from './command.ts'
import { inspectServed } from './inspect-served.ts'
import { PULLED_FILES, packageName } from './project-files.ts'
import { notedDatabase, readServing, SCHEMA_FILE, SERVE_OPTIONS } from './serving.ts'
import { version } from './version.ts'

export const command: Command = {
  synopsis: 'pilar pull --database URL [--out DIR] [--force]',
  description:
    'Reads what a database is made of and writes it as schema.ts, so that pilar migrate plan finds no difference. Nothing is\n' +
    'written to the database. What schema.ts has no words for (triggers, virtual tables, collations, expressions that mean\n' +
    'something else in PostgreSQL) is listed, and left alone for ever. In a folder without a project the rest of one is\n' +
    'written, too. There are no policies in it: every table is closed until you open it.',
  options: {
    database: { value: 'URL', doc: 'The database: sqlite:FILE. Also DATABASE_URL.' },
    out: { value: 'DIR', doc: 'Folder of the project.', default: 'the current folder' },
    force: { value: null, doc: `Write over a ${SCHEMA_FILE} that is there.` },
  },
  positionals: { min: 0, max: 0 },
  examples: ['pilar pull --database sqlite:shop.sqlite --out shop', 'pilar pull --force'],
  run: async (invocation) => {
    const { shell, text, given } = invocation
    const directory = resolve(shell.cwd, text('out') ?? '.')
    const serving = readServing(invocation)
    if (serving.settings.databaseUrl === '')
      throw new UsageError('--database is missing', `--database ${SERVE_OPTIONS.database.value}`)
    refuseOverwriting(join(directory, SCHEMA_FILE), given('force'))
    const [{ pullSchema }, { found, translated }] = await Promise.all([
      import('../pipeline/pull-schema.ts'),
      inspectServed(serving),
    ])
    const pulled = await pullSchema(found, translated)
    writeProject({ directory, pulled, url: serving.settings.databaseUrl }, shell)
    shell.output.print(describe(pulled))
    const enter = directory === shell.cwd ? '' : `cd ${relative(shell.cwd, directory)} && `
    shell.output.print(
      `Next:  ${enter}${existsSync(join(directory, 'node_modules')) ? '' : 'npm install && '}npx pilar start`,
    )
    return 0
  },
}

function refuseOverwriting(path: string, force: boolean): void {
  if (force || !existsSync(path)) return
  const hint = 'Write over it with --force (it is lost then, with its policies), or name another folder with --out DIR.'
  throw failure('PILAR_START', { message: `there is a ${path} already` }, { hint })
}

interface NewProject {
  readonly directory: string
  readonly pulled: Pulled
  readonly url: string
}

function writeProject({ directory, pulled, url }: NewProject, shell: Shell): void {
  mkdirSync(directory, { recursive: true })
  const database = relativeUrl(url, { from: directory, cwd: shell.cwd })
  const project = { name: packageName(basename(directory)), version: version(), database }
  const shown = (file: string) => relative(shell.cwd, join(directory, file)) || file
  writeFileSync(join(directory, SCHEMA_FILE), pulled.text)
  shell.output.print(`written  ${shown(SCHEMA_FILE)}`)
  for (const [file, text] of Object.entries(PULLED_FILES)) {
    const path = join(directory, file)
    if (existsSync(path)) shell.output.print(`kept     ${shown(file)} (it exists)`)
    else {
      writeFileSync(path, text(project), { flag: 'wx' })
      shell.output.print(`created  ${shown(file)}`)
    }
  }
  if (notedDatabase(directory, {}) !== undefined) return
  const noted = `npm pkg set "pilar.database=${database}"`
  shell.output.print(`\nFor the other commands to find the database, note it in package.json:  ${noted}`)
}

/** `sqlite:shop.sqlite`, seen from the project's folder. */
function relativeUrl(url: string, { from, cwd }: { readonly from: string; readonly cwd: string }): string {
  const file = /^sqlite:(?:\/\/)?(?<path>.+)$/.exec(url)?.groups?.['path']
  return file === undefined ? url : `sqlite:${relative(from, resolve(cwd, file)).split(sep).join('/')}`
}

function describe(pulled: Pulled): string {
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`
  const size = [count(pulled.tables, 'table'), ...(pulled.views === 0 ? [] : [count(pulled.views, 'view')])].join(
    ' and ',
  )
  const closed = 'There are no policies yet: every table is closed to all keys but the secret ones.'
  if (pulled.left.length === 0) return `\n${size}; ${SCHEMA_FILE} says all of it.\n${closed}\n`
  const left = pulled.left.map(leftLine).join('\n')
  return `\n${size}. Left to the database as it is, for ever, since ${SCHEMA_FILE} has no words for it:\n${left}\n\n${closed}\n`
}

/** A view names itself. */
const leftLine = ({ table, what }: LeftAlone): string =>
  table === null || what.startsWith(`view ${table}:`) ? `  ${what}` : `  ${table}: ${what}`
