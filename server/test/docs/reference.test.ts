import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ERRORS } from '../../src/errors/table.ts'
import { GENERATED } from './tables.ts'

const REFERENCE = fileURLToPath(new URL('../../../docs/reference/', import.meta.url))
const GENERATED_BLOCK = /(<!-- generated: (\w+) -->\n)(.*?)(<!-- end -->)/gs

test('tables made from the code are up to date (UPDATE_DOCS=1 rewrites them)', async () => {
  const found: string[] = []
  for (const file of readdirSync(REFERENCE).filter((name) => name.endsWith('.md'))) {
    const before = readFileSync(REFERENCE + file, 'utf8')
    let after = before
    for (const [block, start = '', name = '', , end = ''] of before.matchAll(GENERATED_BLOCK)) {
      const make = GENERATED[name]
      assert.ok(make, `${file} asks for an unknown table "${name}"`)
      found.push(name)
      after = after.replace(block, `${start}\n${await make()}\n\n${end}`.replaceAll('$', '$$$$'))
    }
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(REFERENCE + file, after)
    else assert.equal(before, after, `${file} is out of date: run this test with UPDATE_DOCS=1`)
  }
  assert.deepEqual(found.sort(), Object.keys(GENERATED).sort(), 'every generated table is shown exactly once')
})

test('errors.md and the error table have the same codes with the same statuses', () => {
  const text = readFileSync(`${REFERENCE}errors.md`, 'utf8')
  const documented = [...text.matchAll(/^\| ([0-9A-Z_]{5,}) \| (\d{3}) \|/gm)].map(([, code, status]) => [
    code,
    Number(status),
  ])
  assert.equal(new Set(documented.map(([code]) => code)).size, documented.length, 'no code is documented twice')
  const expected = Object.entries(ERRORS).map(([code, row]) => [code, row.status])
  const sorted = (rows: typeof expected) => rows.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))
  assert.deepEqual(sorted(documented as typeof expected), sorted(expected))
})
