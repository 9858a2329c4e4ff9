/** Whatever SQLite's expressions are translated to has the same value: SQLite's own answers against the oracle's, on random expressions and rows. */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { before, test } from 'node:test'
import { evaluate } from '../../src/engines/memory/evaluate.ts'
import { bind, EMPTY_SCOPE, type World } from '../../src/engines/memory/world.ts'
import { introspect } from '../../src/engines/sqlite/introspect.ts'
import { type NativeScope, translateExpression } from '../../src/engines/sqlite/native/expression.ts'
import { type Piece, Untranslatable } from '../../src/engines/sqlite/native/value.ts'
import { SERVICE_ROLE } from '../../src/policy/actor.ts'
import { loadGrammar, parseExpression } from '../../src/policy/expression/index.ts'
import { SELF } from '../../src/query/expr.ts'
import type { Column } from '../../src/schema/catalog.ts'
import type { Value } from '../../src/schema/types.ts'
import { caseCount } from '../support/require.ts'
import { seededRandom } from '../support/temp.ts'

const TABLE = `CREATE TABLE rows (
  s SMALLINT, n INTEGER, big BIGINT, d DOUBLE, dec DECIMAL(10, 2), t TEXT, u VARCHAR(9), b BOOLEAN, day DATE, "Odd name" TEXT, nc TEXT COLLATE NOCASE)`

before(loadGrammar)

type Random = () => number
const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)] as T

/** Values of the declared types, the nasty ones among them. */
const VALUES: Readonly<Record<string, readonly (null | bigint | number | string)[]>> = {
  s: [null, 0n, 1n, -1n, 32767n, -32768n],
  n: [null, 0n, 1n, -1n, 2n, 7n, -7n, 2147483647n, -2147483648n],
  big: [null, 0n, 1n, 9223372036854775807n, -9223372036854775808n, 9007199254740993n],
  d: [null, 0, -0.5, 0.1, 0.5, 1, 1e20, -3.25],
  dec: [null, 0n, 1n, 0.1, 19.99, -5n],
  t: [null, '', ' ', 'a', 'A', 'ab', ' a ', 'é', 'É', '@', 'a@b.c', '12', 'K', 'ß', '%', '\\'],
  u: [null, '', 'a', 'Ab', '_', 'a@b'],
  b: [null, 0n, 1n],
  day: [null, '2020-01-31', '1999-12-31', '2020-02-01'],
  'Odd name': [null, '', 'a', 'x'],
  nc: [null, 'a', 'A'],
}

function expressionOf(random: Random, depth: number): string {
  const value = (): string => {
    const kinds = [
      () => pick(random, ['s', 'n', 'big', 'd', 'dec', 't', 'u', 'b', 'day', '"Odd name"', 'nc', 'N', '[t]']),
      () => pick(random, ['0', '1', '2', '-1', '0.5', '100', '3.14', '9007199254740993', 'TRUE', 'FALSE']),
      () => pick(random, ["''", "'a'", "'A'", "'12'", "'@'", "'2020-01-31'", "'é'", "'%@%'", "'a*'", "'*@?*'"]),
      () => `${pick(random, ['length', 'trim', 'ltrim', 'rtrim', 'lower', 'abs'])}(${value()})`,
      () => `${pick(random, ['coalesce', 'ifnull', 'instr', 'substr'])}(${value()}, ${value()})`,
      () => `(${value()} ${pick(random, ['+', '-', '*', '/', '%', '||'])} ${value()})`,
      () => `${value()} ${pick(random, ['+', '-', '*', '/', '%', '||'])} ${value()}`,
      () => `CASE WHEN ${condition(depth - 1)} THEN ${value()} ELSE ${value()} END`,
    ]
    return pick(random, random() < 0.75 ? kinds.slice(0, 3) : kinds)()
  }
  const condition = (level: number): string => {
    const list = () => `(${Array.from({ length: 1 + Math.floor(random() * 2) }, value).join(', ')})`
    const simple = [
      () => `${value()} ${pick(random, ['=', '==', '<>', '!=', '<', '<=', '>', '>='])} ${value()}`,
      () => `${value()} ${pick(random, ['IS NULL', 'IS NOT NULL', 'ISNULL', 'NOTNULL'])}`,
      () => `${value()} ${pick(random, ['IN', 'NOT IN'])} ${list()}`,
      () => `${value()} ${pick(random, ['BETWEEN', 'NOT BETWEEN'])} ${value()} AND ${value()}`,
      () => `${value()} ${pick(random, ['LIKE', 'GLOB', 'NOT LIKE'])} ${value()}`,
      () => `${value()} ${pick(random, ['IS', 'IS NOT'])} ${value()}`,
      () => 'b',
    ]
    if (level <= 0) return pick(random, simple)()
    const inner = () => condition(level - 1)
    const both = [() => `${inner()} AND ${inner()}`, () => `(${inner()} OR ${inner()})`, () => `NOT ${inner()}`, inner]
    return pick(random, both)()
  }
  return condition(depth)
}

