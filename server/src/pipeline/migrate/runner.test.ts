import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { tempFolder } from '../../../test/support/temp.ts'
import { openDatabase } from '../../app/database.ts'
import { sqlite } from '../../engines/sqlite/index.ts'
import { readLimits } from '../../runtime/limits.ts'
import { type Entries, schema } from '../../schema/builder.ts'
import { c } from '../../schema/column.ts'
import { readCatalog, writeCatalog } from '../../schema/migration/catalog-text.ts'
import { table } from '../../schema/table.ts'
import { type Clock, systemClock } from '../../std/clock.ts'
import { DAY_MS } from '../../std/units.ts'
import { applyFiles } from './apply-files.ts'
import { applyMigration } from './apply-migration.ts'
import { backupBefore } from './backup-before.ts'
import { withLease } from './lease.ts'
import { migrationState } from './migration-state.ts'
import { planBetween, planMigration } from './plan-migration.ts'
import { planPurge, retiredStates } from './purge.ts'
import type { EntryHead, MigrationFile, MigrationPlan } from './types.ts'
import { planUndo } from './undo.ts'

const signal = new AbortController().signal
const APPLY: EntryHead = { name: null, checksum: null, kind: 'apply', undoes: null }
const id = c.integer().identity().primaryKey()
const POSTS: Entries = { posts: table({ id, title: c.text() }) }
const SLUGS: Entries = { posts: table({ id, title: c.text(), slug: c.text().nullable() }) }
const NOTES: Entries = { notes: table({ id, title: c.text() }) }

/** A project's database in a folder of its own. */
async function project(t: TestContext) {
  const folder = tempFolder()
  const file = join(folder.path, 'data.db')
  const env = { limits: readLimits({}), observe: () => {}, clock: systemClock }
  const pool = await openDatabase({ engine: sqlite, url: `sqlite:${file}`, embedded: true }, env)
  t.after(async () => {
    await pool.close()
    folder.remove()
  })
  const { structure } = pool
  const backups = join(folder.path, 'backups')
  const backup = backupBefore({ structure, folder: backups, kept: 2, clock: systemClock, signal })
  const plan = (entries: Entries) => planMigration({ structure, definition: schema(entries), signal })
  const run = (plan: MigrationPlan, entry: EntryHead = APPLY) =>
    withLease(structure, { holder: 'test', signal }, (lease) =>
      applyMigration(plan, { structure, lease, entry, backup, signal }),
    )
  const files = (all: readonly MigrationFile[]) =>
    withLease(structure, { holder: 'test', signal }, (lease) =>
      applyFiles({ files: all, redo: true, structure, lease, backup, signal }),
    )
  const sql = (text: string) => {
    const database = new DatabaseSync(file)
    try {
      return database
        .prepare(text)
        .all()
        .map((row) => ({ ...row }))
    } finally {
      database.close()
    }
  }
  const state = (all: readonly MigrationFile[] | null = null) =>
    migrationState({ structure, files: all, existing: new Set(), retiredDays: 30, clock: systemClock, signal })
  return {
    structure,
    plan,
    run,
    files,
    sql,
    state,
    backups,
    apply: async (entries: Entries) => run(await plan(entries)),
  }
}

async function fileOf(name: string, before: string, entries: Entries): Promise<MigrationFile> {
  const { steps, wanted } = await planBetween(readCatalog(before), schema(entries))
  const [number] = name.split('_')
  return {
    name,
    number: Number(number),
    steps,
    before,
    after: writeCatalog(wanted),
    checksum: name,
    actualChecksum: name,
  }
}

test('a plan touches nothing; applied, it is one entry of the journal, and nothing is left to do', async (t) => {
  const { structure, plan, run, sql } = await project(t)
  const first = await plan(POSTS)
  assert.deepEqual(
    first.steps.map(({ explanation, risk }) => [explanation, risk]),
    [['creates the table posts with 2 columns', 'safe']],
  )
  assert.deepEqual(sql('SELECT name FROM sqlite_schema'), [])
  await run(first)
  assert.deepEqual((await plan(POSTS)).steps, [])
  const journal = await structure.journal(signal)
  assert.deepEqual(
    journal.map(({ id, kind, name, before, after }) => ({ id, kind, name, before, after })),
    [{ id: 1, kind: 'apply', name: null, before: first.before, after: first.after }],
  )
})

