import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import type { Console, ConsoleResult } from '../engines/transfer.ts'
import { PilarError } from '../errors/error.ts'
import { dumpName } from '../pipeline/dump/format.ts'
import type { Table } from '../schema/catalog.ts'
import { typeLabel } from '../schema/types.ts'
import { nearest } from '../std/nearest.ts'
import { type Command, type Invocation, JSON_OPTION } from './command.ts'
import { DB_OPTIONS, openTransfer } from './open-transfer.ts'
import { columns } from './output.ts'

const HISTORY_FILE = 'shell-history'
const HISTORY_MAX = 1_000
const ROWS_MAX = 1_000
const EXIT_FAILED = 1

export const command: Command = {
  synopsis: 'pilar db shell [-c SQL] [--write] [--raw] [--json] [--database URL] [--project DIR] [--data DIR]',
  description:
    'A prompt for SQL of the database itself (SQLite). It only reads, unless --write is given; Pilar’s own tables are never changed.\n' +
    'Policies do not apply. Numerics, booleans and bytes are shown as the API shows them where a column is selected as it is; in\n' +
    'expressions they have the form in which they are stored. \\? at the prompt lists its commands. In a pipe it runs what it reads.',
  options: {
    command: { value: 'SQL', short: 'c', doc: 'Run these statements instead of asking for some.' },
    write: { value: null, doc: 'Allow changes. They can not be undone: think of `pilar db backup` first.' },
    raw: { value: null, doc: 'Show every value as it is stored.' },
    ...DB_OPTIONS,
    json: { ...JSON_OPTION, doc: 'Print the rows of each statement as one line of JSON.' },
  },
  positionals: { min: 0, max: 0 },
  examples: ['pilar db shell', 'pilar db shell -c "select count(*) from posts"', 'pilar db shell --json < report.sql'],
  run: async (invocation) => {
    const { transfer, serving } = openTransfer(invocation)
    const console = await transfer.openConsole({ write: invocation.given('write') })
    const prompt = new Prompt(console, invocation)
    try {
      const sql = invocation.text('command')
      if (sql !== undefined) return prompt.runAll(sql) ? 0 : EXIT_FAILED
      if (invocation.shell.terminal === null) return (await prompt.readPipe()) ? 0 : EXIT_FAILED
      await prompt.talk(join(serving.settings.dataDir, HISTORY_FILE))
      return 0
    } finally {
      console.close()
    }
  },
}

const HELP = `\\d          tables and views
\\d TABLE    columns, keys and statements of one
\\q          leave; also Ctrl-D
A statement ends with a semicolon and may have several lines.`

/** Reads statements and shows what they give. */
class Prompt {
  readonly #console: Console
  readonly #invocation: Invocation
  #pending = ''

  constructor(console: Console, invocation: Invocation) {
    this.#console = console
    this.#invocation = invocation
  }

