/** The only command that destroys values: it may not destroy what somebody else's trigger, view or column still needs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AdoptedProject } from './adopted-project.ts'

const ID = 'id: c.integer().identity().primaryKey()'
const NOTED = 'noted: c.text().nullable()'
const LOG = `log: table({ ${ID}, m: c.text().nullable() })`
const text = (columns: string, log = ''): string => `import { c, schema, table } from 'pilar'
export default schema({ orders: table({ ${ID}, kept: c.text().nullable()${columns} }), ${log} })`

const CASES = [
  [
    'log',
    'CREATE TRIGGER tr AFTER INSERT ON orders BEGIN INSERT INTO log (m) VALUES (new.kept); END',
    'the trigger tr still uses what is kept as "pilar.retired_log", and would fail without it',
  ],
  [
    'log',
    'CREATE VIEW v AS SELECT m FROM log',
    'the view v still uses what is kept as "pilar.retired_log", and would fail without it',
  ],
  [
    'orders.noted',
    'CREATE TRIGGER tr AFTER UPDATE OF noted ON orders BEGIN SELECT 1; END',
    'the trigger tr still uses what is kept as "pilar_retired_noted", and would fail without it',
  ],
  [
    'orders.noted',
    'CREATE VIEW v AS SELECT o.noted FROM orders AS o',
    'the view v still uses what is kept as "pilar_retired_noted", and would fail without it',
  ],
  [
    'orders.noted',
    'ALTER TABLE orders ADD COLUMN loud TEXT AS (upper(noted))',
    'a computed column or check of orders still uses what is kept as "pilar_retired_noted", and would fail without it',
  ],
  [
    'orders.noted',
    'CREATE INDEX i ON orders (lower(noted))',
    'the index i still uses what is kept as "pilar_retired_noted", and would fail without it',
  ],
] as const

for (const [what, sql, message] of CASES) {
  test(`${what} is not purged under: ${sql}`, async (t) => {
    const project = new AdoptedProject(
      t,
      `CREATE TABLE orders (id INTEGER PRIMARY KEY, kept TEXT, noted TEXT); CREATE TABLE log (id INTEGER PRIMARY KEY, m TEXT);
       INSERT INTO orders VALUES (1, 'a', 'b'); ${sql}`,
    )
    project.schema(text(`, ${NOTED}`, LOG))
    assert.equal((await project.apply()).err, '')
    project.schema(text(''))
    assert.equal((await project.apply()).err, '')
    const { code, err } = await project.run('migrate', 'purge', what, '--now', '--yes', '--no-backup')
    assert.equal(code, 1)
    assert.match(err, new RegExp(`pilar: .*${RegExp.escape(message)}\nhint: Drop or change it first`))
    project.exec("INSERT INTO orders (kept) VALUES ('c')")
    assert.equal(project.rows('SELECT * FROM orders').length, 2)
  })
}

test('control: what nothing uses is purged, whatever has a name like it', async (t) => {
  const project = new AdoptedProject(
    t,
    `CREATE TABLE orders (id INTEGER PRIMARY KEY, kept TEXT, noted TEXT); CREATE TABLE log (id INTEGER PRIMARY KEY, m TEXT);
     CREATE TABLE "pilar.retired_log_2" (a TEXT); CREATE VIEW v AS SELECT 'pilar.retired_log' AS a FROM "pilar.retired_log_2"`,
  )
  project.schema(text(`, ${NOTED}`, LOG))
  assert.equal((await project.apply()).err, '')
  project.schema(text(''))
  assert.equal((await project.apply()).err, '')
  const { code, err } = await project.run('migrate', 'purge', 'log', 'orders.noted', '--now', '--yes', '--no-backup')
  assert.deepEqual([code, err], [0, ''])
})