test('what was declared and is no more is retired, after a backup; what somebody else made is told and left alone', async (t) => {
  const { apply, plan, sql, state, backups } = await project(t)
  await apply(SLUGS)
  sql("INSERT INTO posts (title, slug) VALUES ('a', 'x')")
  sql('ALTER TABLE posts ADD COLUMN theirs TEXT')
  sql('CREATE TABLE others (a)')
  const retiring = await plan(POSTS)
  assert.deepEqual(
    retiring.steps.map(({ step }) => step.kind),
    ['retire-column'],
  )
  await apply(POSTS)
  assert.equal(readdirSync(backups).length, 1)
  const { retired, drift } = await state()
  assert.deepEqual(
    retired.map(({ what, rows }) => [what, rows]),
    [['posts.slug', 1]],
  )
  assert.match(drift.join('\n'), /theirs/)
  assert.match(drift.join('\n'), /others/)
  assert.deepEqual((await plan(POSTS)).steps, [])
  assert.deepEqual(sql('SELECT theirs FROM posts'), [{ theirs: null }])
})

test('only the newest backups stay, and those of other names', async (t) => {
  const { apply, backups } = await project(t)
  mkdirSync(backups, { recursive: true })
  writeFileSync(join(backups, 'mine.db'), '')
  for (const entries of [SLUGS, POSTS, SLUGS, POSTS, SLUGS, POSTS]) await apply(entries)
  assert.equal(readdirSync(backups).length, 3)
})

test('a migration that rows stand against is refused with these rows, and nothing changes', async (t) => {
  const { apply, plan, run, sql, structure } = await project(t)
  await apply(SLUGS)
  sql("INSERT INTO posts (title) VALUES ('a'), ('b')")
  const refused = await plan({ posts: table({ id, title: c.text(), slug: c.text() }) })
  assert.equal(refused.possible, false)
  await assert.rejects(run(refused), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'PILAR_MIGRATION')
    assert.match(error.message, /this is not possible, and nothing was changed:\n {2}.*slug.*\n {4}refused: 2 rows/)
    return true
  })
  assert.equal((await structure.journal(signal)).length, 1)
})

test('undo takes back the last migration, then the one before, and says where there is none', async (t) => {
  const { apply, run, sql, structure } = await project(t)
  await apply(POSTS)
  sql("INSERT INTO posts (title) VALUES ('a')")
  await apply(SLUGS)
  sql("UPDATE posts SET slug = 'x'")
  const plan = await planUndo({ structure, which: null, signal })
  assert.equal(plan.entry.id, 2)
  await run(plan, { name: null, checksum: null, kind: 'undo', undoes: plan.entry.id })
  assert.deepEqual(
    sql('SELECT * FROM posts').map((row) => Object.keys(row).slice(0, 2)),
    [['id', 'title']],
  )
  await assert.rejects(planUndo({ structure, which: 2, signal }), { message: '#2 was undone already' })
  await assert.rejects(planUndo({ structure, which: 3, signal }), { message: '#3 is an undo itself' })
  await assert.rejects(planUndo({ structure, which: '0007_none', signal }), {
    message: 'no migration "0007_none" was run on this database',
  })
  const first = await planUndo({ structure, which: null, signal })
  assert.equal(first.entry.id, 1)
  await run(first, { name: null, checksum: null, kind: 'undo', undoes: 1 })
  await assert.rejects(planUndo({ structure, which: null, signal }), { message: 'there is no migration to undo' })
  await apply(SLUGS)
  assert.deepEqual(sql('SELECT * FROM posts'), [{ id: 1, title: 'a', slug: 'x' }])
})

test('a migration on which later ones build is undone after them', async (t) => {
  const { apply, structure } = await project(t)
  await apply(POSTS)
  await apply(SLUGS)
  await apply({ ...SLUGS, ...NOTES })
  await assert.rejects(planUndo({ structure, which: 1, signal }), {
    message: 'later migrations build on #1',
    hint: 'Undo these first, in this order: #3, #2.',
  })
})

test('what is retired is purged after its time, when it is named, and no sooner', async (t) => {
  const { apply, run, structure, sql } = await project(t)
  await apply({ ...SLUGS, ...NOTES })
  sql("INSERT INTO posts (title, slug) VALUES ('a', 'x')")
  await apply(POSTS)
  const later: Clock = { ...systemClock, now: () => Date.now() + 31 * DAY_MS }
  const options = { structure, retiredDays: 30, signal }
  const tooSoon = await planPurge({ ...options, what: ['posts.slug'], clock: systemClock })
  assert.deepEqual([tooSoon.steps, tooSoon.notYet.map(({ what }) => what)], [[], ['posts.slug']])
  await assert.rejects(planPurge({ ...options, what: ['posts.slog'], clock: later }), {
    message: 'nothing retired is called "posts.slog"',
    hint: 'Perhaps you meant "posts.slug".',
  })
  const plan = await planPurge({ ...options, what: ['posts.slug'], clock: later })
  assert.deepEqual(
    plan.purged.map(({ what }) => what),
    ['posts.slug'],
  )
  await run(plan, { name: null, checksum: null, kind: 'purge', undoes: null })
  const left = await retiredStates({ ...options, clock: later })
  assert.deepEqual(
    left.map(({ what }) => what),
    ['notes'],
  )
  assert.doesNotMatch(JSON.stringify(sql('SELECT * FROM posts')), /slug/)
})

