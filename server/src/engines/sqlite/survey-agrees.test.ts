import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { seededRandom, tempFolder } from '../../../test/support/temp.ts'
import { PilarError } from '../../errors/error.ts'
import { ExpressionError, loadGrammar } from '../../policy/expression/index.ts'
import { makeCatalog, makeColumn, makeTable } from '../../schema/make-catalog.ts'
import { castRule } from '../../schema/migration/casts.ts'
import type { MigrationStep } from '../../schema/migration/step.ts'
import {
  arrayOf,
  BIGINT,
  BOOLEAN,
  type ColumnType,
  DATE,
  DOUBLE,
  INTEGER,
  JSONB,
  NUMERIC,
  type ScalarType,
  TEXT,
  TIMESTAMPTZ,
  UUID,
} from '../../schema/types.ts'
import { fromText } from '../../schema/values.ts'
import { standardStorage, toStorage } from './codecs.ts'
import { inline } from './compare.ts'
import { isSqliteError } from './faults.ts'
import { printCreateTable } from './migrate/print-table.ts'
import { migrate } from './migrate/run-plainly.suite.ts'
import { survey } from './survey.ts'
import { registerFunctions } from './udf/register.ts'

before(loadGrammar)
const folder = tempFolder()
after(() => folder.remove())

const PRICE: ScalarType = { name: 'numeric', precision: 6, scale: 2 }
const STATE: ScalarType = { name: 'enum', enumName: 'items_state', values: ['a', 'b', 'c'] }
const CODE: ScalarType = { name: 'varchar', length: 8 }

