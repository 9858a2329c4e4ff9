import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from '../../test/simulate/random.ts'
import {
  addDecimals,
  ceilDecimal,
  compareDecimals,
  type Decimal,
  decimalOf,
  divideDecimals,
  floorDecimal,
  formatDecimal,
  fromSortKey,
  multiplyDecimals,
  parseDecimal,
  remainder,
  roundDecimal,
  stripZeros,
  subtractDecimals,
  toSortKey,
  truncateDecimal,
} from './decimal.ts'

const SEED = 20_260_101
const CASES = 3_000

function randomDecimal(random: Random): Decimal {
  const digits = random.times(random.int(1, 30), () => String(random.int(0, 9))).join('')
  const unscaled = random.chance(0.1) ? 0n : BigInt(digits)
  return { unscaled: random.chance(0.5) ? -unscaled : unscaled, scale: random.int(0, 12) }
}

/** Runs `check` on random pairs; a failure names the seed and the case. */
function forPairs(check: (a: Decimal, b: Decimal) => void): void {
  const random = new Random(SEED)
  for (let index = 0; index < CASES; index++) {
    const [a, b] = [randomDecimal(random), randomDecimal(random)]
    try {
      check(a, b)
    } catch (error) {
      throw new Error(`seed ${SEED}, case ${index}: ${formatDecimal(a)} and ${formatDecimal(b)}`, { cause: error })
    }
  }
}

test('what is written is read again', () => {
  forPairs((a) =>
    assert.deepEqual(decimalOf(formatDecimal(a)), a.unscaled === 0n ? { unscaled: 0n, scale: a.scale } : a),
  )
})

test('reads signs, bare points and exponents, and nothing else', () => {
  const read = (text: string) => {
    const value = parseDecimal(text)
    return value === null ? null : formatDecimal(value)
  }
  const texts = ['+1', '-.5', '5.', '1e3', '1.25e-2', '-0', '', '.', '1e', '0x1', '1 ', 'NaN', '1_000']
  const values = ['1', '-0.5', '5', '1000', '0.0125', '0', null, null, null, null, null, null, null]
  assert.deepEqual(texts.map(read), values)
  assert.throws(() => parseDecimal('1e140000'), RangeError)
  assert.equal(formatDecimal(decimalOf('1e-20000')).length, '0.'.length + 16_383)
})

test('sums, products, quotients and remainders agree with one another', () => {
  forPairs((a, b) => {
    assert.equal(compareDecimals(subtractDecimals(addDecimals(a, b), b), a), 0)
    assert.equal(compareDecimals(multiplyDecimals(a, b), multiplyDecimals(b, a)), 0)
    if (b.unscaled === 0n) return
    const whole = truncateDecimal(divideExactly(a, b))
    assert.equal(compareDecimals(addDecimals(multiplyDecimals(whole, b), remainder(a, b)), a), 0)
    const quotient = divideDecimals(a, b)
    const error = subtractDecimals(multiplyDecimals(quotient, b), a)
    const bound = multiplyDecimals({ unscaled: 1n, scale: quotient.scale }, b)
    assert.ok(compareDecimals(absolute(error), absolute(bound)) <= 0)
  })
})

function divideExactly(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale)
  const units = (value: Decimal) => value.unscaled * 10n ** BigInt(scale - value.scale)
  return { unscaled: units(a) / units(b), scale: 0 }
}

function absolute(value: Decimal): Decimal {
  return value.unscaled < 0n ? { ...value, unscaled: -value.unscaled } : value
}

test('quotients have the scale that PostgreSQL gives them', () => {
  const quotient = (a: string, b: string) => formatDecimal(divideDecimals(decimalOf(a), decimalOf(b)))
  // Results of PostgreSQL 15.
  assert.equal(quotient('10.0', '3'), '3.3333333333333333')
  assert.equal(quotient('1', '3.0'), '0.33333333333333333333')
  assert.equal(quotient('12345678.9', '0.0001'), '123456789000.00000000')
  assert.equal(quotient('7', '7'), '1.00000000000000000000')
  assert.equal(quotient('-1', '8'), '-0.12500000000000000000')
  assert.equal(quotient('0', '5.00'), '0.00000000000000000000')
  assert.throws(() => quotient('1', '0'), RangeError)
})

test('rounds half away from zero, and cuts, raises and lowers', () => {
  const all = (text: string) =>
    [
      roundDecimal(decimalOf(text)),
      truncateDecimal(decimalOf(text)),
      ceilDecimal(decimalOf(text)),
      floorDecimal(decimalOf(text)),
    ].map(formatDecimal)
  assert.deepEqual(all('2.5'), ['3', '2', '3', '2'])
  assert.deepEqual(all('-2.5'), ['-3', '-2', '-2', '-3'])
  assert.deepEqual(all('-0.4'), ['0', '0', '0', '-1'])
  assert.equal(formatDecimal(roundDecimal(decimalOf('1.005'), 2)), '1.01')
  assert.equal(formatDecimal(roundDecimal(decimalOf('1250'), -2)), '1300')
  assert.equal(formatDecimal(roundDecimal(decimalOf('1.5'), 3)), '1.500')
})

test('sort keys sort as the numbers do and come back without trailing zeros', () => {
  forPairs((a, b) => {
    const [left, right] = [toSortKey(a), toSortKey(b)]
    assert.equal(Math.sign(left < right ? -1 : left > right ? 1 : 0), compareDecimals(a, b))
    assert.deepEqual(fromSortKey(left), stripZeros(a))
  })
  const ordered = [
    '-1e30',
    '-2',
    '-1.55',
    '-1.5',
    '-1',
    '-0.001',
    '0',
    '0.0009',
    '0.001',
    '1',
    '1.05',
    '1.5',
    '10',
    '1e30',
  ]
  const keys = ordered.map((text) => toSortKey(decimalOf(text)))
  assert.deepEqual([...keys].sort(), keys)
})
