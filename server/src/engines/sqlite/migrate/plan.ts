import { createHash } from 'node:crypto'
import { failure } from '../../../errors/error.ts'
import type { Catalog, Table, TableKey } from '../../../schema/catalog.ts'
import type { MigrationStep } from '../../../schema/migration/step.ts'
import { atOnce, inPieces, type Pieces } from '../../../std/pieces.ts'
import { quoteName } from '../../sql/printer.ts'
import { isSqliteError } from '../faults.ts'
import type { SchemaRow } from '../found-file.ts'
import { readNote } from '../notes.ts'
import { tableName } from '../tables.ts'
import { asRefusal, blaming } from './blame.ts'
import { fillTable } from './convert-select.ts'
import { putInPlace, rewriteSchema } from './exchange.ts'
import { renameIndex } from './index-text.ts'
import type { SchemaRewrite, SqliteMigration, TableCopy } from './migration.ts'
import { planChecks } from './plan-checks.ts'
import { indexOfCopy, planCopy, type RowKey, rowKeyOf } from './plan-copy.ts'
import { requireUnused } from './plan-purge.ts'
import {
  bareIndexName,
  copyReason,
  goneOf,
  isUntouched,
  type PlannedTable,
  plannedTables,
  unmakeable,
} from './plan-table.ts'
import { finalText } from './plan-text.ts'
import { planViews } from './plan-views.ts'
import { planVirtualTables, type RenamedTable } from './plan-virtual.ts'
import { printCreateIndex, printCreateTable, quoteNames } from './print-table.ts'
import { orderRenames, orderRewrites, renameColumns, renameTables } from './renames.ts'
import { COPY_PREFIX, isTransient, RUBBISH_PREFIX } from './reserved.ts'
import { Scratch } from './scratch.ts'
import { type Trace, traceSteps } from './trace.ts'
import { keysToVerify, verifyingCopy } from './verify-keys.ts'

export interface PlanOptions {
  /** The structure that the steps were made for, as `introspect` gave it. */
  readonly found: Catalog
  /** All of sqlite_schema, in its order. */
  readonly objects: readonly SchemaRow[]
  /** Rows of a table, by its name in the file; a guess is enough. */
  readonly rows: (table: string) => number
  /** Noted with what is retired: RFC 3339, UTC. */
  readonly at: string
  /** What `now()` is for rows that get a default. */
  readonly nowMicros: bigint
}

/**
 * How SQLite gets from the structure that was found to the one that the steps leave. Reads only what it is given. The plan is tried on an empty file
 * of the same structure, so that what SQLite refuses is known before a row is touched. Throws what a step's expression has wrong (PILAR_SCHEMA), and
 * 0A000 for what SQLite can't do.
 */
export function planMigration(steps: readonly MigrationStep[], options: PlanOptions): SqliteMigration {
  return atOnce(planInPieces(steps, options))
}

/** The same in pieces: thirty tables take twenty milliseconds while the code is new to V8, and requests may be waiting. */
export function* planInPieces(steps: readonly MigrationStep[], options: PlanOptions): Pieces<SqliteMigration> {
  const scratch = new Scratch(options.objects)
  try {
    yield
    const planner = new Planner(steps, options, scratch)
    yield
    return yield* planner.plan()
  } catch (error) {
    throw isSqliteError(error) && BEYOND.test(error.message) ? tooMuch(error) : asRefusal(error)
  } finally {
    scratch.close()
  }
}

/** What SQLite says of texts that are beyond its limits. */
const BEYOND = /too many|too large|too big|stack overflow/i

function tooMuch(error: Error): Error {
  const message = `SQLite can't hold what the migration would make: ${error.message.replace(/^.* - /, '')}`
  const hint = 'What is retired counts, too: pilar migrate status lists it, and pilar migrate purge makes room.'
  return failure('0A000', { message }, { hint, cause: error })
}

