import assert from 'node:assert/strict'
import { test } from 'node:test'

test("import … from 'pilar' gives all that the sources export", async () => {
  const entry = await import('pilar')
  const sources = await import('../../src/index.ts')
  assert.deepEqual(Object.keys(entry).sort(), Object.keys(sources).sort())
  assert.equal(entry.table, sources.table)
})
