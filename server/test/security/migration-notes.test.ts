/** Pilar's notes stand in comments of a file that anybody may have written: they may neither end a command nor hide or open anything. */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { introspect } from '../../src/engines/sqlite/introspect.ts'
import { PilarError } from '../../src/errors/error.ts'
import type { Catalog } from '../../src/schema/catalog.ts'
import { AdoptedProject } from './adopted-project.ts'

const DEEP = '['.repeat(50_000) + ']'.repeat(50_000)
/** JSON, but none that Pilar writes. */
const STRANGE = [
  '5',
  '"x"',
  '[]',
  'true',
  DEEP,
  ...[
    '5',
    'null',
    '{}',
    '{"table":{}}',
    '{"table":{"schema":"public","name":"t","columns":[{}]},"retiredAt":"2026-01-01"}',
  ].map((retired) => `{"retired":${retired}}`),
  ...[
    '5',
    'null',
    '{"name":"evil"}',
    '{"name":"array"}',
    '{"name":"enum"}',
    '{"name":"enum","values":5}',
    '{"name":"__proto__"}',
  ].map((type) => `{"type":${type},"columns":[{"name":"a","nullable":true,"type":${type}}]}`),
  '{"type":{"name":"numeric","scale":-5},"columns":5}',
  ...['default', 'generated', 'comment', 'schema', 'open', 'definition'].map((name) => `{"${name}":{"a":1}}`),
  '{"generated":"a","stored":"yes","system":"no"}',
  '{"identity":7,"own":"x"}',
]
/** Of which nothing is to be believed. */
const HARMLESS = [
  'null',
  '{"__proto__":{"retired":{}}}',
  '{"constructor":{"retired":{}}}',
  `{"comment":"${'x'.repeat(1_000_000)}"}`,
  'not JSON',
  '{"a":',
]

const places = (note: string): readonly string[] => [
  `CREATE TABLE t (/*pilar:${note}*/ id INTEGER PRIMARY KEY, a TEXT)`,
  `CREATE TABLE t (id INTEGER PRIMARY KEY, a /*pilar:${note}*/ TEXT)`,
  `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT CHECK (a <> 'x' /*pilar:${note}*/))`,
  `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); CREATE UNIQUE INDEX i ON t (a) WHERE a > 'b' /*pilar:${note}*/`,
  `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); CREATE VIEW v AS /*pilar:${note}*/ SELECT * FROM t`,
]

function catalogOf(sql: string): Catalog {
  const database = new DatabaseSync(':memory:')
  try {
    database.exec(sql)
    return introspect(database)
  } finally {
    database.close()
  }
}

test('what is none of our notes is refused in words, or means nothing', () => {
  let refused = 0
  for (const note of [...STRANGE, ...HARMLESS]) {
    for (const sql of places(note)) {
      try {
        const table = catalogOf(sql).tables.get('public.t')
        assert.deepEqual([...(table?.column.keys() ?? [])], ['id', 'a'], sql.slice(0, 200))
      } catch (error) {
        if (!(error instanceof PilarError) || HARMLESS.includes(note)) throw error
        refused++
        assert.equal(error.code, 'XX001')
        assert.match(
          error.message,
          /the comment \/\*pilar:…\*\/ in the statement of (t|t\.a|v) is none that Pilar writes$/,
        )
      }
    }
  }
  assert.ok(refused >= STRANGE.length, `${refused} of ${STRANGE.length} are refused somewhere`)
})

const SUSPENDED = '"suspended":{"primaryKey":false,"uniques":[],"foreignKeys":[],"checks":[],"indexes":[]}'
const COLUMN =
  '{"name":"a","type":{"name":"text"},"nullable":true,"default":null,"generated":null,"identity":null,"comment":null}'

test('a comment can neither hide a column nor a table, unless it has a reserved name', () => {
  const hidden = `{"retired":{"column":${COLUMN},"retiredAt":"2026-01-01T00:00:00Z",${SUSPENDED}}}`
  const column = (name: string) =>
    catalogOf(`CREATE TABLE t (id INTEGER PRIMARY KEY, ${name} TEXT /*pilar:${hidden}*/)`)
  assert.deepEqual([...(column('a').tables.get('public.t')?.column.keys() ?? [])], ['id', 'a'])
  assert.deepEqual([...(column('pilar_retired_a').tables.get('public.t')?.column.keys() ?? [])], ['id'])
  const members =
    '"uniques":[],"foreignKeys":[],"checks":[],"indexes":[],"comment":null,"openColumn":null,"system":false'
  const table = `{"key":"public.a","schema":"public","name":"a","kind":"table","columns":[${COLUMN}],"primaryKey":[],"primaryKeyName":null,${members},"definition":null,"writable":true}`
  const away = (name: string) =>
    catalogOf(
      `CREATE TABLE "${name}" (/*pilar:{"own":true,"retired":{"table":${table},"retiredAt":"2026-01-01T00:00:00Z"}}*/ a TEXT)`,
    )
  assert.deepEqual([...away('a').tables.keys()], ['public.a'])
  assert.deepEqual([...away('pilar.retired_a').tables.keys()], [])
})

test('a command says what is wrong with such a file', async (t) => {
  const project = new AdoptedProject(
    t,
    'CREATE TABLE t (id INTEGER PRIMARY KEY, a /*pilar:{"type":{"name":"evil"}}*/ TEXT)',
  )
  assert.deepEqual(await project.run('pull', '--out', project.cwd), {
    code: 1,
    out: '',
    err:
      'pilar: the database file is corrupt: the comment /*pilar:…*/ in the statement of t.a is none that Pilar writes\n' +
      'hint: Take the comment out of the statement, or restore a backup.',
  })
})