/** The same for the same steps on the same structure, whatever a killed migration has left in the file. */
function idOf(steps: readonly MigrationStep[], objects: readonly SchemaRow[]): string {
  const found = objects.filter(({ name, tbl_name }) => !isTransient(name) && !isTransient(tbl_name))
  const text = JSON.stringify({ steps, objects: found.map((object) => object.sql) }, (_, value: unknown) =>
    value instanceof Map ? undefined : value,
  )
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

interface Work {
  readonly planned: PlannedTable
  readonly isCopied: boolean
  /** Of the source, before the renames. */
  readonly key: RowKey
  /** What its columns are called after the renames. */
  readonly renamed: ReadonlyMap<string, string>
}

class Planner {
  readonly #steps: readonly MigrationStep[]
  readonly #options: PlanOptions
  readonly #scratch: Scratch
  readonly #id: string
  readonly #trace: Trace
  readonly #first: string[] = []
  readonly #rewrites: SchemaRewrite[] = []
  readonly #last: string[] = []
  readonly #aside: string[] = []

  constructor(steps: readonly MigrationStep[], options: PlanOptions, scratch: Scratch) {
    this.#steps = steps
    this.#options = options
    this.#scratch = scratch
    this.#id = idOf(steps, options.objects)
    this.#trace = traceSteps(steps, options.found, options.at)
  }

  *plan(): Pieces<SqliteMigration> {
    const { found, nowMicros, rows, objects } = this.#options
    const { after } = this.#trace
    const planned = yield* plannedTables(this.#trace, { found, nowMicros, scratch: this.#scratch })
    const views = planViews({ found, after, objects })
    this.#run(views.drop)
    requireUnused({ tables: this.#trace.purged, planned }, this.#scratch)
    const works = yield* inPieces(planned, (table): Work => {
      const origin = table.trace.origin ?? ''
      const isCopied = copyReason(table, after, { found, rows: () => rows(origin) }) !== null
      return { planned: table, isCopied, key: rowKeyOf(this.#scratch, origin), renamed: new Map() }
    })
    yield
    if (this.#alters(works)) this.#first.push(...this.#scratch.fixQuotes())
    this.#dropIndexes(works)
    const filled = this.#fillTables()
    const renamed = this.#rename(works, filled)
    this.#createTables(filled)
    yield
    this.#rewrites.push(...planVirtualTables(objects, renamed.map(renamedTable)))
    const copies = (yield* inPieces(renamed, (work, at) => this.#finish(work, at))).flat()
    for (const table of this.#newTables())
      this.#createIndexes(
        table,
        table.indexes.map((_, at) => at),
      )
    this.#last.push(...views.create, ...this.#aside)
    const names = copies.map((copy, at) => ({
      target: copy.target,
      name: this.#copied(renamed)[at]?.planned.name ?? '',
    }))
    const verified = keysToVerify(renamed, rows)
    const verifying = verified.map((each, at) => verifyingCopy(each, `${COPY_PREFIX}${this.#id}_key${at}`))
    const checks = planChecks(renamed, after, new Set(verified.map(({ foreignKey }) => foreignKey)))
    const parts = { first: this.#first, names, rewrites: orderRewrites(this.#rewrites), last: this.#last, checks }
    yield
    this.#rehearse(parts)
    return { id: this.#id, copies: [...copies, ...verifying], switch: parts }
  }

  /** Whether SQLite looks at the texts of all objects, by ALTER TABLE, or makes some of them anew. */
  #alters(works: readonly Work[]): boolean {
    const isFilled = this.#steps.some((step) => step.kind === 'create-table' && step.using !== null)
    return isFilled || this.#trace.purged.length > 0 || works.some((work) => work.isCopied || isRenamed(work.planned))
  }

  #copied(works: readonly Work[]): readonly Work[] {
    return works.filter((work) => work.isCopied)
  }

  #run(statements: readonly string[]): void {
    for (const statement of statements) this.#scratch.database.exec(statement)
    this.#first.push(...statements)
  }

  /** Of copied tables, they go with the old rows. */
  #dropIndexes(works: readonly Work[]): void {
    for (const { planned, isCopied } of works) {
      const { trace, uniqueIndexes } = planned
      if (isCopied || planned.retired !== null) continue
      const indexes = goneOf('indexes', trace).map((at) => trace.from?.indexes[at]?.name ?? '')
      const uniques = goneOf('uniques', trace).map((at) => trace.from?.uniques[at]?.name ?? '')
      const gone = [...indexes, ...uniques.filter((name) => uniqueIndexes.has(name))]
      const origin = trace.origin ?? ''
      this.#run(gone.map((name) => `DROP INDEX ${quoteName(indexInFile(name, origin))}`))
    }
  }

  #newTables(): readonly Table[] {
    return [...this.#trace.tables].flatMap(([key, { origin }]) => {
      const table = this.#trace.after.tables.get(key)
      return origin === null && table !== undefined ? [table] : []
    })
  }

  /** New tables that get rows: made before the renames, since their rows come from the database as it was. */
  #fillTables(): ReadonlyMap<TableKey, string> {
    const { found, nowMicros } = this.#options
    const { after } = this.#trace
    const names = new Map<TableKey, string>()
    for (const [key, { origin, step }] of this.#trace.tables) {
      const made = step === null ? undefined : this.#steps[step]
      const table = after.tables.get(key)
      if (origin !== null || made?.kind !== 'create-table' || made.using === null || table === undefined) continue
      const name = `${COPY_PREFIX}${this.#id}_new${names.size}`
      names.set(key, name)
      const { foreignKeys: _, ...bare } = table
      const sql = printCreateTable({ ...bare, foreignKeys: [] }, { catalog: after })
      this.#run([sql.replace(quoteName(tableName(table)), () => quoteName(name))])
      const { using } = made
      const { columns, select } = blaming(step, () => fillTable(table, using, { found, after, nowMicros }))
      this.#first.push(`INSERT INTO ${quoteName(name)} (${columns.join(', ')}) ${select}`)
    }
    return names
  }

  #rename(works: readonly Work[], filled: ReadonlyMap<TableKey, string>): readonly Work[] {
    const scratch = this.#scratch
    const renamed = works.map((work): Work => {
      const { trace, columns } = work.planned
      const all = [
        ...(trace.from?.columns.map((column) => column.name) ?? []),
        ...columns.map((each) => each.trace.origin ?? ''),
      ]
      const live = columns.filter((each) => each.retired === null).map((each) => each.trace.origin)
      const renames = columns.flatMap(({ name, retired, trace: { origin } }) =>
        origin === null || (retired !== null && live.includes(origin)) ? [] : [{ from: origin, to: name }],
      )
      this.#note(renameColumns(scratch, trace.origin ?? '', orderRenames(renames, all)))
      return { ...work, renamed: new Map(renames.map(({ from, to }) => [from, to])) }
    })
    const tables = [
      ...renamed.map(({ planned }) => ({ from: planned.trace.origin ?? '', to: planned.name })),
      ...this.#trace.purged.map((from, at) => ({ from, to: `${RUBBISH_PREFIX}${this.#id}_purged${at}` })),
      ...[...filled].map(([key, from]) => ({ from, to: this.#fileName(key) })),
    ]
    const taken = this.#scratch.database.prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')").all()
    this.#note(
      renameTables(
        scratch,
        orderRenames(
          tables,
          taken.map((row) => String(row['name'])),
        ),
      ),
    )
    return renamed
  }

  #fileName(key: TableKey): string {
    const table = this.#trace.after.tables.get(key)
    if (table === undefined) throw new Error(`assertion failed: ${key} is in the migrated catalog`)
    return tableName(table)
  }

  #note({ statements, aside }: { statements: readonly string[]; aside: readonly string[] }): void {
    this.#first.push(...statements)
    this.#aside.push(...aside)
  }

  #createTables(filled: ReadonlyMap<TableKey, string>): void {
    for (const table of this.#newTables()) {
      const sql = printCreateTable(table, { catalog: this.#trace.after })
      if (filled.has(table.key)) this.#rewrites.push({ type: 'table', name: tableName(table), sql })
      else this.#run([sql])
    }
  }

  /** The text of a table and its indexes, in place or as a copy. */
  #finish(work: Work, at: number): TableCopy[] {
    const { planned, isCopied, renamed, key } = work
    const { after } = this.#trace
    const ddl = this.#scratch.table(planned.name)
    const before = this.#scratch.object('table', planned.name)?.sql
    const given = { after, ddl, renamed, isCopied, mayBeRowid: isRowidKept(work) }
    const text = isUntouched(planned) && before != null ? before : finalText(planned, given)
    const indexes = this.#indexesOf(work)
    if (!isCopied) {
      if (text !== before) this.#rewrites.push({ type: 'table', name: planned.name, sql: text })
      for (const { name, was, sql, isSame } of indexes) {
        if (was === null) this.#last.push(sql)
        else if (!isSame) this.#rewrites.push({ type: 'index', name: was, newName: name, sql })
      }
      return []
    }
    const lost = this.#scratch.unmade.find(
      ({ type, tbl_name }) => type === 'index' && tbl_name === planned.trace.origin,
    )
    if (lost !== undefined) throw unmakeable('index', lost.name)
    const target = `${COPY_PREFIX}${this.#id}_${at}`
    const rows = indexes.map(({ name, sql }): SchemaRow => ({ type: 'index', name, tbl_name: planned.name, sql }))
    this.#rewrites.push({ type: 'table', name: planned.name, sql: text })
    for (const [index, { name, sql }] of indexes.entries())
      this.#rewrites.push({ type: 'index', name: indexOfCopy(target, index), newName: name, sql })
    return [planCopy({ planned, after, scratch: this.#scratch, target, source: key, text, indexes: rows })]
  }

  #createIndexes(table: Table, places: readonly number[]): void {
    for (const at of places) {
      const index = table.indexes[at]
      if (index !== undefined) this.#last.push(printCreateIndex(index, table, this.#trace.after))
    }
  }

  #indexesOf({ planned }: Work): readonly FinalIndex[] {
    const { table, trace, retired, uniqueIndexes } = planned
    const { from } = trace
    const found = this.#scratch.indexesOf(planned.name)
    if (retired !== null) return found.map((index) => putAway(index, retired.storedAs, trace.origin ?? ''))
    const known = new Set([...(from?.indexes.map((one) => one.name) ?? []), ...uniqueIndexes])
    const origin = trace.origin ?? ''
    const physical = (name: string): string => indexInFile(name, origin)
    const byName = new Map(found.map((index) => [index.name, index]))
    const indexes = table.indexes.map((index, at): FinalIndex => {
      const before = trace.named.indexes[at]?.origin ?? null
      const was = before === null ? undefined : byName.get(physical(from?.indexes[before]?.name ?? ''))
      if (was === undefined)
        return { name: index.name, was: null, sql: printCreateIndex(index, table, this.#trace.after), isSame: false }
      const hasNote = index.where !== null && typeof readNote(was.sql ?? '') === 'string'
      const sql = hasNote ? printCreateIndex(index, table, this.#trace.after) : renamedText(was, index.name)
      return { name: index.name, was: was.name, sql, isSame: sql === was.sql }
    })
    const uniques = table.uniques.flatMap((unique, at): FinalIndex[] => {
      const before = trace.named.uniques[at]?.origin ?? null
      const was = before === null ? undefined : byName.get(physical(from?.uniques[before]?.name ?? ''))
      if (was !== undefined) return [{ ...kept(was, unique.name) }]
      if (before !== null) return []
      const sql = `CREATE UNIQUE INDEX ${quoteName(unique.name)} ON ${quoteName(planned.name)} (${quoteNames(unique.columns)}) /*pilar:"unique"*/`
      return [{ name: unique.name, was: null, sql, isSame: false }]
    })
    const others = found.filter((index) => !known.has(bareIndexName(index.name, origin)))
    return [...indexes, ...uniques, ...others.map((index) => kept(index, bareIndexName(index.name, origin)))]
  }

  /** All of it but the rows, on the empty file. */
  #rehearse({ names, rewrites, last }: Pick<SqliteMigration['switch'], 'names' | 'rewrites' | 'last'>): void {
    const { database } = this.#scratch
    database.exec('PRAGMA legacy_alter_table = ON')
    for (const name of names) putInPlace(database, name)
    database.exec('PRAGMA legacy_alter_table = OFF')
    rewriteSchema(database, rewrites)
    for (const statement of last) database.exec(statement)
    const [broken] = database.prepare('PRAGMA integrity_check').all()
    if (broken?.['integrity_check'] !== 'ok')
      throw new Error(`assertion failed: ${String(broken?.['integrity_check'])}`)
  }
}

const RETIRED = 'pilar.retired_'

/** Names of indexes are of the whole file: see `putAway`. */
const indexInFile = (name: string, table: string): string => (table.startsWith(RETIRED) ? `${table}:${name}` : name)

const isRenamed = ({ trace, name, columns }: PlannedTable): boolean =>
  trace.origin !== name || columns.some((each) => each.trace.origin !== null && each.trace.origin !== each.name)

function renamedTable({ planned, renamed }: Work): RenamedTable {
  const { trace, name, columns } = planned
  const kept = new Set(columns.map((each) => each.trace.origin))
  const before = trace.from?.columns.map((column) => column.name) ?? []
  const changed = before.filter((column) => !kept.has(column) || (renamed.get(column) ?? column) !== column)
  return { from: trace.origin ?? '', to: name, columns: changed }
}

interface FinalIndex {
  readonly name: string
  /** Its name after the renames; null for a new one. */
  readonly was: string | null
  readonly sql: string
  readonly isSame: boolean
}

function kept(was: SchemaRow, name: string): FinalIndex {
  const sql = renamedText(was, name)
  return { name, was: was.name, sql, isSame: sql === was.sql }
}

const renamedText = (was: SchemaRow, name: string): string =>
  was.name === name ? (was.sql ?? '') : renameIndex(was.sql ?? '', name)

/** Names of indexes are of the whole file: those of a table out of sight make room. */
function putAway(index: SchemaRow, storedAs: string, origin: string): FinalIndex {
  return kept(index, origin === storedAs ? index.name : `${storedAs}:${index.name}`)
}

/** Whether the single whole key of a table of ours is the rowid: where it was, and where it begins to count. */
function isRowidKept({ planned, isCopied, key }: Work): boolean {
  const { table, trace, columns } = planned
  if (!isCopied) return key.alias !== null
  const column = columns.find((each) => each.retired === null && each.name === table.primaryKey[0])
  if (column === undefined) return false
  if (column.column.identity !== null) return true
  const isSame = column.conversion === null || column.conversion.isSame
  return isSame && column.trace.origin !== null && column.trace.origin === key.alias && trace.from !== null
}