  /** Runs several statements; the last needs no semicolon. False when one failed; those after it were not run. */
  runAll(sql: string): boolean {
    for (const line of sql.split('\n')) if (!this.#take(line)) return false
    return this.#pending.trim() === '' || this.#run(this.#pending)
  }

  async readPipe(): Promise<boolean> {
    for await (const line of createInterface({ input: process.stdin })) if (!this.#take(line)) return false
    return this.#pending.trim() === '' || this.#run(this.#pending)
  }

  async talk(historyFile: string): Promise<void> {
    const { output } = this.#invocation.shell
    const history = existsSync(historyFile) ? readFileSync(historyFile, 'utf8').split('\n').filter(Boolean) : []
    const lines = createInterface({
      ...{ input: process.stdin, output: process.stderr, terminal: true, historySize: HISTORY_MAX },
      history: history.toReversed(),
    })
    lines.on('history', (all) => {
      history.splice(0, history.length, ...all.toReversed())
    })
    output.report(this.#invocation.given('write') ? 'Changes are allowed. \\? for help.' : 'Read only. \\? for help.')
    lines.setPrompt('pilar> ')
    lines.prompt()
    // Ctrl-C takes back what was typed, Ctrl-D leaves.
    lines.on('SIGINT', () => {
      this.#pending = ''
      lines.write(null, { ctrl: true, name: 'u' })
      lines.setPrompt('pilar> ')
      lines.prompt()
    })
    for await (const line of lines) {
      if (this.#pending === '' && /^\s*(\\q|exit|quit)\s*;?\s*$/i.test(line)) break
      this.#take(line)
      lines.setPrompt(this.#pending === '' ? 'pilar> ' : '   ... ')
      lines.prompt()
    }
    lines.close()
    mkdirSync(join(historyFile, '..'), { recursive: true, mode: 0o700 })
    writeFileSync(historyFile, `${history.slice(-HISTORY_MAX).join('\n')}\n`, { mode: 0o600 })
  }

  /** One line; true unless a statement failed. */
  #take(line: string): boolean {
    if (this.#pending === '' && line.trim().startsWith('\\')) return this.#command(line.trim())
    this.#pending += `${line}\n`
    if (this.#pending.trim() === '') this.#pending = ''
    if (!this.#console.isComplete(this.#pending)) return true
    const sql = this.#pending
    this.#pending = ''
    return this.#run(sql)
  }

  #run(sql: string): boolean {
    const { shell, given } = this.#invocation
    try {
      const rowsMax = given('json') || shell.terminal === null ? Number.POSITIVE_INFINITY : ROWS_MAX
      for (const statement of this.#console.split(sql)) {
        const result = this.#console.run(statement, { raw: given('raw'), rowsMax })
        shell.output.print(given('json') ? asJson(result) : asTable(result))
      }
      return true
    } catch (error) {
      if (!(error instanceof PilarError)) throw error
      const hint = error.code === '25006' ? 'Allow changes with --write.' : error.hint
      shell.output.report(`${error.message}${hint === null ? '' : `\nhint: ${hint}`}`)
      return false
    }
  }

  #command(line: string): boolean {
    const { output } = this.#invocation.shell
    const [word = '', name] = line.split(/\s+/)
    if (word === '\\?') output.print(HELP)
    else if (word !== '\\d') output.report(`unknown command ${word}\n${HELP}`)
    else if (name === undefined) output.print(this.#tables())
    else return this.#describe(name)
    return word === '\\?' || word === '\\d'
  }

  #tables(): string {
    const all = [...this.#console.catalog.tables.values()]
    const rows = all.map((table) => [dumpName(table), table.system ? 'Pilar’s own' : table.kind, table.comment ?? ''])
    return columns([['NAME', 'KIND', 'COMMENT'], ...rows])
  }

  #describe(name: string): boolean {
    const { output } = this.#invocation.shell
    const all = [...this.#console.catalog.tables.values()]
    const table = all.find((each) => dumpName(each) === name || each.key === name)
    if (table === undefined) {
      const near = nearest(name, all.map(dumpName), 0.5)
      output.report(`there is no table ${name}${near === null ? '' : `; did you mean ${near}?`}`)
      return false
    }
    output.print(`${columnTable(table)}\n\n${this.#console.definitionOf(table).join(';\n')};`)
    return true
  }
}

function columnTable(table: Table): string {
  const rows = table.columns.map((column) => [
    column.name,
    typeLabel(column.type),
    column.nullable ? '' : 'not null',
    column.default === null ? '' : `default ${column.default}`,
    table.primaryKey.includes(column.name) ? 'primary key' : '',
  ])
  return columns([['COLUMN', 'TYPE', '', '', ''], ...rows])
}

function asJson({ columns: names, rows, changed }: ConsoleResult): string {
  if (names.length === 0) return JSON.stringify({ changed })
  return JSON.stringify(rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? null]))))
}

const NOT_ON_ONE_LINE: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function asTable({ columns: names, rows, cut, changed }: ConsoleResult): string {
  if (names.length === 0) return `${changed} ${changed === 1 ? 'row' : 'rows'} changed`
  const shown = rows.map((row) =>
    row.map((cell) => (cell ?? 'NULL').replaceAll(/[\n\r\t]/g, (char) => NOT_ON_ONE_LINE[char] ?? '')),
  )
  const rule = names.map((name, index) =>
    '-'.repeat(Math.max(name.length, ...shown.slice(0, ROWS_MAX).map((row) => row[index]?.length ?? 0))),
  )
  const count = `(${rows.length}${cut ? ' shown of more' : ''} ${rows.length === 1 ? 'row' : 'rows'})`
  return `${columns([names, rule, ...shown])}\n${count}`
}
