import { strict as assert } from 'node:assert'
import { before, describe, test } from 'node:test'
import type { Column, Table } from '../../schema/catalog.ts'
import type { Value } from '../../schema/types.ts'
import { compareValues, fromJson, toJsonText, toText } from '../../schema/values.ts'
import { addDecimals, decimalOf, formatDecimal, stripZeros } from '../../std/decimal.ts'
import { type Json, type JsonObject, parseJson, stringifyJson } from '../../std/json.ts'
import { type Ask, rowsOf } from './ask.ts'
import { NUMBERS, SAMPLES } from './samples.ts'

interface Sample {
  readonly id: number
  readonly value: Value
}

/** One row per value and one more with nulls, ids not in the order of any column. */
function makeRows(): readonly JsonObject[] {
  const count = Math.max(...[...SAMPLES.values()].map((values) => values.length)) + 1
  return Array.from({ length: count }, (_, index) => {
    const cells = [...SAMPLES].map(([column, values]): [string, Json] => [column, values[index] ?? null])
    return { id: ((index * 7) % 101) + 1, ...Object.fromEntries(cells) }
  })
}

/** Every type: what goes in comes out, and order, filters and aggregates are PostgreSQL's. */
export function describeTypes(ask: Ask, table: Table): void {
  describe('types', () => {
    const rows = makeRows()
    before(async () => {
      await rowsOf(ask, {
        method: 'POST',
        path: '/samples',
        body: stringifyJson(rows),
        prefer: 'return=representation',
      })
    })
    for (const column of table.columns.filter(({ name }) => name !== 'id')) {
      const samples = rows.map((row) => ({
        id: Number(row['id']),
        value: fromJson(column.type, row[column.name] ?? null),
      }))
      describeColumn(ask, column, samples)
    }
  })
}

function describeColumn(ask: Ask, column: Column, samples: readonly Sample[]): void {
  const { name, type } = column
  test(`${name}: comes back as it went in`, async () => {
    const found = (await rowsOf(ask, { path: `/samples?select=id,${name}&order=id` })) as readonly JsonObject[]
    const shown = found.map((row) => `${row['id']} ${stringifyJson(row[name] ?? null)}`)
    const expected = [...samples]
      .sort((a, b) => a.id - b.id)
      .map(({ id, value }) => `${id} ${normal(toJsonText(type, value))}`)
    assert.deepEqual(shown, expected)
  })
  test(`${name}: order, both ways, nulls on both sides`, () => checkOrder(ask, column, samples))
  if (!['jsonb', 'array'].includes(type.name)) test(`${name}: filters`, () => checkFilters(ask, column, samples))
  if (type.name === 'array') test(`${name}: contains, contained, overlaps`, () => checkArrays(ask, column, samples))
  if (NUMBERS.includes(name)) test(`${name}: sum, min, max, count`, () => checkAggregates(ask, column, samples))
}

/** JSON text as the suite prints it. */
const normal = (json: string): string => stringifyJson(parseJson(json))

async function idsOf(ask: Ask, query: string): Promise<readonly number[]> {
  const rows = (await rowsOf(ask, { path: `/samples?select=id&${query}` })) as readonly JsonObject[]
  return rows.map((row) => Number(row['id']))
}

async function checkOrder(ask: Ask, { name, type }: Column, samples: readonly Sample[]): Promise<void> {
  const nulls = samples.filter(({ value }) => value === null).map(({ id }) => id)
  for (const [direction, sign] of [
    ['asc', 1],
    ['desc', -1],
  ] as const) {
    const byValue = (a: Sample, b: Sample): number => sign * compareValues(type, a.value, b.value) || a.id - b.id
    const sorted = samples
      .filter(({ value }) => value !== null)
      .sort(byValue)
      .map(({ id }) => id)
    nulls.sort((a, b) => a - b)
    const first = [...nulls, ...sorted]
    const last = [...sorted, ...nulls]
    assert.deepEqual(await idsOf(ask, `order=${name}.${direction}.nullsfirst,id`), first)
    assert.deepEqual(await idsOf(ask, `order=${name}.${direction}.nullslast,id`), last)
    assert.deepEqual(await idsOf(ask, `order=${name}.${direction},id`), direction === 'asc' ? last : first)
  }
}

