import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { before, test } from 'node:test'
import { loadGrammar } from '../../../policy/expression/index.ts'
import { castable } from '../../../query/conversion.ts'
import type { Column, Table } from '../../../schema/catalog.ts'
import { makeCatalog, makeColumn, makeTable } from '../../../schema/make-catalog.ts'
import { castRule } from '../../../schema/migration/casts.ts'
import { keepsValues } from '../../../schema/migration/type-change.ts'
import {
  arrayOf,
  BIGINT,
  BOOLEAN,
  BYTEA,
  type ColumnType,
  DATE,
  DOUBLE,
  INTEGER,
  INTERVAL,
  JSONB,
  NUMERIC,
  REAL,
  type ScalarType,
  SMALLINT,
  TEXT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  typeLabel,
  UUID,
} from '../../../schema/types.ts'
import { fromText, toText } from '../../../schema/values.ts'
import { declaredType, standardStorage, storageOf, toStorage } from '../codecs.ts'
import { inline } from '../compare.ts'
import { ExprPrinter, Usage } from '../expr.ts'
import { fromPlain } from '../udf/convert.ts'
import { registerFunctions } from '../udf/register.ts'
import { type ColumnValue, conversionOutcome, convertColumn } from './convert.ts'

before(loadGrammar)

const NOW_MICROS = 1_600_000_000_000_000n
const database = new DatabaseSync(':memory:')
registerFunctions(database, () => 1)

function tableOf(columns: readonly Column[], name = 't'): Table {
  return makeTable({ name, columns, primaryKey: [] })
}

const nullable = (name: string, type: ColumnType, more: Partial<Column> = {}): Column =>
  makeColumn({ name, type, nullable: true, ...more })

interface Given {
  readonly from: ColumnType
  readonly to: ColumnType
  readonly text: string | null
}

/** The value of a column after a change of type, as text, through the storage of both types; or the error. */
function changedType({ from, to, text }: Given): string | null {
  const column = nullable('v', from)
  const table = tableOf([column])
  const target = nullable('v', to)
  const source = { found: makeCatalog({ version: 0, tables: [table] }), table, nowMicros: NOW_MICROS }
  const value: ColumnValue = { column: target, from: column, using: null, fill: null, restores: null }
  const { sql, isSame } = convertColumn(value, source)
  const stored = text === null ? null : toStorage(from, storageOf(column), fromText(from, text))
  const printer = new ExprPrinter(source.found, new Usage())
  const plain = printer.plainOf(to, standardStorage(to), 'c.v')
  const row = `SELECT ${inline(stored)} AS v`
  if (isSame) assert.equal(sql, 's."v"')
  const types = `CREATE TEMP TABLE c (v ${declaredType(to)})`
  database.exec(`DROP TABLE IF EXISTS temp.c; ${types}; INSERT INTO temp.c SELECT ${sql} FROM (${row}) AS s`)
  const statement = database.prepare(`SELECT ${plain} FROM temp.c`)
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  const [given = null] = statement.get() as unknown as [null | string | bigint | Uint8Array]
  const result = fromPlain(to, given)
  return result === null ? null : toText(to, result)
}

function outcome({ from, to, text }: Given): string | null {
  const column = nullable('v', from)
  const catalog = makeCatalog({ version: 0, tables: [tableOf([column])] })
  const sql = conversionOutcome({ from: column, to: nullable('v', to) }, 's.v', new ExprPrinter(catalog, new Usage()))
  if (sql === null) return null
  const stored = text === null ? null : toStorage(from, storageOf(column), fromText(from, text))
  const row = database.prepare(`SELECT ${sql} AS outcome FROM (SELECT ${inline(stored)} AS v) AS s`).get()
  return row?.['outcome'] as string | null
}

const varchar = (length: number): ScalarType => ({ name: 'varchar', length })
const numeric = (precision: number, scale: number): ScalarType => ({ name: 'numeric', precision, scale })
const enumOf = (...values: string[]): ScalarType => ({ name: 'enum', enumName: 't_v', values })

