import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeCatalog } from '../schema/make-catalog.ts'
import { LiveModel, type Served } from './live-model.ts'
import { Model } from './model.ts'

function served(version: number): Served {
  const catalog = makeCatalog({ version, tables: [] })
  const policies = { version, policies: [], hidden: new Map(), roles: new Set<string>(), bypass: new Set<string>() }
  return { model: new Model(catalog, policies), found: catalog, structureVersion: version, unfit: new Set() }
}

test('many requests that meet another structure have one Model loaded, and go on as soon as they may', async () => {
  const first = served(1)
  const live = new LiveModel(first)
  let loads = 0
  const loading = Promise.withResolvers<void>()
  live.renewWith(async (goOn) => {
    loads++
    goOn()
    await loading.promise
    live.swap(served(2))
  })
  await Promise.all([live.usable(first), live.usable(first), live.usable(first)])
  assert.equal(live.served, first)
  const renewed = live.renewed(first)
  loading.resolve()
  await renewed
  assert.equal(live.served.structureVersion, 2)
  assert.equal(loads, 1)
})

test('who used a Model that was exchanged meanwhile waits for nothing', async () => {
  const first = served(1)
  const live = new LiveModel(first)
  live.renewWith(() => Promise.reject(new Error('not to be called')))
  live.swap(served(2))
  await live.usable(first)
  await live.renewed(first)
})

test('requests that were refused during a change wait for its end, also when it fails', async () => {
  const first = served(1)
  const live = new LiveModel(first)
  const change = Promise.withResolvers<void>()
  const held = live.hold(() => change.promise)
  let waits = true
  const waiting = live.usable(first).then(() => {
    waits = false
  })
  await new Promise(setImmediate)
  assert.equal(waits, true)
  change.reject(new Error('rolled back'))
  await assert.rejects(held, /rolled back/)
  await waiting
  assert.equal(live.switching, null)
})

test('a Model that could not be loaded is tried again by the next request', async () => {
  const first = served(1)
  const live = new LiveModel(first)
  let loads = 0
  live.renewWith(() => Promise.reject(new Error(`load ${++loads}`)))
  await assert.rejects(live.renewed(first), /load 1/)
  await assert.rejects(live.renewed(first), /load 2/)
})