const OPERATORS: Readonly<Record<string, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  neq: (order) => order !== 0,
  gt: (order) => order > 0,
  gte: (order) => order >= 0,
  lt: (order) => order < 0,
  lte: (order) => order <= 0,
}

async function checkFilters(ask: Ask, { name, type }: Column, samples: readonly Sample[]): Promise<void> {
  const present = samples.filter(({ value }) => value !== null)
  const ids = (list: readonly Sample[]): readonly number[] => list.map(({ id }) => id).sort((a, b) => a - b)
  for (const sample of present) {
    const text = encodeURIComponent(toText(type, sample.value as Exclude<Value, null>))
    for (const [operator, holds] of Object.entries(OPERATORS)) {
      const expected = ids(present.filter(({ value }) => holds(compareValues(type, value, sample.value))))
      assert.deepEqual(
        await idsOf(ask, `${name}=${operator}.${text}&order=id`),
        expected,
        `${name}=${operator}.${text}`,
      )
    }
    const distinct = ids(
      samples.filter(({ value }) => value === null || compareValues(type, value, sample.value) !== 0),
    )
    assert.deepEqual(await idsOf(ask, `${name}=isdistinct.${text}&order=id`), distinct, `${name}=isdistinct.${text}`)
  }
  const some = present.slice(0, 3)
  const list = some.map(({ value }) => quoted(toText(type, value as Exclude<Value, null>))).join(',')
  const inside = (value: Value): boolean => some.some((each) => compareValues(type, value, each.value) === 0)
  assert.deepEqual(await idsOf(ask, `${name}=in.(${list})&order=id`), ids(present.filter(({ value }) => inside(value))))
  assert.deepEqual(
    await idsOf(ask, `${name}=not.in.(${list})&order=id`),
    ids(present.filter(({ value }) => !inside(value))),
  )
  assert.deepEqual(await idsOf(ask, `${name}=is.null&order=id`), ids(samples.filter(({ value }) => value === null)))
}

const quoted = (text: string): string => encodeURIComponent(`"${text.replace(/["\\]/g, '\\$&')}"`)

async function checkArrays(ask: Ask, { name, type }: Column, samples: readonly Sample[]): Promise<void> {
  assert.ok(type.name === 'array')
  const { element } = type
  const present = samples.filter(({ value }) => value !== null)
  const items = (value: Value): readonly Value[] => value as readonly Value[]
  const has = (list: readonly Value[], item: Value): boolean =>
    item !== null && list.some((other) => other !== null && compareValues(element, other, item) === 0)
  const tests: Readonly<Record<string, (a: readonly Value[], b: readonly Value[]) => boolean>> = {
    cs: (a, b) => b.every((item) => has(a, item)),
    cd: (a, b) => a.every((item) => has(b, item)),
    ov: (a, b) => a.some((item) => has(b, item)),
  }
  for (const sample of present) {
    const text = encodeURIComponent(toText(type, sample.value as Exclude<Value, null>))
    for (const [operator, holds] of Object.entries(tests)) {
      const expected = present.filter(({ value }) => holds(items(value), items(sample.value))).map(({ id }) => id)
      assert.deepEqual(
        await idsOf(ask, `${name}=${operator}.${text}&order=id`),
        expected.sort((a, b) => a - b),
        `${name}=${operator}.${text}`,
      )
    }
  }
}

async function checkAggregates(ask: Ask, { name, type }: Column, samples: readonly Sample[]): Promise<void> {
  const present = samples.map(({ value }) => value).filter((value) => value !== null)
  const sorted = present.toSorted((a, b) => compareValues(type, a, b))
  const path = `/samples?select=sum:${name}.sum(),min:${name}.min(),max:${name}.max(),count:${name}.count()`
  const [found] = (await rowsOf(ask, { path })) as readonly JsonObject[]
  assert.equal(stringifyJson(found?.['min'] ?? null), normal(toJsonText(type, sorted[0] ?? null)))
  assert.equal(stringifyJson(found?.['max'] ?? null), normal(toJsonText(type, sorted.at(-1) ?? null)))
  assert.equal(found?.['count'], present.length)
  if (type.name === 'double') return
  const total = present.map((value) => decimalOf(String(value))).reduce(addDecimals)
  const sum = stringifyJson(found?.['sum'] ?? null)
  assert.equal(formatDecimal(stripZeros(decimalOf(sum))), formatDecimal(stripZeros(total)))
}
