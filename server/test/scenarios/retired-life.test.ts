/** What becomes of what is retired: rows it points to may go, it comes back with its values if the rows allow it, and goes for ever only when told to. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { Pilar, started } from '../cli/process.ts'
import { as, ask } from '../support/http.ts'
import { DRAFTS, EDITOR, GONE, type Kind, type Retiring, retiring } from '../support/retiring.ts'

const KINDS: readonly Kind[] = ['own', 'adopted']

async function retired(t: TestContext, kind: Kind): Promise<Retiring> {
  const place = await retiring(kind)
  t.after(place.remove)
  await place.retire()
  return place
}

const ACTIONS = ['no action', 'restrict', 'cascade', 'set null', 'set default'] as const

test('rows are deleted, and their keys change, whatever the retired foreign keys to them say; what those held stays', async (t) => {
  const place = await retiring('own')
  t.after(place.remove)
  const key = (action: string) =>
    `c.integer().nullable().default(0).references('authors.id', { onDelete: '${action}', onUpdate: '${action}' })`
  const tables = (columns: (action: string) => string, whole: string) =>
    ACTIONS.map((action, at) => `by_column_${at}: table({ id: c.integer().primaryKey()${columns(action)} }),`).join(
      '',
    ) + whole
  const whole = ACTIONS.map(
    (action, at) => `by_table_${at}: table({ id: c.integer().primaryKey(), author: ${key(action)} }),`,
  ).join('')
  place.declare(tables((action) => `, author: ${key(action)}`, whole))
  await place.apply()
  const names = ACTIONS.flatMap((_, at) => [`by_column_${at}`, `by_table_${at}`])
  place.exec("INSERT INTO authors (id, name, handle) VALUES (7, 'G', 'g'), (8, 'H', 'h')")
  for (const name of names) place.exec(`INSERT INTO ${name} (id, author) VALUES (1, 7), (2, 8)`)
  place.declare(tables(() => '', ''))
  await place.apply()
  place.exec('PRAGMA foreign_keys = ON; DELETE FROM authors WHERE id = 7; UPDATE authors SET id = 9 WHERE id = 8')
  const kept = [{ author: 7 }, { author: 8 }]
  for (const [at, action] of ACTIONS.entries()) {
    const table = place.storedTable(`by_table_${at}`)
    assert.deepEqual(place.rows(`SELECT author FROM "${table}" ORDER BY id`), kept, `table, ${action}`)
    const sql = `SELECT pilar_retired_author AS author FROM by_column_${at} ORDER BY id`
    assert.deepEqual(place.rows(sql), kept, `column, ${action}`)
  }
  // Control: the same keys before they were retired.
  place.declare(tables((action) => `, author: ${key(action)}`, whole))
  const { code, out } = await place.run('migrate', 'plan')
  assert.equal(code, 1)
  assert.equal(out.match(/refused: 2 rows/g)?.length, names.length, out)
  assert.match(out, /id 1, author 7\n/)
})

for (const kind of KINDS) {
  test(`${kind}: put back into schema.ts, everything is as it was`, async (t) => {
    const place = await retired(t, kind)
    place.declare(DRAFTS, GONE, EDITOR)
    await place.apply()
    assert.deepEqual(place.rows('SELECT id, zq_gone, zq_editor FROM posts ORDER BY id'), [
      { id: 1, zq_gone: 'KEPT one', zq_editor: 2 },
      { id: 2, zq_gone: 'KEPT two', zq_editor: 3 },
    ])
    assert.deepEqual(place.rows('SELECT * FROM zq_drafts'), [{ id: 1, post_id: 1, body: 'KEPT draft of one' }])
    const refused = (sql: string, message: RegExp) =>
      assert.throws(() => place.exec(`PRAGMA foreign_keys = ON; ${sql}`), message)
    const insert = 'INSERT INTO posts (title, author_id, zq_gone, zq_editor) VALUES'
    refused(`${insert} ('x', 1, 'KEPT one', 1)`, /UNIQUE constraint failed: posts\.zq_gone/)
    refused(`${insert} ('x', 1, '', 1)`, /CHECK constraint failed/)
    refused(`${insert} ('x', 1, NULL, 1)`, /NOT NULL constraint failed: posts\.zq_gone/)
    refused(`${insert} ('x', 1, 'x', 99)`, /FOREIGN KEY constraint failed/)
    refused('DELETE FROM posts WHERE id = 1', /FOREIGN KEY constraint failed/)
    const left = await place.run('migrate', 'plan')
    assert.deepEqual([left.code, left.out.split('\n')[0]], [0, 'Nothing to do: the database has what is declared.'])
    assert.doesNotMatch((await place.run('migrate', 'status')).out, /Retired/)
  })

  test(`${kind}: what rows break that were written meanwhile is listed, and nothing happens`, async (t) => {
    const place = await retired(t, kind)
    const gone = place.storedColumn('zq_gone')
    place.exec(`INSERT INTO posts (id, title, author_id) VALUES (3, 'Three', 1), (4, 'Four', 1);
      UPDATE posts SET "${gone}" = 'KEPT one' WHERE id = 2; DELETE FROM authors WHERE id = 3; DELETE FROM posts WHERE id = 1`)
    place.exec(`UPDATE posts SET "${gone}" = 'KEPT two' WHERE id = 3`)
    place.exec(`UPDATE posts SET "${gone}" = 'KEPT two' WHERE id = 4`)
    place.declare(DRAFTS, GONE, EDITOR)
    const plan = await place.run('migrate', 'plan')
    assert.equal(plan.code, 1)
    assert.match(
      plan.out,
      /refused: 2 rows, written while it was away, have no value in posts\.zq_editor\n +id 3\n +id 4\n/,
    )
    assert.match(
      plan.out,
      /refused: 1 value of posts\.zq_gone is there more than once, in 2 rows \(posts_zq_gone_key\)\n +zq_gone "KEPT two", rows 2\n/,
    )
    assert.match(plan.out, /refused: 1 row of posts\.zq_editor has no row in authors .*\n +id 2, zq_editor 3\n/)
    assert.match(plan.out, /refused: 1 row of zq_drafts\.post_id has no row in posts .*\n +id 1, post_id 1\n/)
    assert.match(plan.out, /not possible as it stands; nothing was changed\.$/)
    const refused = await place.run('migrate', 'apply', '--yes')
    assert.equal(refused.code, 1)
    place.exec(`UPDATE posts SET "${gone}" = 'KEPT ' || id; INSERT INTO authors (id, name, handle) VALUES (3, 'Cleo', 'cleo');
      INSERT INTO posts (id, title, author_id, "${gone}") VALUES (1, 'One', 1, 'KEPT 1')`)
    place.declare(DRAFTS, GONE, `${EDITOR}.using('author_id')`)
    await place.apply()
    assert.deepEqual(place.rows('SELECT id, zq_gone, zq_editor FROM posts ORDER BY id'), [
      { id: 1, zq_gone: 'KEPT 1', zq_editor: 1 },
      { id: 2, zq_gone: 'KEPT 2', zq_editor: 3 },
      { id: 3, zq_gone: 'KEPT 3', zq_editor: 1 },
      { id: 4, zq_gone: 'KEPT 4', zq_editor: 1 },
    ])
  })

  test(`${kind}: purged only after its time, and then nothing of it is in the file`, async (t) => {
    const place = await retired(t, kind)
    const bytes = () => {
      place.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      return readFileSync(place.file).includes('KEPT')
    }
    assert.equal(bytes(), true)
    const what = ['posts.zq_gone', 'posts.zq_editor', 'zq_drafts']
    const early = await place.run('migrate', 'purge', ...what, '--yes')
    assert.equal(early.code, 1)
    assert.match(early.err, /posts\.zq_gone is kept until \d{4}-\d\d-\d\d.*; nothing was changed/)
    const columns = "SELECT name FROM pragma_table_xinfo('posts') WHERE name LIKE 'pilar%'"
    assert.equal(place.rows(columns).length, 2)
    const purged = await place.run('migrate', 'purge', ...what, '--now', '--yes', '--no-backup')
    assert.equal(purged.code, 0, purged.err)
    assert.deepEqual(place.rows(columns), [])
    const left =
      "SELECT name FROM sqlite_schema WHERE name LIKE 'pilar.%' AND name NOT IN ('pilar.migrations', 'pilar.leases')"
    assert.deepEqual(place.rows(left), [])
    assert.equal(bytes(), false)
    assert.equal(existsSync(`${place.file}-wal`) && readFileSync(`${place.file}-wal`).includes('KEPT'), false)
    assert.deepEqual(place.rows('SELECT id, title, author_id FROM posts ORDER BY id'), [
      { id: 1, title: 'One', author_id: 1 },
      { id: 2, title: 'Two', author_id: 2 },
    ])
  })
}

test('a name retired twice is kept twice; the one that fits comes back, and each can be purged', async (t) => {
  const place = await retired(t, 'own')
  const score = 'zq_gone: c.integer().nullable()'
  place.declare('', score)
  await place.apply()
  place.exec('UPDATE posts SET zq_gone = id * 10')
  place.declare('')
  await place.apply()
  const status = await place.run('migrate', 'status')
  assert.equal(status.out.match(/posts\.zq_gone/g)?.length, 2, status.out)
  assert.deepEqual(
    place.rows("SELECT name FROM pragma_table_xinfo('posts') WHERE name LIKE 'pilar_retired_zq_gone%' ORDER BY name"),
    [{ name: 'pilar_retired_zq_gone' }, { name: 'pilar_retired_zq_gone_2' }],
  )
  place.declare('', score)
  await place.apply()
  assert.deepEqual(place.rows('SELECT zq_gone FROM posts ORDER BY id'), [{ zq_gone: 10 }, { zq_gone: 20 }])
  assert.deepEqual(place.rows(`SELECT "${place.storedColumn('zq_gone')}" AS kept FROM posts ORDER BY id`), [
    { kept: 'KEPT one' },
    { kept: 'KEPT two' },
  ])
  // Straight from the one to the other would be a change of type: the numbers as texts.
  place.declare('')
  await place.apply()
  place.declare('', GONE)
  await place.apply()
  assert.deepEqual(place.rows('SELECT zq_gone FROM posts ORDER BY id'), [
    { zq_gone: 'KEPT one' },
    { zq_gone: 'KEPT two' },
  ])
})

test('the copies of a running migration and its rubbish are out of reach, too', async (t) => {
  const place = await retired(t, 'own')
  place.exec(`WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
    INSERT INTO posts (id, title, author_id) SELECT i, 'KEPT ' || i, 1 FROM n`)
  const server = new Pilar(['start', '--port', '0', '--json'], { cwd: place.cwd })
  t.after(() => server.stop())
  const { url, keys } = await started(server)
  place.declare('', `words: c.text().using("title || '!'")`)
  const migration = new Pilar(['migrate', 'apply', '--yes', '--no-backup', '--pace', '0.05'], { cwd: place.cwd })
  t.after(() => migration.stop())
  const seen = new Set<string>()
  while (migration.child.exitCode === null) {
    const all = place.rows("SELECT name FROM sqlite_schema WHERE name LIKE 'pilar.copy%' OR name LIKE 'pilar.rubbish%'")
    for (const { name } of all) {
      for (const key of [keys.anon, keys.service_role]) {
        for (const path of [
          `${name}`,
          `"${name}"`,
          `posts?select=id,"${name}"(*)`,
          String(name).slice('pilar.'.length),
        ]) {
          const headers = { ...as(key), 'accept-profile': path.startsWith('pilar') ? 'public' : 'pilar' }
          const answer = await ask(`${url}/rest/v1/${path.replaceAll('"', '%22')}`, { headers })
          const isRefused = answer.status >= 400 && answer.status < 500 && !answer.text.includes('KEPT')
          assert.ok(isRefused, `${path}: ${answer.status} ${answer.text.slice(0, 200)}`)
        }
      }
      seen.add(
        String(name)
          .replace(/_.*_/, '_…_')
          .replace(/[0-9a-f]{12}/, '…'),
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.equal((await migration.ended).code, 0, migration.err)
  assert.ok(
    [...seen].some((name) => name.startsWith('pilar.copy')),
    [...seen].join(', '),
  )
  const posts = await ask(`${url}/rest/v1/posts?select=words&id=eq.10`, { headers: as(keys.service_role) })
  assert.deepEqual(posts.json, [{ words: 'KEPT 10!' }])
})

test('a retired table keeps the columns that were retired before it: listed, restored and purged with it', async (t) => {
  const place = await retiring('own')
  t.after(place.remove)
  const drafts = (columns: string) =>
    `zq_drafts: table({ id: c.integer().identity().primaryKey(), post_id: c.integer().references('posts.id')${columns} }),`
  const steps = [drafts(''), '', drafts(''), drafts(', body: c.text()')]
  for (const tables of steps) {
    place.declare(tables, GONE, EDITOR)
    await place.apply()
    const { code, out } = await place.run('migrate', 'status')
    assert.equal(code, 0)
    const listed = /Retired\n([\s\S]*)$/.exec(out)?.[1]?.match(/zq_drafts\S*/g) ?? []
    assert.deepEqual(listed, tables === '' ? ['zq_drafts'] : tables === steps[0] ? ['zq_drafts.body'] : [])
  }
  assert.deepEqual(place.rows('SELECT * FROM zq_drafts'), [{ id: 1, post_id: 1, body: 'KEPT draft of one' }])
  for (const tables of [drafts(''), '']) {
    place.declare(tables, GONE, EDITOR)
    await place.apply()
  }
  const purged = await place.run('migrate', 'purge', 'zq_drafts', '--now', '--yes', '--no-backup')
  assert.deepEqual([purged.code, purged.err], [0, ''])
  assert.doesNotMatch((await place.run('migrate', 'status')).out, /Retired/)
  assert.deepEqual(place.rows("SELECT name FROM sqlite_schema WHERE name LIKE '%drafts%'"), [])
})
