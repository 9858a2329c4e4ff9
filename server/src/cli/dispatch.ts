import { PilarError } from '../errors/error.ts'
import { nearest } from '../std/nearest.ts'
import { type Command, parseCommandLine, type Shell, suggestion, UsageError } from './command.ts'
import { commandHelp, groupHelp } from './help.ts'
import { version } from './version.ts'

interface Entry {
  readonly summary: string
  readonly load: () => Promise<{ readonly command: Command }>
}

/** Every command, loaded only when it is asked for: `pilar keys` does not wait for the server's modules. */
export const COMMANDS: Readonly<Record<string, Entry>> = {
  init: { summary: 'Write a small working project', load: () => import('./init.ts') },
  start: { summary: 'Serve a project', load: () => import('./start.ts') },
  dev: { summary: 'Serve a project and follow its changes', load: () => import('./dev.ts') },
  keys: { summary: 'Show the keys of a project', load: () => import('./keys.ts') },
  pull: { summary: 'Write the schema.ts of a database that is there', load: () => import('./pull.ts') },
  types: { summary: 'Write the TypeScript types of a database or project', load: () => import('./types.ts') },
  'db backup': { summary: 'Save the whole database in a file', load: () => import('./db-backup.ts') },
  'db restore': { summary: 'Put a backup in the place of the database', load: () => import('./db-restore.ts') },
  'db seed': { summary: 'Run seed.ts', load: () => import('./db-seed.ts') },
  'db reset': { summary: 'Empty the database and begin again', load: () => import('./db-reset.ts') },
  'db dump': { summary: 'Write the database out as SQL or NDJSON', load: () => import('./db-dump.ts') },
  'db load': { summary: 'Load what a dump wrote', load: () => import('./db-load.ts') },
  'db shell': { summary: 'Ask the database in SQL', load: () => import('./db-shell.ts') },
  'migrate plan': {
    summary: 'Say what applying would change, and what it costs',
    load: () => import('./migrate-plan.ts'),
  },
  'migrate apply': { summary: 'Bring the database to what is declared', load: () => import('./migrate-apply.ts') },
  'migrate status': {
    summary: 'Show files, journal, drift and what is retired',
    load: () => import('./migrate-status.ts'),
  },
  'migrate undo': { summary: 'Take a migration back', load: () => import('./migrate-undo.ts') },
  'migrate new': { summary: 'Write the next migration file', load: () => import('./migrate-new.ts') },
  'migrate purge': { summary: 'Destroy what was retired', load: () => import('./migrate-purge.ts') },
  'policy explain': {
    summary: 'Say what a role may do with a table, and why',
    load: () => import('./policy-explain.ts'),
  },
  'policy matrix': { summary: 'Print role × table × action × columns', load: () => import('./policy-matrix.ts') },
}

const EXIT_FAILED = 1
const EXIT_USAGE = 2

/** Runs one command line and gives the exit code: 0 done, 1 failed, 2 the command line was wrong. */
export async function main(args: readonly string[], shell: Shell): Promise<number> {
  try {
    return await dispatch(args, shell)
  } catch (error) {
    return explain(error, shell)
  }
}

async function dispatch(args: readonly string[], shell: Shell): Promise<number> {
  const [first, second] = args
  if (first === undefined || isHelp(first)) return list('', shell)
  // `pilar help start` is `pilar start --help`.
  if (first === 'help') return dispatch([...args.slice(1), '--help'], shell)
  if (first === '--version' || first === '-v') {
    shell.output.print(version())
    return 0
  }
  const group = Object.keys(COMMANDS).some((name) => name.startsWith(`${first} `))
  if (group && (second === undefined || isHelp(second))) return list(first, shell)
  if (group && second?.startsWith('-')) throw new UsageError(`unknown option ${second}`, `see pilar ${first} --help`)
  const name = group ? `${first} ${second}` : first
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (entry === undefined) throw unknownCommand(name)
  const { command } = await entry.load()
  const rest = args.slice(group ? 2 : 1)
  if (rest.some(isHelp)) {
    shell.output.print(commandHelp(command, shell.output))
    return 0
  }
  return command.run(parseCommandLine(command, rest, shell))
}

function isHelp(argument: string): boolean {
  return argument === '--help' || argument === '-h'
}

function list(group: string, shell: Shell): number {
  const shown = Object.entries(COMMANDS).filter(([name]) => group === '' || name.startsWith(`${group} `))
  shell.output.print(
    groupHelp(
      shown.map(([name, { summary }]) => [name, summary]),
      shell.output,
    ),
  )
  return 0
}

function unknownCommand(name: string): UsageError {
  const meant = nearest(name, Object.keys(COMMANDS), 0.5)
  return new UsageError(
    `unknown command "${name}"`,
    suggestion(meant === null ? null : `pilar ${meant}`) ?? 'see pilar --help',
  )
}

function explain(error: unknown, shell: Shell): number {
  if (error instanceof UsageError) {
    shell.output.report(`pilar: ${error.message}${error.hint === null ? '' : `\nhint: ${error.hint}`}`)
    return EXIT_USAGE
  }
  if (error instanceof PilarError) {
    shell.output.report(`pilar: ${error.message}${error.hint === null ? '' : `\nhint: ${error.hint}`}`)
    return EXIT_FAILED
  }
  const trouble = fileTrouble(error)
  shell.output.report(
    trouble === null
      ? `pilar: this is a bug in Pilar\n${error instanceof Error ? error.stack : String(error)}`
      : `pilar: ${trouble}`,
  )
  return EXIT_FAILED
}

/** What a file system says that is no mistake of ours. */
const FILE_TROUBLE: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  EEXIST: 'a file of this name is in the way',
  ENOTDIR: 'a part of the path is a file, not a folder',
  ENOSPC: 'the disk is full',
}

function fileTrouble(error: unknown): string | null {
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException
  const reason = code === undefined ? undefined : FILE_TROUBLE[code]
  return reason === undefined || path === undefined ? null : `can't write ${path}: ${reason}`
}