/** Values as PostgreSQL writes them; `items` has one column for each. */
const COLUMNS: Readonly<Record<string, readonly [ColumnType, readonly string[]]>> = {
  words: [TEXT, ['1', '22', ' 3 ', 'x', '2020-01-01', '1.5', '{"a":1}', '{1,2}', 'true', '']],
  code: [CODE, ['1', 'abcdefgh', 'ab  ', '99999']],
  count: [INTEGER, ['0', '1', '7', '-5', '70000']],
  large: [BIGINT, ['1', '3000000000', '-1']],
  price: [PRICE, ['1.50', '2.00', '-0.01', '9999.99']],
  exact: [NUMERIC, ['1.5', '12345678901234567890', '0']],
  ratio: [DOUBLE, ['0.5', '1e300', 'Infinity', '2']],
  flag: [BOOLEAN, ['t', 'f']],
  state: [STATE, ['a', 'b', 'c']],
  seen: [TIMESTAMPTZ, ['2020-01-01 00:00:00+00', '2020-01-01 10:00:00+00', 'infinity']],
  born: [DATE, ['2020-01-01', '1999-12-31']],
  data: [JSONB, ['1', 'null', '"x"', '{"a":1}', 'true']],
  tags: [arrayOf(TEXT), ['{a,bcd}', '{}', '{1}']],
  token: [UUID, ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12']],
  parent: [INTEGER, ['1', '2', '3', '9']],
}
const TYPES: readonly ColumnType[] = [
  ...Object.values(COLUMNS).map(([type]) => type),
  { name: 'varchar', length: 3 },
  { name: 'numeric', precision: 3, scale: 1 },
  { ...STATE, values: ['a', 'b'] },
  { ...STATE, values: ['a', 'b', 'c', 'd'] },
  { name: 'smallint' },
  { name: 'time' },
]
const USINGS: readonly (readonly [ColumnType, string])[] = [
  [INTEGER, 'words::integer'],
  [INTEGER, '10 / count'],
  [TEXT, 'upper(code)'],
  [{ name: 'varchar', length: 3 }, "coalesce(code, 'none')"],
  [INTEGER, '(select id from parents p where p.id = parent)'],
  [STATE, "case when flag then 'a' else words end"],
  [UUID, 'gen_random_uuid()'],
  [PRICE, 'price * count'],
]

const table = 'public.items'

class Random {
  readonly #next: () => number
  constructor(seed: number) {
    this.#next = seededRandom(seed)
  }
  below(count: number): number {
    return Math.floor(this.#next() * count)
  }
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }
}

const parents = makeTable({ name: 'parents', columns: [makeColumn({ name: 'id', type: INTEGER })], primaryKey: ['id'] })
const items = makeTable({
  name: 'items',
  columns: [
    makeColumn({ name: 'id', type: INTEGER }),
    ...Object.entries(COLUMNS).map(([name, [type]]) => makeColumn({ name, type, nullable: true })),
  ],
  primaryKey: ['id'],
  uniques: [{ name: 'items_code_id_key', columns: ['code', 'id'] }],
})

/** A connection as the writer has it while it migrates. */
function writable(file: string): DatabaseSync {
  const database = new DatabaseSync(file)
  registerFunctions(database, () => 1)
  database.function('pilar_fuel', { deterministic: false }, () => 1n)
  database.enableDefensive(false)
  database.exec('PRAGMA foreign_keys = OFF')
  return database
}

function makeFile(random: Random, seed: number): string {
  const file = join(folder.path, `${seed}.db`)
  const database = new DatabaseSync(file)
  const catalog = makeCatalog({ version: 0, tables: [parents, items] })
  for (const table of [parents, items]) database.exec(printCreateTable(table, { catalog }))
  database.exec('INSERT INTO parents VALUES (1), (2), (3)')
  const nulls = random.of([0, 0, 3])
  for (let id = 1, count = random.below(6); id <= count; id++) {
    const values = Object.values(COLUMNS).map(([type, texts]) => {
      if (random.below(10) < nulls) return 'NULL'
      return inline(toStorage(type, standardStorage(type), fromText(type, random.of(texts))))
    })
    database.exec(`INSERT INTO items VALUES (${[id, ...values].join(', ')})`)
  }
  database.close()
  return file
}

/** The same in words that are not ours, with an order of texts of its own, and a table without rowids. */
function makeAdoptedFile(random: Random, seed: number): string {
  const file = join(folder.path, `${seed}.db`)
  const database = new DatabaseSync(file)
  const key = random.of(['id INTEGER PRIMARY KEY', 'id INT NOT NULL PRIMARY KEY'])
  const tail = key.includes('INTEGER') ? '' : ' WITHOUT ROWID'
  database.exec(`CREATE TABLE parents (id INTEGER PRIMARY KEY); INSERT INTO parents VALUES (1), (2), (3);
    CREATE TABLE items (${key}, words TEXT, code VARCHAR(8) COLLATE NOCASE, count INT, large BIGINT, price DECIMAL(6,2), exact NUMERIC,
      ratio DOUBLE, flag BOOLEAN, state TEXT, seen TIMESTAMP, born DATE, data JSON, tags TEXT, token UUID, parent INT,
      UNIQUE (code, id))${tail}`)
  const nulls = random.of([0, 0, 3])
  for (let id = 1, count = random.below(6); id <= count; id++) {
    const values = Object.values(COLUMNS).map(([type, texts]) => {
      if (random.below(10) < nulls) return 'NULL'
      const text = random.of(texts)
      if (type.name === 'boolean') return text === 't' ? '1' : '0'
      if (type.name === 'varchar' && random.below(2) === 0) return `'${text.toUpperCase()}'`
      return /^-?[\d.]+$/.test(text) && type.name !== 'text' ? text : `'${text}'`
    })
    database.exec(`INSERT INTO items VALUES (${[id, ...values].join(', ')})`)
  }
  database.close()
  return file
}

/** Up to three changes, each to another column. */
function randomSteps(random: Random, isAdopted: boolean): readonly MigrationStep[] {
  const names = Object.keys(COLUMNS)
  const steps: MigrationStep[] = []
  const take = (): string => names.splice(random.below(names.length), 1)[0] ?? 'words'
  for (let count = 1 + random.below(3); count > 0; count--) {
    const column = take()
    const [from] = COLUMNS[column] ?? [TEXT]
    const [usingType, using] = random.of(USINGS)
    // How somebody else's columns are declared is no step.
    switch (isAdopted ? 3 + random.below(6) : random.below(9)) {
      case 0:
      case 1: {
        const to = random.of(TYPES.filter((type) => castRule(from, type).kind !== 'none' || random.below(20) === 0))
        if (JSON.stringify(to) !== JSON.stringify(from))
          steps.push({ kind: 'change-type', table, column, from, to, using: null, restores: null })
        break
      }
      case 2:
        if (JSON.stringify(usingType) !== JSON.stringify(from))
          steps.push({ kind: 'change-type', table, column, from, to: usingType, using, restores: null })
        break
      case 3:
        steps.push({ kind: 'set-not-null', table, column, using: null })
        break
      case 4:
        steps.push({
          kind: 'add-column',
          table,
          column: makeColumn({ name: `new_${column}`, type: usingType, nullable: random.below(2) === 0 }),
          using: random.below(4) === 0 ? null : using,
        })
        break
      case 5:
        steps.push({ kind: 'add-unique', table, unique: { name: `items_${column}_key`, columns: [column] } })
        break
      case 6: {
        const expression = random.of(['count > 0', "lower(words) <> 'x'", 'price >= 0 or flag', 'length(code) < 5'])
        steps.push({ kind: 'add-check', table, check: { name: `items_${column}_check`, expression } })
        break
      }
      case 7:
        if (names.includes('parent')) {
          names.splice(names.indexOf('parent'), 1)
          const references = { table: parents.key, columns: ['id'] }
          const actions = { onDelete: 'no action', onUpdate: 'no action' } as const
          const foreignKey = { name: 'items_parent_fkey', columns: ['parent'], references, ...actions }
          steps.push({ kind: 'add-foreign-key', table, foreignKey })
        }
        break
      case 8:
        steps.push({
          kind: 'create-index',
          table,
          index: {
            name: `items_${column}_idx`,
            unique: true,
            columns: [{ name: column, descending: false }],
            where: random.of([null, 'count > 0']),
          },
        })
    }
  }
  return steps
}

/** What running the steps says; null when they run. Bugs pass through. */
function runs(file: string, steps: readonly MigrationStep[], broken: (error: unknown) => never): string | null {
  const database = writable(file)
  try {
    migrate(database, steps, { nowMicros: 0n })
    return null
  } catch (error) {
    if (error instanceof PilarError || error instanceof ExpressionError || isSqliteError(error)) return error.message
    return broken(error)
  } finally {
    database.close()
  }
}

async function surveyed(file: string, steps: readonly MigrationStep[]): Promise<readonly string[]> {
  const { signal } = new AbortController()
  const { findings } = await survey(steps, { file, lockTimeoutMs: 1000, nowMicros: 0n, signal })
  return findings.filter((finding) => finding.kind === 'refuses').map((finding) => finding.message)
}

test('a survey refuses what running it would refuse, and nothing else', async () => {
  const first = Number(process.env['PILAR_SEED'] ?? 1)
  const count = Number(process.env['PILAR_SEEDS'] ?? 40)
  const outcomes = { runs: 0, fails: 0 }
  for (let seed = first; seed < first + count; seed++) {
    const random = new Random(seed)
    const isAdopted = seed % 3 === 0
    const file = isAdopted ? makeAdoptedFile(random, seed) : makeFile(random, seed)
    const steps = randomSteps(random, isAdopted)
    if (steps.length === 0) continue
    const text = JSON.stringify(steps.map((step) => ({ ...step, table: undefined })))
    const refusals = await surveyed(file, steps).catch((error: unknown) => {
      throw new Error(`seed ${seed}: ${text}`, { cause: error })
    })
    copyFileSync(file, `${file}.copy`)
    const failure = runs(`${file}.copy`, steps, (error) => {
      throw new Error(`seed ${seed}: ${text}`, { cause: error })
    })
    const says = refusals.length === 0 ? null : refusals.join('; ')
    const message = `seed ${seed}: the survey says ${says}, running says ${failure}\n${text}`
    assert.equal(says === null, failure === null, message)
    outcomes[failure === null ? 'runs' : 'fails']++
  }
  assert.ok(count < 30 || (outcomes.runs > count / 5 && outcomes.fails > count / 5), JSON.stringify(outcomes))
})
