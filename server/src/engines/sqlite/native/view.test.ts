import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { introspect } from '../introspect.ts'
import { translateCatalog } from './catalog.ts'

const TABLES = `
  CREATE TABLE people (Id INTEGER PRIMARY KEY, name TEXT NOT NULL, boss INTEGER, nick TEXT COLLATE NOCASE, active BOOLEAN NOT NULL);
  CREATE TABLE "odd table" (id INTEGER PRIMARY KEY, person INTEGER NOT NULL, "the word" TEXT);`

/** The select of a view over TABLES, its white space folded; null where it has none. */
function selectOf(select: string, head = 'v'): string | null {
  const database = new DatabaseSync(':memory:')
  database.exec(`${TABLES}; CREATE VIEW ${head} AS ${select}`)
  const { tables, opaque } = translateCatalog(introspect(database))
  database.close()
  const definition = tables.get('public.v')?.definition ?? null
  assert.equal(
    opaque.some(({ kind }) => kind === 'view'),
    definition === null,
    'what is not said is listed',
  )
  return definition?.replace(/\s+/g, ' ') ?? null
}

test('says a view that shows columns of joined tables', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['SELECT * FROM people', 'select "Id", name, boss, nick, active from people'],
    [
      'select ID, name AS n, boss "b" from PEOPLE p where p.Active = 1;',
      'select "Id", name as n, boss as b from people as p where active = true',
    ],
    ['SELECT DISTINCT name FROM people WHERE boss IS NULL', 'select distinct name from people where boss is null'],
    [
      'SELECT p.name, o.[the word] AS word, q.name AS boss FROM "odd table" AS o JOIN people p ON p.id = o.person LEFT OUTER JOIN people AS q ON q.Id = p.boss WHERE p.active',
      'select p.name, o."the word" as word, q.name as boss from "odd table" as o join people as p on p."Id" = o.person ' +
        'left join people as q on q."Id" = p.boss where p.active',
    ],
    [
      'SELECT o.*, name FROM "odd table" o INNER JOIN people ON people.Id = person',
      'select o.id, o.person, o."the word", people.name from "odd table" as o join people on people."Id" = o.person',
    ],
  ]
  for (const [sql, expected] of cases) assert.equal(selectOf(sql), expected, sql)
  assert.equal(selectOf('SELECT name, boss FROM people', 'v (a, b)'), 'select name as a, boss as b from people')
})

test('a column of a table that may be missing may be null', () => {
  const database = new DatabaseSync(':memory:')
  database.exec(
    `${TABLES}; CREATE VIEW v AS SELECT o.person, p.name FROM "odd table" o LEFT JOIN people p ON p.Id = o.person`,
  )
  const view = translateCatalog(introspect(database)).tables.get('public.v')
  assert.deepEqual(
    view?.columns.map(({ name, type, nullable }) => [name, type.name, nullable]),
    [
      ['person', 'integer', false],
      ['name', 'text', true],
    ],
  )
  database.close()
})

test('leaves all others as they are', () => {
  const refused = [
    'SELECT count(*) AS c FROM people',
    'SELECT name || 1 AS c FROM people',
    "SELECT 'x' AS c FROM people",
    'SELECT 1 AS c',
    'SELECT name FROM people GROUP BY name',
    'SELECT name FROM people ORDER BY name',
    'SELECT name FROM people LIMIT 1',
    'SELECT name FROM people UNION SELECT "the word" FROM "odd table"',
    'SELECT name FROM (SELECT * FROM people)',
    'SELECT a.name FROM people a, people b',
    'SELECT a.name FROM people a CROSS JOIN people b',
    'SELECT a.name FROM people a JOIN people b USING (Id)',
    'SELECT a.name FROM people a NATURAL JOIN people b',
    'WITH x AS (SELECT * FROM people) SELECT name FROM x',
    "SELECT name FROM people WHERE nick = 'x'",
    "SELECT name FROM people WHERE lower(name) = 'x'",
    'SELECT rowid FROM people',
    'SELECT name FROM people WHERE Id IN (SELECT person FROM "odd table")',
    'SELECT name FROM sqlite_schema',
    'SELECT a.name FROM people a RIGHT JOIN people b ON a.Id = b.boss',
    'SELECT p.name FROM people p JOIN people q ON p.nick = q.nick',
    'VALUES (1)',
  ]
  for (const sql of refused) assert.equal(selectOf(sql), null, sql)
})
