/** `pilar pull` of real databases and of a nasty one: no difference afterwards, the same rows served, and TypeScript that compiles. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { createApp } from '../../src/app.ts'
import { loadSchema } from '../../src/cli/load-schema.ts'
import { runSeed } from '../../src/cli/seed.ts'
import { buildCatalog } from '../../src/schema/build-catalog.ts'
import type { Catalog, Table } from '../../src/schema/catalog.ts'
import type { SchemaDefinition } from '../../src/schema/definition.ts'
import { ROOT } from '../cli/process.ts'
import { as, ask } from '../support/http.ts'
import { shared } from '../support/require.ts'
import { startServer } from '../support/server.ts'
import { sql } from '../support/sql.ts'
import { tempFolder } from '../support/temp.ts'
import { differenceOf, type PulledProject, pilar, pull, structureOf } from './pulled.ts'

const chinook = shared('chinook/chinook.sqlite')
const northwind = shared('northwind/northwind.sqlite.sql')
/** The example shop as the first release made it, with its rows. */
const STORE = join(ROOT, 'server/test/fixtures/data-0.1/store')
const EVERYTHING = join(ROOT, 'server/test/fixtures/data-0.1/everything')

interface Case {
  readonly name: string
  readonly skip: string | false
  /** Makes the file. */
  readonly make: (file: string) => Promise<void> | void
}

const script = (path: string) => (file: string) => {
  const made = sql(file)
  made.run('PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY')
  made.run(readFileSync(path, 'utf8'))
  made.close()
}

const CASES: readonly Case[] = [
  { name: 'chinook', skip: chinook.skip, make: (file) => copyFileSync(chinook.path, file) },
  { name: 'northwind', skip: northwind.skip, make: script(northwind.path) },
  { name: 'nasty', skip: false, make: script(join(import.meta.dirname, 'nasty.sql')) },
  {
    name: 'store',
    skip: false,
    make: (file) => writeFileSync(file, gunzipSync(readFileSync(join(STORE, 'data.db.gz')))),
  },
  { name: 'everything', skip: false, make: (file) => makeOwn(file, EVERYTHING) },
  { name: 'empty', skip: false, make: (file) => writeFileSync(file, '') },
]

/** A project as Pilar makes it, with its rows. */
async function makeOwn(file: string, project: string): Promise<void> {
  const folder = tempFolder()
  const settings = { databaseUrl: `sqlite:${file}`, dataDir: folder.path, logLevel: 'silent' } as const
  const definition = await loadSchema(join(project, 'schema.ts'))
  const app = await createApp({ projectDir: folder.path, definition, settings })
  const seed = await import(join(project, 'seed.ts'))
  await runSeed(app, seed.default, { fresh: true })
  await app.close()
  folder.remove()
}

const temp = tempFolder()
const pulled = new Map<string, PulledProject & { readonly file: string; readonly remove: () => void }>()

before(async () => {
  for (const { name, skip, make } of CASES) {
    if (skip !== false) continue
    const file = join(temp.path, `${name}.sqlite`)
    await make(file)
    pulled.set(name, { ...(await pull(file)), file })
  }
})
after(() => {
  for (const { remove } of pulled.values()) remove()
  temp.remove()
})

function of(name: string) {
  const found = pulled.get(name)
  assert.ok(found !== undefined)
  return found
}

for (const { name, skip } of CASES) {
  test(`${name}: nothing differs afterwards`, { skip }, async () => {
    const { definition, file } = of(name)
    const { steps, obstacles } = await differenceOf(definition, structureOf(file))
    assert.deepEqual({ steps, obstacles }, { steps: [], obstacles: [] })
    assert.match(
      await pilar(['migrate', 'plan'], of(name).folder),
      /^Nothing to do: the database has what is declared\.$/m,
    )
  })

  test(`${name}: serves the rows it served without a schema.ts`, { skip }, async () => {
    const { definition, file } = of(name)
    assert.deepEqual(await rowsOf(file, definition), await rowsOf(file, null))
  })
}

/** Every row of every table and view, in some order that does not change. */
async function rowsOf(file: string, definition: SchemaDefinition | null): Promise<Record<string, unknown>> {
  const served = await startServer({ database: file, schema: definition, limits: { rowsMax: 100_000 } })
  try {
    const rows: Record<string, unknown> = {}
    for (const table of served.app.model.catalog.tables.values()) {
      // Other schemas are served when they are named, with a schema.ts and without.
      if (table.system || table.schema !== 'public') continue
      const path = `${served.url}/rest/v1/${encodeURIComponent(table.name)}`
      const answer = await ask(`${path}?select=*`, {
        headers: { ...as(served.keys.service), 'accept-profile': table.schema },
      })
      const lines = Array.isArray(answer.json) ? answer.json.map((row) => JSON.stringify(row)).sort() : answer.text
      assert.equal(answer.status, 200, `${table.key}: ${answer.text}`)
      rows[table.key] = lines
    }
    return rows
  } finally {
    await served.close()
  }
}

