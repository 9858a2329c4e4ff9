/** Files as other programs make them: what a Catalog has no words for beside what it has. */
import type { DatabaseSync } from 'node:sqlite'
import type { Catalog, Table } from '../../src/schema/catalog.ts'
import type { SchemaDefinition, TableDefinition } from '../../src/schema/definition.ts'
import type { Random } from '../simulate/random.ts'
import { definitionOf } from '../support/random-catalog.ts'
import { plainDefinition } from '../support/random-types.ts'

interface NativeColumn {
  readonly name: string
  readonly sql: string
  /** SQL of values that keep every rule of the column. */
  readonly values: readonly string[]
}

/** A script of some tables with rows, indexes, triggers, views and a full text index. */
export function nativeScript(random: Random): string {
  const names = random.some(['Artists', "Album's", 'line items', 'log_book', 'Größe', 'T1'], random.int(1, 3))
  const made: { name: string; key: string | null }[] = []
  const statements = ['CREATE TABLE changes (what TEXT, at DATETIME DEFAULT CURRENT_TIMESTAMP)']
  for (const name of names) {
    const { sql, key, columns } = nativeTable(name, made.find(({ key: found }) => found !== null)?.name ?? null, random)
    statements.push(...sql)
    made.push({ name, key: key === 'Id' ? key : null })
    const [first, second = first] = columns
    if (first === undefined || second === undefined) continue
    statements.push(...around(name, [first, second], random))
  }
  return `${statements.join(';\n')};`
}

const bracketed = (name: string, random: Random): string =>
  random.pick([`"${name.replaceAll('"', '""')}"`, `[${name}]`, `\`${name}\``])

function nativeTable(name: string, target: string | null, random: Random) {
  const isStrict = random.chance(0.2)
  const keyKind = random.int(0, 4)
  const pool = isStrict ? STRICT_COLUMNS : COLUMNS
  const columns = random.some(pool, random.int(2, 5))
  const table = bracketed(name, random)
  const keys = [
    ['Id INTEGER PRIMARY KEY AUTOINCREMENT -- the number\n'],
    ['"Id" INTEGER PRIMARY KEY'],
    ['Id TEXT NOT NULL PRIMARY KEY'],
    ['Id INTEGER NOT NULL', 'Part TEXT NOT NULL'],
    [],
  ][keyKind] as readonly string[]
  const parts = [...keys, ...columns.map(({ name: column, sql }) => `${bracketed(column, random)} ${sql}`)]
  if (target !== null && random.chance(0.6)) {
    const action = random.pick(['', ' ON DELETE CASCADE', ' ON DELETE SET NULL'])
    parts.push(`Ref INTEGER /* who */ REFERENCES "${target}" (Id)${action}`)
  }
  const [first] = columns
  if (first !== undefined && random.chance(0.3))
    parts.push(`Loud ${isStrict ? 'TEXT' : ''} GENERATED ALWAYS AS (upper("${first.name}")) VIRTUAL`)
  if (keyKind === 3) parts.push('CONSTRAINT both PRIMARY KEY (Id, Part)')
  if (first !== undefined && random.chance(0.3)) parts.push(`CONSTRAINT short CHECK (length("${first.name}") < 1000)`)
  const options = [...(keyKind === 3 && random.chance(0.7) ? ['WITHOUT ROWID'] : []), ...(isStrict ? ['STRICT'] : [])]
  const create = `CREATE TABLE ${table} (\n  ${parts.join(',\n  ')}) ${options.join(', ')}`
  const rows = random.times(random.int(0, 5), (at) => nativeRow({ name, keyKind, columns, at }, random))
  return { sql: [create, ...rows], key: keyKind <= 1 ? 'Id' : null, columns }
}

interface NativeRow {
  readonly name: string
  readonly keyKind: number
  readonly columns: readonly NativeColumn[]
  readonly at: number
}

function nativeRow({ name, keyKind, columns, at }: NativeRow, random: Random): string {
  const keys = [['Id'], ['Id'], ['Id'], ['Id', 'Part'], []][keyKind] ?? []
  const values = [[`${at * 3 + 1}`], [`${at * 3 + 1}`], [`'k${at}'`], [`${at}`, `'p${at % 2}'`], []][keyKind] ?? []
  const list = [...keys, ...columns.map((column) => `"${column.name}"`)].join(', ')
  const given = [...values, ...columns.map((column) => random.pick(column.values))].join(', ')
  return `INSERT OR IGNORE INTO "${name}" (${list}) VALUES (${given})`
}

