/** Random databases in SQLite's own words, with every name and clause that a schema.ts does not like: what is pulled of them loads, and nothing differs. */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { loadDefault } from '../../src/cli/load-module.ts'
import { introspect } from '../../src/engines/sqlite/introspect.ts'
import { translateCatalog } from '../../src/engines/sqlite/native/catalog.ts'
import { pullSchema } from '../../src/pipeline/pull-schema.ts'
import type { SchemaDefinition } from '../../src/schema/definition.ts'
import { Random } from '../simulate/random.ts'
import { caseCount } from '../support/require.ts'
import { tempFolder } from '../support/temp.ts'
import { differenceOf } from './pulled.ts'

const NAMES = [
  ...[
    'a',
    'B',
    '"c d"',
    '[e.f]',
    '`g``h`',
    '"order"',
    '"it\'s"',
    'ü',
    '"x""y"',
    '_z',
    '"1n"',
    '"(p)"',
    '"a,b"',
    "'quoted'",
  ],
  ...['"trail "', '"id"', '"__proto__"', '"oid"', '"toString"', '"A"'],
]
const TYPES = [
  ...[
    'INTEGER',
    'INT',
    'TEXT',
    'REAL',
    'BLOB',
    '',
    'VARCHAR(10)',
    'DECIMAL(10,2)',
    'BOOLEAN',
    'DATE',
    'DATETIME',
    'JSON',
    'UUID',
  ],
  ...['STRING', 'BIGINT', 'UNSIGNED BIG INT', 'INT_BOOLEAN2', 'TEXT_FOO', 'ENUM'],
]
const DEFAULTS = [
  ...[
    '',
    '',
    '',
    'DEFAULT 0',
    "DEFAULT 'x'",
    'DEFAULT NULL',
    'DEFAULT CURRENT_TIMESTAMP',
    'DEFAULT (1+1)',
    'DEFAULT -1.5',
  ],
  ...['DEFAULT TRUE', "DEFAULT (date('now'))", "DEFAULT x'00'", 'DEFAULT "dq"', 'DEFAULT +7', "DEFAULT ''"],
]
const RULES = [
  ...['', '', 'NOT NULL', 'UNIQUE', 'COLLATE NOCASE', 'UNIQUE ON CONFLICT IGNORE', 'CONSTRAINT n NOT NULL', 'NULL'],
  '/* c */ NOT NULL -- x\n',
]

interface Made {
  readonly name: string
  readonly columns: readonly string[]
}

function columnText(
  name: string,
  at: { first: string; index: number; others: readonly Made[] },
  random: Random,
): string {
  const { first, index, others } = at
  const checks = [
    `${name} > 0`,
    `length(${name}) > 1`,
    `${name} IN ('a','b')`,
    `${name} IN (0,1)`,
    `${name} LIKE '%@%'`,
    `typeof(${name}) = 'text'`,
  ]
  const values = [first, `${first} || 'x'`, `upper(${first})`, `${first} * 2`]
  const isGenerated = index > 0 && random.chance(0.15)
  const parts = [
    index === 0 && random.chance(0.4)
      ? `PRIMARY KEY ${random.pick(['', 'DESC', 'AUTOINCREMENT', 'ON CONFLICT REPLACE'])}`
      : '',
    random.pick(RULES),
    isGenerated
      ? `GENERATED ALWAYS AS (${random.pick(values)}) ${random.pick(['STORED', 'VIRTUAL'])}`
      : random.pick(DEFAULTS),
    random.chance(0.3) ? `CHECK (${random.pick(checks)})` : '',
  ]
  if (others.length > 0 && random.chance(0.3)) {
    const target = random.pick(others)
    const action = random.pick(['CASCADE', 'SET NULL', 'NO ACTION', 'SET DEFAULT'])
    parts.push(`REFERENCES ${target.name}(${random.pick(target.columns)}) ON DELETE ${action}`)
  }
  return [name, random.pick(TYPES), ...parts].join(' ')
}

function tableText(table: Made, others: readonly Made[], random: Random): string {
  const { name, columns } = table
  const first = columns[0] ?? ''
  const two = columns.slice(0, 2).join(', ')
  const parts = columns.map((column, index) => columnText(column, { first, index, others }, random))
  if (random.chance(0.2)) parts.push(`PRIMARY KEY (${two})`)
  if (random.chance(0.2)) parts.push(`UNIQUE (${columns.slice(0, 3).join(', ')})`)
  if (random.chance(0.2)) parts.push(`CONSTRAINT ${random.pick(NAMES)} CHECK (${first} <> 'zz')`)
  if (random.chance(0.1)) parts.push(`FOREIGN KEY (${two}) REFERENCES ${name}(${two})`)
  return `CREATE TABLE ${name} (${parts.join(', ')}) ${random.pick(['', '', '', 'WITHOUT ROWID'])}`
}

function besides({ name, columns }: Made, random: Random): readonly string[] {
  const first = columns[0] ?? ''
  const keys = columns
    .slice(0, random.int(1, 2))
    .map((column) => `${column}${random.pick(['', ' DESC', ' COLLATE NOCASE'])}`)
  const where = random.pick(['', `WHERE ${first} IS NOT NULL`, `WHERE ${first} > 'x'`])
  const shown = random.pick(['*', first, `${first} AS q`])
  return [
    `CREATE ${random.pick(['', 'UNIQUE'])} INDEX ${random.pick(['i1', 'i2', '"ix 3"', 'a_B_idx'])} ON ${name} (${keys.join(', ')}) ${where}`,
    `CREATE VIEW ${random.pick(NAMES)} AS SELECT ${shown} FROM ${name} ${random.pick(['', `WHERE ${first} IS NULL`])}`,
  ].filter(() => random.chance(0.4))
}

/** What SQLite takes of a random script. */
function makeDatabase(random: Random): { readonly database: DatabaseSync; readonly script: string } {
  const database = new DatabaseSync(':memory:', {
    enableForeignKeyConstraints: false,
    enableDoubleQuotedStringLiterals: true,
  })
  const taken: string[] = []
  const run = (sql: string): boolean => {
    try {
      database.exec(sql)
      return taken.push(sql) > 0
    } catch {
      return false
    }
  }
  const tables: Made[] = []
  for (let count = random.int(1, 4); count > 0; count--) {
    const table = { name: random.pick(NAMES), columns: random.some(NAMES, random.int(1, 5)) }
    if (!run(tableText(table, tables, random))) continue
    tables.push(table)
    for (const sql of besides(table, random)) run(sql)
  }
  return { database, script: taken.join(';\n') }
}

test('whatever SQLite takes is pulled, and nothing differs afterwards', async () => {
  const seed = Number(process.env.PILAR_SEED ?? randomInt(2 ** 31))
  const folder = tempFolder()
  let made = 0
  try {
    for (let number = 0; number < caseCount({ local: 100, ci: 2_000 }); number++) {
      const { database, script } = makeDatabase(new Random(seed + number))
      const found = introspect(database)
      made += found.tables.size
      const where = `seed ${seed + number}:\n${script}`
      const pulled = await pullSchema(found, translateCatalog(found)).catch((cause) =>
        assert.fail(`${where}\n${cause}`),
      )
      const path = join(folder.path, `schema-${number}.ts`)
      writeFileSync(path, pulled.text)
      const { steps, obstacles } = await differenceOf((await loadDefault(path)) as SchemaDefinition, found)
      assert.deepEqual({ steps, obstacles }, { steps: [], obstacles: [] }, where)
      database.close()
    }
  } finally {
    folder.remove()
  }
  assert.ok(made > 50, `only ${made} tables were made`)
})
