import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { FunctionName } from '../../query/functions.ts'
import type { ColumnType, Value } from '../../schema/types.ts'
import { castValue } from './cast.ts'
import { OPERATIONS } from './functions.ts'

type Row = readonly [fn: FunctionName, args: readonly Value[], types: string, expected: Value]

const typeOf = (name: string): ColumnType =>
  name.endsWith('[]') ? { name: 'array', element: typeOf(name.slice(0, -2)) as never } : ({ name } as ColumnType)

/** Arguments, their types and the result's, and what PostgreSQL answers. */
const ROWS: readonly Row[] = [
  ['add', ['0.10', '2'], 'numeric numeric numeric', '2.10'],
  ['add', ['2020-01-31T00:00:00', '1 mon'], 'timestamp interval timestamp', '2020-02-29T00:00:00'],
  ['add', ['2020-01-01', 31], 'date integer date', '2020-02-01'],
  ['sub', ['2020-03-01', '2020-02-01'], 'date date integer', 29],
  ['sub', ['2020-03-01T12:00:00', '2020-02-01T00:00:00'], 'timestamp timestamp interval', '29 days 12:00:00'],
  ['div', [-7, 2], 'integer integer integer', -3],
  ['div', ['1', '3'], 'numeric numeric numeric', '0.33333333333333333333'],
  ['mod', [-7, 3], 'integer integer integer', -1],
  ['round', ['2.5'], 'numeric numeric', '3'],
  ['round', [2.5], 'double double', 2],
  ['round', ['-1.005', 2], 'numeric integer numeric', '-1.01'],
  ['like', ['a%b', 'a\\%_'], 'text text boolean', true],
  ['ilike', ['ÄPFEL', 'ä%l'], 'text text boolean', true],
  ['substring', ['héllo', 0, 3], 'text integer integer text', 'hé'],
  ['split_part', ['a,b,c', ',', -1], 'text text integer text', 'c'],
  ['lpad', ['7', 3, 'ab'], 'text integer text text', 'ab7'],
  ['left', ['abc', -1], 'text integer text', 'ab'],
  ['initcap', ["o'neil SMITH-jones"], 'text text', "O'Neil Smith-Jones"],
  ['json_get', ['{"a":{"b":1}}', 'a'], 'jsonb text jsonb', '{"b":1}'],
  ['json_get_text', ['[1,"x"]', -1], 'jsonb integer text', 'x'],
  ['json_path_text', ['{"a":[1,2]}', ['a', '1']], 'jsonb text[] text', '2'],
  ['contains', ['{"a":[1,2],"b":1}', '{"a":[2]}'], 'jsonb jsonb boolean', true],
  ['contains', ['[1,[2]]', '2'], 'jsonb jsonb boolean', false],
  ['concat', ['{"a":1}', '{"a":2,"b":3}'], 'jsonb jsonb jsonb', '{"a":2,"b":3}'],
  [
    'overlaps',
    [
      ['a', null],
      [null, 'b'],
    ],
    'text[] text[] boolean',
    false,
  ],
  ['array_position', [['a', null], null], 'text[] text integer', 2],
  ['date_trunc', ['week', '2020-01-01T10:00:00'], 'text timestamp timestamp', '2019-12-30T00:00:00'],
  ['extract', ['week', '2021-01-03'], 'text date numeric', '53'],
  ['extract', ['epoch', '1970-01-01T00:00:01.5'], 'text timestamp numeric', '1.500000'],
  ['extract', ['dow', '2020-02-29'], 'text date numeric', '6'],
  ['greatest', [null, 2, 10], 'integer integer integer integer', 10],
  ['distinct', [null, null], 'integer integer boolean', false],
  ['mul', ['1 mon', 1.5], 'interval double interval', '1 mon 15 days'],
]

for (const [fn, args, types, expected] of ROWS) {
  it(`${fn}(${args.map(String).join(', ')}) is ${String(expected)}`, () => {
    const all = types.split(' ').map(typeOf)
    const result = all.at(-1) as ColumnType
    assert.deepEqual(OPERATIONS[fn](args, all.slice(0, -1), result), expected)
  })
}

it('casts as PostgreSQL does', () => {
  assert.equal(castValue(2.5, { name: 'double' }, { name: 'integer' }), 2)
  assert.equal(castValue('2.5', { name: 'numeric' }, { name: 'integer' }), 3)
  assert.equal(castValue('abcdef', { name: 'text' }, { name: 'varchar', length: 3 }), 'abc')
  assert.equal(castValue(true, { name: 'boolean' }, { name: 'text' }), 'true')
  assert.equal(
    castValue('2020-01-01T10:00:00+00:00', { name: 'timestamptz' }, { name: 'text' }),
    '2020-01-01 10:00:00+00',
  )
  assert.equal(castValue('1.50', { name: 'jsonb' }, { name: 'numeric' }), '1.5')
})
