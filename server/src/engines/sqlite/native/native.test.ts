import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeColumn } from '../../../schema/make-catalog.ts'
import { BOOLEAN, DATE, DOUBLE, INTEGER, JSONB, NUMERIC, TEXT, TIMESTAMP, UUID } from '../../../schema/types.ts'
import { translateDefault } from './default.ts'
import { type NativeScope, translateExpression } from './expression.ts'
import { Untranslatable } from './value.ts'

const columns = [
  makeColumn({ name: 'n', type: INTEGER, storage: 'native' }),
  makeColumn({ name: 'Total Price', type: DOUBLE, storage: 'native' }),
  makeColumn({ name: 'price', type: NUMERIC, storage: 'native' }),
  makeColumn({ name: 't', type: TEXT, storage: 'native' }),
  makeColumn({ name: 'nocase', type: TEXT, storage: 'native' }),
  makeColumn({ name: 'active', type: BOOLEAN, storage: 'native' }),
  makeColumn({ name: 'day', type: DATE, storage: 'native' }),
  makeColumn({ name: 'at', type: TIMESTAMP, storage: 'native space' }),
]
const scope: NativeScope = {
  columns: new Map(columns.map((column) => [column.name.toLowerCase(), column])),
  isPlain: ({ name }) => name !== 'nocase',
}

function attempt(translate: () => string | null): string | null | undefined {
  try {
    return translate()
  } catch (error) {
    assert.ok(error instanceof Untranslatable, String(error))
    return undefined
  }
}

const expression = (sql: string) => attempt(() => translateExpression(sql, scope).text)

test('says in PostgreSQL what means the same', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['n > 0', 'n > 0'],
    ['N>=-5 AND(n<=10)', 'n >= -5 and n <= 10'],
    ['[Total Price] >= (0)', '"Total Price" >= 0'],
    ['n == 1 OR n != 2 AND NOT n <> 3', 'n = 1 or n <> 2 and not n <> 3'],
    ['(n = 1 OR n = 2) AND t IS NOT NULL', '(n = 1 or n = 2) and t is not null'],
    ['n BETWEEN 1 AND 5 AND t NOTNULL', 'n between 1 and 5 and t is not null'],
    ['n NOT BETWEEN 1 AND 5', 'n not between 1 and 5'],
    ["t IN ('a', 'it''s')", "t in ('a', 'it''s')"],
    ["t NOT IN ('a')", "t not in ('a')"],
    ['at ISNULL', 'at is null'],
    ['nocase NOT NULL', 'nocase is not null'],
    ["t IS NOT 'a'", "t is distinct from 'a'"],
    ['n IS 1', 'n is not distinct from 1'],
    ['active = 1', 'active = true'],
    ['active IN (0, 1)', 'active in (false, true)'],
    ['NOT active', 'not active'],
    ['length(trim(t)) > 0', 'char_length(trim(t)) > 0'],
    ["instr(t, '@') > 1", "strpos(t, '@') > 1"],
    ["substr(t, 1, 2) <> 'ab'", "substr(t, 1, 2) <> 'ab'"],
    ["t LIKE '%@%._%'", "t like '%@%._%'"],
    ["t GLOB 'Ab*?'", "t like 'Ab%_'"],
    ["day >= '2020-01-31'", "day >= '2020-01-31'"],
    ['n * 2 + 1 < 100', 'n::bigint * 2 + 1 < 100'],
    ['n % 2 = 0', 'n::bigint % 2 = 0'],
    ['(n + 1) * 2 > 4', '(n::bigint + 1) * 2 > 4'],
    ['"Total Price" * n > 0.5', '"Total Price" * n > 0.5'],
    ['price >= 0.01', 'price >= 0.01'],
    ["t || '!' = 'a!'", "t || '!' = 'a!'"],
    ["ifnull(t, '') <> 'x'", "coalesce(t, '') <> 'x'"],
    ['coalesce(active, 0)', 'coalesce(active, false)'],
    ["CASE WHEN n > 0 THEN 'plus' ELSE 'minus' END = 'plus'", "case when n > 0 then 'plus' else 'minus' end = 'plus'"],
    ['n > 0 /* more */ -- and more', 'n > 0'],
  ]
  for (const [sql, expected] of cases) assert.equal(expression(sql), expected, sql)
})