const COLUMNS: readonly NativeColumn[] = [
  {
    name: 'Name',
    sql: `NVARCHAR(120) COLLATE NOCASE NOT NULL DEFAULT 'nobody' /* shown */`,
    values: [`'Ann'`, `'ben'`, `'日本'`],
  },
  { name: 'Kind', sql: `TEXT CHECK ("Kind" <> 'robot')`, values: [`'band'`, 'NULL'] },
  { name: 'Code', sql: 'TEXT UNIQUE ON CONFLICT IGNORE', values: [`'a'`, `'b'`, 'NULL', `'c'`] },
  { name: 'Size', sql: 'INT DEFAULT (1 + 1)', values: ['1', '-7', 'NULL', '30000'] },
  { name: 'Price', sql: 'DECIMAL(10,2) NOT NULL ON CONFLICT REPLACE DEFAULT 0', values: ['1.5', '0', '99'] },
  { name: 'Weight', sql: 'REAL', values: ['0.5', 'NULL', '3.0'] },
  { name: 'Active', sql: 'BOOLEAN NOT NULL DEFAULT 1', values: ['0', '1'] },
  { name: 'Born', sql: 'DATE', values: [`'1970-01-01'`, `'2024-02-29'`, 'NULL'] },
  { name: 'Seen At', sql: 'DATETIME', values: [`'2020-05-05 08:00:00'`, 'NULL'] },
  { name: 'Picture', sql: 'BLOB', values: [`x'00ff'`, 'NULL'] },
  { name: 'anything', sql: '', values: [`'text'`, `'more'`, 'NULL'] },
  { name: 'order', sql: 'VARCHAR(20) UNIQUE', values: [`'x'`, `'y'`, 'NULL'] },
]

const STRICT_COLUMNS: readonly NativeColumn[] = [
  { name: 'Name', sql: `TEXT NOT NULL DEFAULT 'nobody'`, values: [`'Ann'`, `'ben'`] },
  { name: 'Size', sql: 'INTEGER', values: ['1', '-7', 'NULL'] },
  { name: 'Weight', sql: 'REAL', values: ['0.5', 'NULL'] },
  { name: 'Picture', sql: 'BLOB', values: [`x'00ff'`, 'NULL'] },
  { name: 'Kind', sql: 'TEXT COLLATE RTRIM', values: [`'band'`, 'NULL'] },
]

/** What stands around a table. */
function around(
  table: string,
  [first, second]: readonly [NativeColumn, NativeColumn],
  random: Random,
): readonly string[] {
  const name = `"${table}"`
  const one = `"${first.name}"`
  const two = `"${second.name}"`
  const all: readonly (readonly string[])[] = [
    [`CREATE INDEX "by ${table} 1" ON ${name} (${one} DESC) WHERE ${two} IS NOT NULL`],
    [`CREATE INDEX "by ${table} 2" ON ${name} (length(${one}), ${two} COLLATE NOCASE)`],
    [`CREATE INDEX "by ${table} 3" ON ${name} (${two})`],
    [
      `CREATE TRIGGER "on ${table} 1" AFTER UPDATE OF ${one} ON ${name} BEGIN INSERT INTO changes (what) VALUES (old.${one} || ' -> ' || new.${one}); END`,
    ],
    [
      `CREATE TRIGGER "on ${table} 2" AFTER DELETE ON ${name} WHEN old.${two} IS NOT NULL BEGIN INSERT INTO changes (what) SELECT count(*) FROM ${name}; END`,
    ],
    [`CREATE VIEW "view of ${table}" AS SELECT ${one}, x.${two} FROM ${name} AS x WHERE ${one} IS NOT NULL`],
    [
      `CREATE VIRTUAL TABLE "search ${table}" USING fts5(body)`,
      `CREATE TRIGGER "on ${table} 3" AFTER INSERT ON ${name} BEGIN INSERT INTO "search ${table}" (body) VALUES (new.${one}); END`,
      `INSERT INTO "search ${table}" (body) SELECT ${one} FROM ${name}`,
    ],
  ]
  return random.some(all, random.int(0, 4)).flat()
}

/** What a person would declare of a file: all that a schema.ts has words for. */
export function definitionOfCatalog({ tables }: Catalog): SchemaDefinition {
  const own = [...tables.values()].filter(({ kind, system }) => kind === 'table' && !system)
  return definitionOf(own.map(tableDefinition), [])
}

function tableDefinition(table: Table): TableDefinition {
  const { key, schema, name, primaryKey, uniques, indexes } = table
  const columns = table.columns
    .filter(({ generated }) => generated === null)
    .map(({ name: column, type, nullable, identity }) => plainDefinition(column, type, { nullable, identity }))
  return {
    ...{ key, schema, name, columns, uniques, indexes },
    ...{ primaryKey: primaryKey.length === 0 ? null : primaryKey, checks: [], open: false },
    ...{ comment: null, was: null, using: null, at: null },
    foreignKeys: table.foreignKeys.map(({ references, ...rest }) => ({
      ...{ ...rest, target: references.table },
      targetColumns: references.columns,
    })),
  }
}

/** What `around` has made: to be found again after every migration, and what of it can be read. */
export function remainder(database: DatabaseSync): string {
  const sql =
    "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('trigger', 'view') OR sql LIKE 'CREATE VIRTUAL%'"
  return database
    .prepare(`${sql} ORDER BY type, name`)
    .all()
    .map(({ type, name }) => `${type} ${name}`)
    .filter((text) => /^(trigger on|view view of|table search) /.test(text))
    .map((text) =>
      text.startsWith('trigger') ? text : `${text}: ${readable(database, text.slice(text.indexOf(' ') + 1))}`,
    )
    .join('\n')
}

function readable(database: DatabaseSync, name: string): string {
  try {
    database.prepare(`SELECT * FROM "${name}"`).all()
    return 'readable'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
