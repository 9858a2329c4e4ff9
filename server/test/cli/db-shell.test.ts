/** `pilar db shell`: a prompt that only reads unless it is told otherwise. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { run, storedProject } from './project.ts'

const EVERYTHING = 'data-0.1/everything'

test('columns are shown as the API shows them, expressions as they are stored', async (t) => {
  const cwd = storedProject(t, EVERYTHING)
  const sql = 'select id, price, wide, boolean, bytea, price * 2 as twice from types where id < 3'
  assert.equal(
    (await run(cwd, ['db', 'shell', '-c', sql])).out,
    `id  price   wide                             boolean  bytea     twice
--  ------  -------------------------------  -------  --------  -----
1   -19.99  1234567890123456789012345.54321  true     \\x00ff10  -3998
2   0.00    -1.00000                         false    \\x        0
(2 rows)
`,
  )
  const raw = await run(cwd, [
    'db',
    'shell',
    '--json',
    '--raw',
    '-c',
    'select price, boolean, bytea from types limit 1',
  ])
  assert.deepEqual(JSON.parse(raw.out), [{ price: '-1999', boolean: '1', bytea: '\\x00ff10' }])
})

test('it reads only, unless --write; other files and Pilar’s own tables are out of reach', async (t) => {
  const cwd = storedProject(t, EVERYTHING)
  const shell = (...args: readonly string[]) => run(cwd, ['db', 'shell', ...args])
  const denied = await shell('-c', 'delete from keyless')
  assert.deepEqual(
    [denied.code, denied.err],
    [1, 'cannot execute INSERT, UPDATE or DELETE in a read-only transaction\nhint: Allow changes with --write.\n'],
  )
  assert.equal((await shell('-c', 'drop table keyless')).code, 1)
  assert.equal((await shell('--write', '-c', "delete from keyless where word = 'b'")).out, '1 row changed\n')
  for (const sql of ["attach 'other.db' as o", 'create table "pilar.mine" (a)', 'delete from "pilar.migrations"']) {
    const { code, err } = await shell('--write', '-c', sql)
    assert.equal(code, 1, sql)
    assert.match(err, /not authorized|no such table/)
  }
  assert.equal(existsSync(join(cwd, 'other.db')), false)
  const orphan = await shell('--write', '-c', "insert into post_tags values (99, 'new', 1)")
  assert.match(orphan.err, /foreign key/i)
})

test('a pipe is read statement by statement, with \\d; the first mistake ends it', async (t) => {
  const cwd = storedProject(t, EVERYTHING)
  const { code, out, err } = await run(cwd, ['db', 'shell'], {
    stdin: '\\d\n\\d tags\nselect 1 as "a;b",\n  2 as c; select 3 as d;\nselect * from nope;\nselect 4',
  })
  assert.equal(code, 1)
  assert.match(out, /^NAME +KIND +COMMENT\ntypes +table +One column of every type\.\n/)
  assert.match(out, /\nname +character varying\(40\) +not null +primary key\n\nCREATE TABLE "tags"/)
  assert.ok(out.endsWith('a;b  c\n---  -\n1    2\n(1 row)\nd\n-\n3\n(1 row)\n'), out)
  assert.equal(err, 'no such table: nope\n')
})
