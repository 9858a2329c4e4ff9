import type { Engine, Program } from '../../engines/engine.ts'
import type { Loading } from '../../engines/transfer.ts'
import { failure, PilarError } from '../../errors/error.ts'
import { SERVICE_ROLE } from '../../policy/actor.ts'
import { GuardedPlan } from '../../policy/guarded-plan.ts'
import { plan } from '../../query/planner/plan.ts'
import type { Catalog, Table } from '../../schema/catalog.ts'
import { DEFAULT_SCHEMA } from '../../schema/catalog.ts'
import { makeCatalog, makeTable } from '../../schema/make-catalog.ts'
import { isJsonObject, type Json, type JsonObject, parseJson, stringifyJson } from '../../std/json.ts'
import { Lru } from '../../std/lru.ts'
import { nearest } from '../../std/nearest.ts'
import { DUMP_FORMAT } from './format.ts'

/** What becomes of a row whose primary key is there already. */
export type OnConflict = 'error' | 'skip' | 'update'

export interface LoadRowsOptions {
  readonly engine: Engine
  /** Of the database, as it was found. */
  readonly catalog: Catalog
  readonly onConflict: OnConflict
  readonly progress: (rows: number) => void
}

const BATCH_ROWS = 500
const PROGRAMS_MAX = 200
const PLAN_OPTIONS = { aggregatesEnabled: false, rowsMax: null, requireWhere: false }
const ACTOR = { role: SERVICE_ROLE, userId: null, email: null, claims: {}, anonymous: false }
const RESOLUTION = { error: null, skip: 'ignore', update: 'merge' } as const

/**
 * Writes the rows of a dump through the same planning and compiling as a request's: types, constraints and checks hold. Gives the number of rows
 * written. Throws the error of the first row that can't be, its line before the message; the caller's transaction undoes the rest.
 */
export async function loadRows(
  lines: AsyncIterable<string>,
  loading: Loading,
  options: LoadRowsOptions,
): Promise<number> {
  const loader = new RowLoader(loading, options)
  let line = 0
  for await (const text of lines) {
    line++
    if (text.trim() === '') continue
    try {
      loader.take(text, line)
    } catch (error) {
      throw located(line, error)
    }
  }
  return loader.finish(line)
}

interface Pending {
  readonly line: number
  readonly row: JsonObject
}

class RowLoader {
  readonly #loading: Loading
  readonly #options: LoadRowsOptions
  readonly #catalog: Catalog
  readonly #programs = new Lru<string, Program>(PROGRAMS_MAX)
  #started = false
  #ended = false
  #table: Table | null = null
  /** The keys of a row, where rows with different ones can't share a statement. */
  #shape = ''
  #pending: Pending[] = []
  #read = 0
  #written = 0

  constructor(loading: Loading, options: LoadRowsOptions) {
    this.#loading = loading
    this.#options = options
    this.#catalog = acceptingIdentities(options.catalog)
  }

  take(text: string, line: number): void {
    const item = parsed(text)
    if (!this.#started) {
      requireHead(item)
      this.#started = true
      return
    }
    if (this.#ended) throw failure('PILAR_DUMP', { message: 'there is more after the end' })
    if (typeof item['table'] === 'string' && isJsonObject(item['row'] ?? null)) {
      this.#takeRow(item['table'], item['row'] as JsonObject, line)
    } else if (typeof item['sequence'] === 'string' && /^\d+$/.test(String(item['last']))) {
      this.#flush()
      this.#loading.raiseSequence(this.#find(item['sequence']), String(item['last']))
    } else if (item['end'] !== undefined) {
      this.#flush()
      this.#end(item['end'])
    } else throw failure('PILAR_DUMP', { message: 'this is no line of a dump' })
  }

  finish(lines: number): number {
    if (!this.#started) throw failure('PILAR_DUMP', { message: 'the file is empty' })
    if (!this.#ended)
      throw located(lines, failure('PILAR_DUMP', { message: 'the dump ends before its end: it was cut off' }))
    return this.#written
  }

  #end(total: Json): void {
    if (total !== this.#read) {
      throw failure('PILAR_DUMP', {
        message: `the dump says it has ${stringifyJson(total)} rows, but has ${this.#read}`,
      })
    }
    this.#ended = true
  }

  #takeRow(name: string, row: JsonObject, line: number): void {
    const table = this.#find(name)
    // A merge sets all columns of its statement: a row must not get those of another.
    const shape = this.#options.onConflict === 'update' ? JSON.stringify(Object.keys(row)) : ''
    if (table !== this.#table || shape !== this.#shape || this.#pending.length >= BATCH_ROWS) this.#flush()
    this.#table = table
    this.#shape = shape
    this.#pending.push({ line, row })
    this.#read++
  }

  #find(name: string): Table {
    const key =
      name.includes('.') && !this.#catalog.tables.has(`${DEFAULT_SCHEMA}.${name}`) ? name : `${DEFAULT_SCHEMA}.${name}`
    const table = this.#catalog.tables.get(key)
    if (table !== undefined && table.kind === 'table' && !table.system) {
      if (this.#options.onConflict !== 'error' && table.primaryKey.length === 0) throw unrecognisable(table)
      return table
    }
    const near = nearest(
      name,
      [...this.#catalog.tables.values()].map((each) => each.name),
      0.5,
    )
    throw failure(
      'PILAR_DUMP',
      { message: `the database has no table ${name}` },
      {
        hint:
          near === null
            ? 'Load it into the project it comes from, or leave the table out of the dump: --tables.'
            : `It has ${near}.`,
      },
    )
  }

  #flush(): void {
    const table = this.#table
    const rows = this.#pending
    if (table === null || rows.length === 0) return
    this.#pending = []
    try {
      this.#written += this.#write(table, rows)
    } catch {
      // Undone as a whole: one by one it shows which row it was. Rows that only together were too much are written.
      for (const row of rows) this.#writeAlone(table, row)
    }
    this.#options.progress(this.#read)
  }

  #writeAlone(table: Table, row: Pending): void {
    try {
      this.#written += this.#write(table, [row])
    } catch (error) {
      throw located(row.line, error)
    }
  }

  #write(table: Table, rows: readonly Pending[]): number {
    const columns = [...new Set(rows.flatMap(({ row }) => Object.keys(row)))]
    const program = this.#program(table, columns)
    const cells = rows.map(({ row }) => columns.map((name) => (Object.hasOwn(row, name) ? row[name] : undefined)))
    return this.#loading.write(program, { values: [], cells, actor: ACTOR })
  }

