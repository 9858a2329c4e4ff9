import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expr, schema } from './builder.ts'
import { c } from './column.ts'
import type { SchemaDefinition } from './definition.ts'
import { table, view } from './table.ts'

/** The mistakes of a definition, as `where: message (hint)`. */
function mistakes(definition: SchemaDefinition): string[] {
  return definition.problems.map(
    ({ where, message, hint }) => `${where}: ${message}${hint === null ? '' : ` (${hint})`}`,
  )
}

test('writes down what was said, names qualified and enums named', () => {
  const definition = schema(
    {
      posts: table({
        id: c.bigint().identity().primaryKey(),
        status: c.enum('draft', 'it’s').default('draft'),
        rank: c.integer().default(0),
        author_id: c.uuid().references('profiles.id', { onDelete: 'cascade' }),
        owner: c.uuid().references('auth.users.id'),
        title: c.text().was('headline').check('title <> ?'),
      }).index('status', 'rank desc', { unique: true, where: 'rank > 0' }),
      'private.notes': table({ id: c.integer() }, { open: true, comment: 'secret' }).was('memos'),
      authors: view({ id: c.uuid() }, 'select author_id from posts'),
    },
    {
      functions: { is_staff: expr({ org: 'character varying(5)', list: 'int[]' }, 'true', { definer: true }) },
      roles: ['editor'],
    },
  )
  assert.deepEqual(mistakes(definition), [])
  const [posts, notes] = definition.tables
  assert.equal(posts?.key, 'public.posts')
  const column = (name: string) => posts?.columns.find((one) => one.name === name)
  assert.deepEqual(column('status')?.type, { name: 'enum', values: ['draft', 'it’s'], enumName: 'posts_status' })
  assert.equal(column('status')?.default, "'draft'")
  assert.equal(column('rank')?.default, '0')
  assert.equal(column('author_id')?.references?.target, 'public.profiles.id')
  assert.equal(column('owner')?.references?.target, 'auth.users.id')
  assert.equal(column('title')?.was, 'headline')
  const columns = [
    { name: 'status', descending: false },
    { name: 'rank', descending: true },
  ]
  assert.deepEqual(posts?.indexes, [{ unique: true, where: 'rank > 0', columns }])
  assert.deepEqual([notes?.schema, notes?.name, notes?.open, notes?.was], ['private', 'notes', true, 'memos'])
  assert.equal(definition.views[0]?.select, 'select author_id from posts')
  const [fn] = definition.functions
  assert.deepEqual([fn?.schema, fn?.name, fn?.definer], ['public', 'is_staff', true])
  const types = fn?.arguments.map((argument) => argument.type)
  assert.deepEqual(types, [
    { name: 'varchar', length: 5 },
    { name: 'array', element: { name: 'integer' } },
  ])
})

test('a definition is plain data: a worker can send it', () => {
  const definition = schema({ posts: table({ id: c.integer() }).policies({ select: { anon: 'true' } }) })
  const sent = structuredClone(definition)
  assert.deepEqual(sent.policies[0]?.table, 'public.posts')
  assert.equal(sent.tables[0]?.at?.file, import.meta.filename)
})

test('spreads policies over actions, roles and restrictive ones', () => {
  const definition = schema({
    posts: table({ id: c.integer() }).policies({
      all: { authenticated: 'a' },
      insert: { anon: { check: 'b' } },
      update: { anon: { using: 'c', check: 'd' } },
      restrictive: { select: { public: 'e' } },
    }),
  })
  const shown = definition.policies.map(({ role, action, using, check, permissive }) => [
    role,
    action,
    using,
    check,
    permissive,
  ])
  assert.deepEqual(shown, [
    ['authenticated', 'select', 'a', null, true],
    ['authenticated', 'insert', null, 'a', true],
    ['authenticated', 'update', 'a', null, true],
    ['authenticated', 'delete', 'a', null, true],
    ['anon', 'insert', null, 'b', true],
    ['anon', 'update', 'c', 'd', true],
    ['public', 'select', 'e', null, false],
  ])
})

test('hidden columns, from columns and tables; public is everybody but service_role', () => {
  const people = table({ id: c.integer(), email: c.text().hidden('anon'), note: c.text() }).hidden({ public: ['note'] })
  const definition = schema({ people }, { roles: ['editor'] })
  const shown = definition.hidden.map(({ role, columns }) => [role, columns])
  assert.deepEqual(shown, [
    ['anon', ['email']],
    ['anon', ['note']],
    ['authenticated', ['note']],
    ['editor', ['note']],
  ])
})

test('says where each table, column and policy was written', () => {
  const line = currentLine()
  const people = table({
    id: c.integer(),
    name: c.text(),
  }).policies({ select: { anon: 'true' } })
  const definition = schema({ people })
  const [found] = definition.tables
  assert.deepEqual(found?.at, { file: import.meta.filename, line: line + 1 })
  assert.deepEqual(
    found?.columns.map((column) => column.at?.line),
    [line + 2, line + 3],
  )
  assert.equal(definition.policies[0]?.at?.line, line + 4)
})

function currentLine(): number {
  return Number(/:(\d+):\d+\)?$/.exec(new Error('here').stack?.split('\n')[2] ?? '')?.[1])
}

test('mistakes in rules are told with the nearest right word', () => {
  const wrong = {
    selekt: { anon: 'true' },
    select: { annon: 'true', anon: '' },
    insert: { anon: { using: 'true' } },
    delete: { anon: { check: 'true' } },
    update: { anon: { check: 'true' }, authenticated: { usin: 'true' } },
  }
  const definition = schema({
    posts: table({ id: c.integer() })
      .policies(wrong as never)
      .hidden({ anon: ['idd' as 'id'], nobody: ['id'] }),
  })
  assert.deepEqual(mistakes(definition), [
    'policies of posts: there is no action "selekt" (Perhaps you meant "select".)',
    'policy select of posts for annon: there is no role "annon" (Perhaps you meant "anon".)',
    'policy select of posts for anon: a rule is a PostgreSQL condition, or { using, check }; write true to allow everything',
    'policy insert of posts for anon: an insert has no old row: it takes "check" only',
    'policy delete of posts for anon: a delete has no new row: it takes "using" only',
    'policy update of posts for anon: it says nothing about existing rows: "using" is missing',
    'policy update of posts for authenticated: there is no part of a rule called "usin" (Perhaps you meant "using".)',
    'hidden columns of posts: there is no column "idd" (Perhaps you meant "id".)',
    'hidden columns of posts: there is no role "nobody" (There is: anon, authenticated, service_role, public.)',
  ])
})

test('things that are no tables, columns, types or names', () => {
  const definition = schema(
    {
      posts: table({ id: 'text' as never, __proto__: { sneaky: c.text() } } as never),
      people: { id: c.integer() } as never,
    },
    { functions: { f: expr({ a: 'integr' }, 'true'), g: 'true' as never } },
  )
  assert.deepEqual(mistakes(definition), [
    'posts: nothing can be called "__proto__"',
    'posts.id: this is not a column (Make it with c.text(), c.integer(), …)',
    'people: this is not a table (Make it with table({ … }) or view({ … }, …).)',
    'function f: there is no type "integr" (argument a) (Perhaps you meant "integer".)',
    "function g: this is not a function (Make it with expr({ org: 'uuid' }, 'expression').)",
  ])
})