test('TypeScript takes what was written, in the format of Biome, and so do its types and those of pilar types', async () => {
  const usage = `import { createClient } from '@supabase/supabase-js'
import type { DatabaseOf } from 'pilar'
import type project from './schema.ts'
import type { Database } from './database.types.ts'

const client = createClient<DatabaseOf<typeof project>>('', '')
export const typed = createClient<Database>('', '')
void client
`
  const albums = `export const titles: Promise<string[]> = typed
  .from('Album')
  .select('Title, Artist(Name)')
  .then(({ data }) => (data ?? []).map((album) => \`\${album.Title satisfies string} \${album.Artist.Name satisfies string | null}\`))
// @ts-expect-error there is no such table
void typed.from('Albums')
`
  const folder = tempFolder()
  try {
    const projects = [...pulled].map(([name, { folder: project }]) => ({ name, project }))
    for (const { name, project } of projects) {
      await pilar(['types', '--project', project, '--out', 'database.types.ts'], project)
      const chinooks = name === 'chinook' ? albums.replace('Promise<string[]>', 'PromiseLike<string[]>') : ''
      writeFileSync(join(project, 'usage.ts'), `${usage}${chinooks}`)
      const config = { extends: join(ROOT, 'tsconfig.json'), include: ['*.ts'], exclude: [] }
      writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config))
      execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['--noEmit', '-p', project], { encoding: 'utf8' })
      const formatted = execFileSync(
        join(ROOT, 'node_modules/.bin/biome'),
        ['format', `--stdin-file-path=${join(ROOT, 'examples/schema.ts')}`],
        { cwd: ROOT, encoding: 'utf8', input: readFileSync(join(project, 'schema.ts'), 'utf8') },
      )
      assert.equal(readFileSync(join(project, 'schema.ts'), 'utf8'), formatted, name)
    }
  } finally {
    folder.remove()
  }
})

test('what is left to the database goes on working under the pulled schema', async () => {
  const { definition, file } = of('nasty')
  const served = await startServer({ database: file, schema: definition })
  const post = async (table: string, row: object) => {
    const headers = { ...as(served.keys.service), prefer: 'return=representation', 'content-type': 'application/json' }
    const body = JSON.stringify(row)
    const answer = await ask(`${served.url}/rest/v1/${table}`, { method: 'POST', headers, body })
    const [first] = (answer.json as Record<string, unknown>[]).values?.() ?? []
    return first ?? (answer.json as Record<string, unknown>)
  }
  try {
    const made = await post('people', { email: 'new@b' })
    const { token, joined, born, ...rest } = made
    // The trigger runs on updates alone; all defaults are the database's own.
    assert.deepEqual(rest, {
      id: 4,
      email: 'new@b',
      name: 'nobody',
      boss: null,
      favourite: null,
      active: true,
      score: 0.5,
    })
    assert.match(String(token), /^[0-9A-F]{32}$/)
    assert.match(String(joined), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/)
    assert.match(String(born), /^\d{4}-\d\d-\d\d$/)
    assert.equal((await post('people', { email: 'NEW@B' }))['code'], '23505', 'the key ignores case')
    assert.equal((await post('people', { email: 'x@y', name: 'ROOT' }))['code'], '23514', 'a check in SQLite’s words')
    assert.equal((await post('people', { email: 'x@y', name: '' }))['code'], '23514', 'a translated check')
    assert.equal((await post('people', { email: 'x@y', boss: 99 }))['code'], '23503')
    const computed = await post('computed', { quantity: 2, price: 1.25, code: 'z' })
    assert.deepEqual([computed['total'], computed['label']], [2.5, '#z'])
    const order = await post('Order', { number: 9, line: 1, buyer: 1, quantity: 2, price: 3, code: 'ab' })
    assert.deepEqual([order['total'], order['label'], order['shout']], [6, '#ab', 'AB'])
  } finally {
    await served.close()
  }
})

test('what Pilar made is pulled as it was declared, comments included', async () => {
  for (const [name, project] of [
    ['store', STORE],
    ['everything', EVERYTHING],
  ] as const) {
    const { file, definition } = of(name)
    const declared = structure(catalogOf(await loadSchema(join(project, 'schema.ts'))))
    assert.deepEqual(structure(catalogOf(definition)), declared)
    const found = [...structureOf(file).tables.values()].filter((table) => !table.system)
    assert.equal(found.length, Object.keys(declared).length)
  }
})

function catalogOf(definition: SchemaDefinition): Catalog {
  const { catalog, problems } = buildCatalog(definition, { version: 1 })
  assert.deepEqual(problems, [])
  assert.ok(catalog !== null)
  return catalog
}

function structure(catalog: Catalog): Record<string, Omit<Table, 'column'>> {
  return Object.fromEntries(
    [...catalog.tables].map(([key, { column: _, ...table }]) => [
      key,
      {
        ...table,
        uniques: byName(table.uniques),
        checks: byName(table.checks),
        foreignKeys: byName(table.foreignKeys),
      },
    ]),
  )
}

function byName<T extends { readonly name: string }>(all: readonly T[]): readonly T[] {
  return all.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
