import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PilarError } from '../errors/error.ts'
import {
  arrayOf,
  BIGINT,
  BOOLEAN,
  type ColumnType,
  DATE,
  DOUBLE,
  INTEGER,
  INTERVAL,
  JSONB,
  type LogicalType,
  NUMERIC,
  REAL,
  SMALLINT,
  TEXT,
  TIMESTAMP,
  TIMESTAMPTZ,
  typeLabel,
  UNKNOWN,
  UUID,
  type Value,
} from '../schema/types.ts'
import { castTo } from './conversion.ts'
import type { Expr, Param } from './expr.ts'
import { literal } from './expr-tools.ts'
import type { FunctionName } from './functions.ts'
import { aggregateType, resolveCall, resolveIn, resolveQuantified } from './signatures.ts'

const MOOD: ColumnType = { name: 'enum', enumName: 'mood', values: ['sad', 'happy'] }
const PRICE: ColumnType = { name: 'numeric', precision: 10, scale: 2 }
const CODE: ColumnType = { name: 'varchar', length: 5 }

const col = (type: ColumnType): Expr => ({ kind: 'column', type, source: 's0', table: 'public.t', column: 'c' })
const param = (form: Param['form'] = 'scalar'): Param => ({ kind: 'param', type: TEXT, index: 0, form })
const quoted = (text: string): Expr => literal(text, UNKNOWN)
const constant = (value: Value, type: LogicalType): Expr => literal(value, type)

function shape(expr: Expr): string {
  const kind = expr.kind === 'literal' ? String(expr.value) : expr.kind
  return `${kind}:${typeLabel(expr.type)}`
}

/** `arg, arg → result` of a resolved call. */
function resolved(fn: FunctionName, ...args: Expr[]): string {
  const found = resolveCall(fn, args)
  return `${found.args.map(shape).join(', ')} → ${typeLabel(found.type)}`
}

test('untyped literals and params take the type of the other side', () => {
  assert.equal(resolved('eq', col(UUID), param()), 'column:uuid, param:uuid → boolean')
  assert.equal(resolved('eq', param(), col(MOOD)), 'param:mood, column:mood → boolean')
  assert.equal(resolved('gt', col(PRICE), param()), 'column:numeric(10,2), param:numeric → boolean')
  assert.equal(resolved('eq', col(MOOD), quoted('sad')), 'column:mood, sad:mood → boolean')
  assert.equal(resolved('contains', col(arrayOf(TEXT)), param()), 'column:text[], param:text[] → boolean')
  assert.equal(resolved('contains', col(JSONB), param()), 'column:jsonb, param:jsonb → boolean')
  assert.equal(resolved('like', col(CODE), param()), 'column:character varying(5), param:text → boolean')
  assert.equal(resolved('json_get_text', col(JSONB), quoted('k')), 'column:jsonb, k:text → text')
  assert.equal(resolved('eq', quoted('a'), quoted('a')), 'a:text, a:text → boolean')
})

test('numbers meet in the wider type, constants go to the column', () => {
  assert.equal(resolved('eq', col(SMALLINT), constant(5, INTEGER)), 'column:smallint, 5:smallint → boolean')
  assert.equal(resolved('eq', col(SMALLINT), constant(70000, INTEGER)), 'cast:integer, 70000:integer → boolean')
  assert.equal(resolved('lt', col(INTEGER), col(BIGINT)), 'cast:bigint, column:bigint → boolean')
  assert.equal(resolved('lt', col(INTEGER), constant('1.5', NUMERIC)), 'cast:numeric, 1.5:numeric → boolean')
  assert.equal(resolved('lt', col(PRICE), constant(2, INTEGER)), 'column:numeric(10,2), 2:numeric → boolean')
  assert.equal(
    resolved('lt', col(REAL), constant('0.5', NUMERIC)),
    'cast:double precision, 0.5:double precision → boolean',
  )
  assert.equal(resolved('add', col(SMALLINT), constant(1, INTEGER)), 'cast:integer, 1:integer → integer')
  assert.equal(resolved('mul', col(PRICE), col(PRICE)), 'column:numeric(10,2), column:numeric(10,2) → numeric')
  assert.equal(
    resolved('power', col(INTEGER), constant(2, INTEGER)),
    'cast:double precision, 2:double precision → double precision',
  )
})

