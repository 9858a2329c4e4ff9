/** `pilar migrate` beside tables that people had before. */
import assert from 'node:assert/strict'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { ID, Project } from './migrate-project.ts'

const NAME = 'name: c.text().nullable()'

/** A project over a database with customers. */
function shopProject(t: TestContext) {
  const project = new Project(t)
  const file = join(project.cwd, 'shop.sqlite')
  const database = new DatabaseSync(file)
  t.after(() => database.close())
  database.exec(`create table customers (id integer primary key, name text, shoe_size integer);
    insert into customers values (1, 'Ann', 38)`)
  const shop = ['--database', `sqlite:${file}`]
  const schema = (tables: string) => {
    writeFileSync(
      join(project.cwd, 'schema.ts'),
      `import { c, existing, schema, table } from 'pilar'\nexport default schema({ ${tables} })\n`,
    )
  }
  const migrate = (...args: readonly string[]) => project.migrate(...args, ...shop)
  return { project, database, shop, schema, migrate }
}

const policies = ".policies({ select: { anon: 'true' } })"

test('the first apply notes what is declared of a database, so that it is known as declared later', async (t) => {
  const { database, schema, migrate } = shopProject(t)
  schema(`customers: table({ ${ID}, ${NAME} })${policies}`)
  const unnoted =
    'Nothing to do: the database has what is declared.\n\n' +
    'Its journal does not say so yet. pilar migrate apply notes it: what is then taken out of schema.ts is retired,\n' +
    'and not just left alone.'
  assert.deepEqual(await migrate('plan'), { code: 0, out: unnoted, err: '' })
  assert.deepEqual(await migrate('apply'), { code: 0, out: `${unnoted}\n\nNoted the structure as it is.`, err: '' })
  assert.match((await migrate('status')).out, /^Journal\n {2}1 {2}adopt {2}0 steps/)
  assert.deepEqual(JSON.parse((await migrate('apply', '--json')).out), { applied: [], noted: [] })
  assert.equal((await migrate('plan')).out, 'Nothing to do: the database has what is declared.')
  schema(`customers: table({ ${ID}, ${NAME}, shoe_size: c.integer().nullable() })${policies}`)
  assert.deepEqual(JSON.parse((await migrate('apply', '--json')).out), { applied: [], noted: [null] })
  schema(`customers: table({ ${ID}, shoe_size: c.integer().nullable() })${policies}`)
  assert.deepEqual(JSON.parse((await migrate('apply', '--yes', '--json')).out), { applied: [null], noted: [] })
  const [row] = database.prepare('select * from customers').all()
  assert.deepEqual([Object.keys(row ?? {}), row?.['shoe_size']], [['id', 'pilar_retired_name', 'shoe_size'], 38])
})

test('control: what was not noted stays when it is taken out of schema.ts', async (t) => {
  const { schema, migrate } = shopProject(t)
  schema(`customers: table({ ${ID}, ${NAME} })${policies}`)
  schema(`customers: table({ ${ID} })${policies}`)
  assert.match((await migrate('apply', '--yes')).out, /^Nothing to do/)
})

test('tables that are only referred to are nobody’s change', async (t) => {
  const { database, schema, migrate } = shopProject(t)
  schema(`customers: existing(), notes: table({ ${ID} })`)
  await migrate('apply')
  assert.doesNotMatch((await migrate('status')).out, /customers/)
  database.exec('create table theirs (id integer)')
  assert.match(
    (await migrate('status')).out,
    /Changed by others, and left alone:\n {2}no schema\.ts ever had these tables: theirs$/,
  )
})

test('a file with a foreign key to a table of somebody else is sealed and follows others', async (t) => {
  const { project, schema, migrate } = shopProject(t)
  schema(`customers: existing(), notes: table({ ${ID} })`)
  await migrate('new')
  schema(`customers: existing(), notes: table({ ${ID}, customer: c.integer().references('customers.id').nullable() })`)
  assert.equal((await migrate('new', 'customers')).code, 0)
  schema(`customers: existing(), notes: table({ ${ID}, rank: c.integer().nullable() })`)
  project.edit('0002_customers', 'nullable: true', "nullable: true, comment: 'who'")
  const sealed = await project.migrate('new', '--seal', '2')
  assert.deepEqual([sealed.code, sealed.err], [0, ''])
  assert.match(sealed.out, /^sealed migrations\/0002_customers\.ts/)
  assert.deepEqual(JSON.parse((await project.migrate('new', '--seal', '2', '--json')).out), {
    file: '0002_customers',
    leadsTo: [],
  })
  renameSync(project.file('0002_customers'), join(project.cwd, 'merged'))
  assert.equal((await migrate('new', 'rank')).code, 0)
  renameSync(join(project.cwd, 'merged'), project.file('0002_customers'))
  const rebased = await project.migrate('new', '--rebase', '0002_customers')
  assert.deepEqual([rebased.code, rebased.err], [0, ''])
  assert.deepEqual(JSON.parse((await migrate('plan', '--json')).out).possible, true)
})
