import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  atTimeZone,
  dateTrunc,
  extractField,
  intervalOver,
  intervalTimes,
  temporalAdd,
  temporalSub,
} from './temporal.ts'

/** Results of PostgreSQL 17. */
test('moments and intervals', () => {
  const tz = ['timestamptz', 'interval'] as const
  assert.equal(temporalAdd('2024-01-31T10:00:00+00:00', '1 mon', tz), '2024-02-29T10:00:00+00:00')
  assert.equal(temporalAdd('1 day', '2024-02-28T00:00:00', ['interval', 'timestamp']), '2024-02-29T00:00:00')
  assert.equal(temporalAdd('2024-02-28', 2n, ['date', 'integer']), '2024-03-01')
  assert.equal(temporalAdd('23:30:00', '01:00:00', ['time', 'interval']), '00:30:00')
  assert.equal(temporalAdd('infinity', '1 day', tz), 'infinity')
  assert.equal(temporalSub('2024-03-31T00:00:00', '1 mon', ['timestamp', 'interval']), '2024-02-29T00:00:00')
  assert.equal(temporalSub('2024-03-01', '2024-02-01', ['date', 'date']), 29n)
  const both = ['timestamptz', 'timestamptz'] as const
  assert.equal(temporalSub('2024-03-01T12:00:00+00:00', '2024-02-01T00:00:00+00:00', both), '29 days 12:00:00')
})

test('intervals and numbers spread fractions over days and time', () => {
  assert.equal(intervalTimes('1 mon', 1.5), '1 mon 15 days')
  assert.equal(intervalTimes('1 day', 0.5), '12:00:00')
  assert.equal(intervalOver('31 days', 3), '10 days 08:00:00')
  assert.throws(() => intervalOver('1 day', 0), { code: '22012' })
})

test('date_trunc and extract', () => {
  const moment = '2024-05-15T13:45:59.123456+00:00'
  const truncated = [
    'second',
    'hour',
    'day',
    'week',
    'month',
    'quarter',
    'year',
    'decade',
    'century',
    'millennium',
  ].map((field) => dateTrunc(field, moment, 'timestamptz').slice(0, 19))
  assert.deepEqual(truncated, [
    '2024-05-15T13:45:59',
    '2024-05-15T13:00:00',
    '2024-05-15T00:00:00',
    '2024-05-13T00:00:00',
    '2024-05-01T00:00:00',
    '2024-04-01T00:00:00',
    '2024-01-01T00:00:00',
    '2020-01-01T00:00:00',
    '2001-01-01T00:00:00',
    '2001-01-01T00:00:00',
  ])
  const extracted = [
    'epoch',
    'second',
    'milliseconds',
    'dow',
    'isodow',
    'doy',
    'week',
    'isoyear',
    'quarter',
    'julian',
  ].map((field) => extractField(field, moment, 'timestamptz'))
  assert.deepEqual(extracted, [
    '1715780759.123456',
    '59.123456',
    '59123.456',
    '3',
    '3',
    '136',
    '20',
    '2024',
    '2',
    '2460446',
  ])
  assert.equal(extractField('week', '2027-01-01', 'date'), '53')
  assert.throws(() => extractField('hour', '2024-01-01', 'date'), { code: '22023' })
  assert.equal(dateTrunc('month', '1 year 2 mons 3 days', 'interval'), '1 year 2 mons')
})

test('time zones are UTC and fixed offsets', () => {
  assert.equal(atTimeZone('utc', '2024-01-01T10:00:00+00:00', 'timestamptz'), '2024-01-01T10:00:00')
  assert.equal(atTimeZone('-07', '2024-01-01T10:00:00+00:00', 'timestamptz'), '2024-01-01T17:00:00')
  assert.equal(atTimeZone('UTC', '2024-01-01T10:00:00', 'timestamp'), '2024-01-01T10:00:00+00:00')
  assert.throws(() => atTimeZone('Nowhere', '2024-01-01T10:00:00', 'timestamp'), { code: '22023' })
})