test('files are applied in order, once; those whose outcome is there are noted', async (t) => {
  const { files, state, structure, apply } = await project(t)
  const empty = writeCatalog((await planBetween(readCatalog('{"schemas":["public"],"tables":{}}'), schema({}))).wanted)
  const posts = await fileOf('0001_posts', empty, POSTS)
  const slugs = await fileOf('0002_slugs', posts.after, SLUGS)
  assert.deepEqual(await files([slugs, posts]), { applied: ['0001_posts', '0002_slugs'], noted: [] })
  assert.deepEqual(await files([slugs, posts]), { applied: [], noted: [] })
  await apply({ ...SLUGS, ...NOTES })
  const notes = await fileOf('0003_notes', slugs.after, { ...SLUGS, ...NOTES })
  assert.deepEqual(
    (await state([posts, slugs, notes])).files.map((file) => file.state),
    ['applied', 'applied', 'present'],
  )
  assert.deepEqual(await files([posts, slugs, notes]), { applied: [], noted: ['0003_notes'] })
  assert.deepEqual(
    (await structure.journal(signal)).map(({ name, kind, steps }) => [name, kind, steps.length > 0]),
    [
      ['0001_posts', 'apply', true],
      ['0002_slugs', 'apply', true],
      [null, 'apply', true],
      ['0003_notes', 'adopt', false],
    ],
  )
})

test('a file that was undone gives back what it had made when it is applied again', async (t) => {
  const { files, structure, run, sql } = await project(t)
  const empty = writeCatalog(readCatalog('{"schemas":["public"],"tables":{}}'))
  const posts = await fileOf('0001_posts', empty, POSTS)
  const size = c.integer().nullable()
  const slugs = await fileOf('0002_slugs', posts.after, {
    posts: table({ id, title: c.text(), slug: c.text().nullable().unique(), size }),
    notes: table({ id, post: c.integer().references('posts.id') }).index('post'),
  })
  const sizes = await fileOf('0003_sizes', slugs.after, {
    posts: table({ id, title: c.text(), slug: c.text().nullable().unique(), size: c.text().nullable() }),
    notes: table({ id, post: c.integer().references('posts.id') }).index('post'),
  })
  await files([posts, slugs, sizes])
  sql("INSERT INTO posts (title, slug, size) VALUES ('a', 'x', '007')")
  sql('INSERT INTO notes (post) VALUES (1)')
  const rows = () => [sql('SELECT id, title, slug, size FROM posts'), sql('SELECT * FROM notes')]
  const before = rows()
  for (const name of ['0003_sizes', '0002_slugs']) {
    const undo = await planUndo({ structure, which: name, signal })
    await run(undo, { name, checksum: name, kind: 'undo', undoes: undo.entry.id })
  }
  sql("INSERT INTO posts (title) VALUES ('b')")
  assert.deepEqual(await files([posts, slugs, sizes]), { applied: ['0002_slugs', '0003_sizes'], noted: [] })
  assert.deepEqual(rows(), [[{ ...before[0]?.[0] }, { id: 2, title: 'b', slug: null, size: null }], before[1]])
  const { retired } = await structure.introspect(signal)
  assert.deepEqual([retired.columns.map(({ column }) => column.name), retired.tables], [['size'], []])
})

test('files that contradict each other stop before anything is touched', async (t) => {
  const { files, structure } = await project(t)
  const empty = writeCatalog(readCatalog('{"schemas":["public"],"tables":{}}'))
  const posts = await fileOf('0001_posts', empty, POSTS)
  const notes = await fileOf('0001_notes', empty, NOTES)
  await assert.rejects(files([posts, notes]), {
    code: 'PILAR_MIGRATION',
    message:
      'the migrations contradict each other, and nothing was changed:\n  0001_notes and 0001_posts have the same number: two branches met\n    hint: Let one follow the other: pilar migrate new --rebase 0001_posts.',
  })
  assert.deepEqual(await structure.journal(signal), [])
})

test('a foreign table that is declared in part keeps its other columns, also after the declaration is gone', async (t) => {
  const { apply, sql, plan, state } = await project(t)
  sql('CREATE TABLE people (id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL, shoe_size INTEGER)')
  sql("INSERT INTO people VALUES (1, 'Ann', 38)")
  const people = { id: c.integer().identity().primaryKey(), name: c.text() }
  await apply({ people: table(people) })
  await apply({ people: table({ ...people, age: c.integer().nullable() }) })
  assert.deepEqual(sql('SELECT * FROM people'), [{ id: 1, name: 'Ann', shoe_size: 38, age: null }])
  const { steps } = await plan({ people: table(people) })
  assert.deepEqual(
    steps.map(({ explanation }) => explanation.replace(/[:;,].*/, '')),
    ['keeps the column "age" of people out of sight as retired'],
  )
  assert.deepEqual((await state()).conflicts, [])
})