test('leaves alone whatever may mean something else', () => {
  const refused = [
    // The case of letters: SQLite knows ASCII, or ignores it.
    "t LIKE 'a%'",
    'lower(t) = t',
    "nocase = 'a'",
    'length(nocase) > 1',
    "t = 'a' COLLATE NOCASE",
    // Patterns.
    "t GLOB '[a-z]*'",
    "t LIKE '%\\%'",
    "t LIKE 'x' ESCAPE 'y'",
    't REGEXP 1',
    't LIKE nocase',
    // Values of other kinds are converted by other rules.
    "n = '1'",
    't = 1',
    't > 5',
    "t < 'b'",
    "t = '12'",
    'active = 2',
    'active > 0',
    'price + 1 > 2',
    'price > n',
    'n > "Total Price"',
    "n || 'x' = 'y'",
    'length(n) > 1',
    "at > '2020-01-01'",
    "day > 'yesterday'",
    't = nocase',
    'price = price',
    // Overflow and division.
    'n * n * n > 0',
    'n / 0 = 1',
    '1 / n = 1',
    'n / price = 1',
    'n << 1 = 2',
    'n & 1 = 1',
    '9223372036854775808 > n',
    // No conditions, no SQL, no such names.
    'n AND t',
    'NOT n',
    '"gone" = 1',
    'people.n = 1',
    'n = (SELECT 1)',
    'n IN (SELECT 1)',
    'n IN ()',
    'n = 1 = 1',
    'n BETWEEN 1',
    'n =',
    '',
    'abs(n) > 1',
    'typeof(n) = t',
    'random() > 1',
    "date('now') > day",
    'round(price) = 1',
    'substr(t, -1) = t',
    "substr(t, 0) = 'a'",
    'EXISTS (SELECT 1)',
    'CASE n WHEN 1 THEN 2 END = 2',
    'CAST(n AS TEXT) = t',
    'json_valid(t)',
    "t -> 'a' = t",
    "x'00' = t",
    'n = NULL',
  ]
  for (const sql of refused) {
    const found = attempt(() => {
      const piece = translateExpression(sql, scope)
      if (piece.kind !== 'boolean') throw new Untranslatable('no condition')
      return piece.text
    })
    assert.equal(found, undefined, sql)
  }
})

test('defaults', () => {
  const preset = (type: typeof TEXT, sql: string, storage = 'native') =>
    attempt(() => translateDefault(sql, makeColumn({ name: 'x', type, storage })))
  assert.equal(preset(INTEGER, '7'), '7')
  assert.equal(preset(INTEGER, '((-7))'), '-7')
  assert.equal(preset(INTEGER, "'7'"), '7')
  assert.equal(preset(INTEGER, '2147483648'), undefined)
  assert.equal(preset(INTEGER, '1.5'), undefined)
  assert.equal(preset(INTEGER, '(1 + 1)'), undefined)
  assert.equal(preset(DOUBLE, '0.5'), '0.5')
  assert.equal(preset(NUMERIC, '(0)'), '0')
  assert.equal(preset(BOOLEAN, '1'), 'true')
  assert.equal(preset(BOOLEAN, 'FALSE'), 'false')
  assert.equal(preset(BOOLEAN, '2'), undefined)
  assert.equal(preset(TEXT, "'it''s'"), "'it''s'")
  assert.equal(preset(TEXT, '5'), undefined)
  assert.equal(preset(TEXT, 'CURRENT_TIMESTAMP'), undefined)
  assert.equal(preset(TEXT, 'NULL'), null)
  assert.equal(preset(TEXT, '"word"'), undefined)
  assert.equal(preset(DATE, "date('now')"), 'current_date')
  assert.equal(preset(DATE, "date('now', 'localtime')"), undefined)
  assert.equal(preset(DATE, "'2020-01-01'"), "'2020-01-01'")
  assert.equal(preset(TIMESTAMP, 'CURRENT_TIMESTAMP', 'native space'), "date_trunc('second', localtimestamp)")
  assert.equal(preset(TIMESTAMP, "datetime( 'now' )", 'native space'), "date_trunc('second', localtimestamp)")
  assert.equal(preset(TIMESTAMP, 'CURRENT_TIMESTAMP'), undefined)
  assert.equal(preset(JSONB, "'{}'"), "'{}'")
  assert.equal(preset(JSONB, '\'{"a": 1}\''), undefined)
  assert.equal(preset(UUID, 'hex(randomblob(16))'), undefined)
})