  #program(table: Table, columns: readonly string[]): Program {
    const key = JSON.stringify([table.key, ...columns])
    const known = this.#programs.get(key)
    if (known !== undefined) return known
    const planned = plan(
      {
        ...{ kind: 'insert', schema: table.schema, table: table.name, select: [], filters: [], orders: [], ranges: [] },
        ...{ count: null, values: [], shape: key, payload: { columns, cells: [] }, conflict: null },
        resolution: RESOLUTION[this.#options.onConflict],
        ...{ missing: 'default', returning: 'minimal', replace: false },
      },
      this.#catalog,
      PLAN_OPTIONS,
    )
    const guarded = GuardedPlan.system(planned, 'load', () => {})
    const program = this.#options.engine.compile(guarded, this.#catalog)
    this.#programs.set(key, program)
    return program
  }
}

function parsed(text: string): JsonObject {
  try {
    const item = parseJson(text)
    if (isJsonObject(item)) return item
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw failure('PILAR_DUMP', { message: `this is no JSON: ${error.message}` })
  }
  throw failure('PILAR_DUMP', { message: 'this is no line of a dump' })
}

function requireHead(head: JsonObject): void {
  if (head['pilar'] !== 'dump') {
    const hint = 'Dumps are written by: pilar db dump --format ndjson.'
    throw failure('PILAR_DUMP', { message: 'this is no dump: it does not begin with {"pilar":"dump", …}' }, { hint })
  }
  if (head['format'] === DUMP_FORMAT) return
  const message = `the dump has the format ${String(head['format'])}, this version knows ${DUMP_FORMAT}`
  throw failure('PILAR_DUMP', { message }, { hint: 'Load it with the version of Pilar that wrote it, or a later one.' })
}

function unrecognisable(table: Table): PilarError {
  const message = `${table.name} has no primary key: which of its rows are there already can't be told`
  return failure(
    'PILAR_DUMP',
    { message },
    { hint: 'Leave it out of the dump with --tables, or load with --on-conflict error.' },
  )
}

/** A dump gives back the numbers that a column gave by itself. */
function acceptingIdentities(catalog: Catalog): Catalog {
  const tables = [...catalog.tables.values()].map((table) =>
    makeTable({
      ...table,
      columns: table.columns.map((column) =>
        column.identity === 'always' ? { ...column, identity: 'by default' as const } : column,
      ),
    }),
  )
  const { version, schemas, functions } = catalog
  return makeCatalog({ version, schemas, tables, functions: [...functions.values()] })
}

const HINT_THERE = 'For rows that are there already: --on-conflict skip, or update.'

function located(line: number, error: unknown): unknown {
  if (!(error instanceof PilarError) || /^line \d+: /.test(error.message)) return error
  const { code, message, details } = error
  const hint = error.hint ?? (code === '23505' ? HINT_THERE : null)
  return new PilarError(code, `line ${line}: ${message}`, { details, ...(hint === null ? {} : { hint }), cause: error })
}