/** SQLite's value as the oracle has it. */
function logical(value: unknown, kind: Piece['kind']): Value {
  if (value === null || typeof value === 'string') return value
  if (kind === 'boolean') return value === 1n
  if (kind === 'double') return Number(value)
  return kind === 'integer' ? BigInt(value as bigint) : String(value)
}

const kindOf = ({ type }: Column): Piece['kind'] => {
  if (type.name === 'smallint' || type.name === 'integer') return 'double'
  if (type.name === 'bigint') return 'integer'
  return type.name === 'numeric' ? 'numeric' : (type.name as Piece['kind'])
}

/** Numbers of all sizes as one. */
const plain = (value: Value): unknown => (typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value)

/** Throws with the first expression and row on which the two differ; gives the number of expressions that were translated. */
function compare(seed: number, isPlain: NativeScope['isPlain'], cases: number): number {
  const random = seededRandom(seed)
  const database = new DatabaseSync(':memory:')
  database.exec(TABLE)
  const catalog = introspect(database)
  const table = catalog.tables.get('public.rows')
  assert.ok(table !== undefined)
  const scope: NativeScope = {
    columns: new Map(table.columns.map((column) => [column.name.toLowerCase(), column])),
    isPlain,
  }
  const names = table.columns.map(({ name }) => name)
  const insert = database.prepare(`INSERT INTO rows VALUES (${names.map(() => '?').join(', ')})`)
  const world = { catalog, values: [], actor: { role: SERVICE_ROLE }, nowMicros: 0n } as unknown as World
  let translated = 0
  for (let number = 0; number < cases; number++) {
    const sql = expressionOf(random, Math.floor(random() * 3))
    const piece = translate(sql, scope)
    if (piece === null) continue
    translated++
    const expr = parseExpression(piece.text, { catalog, self: table })
    const statement = database.prepare(`SELECT (${sql}) AS value FROM rows`)
    statement.setReadBigInts(true)
    for (let row = 0; row < 5; row++) {
      const cells = names.map((name) => pick(random, VALUES[name] ?? []))
      database.exec('DELETE FROM rows')
      insert.run(...cells)
      const native = logical(statement.get()?.['value'] ?? null, piece.kind)
      const values = table.columns.map((column, index) => logical(cells[index] ?? null, kindOf(column)))
      const asked = new Map(names.map((name, index) => [name, values[index] ?? null]))
      const said = evaluate(expr, bind(EMPTY_SCOPE, SELF, asked), world)
      const shown = names.map((name, index) => `${name}=${cells[index]}`).join(' ')
      assert.deepEqual(plain(said), plain(native), `seed ${seed}: ${sql} → ${piece.text} on ${shown}`)
    }
  }
  database.close()
  return translated
}

function translate(sql: string, scope: NativeScope): Piece | null {
  try {
    return translateExpression(sql, scope)
  } catch (error) {
    assert.ok(error instanceof Untranslatable, `${sql}: ${error}`)
    return null
  }
}

const SEED = Number(process.env.PILAR_SEED ?? randomInt(2 ** 31))

test('a translated expression has the value it has in SQLite', () => {
  const translated = compare(SEED, ({ name }) => name !== 'nc', caseCount({ local: 3_000, ci: 20_000 }))
  assert.ok(translated > 300, `only ${translated} were translated (seed ${SEED})`)
})

test('control: a column that ignores case, taken for one that does not, is found out', () => {
  assert.throws(() => compare(1, () => true, 20_000), /seed \d+: .*nc/)
})
