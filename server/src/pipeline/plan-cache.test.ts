import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Program } from '../engines/engine.ts'
import { PlanCache } from './plan-cache.ts'

const made = (cache: PlanCache, key: string): number => {
  let times = 0
  for (let round = 0; round < 2; round++) {
    cache.program(key, () => {
      times++
      return {} as Program
    })
  }
  return times
}

test('a shape is compiled once', () => assert.equal(made(new PlanCache(10), 'read posts'), 1))

test('a shape of a megabyte is not kept: bodies with long column names would fill the memory', () => {
  assert.equal(made(new PlanCache(10), 'k'.repeat(1_000_000)), 2)
})
