import { formatInterval, type Interval, intervalLength, parseInterval } from '../../../schema/values/interval.ts'
import {
  atTimeZone,
  dateTrunc,
  extractField,
  intervalNegated,
  intervalOver,
  intervalTimes,
  temporalAdd,
  temporalSub,
} from '../../lower/temporal.ts'
import type { SqlValue } from '../codecs.ts'
import { type Functions, text } from './define.ts'

const operand = (value: SqlValue): string | bigint => (typeof value === 'bigint' ? value : text(value))

const length = (value: SqlValue): bigint => {
  const micros = intervalLength(parseInterval(text(value)))
  return BigInt.asIntN(64, micros) === micros ? micros : micros > 0n ? 2n ** 63n - 1n : -(2n ** 63n)
}

const pair = ([left, right]: readonly SqlValue[]): readonly [string, string] => [text(left), text(right)]

export const momentFunctions: Functions = {
  interval_length: { arity: 1, call: length },
  date_trunc: { arity: 3, call: (field, value, type) => dateTrunc(text(field), text(value), text(type)) },
  extract: { arity: 3, call: (field, value, type) => extractField(text(field), text(value), text(type)) },
  timezone: { arity: 3, call: (zone, value, type) => atTimeZone(text(zone), text(value), text(type)) },
  temporal_add: {
    arity: 4,
    call: (a, b, ...types) => temporalAdd(operand(a), operand(b), pair(types)),
  },
  temporal_sub: { arity: 4, call: (a, b, ...types) => temporalSub(text(a), operand(b), pair(types)) },
  temporal_mul: {
    arity: 4,
    call: (a, b, left) =>
      text(left) === 'interval' ? intervalTimes(text(a), Number(b)) : intervalTimes(text(b), Number(a)),
  },
  temporal_div: { arity: 4, call: (a, b) => intervalOver(text(a), Number(b)) },
  temporal_neg: { arity: 2, call: (a) => intervalNegated(text(a)) },
}

function add(sum: Interval | null, value: SqlValue): Interval | null {
  if (value === null) return sum
  const next = parseInterval(text(value))
  if (sum === null) return next
  return { months: sum.months + next.months, days: sum.days + next.days, micros: sum.micros + next.micros }
}

const keep =
  (sign: 1n | -1n) =>
  (best: string | null, value: SqlValue): string | null => {
    if (value === null) return best
    return best === null || sign * (length(value) - length(best)) > 0n ? text(value) : best
  }

export const momentAggregates = {
  interval_sum: { step: add, result: (sum: Interval | null) => (sum === null ? null : formatInterval(sum)) },
  interval_avg: {
    step: (sum: { readonly total: Interval | null; readonly count: number } | null, value: SqlValue) =>
      value === null ? sum : { total: add(sum?.total ?? null, value), count: (sum?.count ?? 0) + 1 },
    result: (sum: { readonly total: Interval | null; readonly count: number } | null) =>
      sum === null || sum.total === null ? null : intervalOver(formatInterval(sum.total), sum.count),
  },
  interval_max: { step: keep(1n), result: (best: string | null) => best },
  interval_min: { step: keep(-1n), result: (best: string | null) => best },
}