/** from, to, text, then the text afterwards (`!` an error's code, `~` what is left of a value that loses something). */
const CASES: readonly (readonly [ColumnType, ColumnType, string, string])[] = [
  [INTEGER, BIGINT, '-7', '-7'],
  [BIGINT, INTEGER, '2147483647', '2147483647'],
  [BIGINT, INTEGER, '2147483648', '!22003'],
  [TEXT, INTEGER, ' 42 ', '42'],
  [TEXT, INTEGER, '4x', '!22P02'],
  [TEXT, BIGINT, '9223372036854775807', '9223372036854775807'],
  [INTEGER, TEXT, '-7', '-7'],
  [INTEGER, numeric(10, 2), '7', '7.00'],
  [INTEGER, numeric(3, 2), '70', '!22003'],
  [INTEGER, NUMERIC, '7', '7'],
  [numeric(10, 2), numeric(12, 2), '12.50', '12.50'],
  [numeric(10, 2), numeric(12, 4), '12.50', '12.5000'],
  [numeric(12, 4), numeric(10, 2), '12.5050', '~12.51'],
  [numeric(12, 4), numeric(10, 2), '12.5000', '12.50'],
  [numeric(10, 2), NUMERIC, '12.50', '12.5'],
  [NUMERIC, numeric(4, 1), '12.25', '~12.3'],
  [NUMERIC, numeric(4, 1), '1234', '!22003'],
  [numeric(30, 2), numeric(10, 2), '12.50', '12.50'],
  [numeric(30, 2), NUMERIC, '12.50', '12.5'],
  [numeric(10, 2), INTEGER, '12.50', '~13'],
  [numeric(10, 2), INTEGER, '12.00', '12'],
  [numeric(10, 2), DOUBLE, '12.50', '12.5'],
  [numeric(10, 2), TEXT, '12.50', '12.50'],
  [NUMERIC, TEXT, '12.50', '12.5'],
  [TEXT, numeric(6, 2), '1.005', '~1.01'],
  [TEXT, NUMERIC, '1.500', '1.5'],
  [TEXT, DOUBLE, '0.1', '0.1'],
  [TEXT, DOUBLE, '0.12345678901234567890', '~0.12345678901234568'],
  [DOUBLE, REAL, '0.1', '0.1'],
  [DOUBLE, REAL, '0.123456789', '~0.12345679'],
  [DOUBLE, INTEGER, '2.5', '~2'],
  [DOUBLE, NUMERIC, 'Infinity', '!0A000'],
  [DOUBLE, TEXT, '0.1', '0.1'],
  [REAL, DOUBLE, '0.5', '0.5'],
  [BIGINT, DOUBLE, '9007199254740993', '~9.007199254740992e+15'],
  [BOOLEAN, INTEGER, 't', '1'],
  [INTEGER, BOOLEAN, '1', 't'],
  [INTEGER, BOOLEAN, '2', '~t'],
  [BOOLEAN, TEXT, 't', 'true'],
  [TEXT, BOOLEAN, 'yes', 't'],
  [TEXT, BOOLEAN, 'perhaps', '!22P02'],
  [varchar(10), TEXT, 'abc', 'abc'],
  [TEXT, varchar(3), 'abc', 'abc'],
  [TEXT, varchar(3), 'abcd', '!22001'],
  [TEXT, varchar(3), 'abc  ', '!22001'],
  [varchar(200), varchar(2), 'öö', 'öö'],
  [INTEGER, varchar(2), '123', '!22001'],
  [TEXT, enumOf('a', 'b'), 'b', 'b'],
  [TEXT, enumOf('a', 'b'), 'c', '!22P02'],
  [enumOf('a', 'b'), enumOf('a', 'b', 'c'), 'b', 'b'],
  [enumOf('a', 'b'), enumOf('a'), 'a', 'a'],
  [enumOf('a', 'b'), enumOf('a'), 'b', '!22P02'],
  [enumOf('a', 'b'), TEXT, 'b', 'b'],
  [DATE, TIMESTAMP, '2020-01-31', '2020-01-31 00:00:00'],
  [DATE, TIMESTAMPTZ, '2020-01-31', '2020-01-31 00:00:00+00'],
  [TIMESTAMP, DATE, '2020-01-31 00:00:00', '2020-01-31'],
  [TIMESTAMPTZ, DATE, '2020-01-31 00:00:00.5', '~2020-01-31'],
  [TIMESTAMPTZ, DATE, 'infinity', 'infinity'],
  [TIMESTAMPTZ, TIME, 'infinity', '!22008'],
  [TIMESTAMP, TIME, '2020-01-31 10:00:00', '~10:00:00'],
  [TIMESTAMPTZ, TIMESTAMP, '2020-01-31 10:00:00+07', '2020-01-31 03:00:00'],
  [TIMESTAMP, TEXT, '2020-01-31 10:00:00', '2020-01-31 10:00:00'],
  [TEXT, TIMESTAMP, '2020-01-31 10:00:00+07', '~2020-01-31 10:00:00'],
  [TEXT, TIMESTAMPTZ, '2020-01-31 10:00:00+07', '2020-01-31 03:00:00+00'],
  [TEXT, DATE, '2020-01-31', '2020-01-31'],
  [TEXT, DATE, '2020-01-31 10:00', '~2020-01-31'],
  [TEXT, DATE, 'tomorrow morning', '!22007'],
  [TIME, INTERVAL, '10:00', '10:00:00'],
  [INTERVAL, TIME, '1 day 10:00', '~10:00:00'],
  [INTERVAL, TEXT, '1 day', '1 day'],
  [UUID, TEXT, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  [TEXT, UUID, 'none', '!22P02'],
  [JSONB, TEXT, '{"a":[1,2]}', '{"a": [1, 2]}'],
  [TEXT, JSONB, '{"a":1}', '{"a": 1}'],
  [TEXT, JSONB, '{a}', '!22P02'],
  [JSONB, INTEGER, '12', '12'],
  [JSONB, INTEGER, '12.5', '~13'],
  [JSONB, INTEGER, '"12"', '!22023'],
  [JSONB, BOOLEAN, 'true', 't'],
  [BYTEA, TEXT, '\\xff00', '\\xff00'],
  [TEXT, BYTEA, '\\xff00', '\\xff00'],
  [TEXT, arrayOf(INTEGER), '{1,NULL}', '{1,NULL}'],
  [TEXT, arrayOf(INTEGER), '1', '!22P02'],
  [arrayOf(INTEGER), TEXT, '{1,2}', '{1,2}'],
  [arrayOf(INTEGER), arrayOf(BIGINT), '{1,2}', '{1,2}'],
  [arrayOf(TEXT), arrayOf(varchar(2)), '{ab,abc}', '!22001'],
  [arrayOf(numeric(6, 2)), arrayOf(INTEGER), '{1.00,2.50}', '~{1,3}'],
  [JSONB, arrayOf(TEXT), '["a"]', '!42846'],
  [UUID, INTEGER, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '!42846'],
  [SMALLINT, BOOLEAN, '1', '!42846'],
]

for (const [from, to, text, expected] of CASES) {
  test(`${typeLabel(from)} ${text} as ${typeLabel(to)}: ${expected}`, () => {
    const given = { from, to, text }
    if (expected.startsWith('!')) {
      const code = expected.slice(1)
      assert.throws(() => changedType(given), { code })
      if (code === '42846') assert.equal(castRule(from, to).kind, 'none')
      else assert.equal(outcome(given)?.slice(0, 5), code)
      return
    }
    const loses = expected.startsWith('~')
    assert.equal(changedType(given), loses ? expected.slice(1) : expected)
    assert.equal(changedType({ ...given, text: null }), null)
    assert.equal(outcome(given), loses ? 'loses' : null)
    if (loses) assert.notEqual(castRule(from, to).loses, null)
  })
}

test('the table of casts is that of expressions, but that enums and lengths are looked at', () => {
  const types: readonly ColumnType[] = [
    ...[TEXT, SMALLINT, INTEGER, BIGINT, NUMERIC, REAL, DOUBLE, BOOLEAN, DATE, TIME, TIMESTAMP, TIMESTAMPTZ],
    ...[INTERVAL, UUID, JSONB, BYTEA, varchar(3), numeric(6, 2), enumOf('a'), arrayOf(TEXT), arrayOf(INTEGER)],
  ]
  for (const from of types) {
    for (const to of types) {
      const isKnown = castRule(from, to).kind !== 'none'
      assert.equal(isKnown, castable(from, to), `${typeLabel(from)} to ${typeLabel(to)}`)
      if (keepsValues(from, to)) assert.equal(castRule(from, to).loses, null, 'what is not kept elsewhere is not lost')
    }
  }
})

/** A database of two tables, `posts` over which values are computed. */
function library() {
  const posts = tableOf(
    [
      makeColumn({ name: 'id', type: INTEGER }),
      nullable('title', TEXT),
      nullable('price', numeric(10, 2)),
      nullable('author', INTEGER),
      nullable('state', enumOf('draft', 'live')),
    ],
    'posts',
  )
  const authors = tableOf([makeColumn({ name: 'id', type: INTEGER }), nullable('name', TEXT)], 'authors')
  const found = makeCatalog({ version: 0, tables: [posts, authors] })
  const file = new DatabaseSync(':memory:')
  registerFunctions(file, () => 1)
  file.function('pilar_fuel', () => 1n)
  file.exec(`CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, price INT_NUMERIC, author INT, state TEXT, old TEXT);
    CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT);
    INSERT INTO authors VALUES (1, 'Ana María'), (2, 'Bo');
    INSERT INTO posts VALUES (1, 'First post', 1050, 1, 'draft', '10.5'), (2, NULL, NULL, NULL, 'live', 'x'), (3, 'Third', 300, 2, NULL, '3')`)
  const of = (value: Partial<ColumnValue> & Pick<ColumnValue, 'column'>): unknown[] => {
    const whole: ColumnValue = { from: null, using: null, fill: null, restores: null, ...value }
    const { sql } = convertColumn(whole, { found, table: posts, nowMicros: NOW_MICROS })
    const rows = file.prepare(`SELECT ${sql} AS v FROM posts AS s ORDER BY id`).all()
    return rows.map((row) => row['v'])
  }
  const conversion = (value: Partial<ColumnValue> & Pick<ColumnValue, 'column'>) =>
    convertColumn(
      { from: null, using: null, fill: null, restores: null, ...value },
      { found, table: posts, nowMicros: NOW_MICROS },
    )
  const failed = (column: Column, using: string): { message: string; hint: string | null } => {
    try {
      of({ column, using })
    } catch (error) {
      const { message, hint } = error as { message: string; hint: string | null }
      return { message, hint }
    }
    throw new Error('no error')
  }
  return { posts, found, file, of, conversion, failed }
}

test('using is an expression over the row and the database, stored as the column keeps it', () => {
  const { of, posts } = library()
  assert.deepEqual(of({ column: nullable('slug', TEXT), using: "lower(replace(title, ' ', '-'))" }), [
    'first-post',
    null,
    'third',
  ])
  assert.deepEqual(of({ column: nullable('cents', INTEGER), using: 'price * 100' }), [1050, null, 300])
  assert.deepEqual(of({ column: nullable('net', numeric(12, 4)), using: 'price' }), [105000, null, 30000])
  const name = "(select split_part(a.name, ' ', 1) from authors a where a.id = author)"
  assert.deepEqual(of({ column: nullable('name', varchar(10)), using: name }), ['Ana', null, 'Bo'])
  const isLive = "case when state = 'live' then 'yes' else 'no' end"
  assert.deepEqual(of({ column: nullable('live', enumOf('yes', 'no')), using: isLive }), ['no', 'yes', 'no'])
  const state = posts.column.get('state') as Column
  assert.deepEqual(of({ column: state, from: state, fill: "'draft'" }), ['draft', 'live', 'draft'])
})

test('new columns have their default, or nothing; now() is one value', () => {
  const { of, conversion } = library()
  assert.deepEqual(of({ column: nullable('a', numeric(6, 2), { default: '1.5' }) }), [150, 150, 150])
  assert.deepEqual(of({ column: nullable('a', TEXT) }), [null, null, null])
  const now = '2020-09-13T12:26:40+00:00'
  assert.deepEqual(of({ column: nullable('a', TIMESTAMPTZ, { default: 'now()' }) }), [now, now, now])
  const uuid = conversion({ column: nullable('a', UUID, { default: 'gen_random_uuid()' }) })
  assert.equal(uuid.isVolatile, true)
  assert.equal(new Set(of({ column: nullable('a', UUID, { default: 'gen_random_uuid()' }) })).size, 3)
})

test('tells which tables a value reads, and that a value stays what it is', () => {
  const { conversion, posts } = library()
  const reads = conversion({ column: nullable('n', BIGINT), using: '(select count(*) from authors)' })
  assert.deepEqual(reads.reads, ['authors'])
  const id = posts.column.get('id') as Column
  assert.deepEqual(conversion({ column: { ...id, type: BIGINT }, from: id }), {
    sql: 's."id"',
    reads: [],
    isVolatile: false,
    isSame: true,
  })
})

test('mistakes in using are told with their place', () => {
  const { failed } = library()
  const text = nullable('slug', TEXT)
  assert.deepEqual(failed(text, 'lower(titel)'), {
    message: 'posts.slug: column "titel" does not exist (using, character 7)',
    hint: 'Perhaps you meant the column "title".',
  })
  assert.deepEqual(failed(nullable('n', INTEGER), 'title'), {
    message: 'posts.n: column "n" is of type integer but using expression is of type text (using)',
    hint: 'You will need to rewrite or cast the expression.',
  })
  assert.deepEqual(failed(text, 'auth.uid()'), {
    message: 'posts.slug: a using expression cannot depend on who asks (using)',
    hint: 'A migration runs for nobody: write the value, or look it up in a table.',
  })
  assert.deepEqual(failed(nullable('code', varchar(2)), "'abc'"), {
    message: 'posts.code: value too long for type character varying(2) (using)',
    hint: null,
  })
  assert.deepEqual(failed(nullable('code', varchar(2)), 'title'), {
    message: 'value too long for type character varying(2)',
    hint: null,
  })
})

test('undo gives the former value where it was not changed since, and converts the others back', () => {
  const { file, of, posts } = library()
  const price = posts.column.get('price') as Column
  const text = nullable('price', TEXT)
  const retired = {
    table: posts.key,
    column: text,
    storedAs: 'old',
    retiredAt: '2026-01-01T00:00:00Z',
    suspended: { primaryKey: false, uniques: [], foreignKeys: [], checks: [], indexes: [] },
  }
  file.exec("UPDATE posts SET old = '10.500' WHERE id = 1; UPDATE posts SET old = NULL WHERE id = 2")
  assert.deepEqual(of({ column: text, from: price, restores: retired }), ['10.500', null, '3'])
  file.exec('UPDATE posts SET price = 325 WHERE id = 3; UPDATE posts SET price = 1 WHERE id = 2')
  assert.deepEqual(of({ column: text, from: price, restores: retired }), ['10.500', '0.01', '3.25'])
  file.exec("UPDATE posts SET old = '10.5 EUR' WHERE id = 1")
  const using = "split_part(price, ' ', 1)::numeric"
  const given = { ...retired, converted: { using } }
  assert.deepEqual(of({ column: text, from: price, restores: given }), ['10.5 EUR', '0.01', '3.25'])
})

test('undo refuses a changed row that nothing turns back', () => {
  const { file, of, posts } = library()
  const state = posts.column.get('state') as Column
  const was = nullable('state', INTEGER)
  const retired = {
    table: posts.key,
    column: was,
    converted: { using: "case state when 1 then 'live' else 'draft' end" },
    storedAs: 'old',
    retiredAt: '2026-01-01T00:00:00Z',
    suspended: { primaryKey: false, uniques: [], foreignKeys: [], checks: [], indexes: [] },
  }
  file.exec(
    "ALTER TABLE posts DROP COLUMN old; ALTER TABLE posts ADD old INT; UPDATE posts SET old = 7, state = 'draft'",
  )
  assert.deepEqual(of({ column: was, from: state, restores: retired }), [7, 7, 7])
  file.exec("UPDATE posts SET state = 'live' WHERE id = 2")
  assert.throws(() => of({ column: was, from: state, restores: retired }), {
    code: '0A000',
    message: 'nothing turns a value of type t_v back into integer',
  })
})

test('values come back with a restored column, and the default for rows written in between', () => {
  const { of, posts } = library()
  const column = makeColumn({ name: 'note', type: TEXT, default: "'none'" })
  const restores = {
    table: posts.key,
    column,
    storedAs: 'title',
    retiredAt: '2026-01-01T00:00:00Z',
    suspended: { primaryKey: false, uniques: [], foreignKeys: [], checks: [], indexes: [] },
  }
  assert.deepEqual(of({ column, restores }), ['First post', 'none', 'Third'])
  assert.deepEqual(of({ column, restores, fill: "'#' || id" }), ['First post', '#2', 'Third'])
  assert.deepEqual(of({ column: { ...column, nullable: true }, restores }), ['First post', null, 'Third'])
})
