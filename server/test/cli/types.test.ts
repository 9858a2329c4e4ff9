import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { pilar } from '../compat/pulled.ts'
import { tempFolder } from '../support/temp.ts'
import { ROOT } from './process.ts'

const SCHEMA = `import { c, schema, table } from 'pilar'
export default schema({
  people: table({ id: c.uuid().primaryKey(), name: c.text().nullable() }),
  posts: table({ id: c.integer().identity().primaryKey(), status: c.enum('draft', 'published'), by: c.uuid().references('people.id') }),
})
`

test('of a project that has no database yet, and of a database', async (t) => {
  const folder = tempFolder()
  t.after(folder.remove)
  const project = join(folder.path, 'app')
  mkdirSync(project)
  writeFileSync(join(project, 'schema.ts'), SCHEMA)
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
  assert.equal(
    await pilar(['types', '--project', 'app', '--out', 'app/database.types.ts'], folder.path),
    'written  app/database.types.ts',
  )
  assert.ok(!existsSync(join(project, '.pilar')))
  assert.match(readFileSync(join(project, 'database.types.ts'), 'utf8'), /posts_status: 'draft' \| 'published'/)

  const database = new DatabaseSync(join(folder.path, 'notes.sqlite'))
  database.exec('CREATE TABLE "my notes" (id INTEGER PRIMARY KEY, body TEXT NOT NULL, at DATETIME)')
  database.close()
  const ofDatabase = await pilar(['types', '--database', 'sqlite:notes.sqlite'], folder.path)
  assert.match(ofDatabase, /^export type Json = /)
  assert.match(ofDatabase, /'my notes': \{\n +Row: \{\n +id: number\n +body: string\n +at: string \| null\n/)
  writeFileSync(join(project, 'notes.types.ts'), ofDatabase)

  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'))
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), include: ['*.ts'], exclude: [] }),
  )
  writeFileSync(
    join(project, 'usage.ts'),
    `import { createClient } from '@supabase/supabase-js'
import type { Database } from './database.types.ts'
import type { Database as Notes } from './notes.types.ts'
const app = createClient<Database>('', '')
const notes = createClient<Notes>('', '')
const { data: posts } = await app.from('posts').select('status, author:people(name)')
export const first: { status: 'draft' | 'published'; author: { name: string | null } } | undefined = posts?.[0]
export const bodies = (await notes.from('my notes').select('body')).data satisfies { body: string }[] | null
await notes.from('my notes').insert({ body: 'x' })
// @ts-expect-error a note has a body
await notes.from('my notes').insert({ at: null })
// @ts-expect-error there is no such status
await app.from('posts').insert({ status: 'lost', by: '' })
`,
  )
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['--noEmit', '-p', project], { encoding: 'utf8', stdio: 'pipe' })
})

test('tells the mistakes of a schema.ts', async (t) => {
  const folder = tempFolder()
  t.after(folder.remove)
  writeFileSync(join(folder.path, 'schema.ts'), SCHEMA.replace('people.id', 'persons.id'))
  await assert.rejects(
    pilar(['types'], folder.path),
    /schema\.ts:4 {2}posts\.by: there is no table "persons" {2}hint: Perhaps you meant "posts"\.\n1 problem in the schema; nothing was changed\./,
  )
})
