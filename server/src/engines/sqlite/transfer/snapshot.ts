import type { DatabaseSync } from 'node:sqlite'
import type { ReadPlan, SelectNode } from '../../../query/plan.ts'
import { plan } from '../../../query/planner/plan.ts'
import type { Catalog, Table } from '../../../schema/catalog.ts'
import { assert } from '../../../std/assert.ts'
import type { ScriptOptions, Snapshot } from '../../transfer.ts'
import { openConnection } from '../connection.ts'
import { ExprPrinter, Usage } from '../expr.ts'
import { introspect } from '../introspect.ts'
import { NO_JOINS, printRows } from '../select.ts'
import type { SqliteSettings } from '../settings.ts'
import { tableName } from '../tables.ts'
import { printScript } from './script.ts'

const OPTIONS = { aggregatesEnabled: false, rowsMax: null, requireWhere: false }

/** A read transaction on a connection of its own. While it is open, the file's WAL can't be cut short. */
export class SqliteSnapshot implements Snapshot {
  readonly catalog: Catalog
  readonly #database: DatabaseSync

  constructor({ file, lockTimeoutMs }: SqliteSettings) {
    this.#database = openConnection(file, 'inspector', lockTimeoutMs).database
    try {
      this.#database.exec('BEGIN')
      this.catalog = introspect(this.#database)
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  *rows(table: Table): Iterable<string> {
    const node = storedNode(table, this.catalog)
    const { object, from } = printRows(node, NO_JOINS, new ExprPrinter(this.catalog, new Usage()))
    const statement = this.#database.prepare(`SELECT ${object} FROM ${from}`)
    statement.setReturnArrays(true)
    for (const row of statement.iterate()) yield (row as unknown as [string])[0]
  }

  sequences(): ReadonlyMap<Table, string> {
    const known = this.#database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").get()
    if (known === undefined) return new Map()
    const statement = this.#database.prepare('SELECT name, CAST(seq AS TEXT) AS last FROM sqlite_sequence')
    const last = new Map(statement.all().map((row) => [String(row['name']), String(row['last'])]))
    const tables = [...this.catalog.tables.values()]
    return new Map(
      tables.flatMap((table) => {
        const found = last.get(tableName(table))
        return found === undefined ? [] : [[table, found] as const]
      }),
    )
  }

  script(options: ScriptOptions): Iterable<string> {
    return printScript(this.#database, options)
  }

  close(): void {
    this.#database.close()
  }
}

/** `select *` without what is computed. */
function storedNode(table: Table, catalog: Catalog): SelectNode {
  const { root } = plan(
    {
      ...{ kind: 'read', schema: table.schema, table: table.name, select: [{ kind: 'all' }] },
      ...{ filters: [], orders: [], ranges: [], count: null, values: [], shape: '' },
    },
    catalog,
    OPTIONS,
  ) as ReadPlan
  assert(!root.grouped, 'a plain read has no groups')
  const isStored = (name: string): boolean => (table.column.get(name)?.generated ?? null) === null
  return { ...root, output: root.output.filter((item) => item.kind !== 'value' || isStored(item.name)) }
}
