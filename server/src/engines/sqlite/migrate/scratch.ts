import { DatabaseSync } from 'node:sqlite'
import { failure } from '../../../errors/error.ts'
import { quoteName, quoteText } from '../../sql/printer.ts'
import type { SchemaRow } from '../found-file.ts'
import { isTransient } from './reserved.ts'
import { parseTable, type TableDdl } from './table-ddl.ts'

/**
 * The structure of a file without its rows, in memory: statements are tried on it, so that what SQLite makes of the texts of other objects
 * (triggers, foreign views, checks in its own words) is known before the file is touched.
 */
export class Scratch {
  readonly database: DatabaseSync
  /** What can't be made here: a module, function or collation that only its author's program has. */
  readonly unmade: readonly SchemaRow[]

  constructor(objects: readonly SchemaRow[]) {
    this.database = new DatabaseSync(':memory:', {
      enableForeignKeyConstraints: false,
      // Old files have texts in double quotes, which SQLite goes on accepting where they stand already.
      enableDoubleQuotedStringLiterals: true,
    })
    this.database.enableDefensive(false)
    this.unmade = inOrder(objects).filter((object) => !this.#make(object.sql))
  }

  #make(sql: string | null): boolean {
    try {
      if (sql !== null) this.database.exec(sql)
      return true
    } catch {
      return false
    }
  }

  object(type: SchemaRow['type'], name: string): SchemaRow | null {
    const row = this.database
      .prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE type = ? AND name = ? COLLATE NOCASE')
      .get(type, name)
    return row === undefined ? null : (row as unknown as SchemaRow)
  }

  indexesOf(table: string): readonly SchemaRow[] {
    const sql = `SELECT type, name, tbl_name, sql FROM sqlite_schema
      WHERE type = 'index' AND tbl_name = ? COLLATE NOCASE AND sql IS NOT NULL ORDER BY rowid`
    return this.database.prepare(sql).all(table) as unknown as SchemaRow[]
  }

  /** Everything that has a text. */
  objects(): readonly SchemaRow[] {
    const sql = 'SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid'
    return this.database.prepare(sql).all() as unknown as SchemaRow[]
  }

  table(name: string): TableDdl {
    const ddl = parseTable(this.object('table', name)?.sql ?? '')
    if (ddl === null) throw new Error(`assertion failed: the file has the table ${name}`)
    return ddl
  }

  /**
   * Runs an ALTER TABLE and gives the statements it took. SQLite refuses it when some view or trigger does not parse, be it about another table: such
   * an object is put aside and made again afterwards, as broken as it was.
   */
  alter(statement: string): { readonly statements: readonly string[]; readonly aside: readonly string[] } {
    const statements: string[] = []
    const aside: string[] = []
    for (;;) {
      try {
        this.database.exec(statement)
        return { statements: [...statements, statement], aside }
      } catch (error) {
        const message = error instanceof Error ? error.message : ''
        const [, type, name = '', after] = /^error in (view|trigger) (.*?)( after [a-z ]+)?: /.exec(message) ?? []
        const object = type === undefined || after !== undefined ? null : this.object(type as 'view', name)
        if (object === null || object.sql === null) throw refused(statement, message)
        const drop = `DROP ${object.type.toUpperCase()} ${quoteName(object.name)}`
        this.database.exec(drop)
        statements.push(drop)
        aside.push(object.sql)
      }
    }
  }

  /**
   * Old files have texts in double quotes, which our connections do not take for texts: SQLite itself can put them in single ones, as it does when
   * a column is renamed. Gives the statements that do the same to the file.
   */
  fixQuotes(): readonly string[] {
    const before = new Map(this.#texts())
    this.database.exec('CREATE TABLE pilar_moving (a)')
    const { aside } = this.alter('ALTER TABLE pilar_moving RENAME COLUMN a TO b')
    this.database.exec('DROP TABLE pilar_moving')
    for (const sql of aside) this.database.exec(sql)
    const changed = this.#texts().filter(([key, sql]) => before.get(key) !== sql)
    if (changed.length === 0) return []
    const updates = changed.map(([key, sql]) => {
      const [type = '', name = ''] = JSON.parse(key) as string[]
      return `UPDATE sqlite_schema SET sql = ${quoteText(sql)} WHERE type = ${quoteText(type)} AND name = ${quoteText(name)}`
    })
    return ['PRAGMA writable_schema = ON', ...updates, 'PRAGMA writable_schema = RESET']
  }

  #texts(): readonly (readonly [string, string])[] {
    const rows = this.database.prepare('SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL').all()
    return rows.map(({ type, name, sql }) => [JSON.stringify([type, name]), String(sql)])
  }

  close(): void {
    this.database.close()
  }
}

function refused(statement: string, message: string): Error {
  return failure(
    '0A000',
    { message: `SQLite refuses ${statement}: ${message}` },
    { hint: 'Change or drop the view or trigger that it names, then run the migration again.' },
  )
}

const RANKS: Readonly<Record<SchemaRow['type'], number>> = { table: 1, index: 2, view: 3, trigger: 4 }

/** Virtual tables first, for they make the tables behind them. */
function inOrder(objects: readonly SchemaRow[]): readonly SchemaRow[] {
  const rank = (object: SchemaRow): number => (/^CREATE VIRTUAL/i.test(object.sql ?? '') ? 0 : RANKS[object.type])
  return objects
    .filter(({ name, tbl_name }) => !isTransient(name) && !isTransient(tbl_name) && !name.startsWith('sqlite_'))
    .toSorted((a, b) => rank(a) - rank(b))
}