test('dates, timestamps and intervals', () => {
  assert.equal(
    resolved('lt', col(DATE), col(TIMESTAMPTZ)),
    'cast:timestamp with time zone, column:timestamp with time zone → boolean',
  )
  assert.equal(
    resolved('sub', col(TIMESTAMPTZ), col(INTERVAL)),
    'column:timestamp with time zone, column:interval → timestamp with time zone',
  )
  assert.equal(resolved('add', col(DATE), constant(1, INTEGER)), 'column:date, 1:integer → date')
  assert.equal(
    resolved('add', col(DATE), col(INTERVAL)),
    'cast:timestamp without time zone, column:interval → timestamp without time zone',
  )
  assert.equal(resolved('sub', col(DATE), col(DATE)), 'column:date, column:date → integer')
  assert.equal(resolved('mul', col(INTERVAL), constant(2, INTEGER)), 'column:interval, 2:double precision → interval')
  assert.equal(
    resolved('date_trunc', quoted('day'), col(TIMESTAMP)),
    'day:text, column:timestamp without time zone → timestamp without time zone',
  )
  assert.equal(resolved('extract', quoted('year'), col(DATE)), 'year:text, column:date → numeric')
})

test('concatenation by the kind of its sides', () => {
  assert.equal(resolved('concat', col(TEXT), col(INTEGER)), 'column:text, cast:text → text')
  assert.equal(resolved('concat', col(arrayOf(TEXT)), constant('x', TEXT)), 'column:text[], x:text → text[]')
  assert.equal(resolved('concat', col(arrayOf(INTEGER)), quoted('{1}')), 'column:integer[], 1:integer[] → integer[]')
  assert.equal(resolved('concat', col(JSONB), quoted('{}')), 'column:jsonb, {}:jsonb → jsonb')
})

function refusal(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof PilarError)
    return `${error.code} ${error.message}`
  }
  throw new Error('nothing was refused')
}

test('what PostgreSQL refuses is refused in its words', () => {
  assert.equal(
    refusal(() => resolveCall('eq', [col(INTEGER), col(TEXT)])),
    '42883 operator does not exist: integer = text',
  )
  assert.equal(
    refusal(() => resolveCall('ilike', [col(INTEGER), param()])),
    '42883 operator does not exist: integer ~~* unknown',
  )
  assert.equal(
    refusal(() => resolveCall('eq', [col(MOOD), col(TEXT)])),
    '42883 operator does not exist: mood = text',
  )
  assert.equal(
    refusal(() => resolveCall('neg', [col(TEXT)])),
    '42883 operator does not exist: - text',
  )
  assert.equal(
    refusal(() => resolveCall('lower', [col(INTEGER)])),
    '42883 function lower(integer) does not exist',
  )
  assert.equal(
    refusal(() => resolveCall('trim', [col(CODE), col(INTEGER)])),
    '42883 function btrim(character varying, integer) does not exist',
  )
  assert.equal(
    refusal(() => resolveCall('overlaps', [col(JSONB), col(JSONB)])),
    '42883 operator does not exist: jsonb && jsonb',
  )
  assert.equal(
    refusal(() => resolveCall('eq', [col(UUID), quoted('x')])),
    '22P02 invalid input syntax for type uuid: "x"',
  )
  assert.equal(
    refusal(() => resolveIn(col(INTEGER), [constant(1, INTEGER), col(TEXT)])),
    '42883 operator does not exist: integer = text',
  )
  assert.equal(
    refusal(() => castTo(col(BOOLEAN), DATE)),
    '42846 cannot cast type boolean to date',
  )
  assert.equal(
    refusal(() => aggregateType('sum', TEXT)),
    '42883 function sum(text) does not exist',
  )
})

test('lists and quantified comparisons', () => {
  const inList = resolveIn(col(SMALLINT), [constant(1, INTEGER), constant(2, INTEGER)])
  assert.deepEqual(inList.items.map(shape), ['1:smallint', '2:smallint'])
  assert.equal(shape(resolveIn(col(MOOD), [param('list')]).items[0] as Expr), 'param:mood')
  assert.equal(shape(resolveQuantified('eq', false, { arg: col(UUID), array: param('list') }).array), 'param:uuid')
  assert.equal(shape(resolveQuantified('like', true, { arg: col(TEXT), array: param('list') }).array), 'param:text')
  assert.equal(shape(resolveQuantified('eq', false, { arg: col(TEXT), array: quoted('{a,b}') }).array), 'a,b:text[]')
})

test('aggregates have the types of PostgreSQL', () => {
  assert.equal(aggregateType('count', null).name, 'bigint')
  assert.deepEqual(
    [SMALLINT, INTEGER, BIGINT, PRICE, REAL, DOUBLE, INTERVAL].map((type) => aggregateType('sum', type).name),
    ['bigint', 'bigint', 'numeric', 'numeric', 'real', 'double', 'interval'],
  )
  assert.deepEqual(
    [INTEGER, REAL, DOUBLE].map((type) => aggregateType('avg', type).name),
    ['numeric', 'double', 'double'],
  )
  assert.equal(aggregateType('max', MOOD), MOOD)
})
