/** Defaults of a table that others made are SQLite's to compute, in its own words; policies see the same before a row is written. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { existing, schema } from '../../src/index.ts'
import { as, ask } from '../support/http.ts'
import { startServer } from '../support/server.ts'
import { sql } from '../support/sql.ts'
import { tempFolder } from '../support/temp.ts'

const WORDS = `CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT, at TEXT DEFAULT CURRENT_TIMESTAMP, day DATE DEFAULT (date('now')),
  plain TEXT DEFAULT bare, said TEXT DEFAULT 'it''s', size INTEGER DEFAULT (2 + 3 -- five
  ), flag BOOLEAN DEFAULT true, name TEXT DEFAULT (printf('%03d', 7)))`

for (const declared of [true, false]) {
  test(`defaults of others, ${declared ? 'under existing()' : 'without a schema.ts'}`, async (t) => {
    const folder = tempFolder()
    const file = join(folder.path, 'words.sqlite')
    const made = sql(file)
    made.run(WORDS)
    made.close()
    const rule = `plain = 'bare' and name = '007' and size = 5`
    const definition = declared ? schema({ words: existing().policies({ all: { anon: rule } }) }) : null
    const served = await startServer({ database: file, schema: definition })
    folder.remove()
    t.after(() => served.close())
    const headers = {
      ...as(declared ? served.keys.anon : served.keys.service),
      'content-type': 'application/json',
      prefer: 'return=representation, missing=default',
    }
    const write = (body: object) =>
      ask(`${served.url}/rest/v1/words?columns=word,at,plain`, { method: 'POST', headers, body: JSON.stringify(body) })
    const { status, json } = await write([{ word: 'a' }, { word: 'b', at: '2020-01-01 00:00:00' }])
    assert.equal(status, 201)
    const [first, second] = json as Record<string, unknown>[]
    assert.match(String(first?.['at']), /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d$/)
    assert.deepEqual(
      [first?.['plain'], first?.['said'], first?.['size'], first?.['flag'], first?.['name']],
      ['bare', "it's", 5, true, '007'],
    )
    assert.match(String(first?.['day']), /^\d{4}-\d\d-\d\d$/)
    assert.match(String(second?.['at']), /^2020-01-01[ T]00:00:00$/)
    if (declared) assert.equal((await write([{ word: 'c', plain: 'other' }])).status, 401)
  })
}
