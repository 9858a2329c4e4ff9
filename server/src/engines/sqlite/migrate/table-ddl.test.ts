import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { shared } from '../../../../test/support/require.ts'
import { parseTable, printTable } from './table-ddl.ts'

const NASTY = [
  'CREATE TABLE a (b)',
  'CREATE TABLE "a ""b"" (c" ("d , e" TEXT, [f ) g] INT(3, 4) NOT NULL, `h``i` , \'j\' DATE)',
  `CREATE TABLE t (/*pilar:{"comment":"x, (y"}*/ "id" INTEGER /*pilar:{"identity":"always"}*/ CONSTRAINT "t_pkey" PRIMARY KEY AUTOINCREMENT NOT NULL, "n" INT_INTEGER DEFAULT (-1))`,
  `CREATE TABLE t(a INT DEFAULT -1.5e-3 NOT NULL ON CONFLICT REPLACE,b DEFAULT x'00ff' COLLATE NOCASE, c DEFAULT NULL NULL, d DEFAULT +.5 CHECK(d<>')')
   , e GENERATED ALWAYS AS (a + 1) STORED UNIQUE, f INT AS (a) , -- of e, (
   g REFERENCES t(a) ON DELETE SET NULL ON UPDATE NO ACTION MATCH FULL NOT DEFERRABLE INITIALLY DEFERRED CONSTRAINT x CHECK (g > 0) CONSTRAINT alone,
   /* before */ CONSTRAINT "u" UNIQUE (a COLLATE NOCASE DESC, 'b') ON CONFLICT IGNORE CHECK (a) FOREIGN KEY (a, b) REFERENCES t ON DELETE CASCADE DEFERRABLE
   -- the end
   ) STRICT, WITHOUT ROWID -- tail`,
]

test('takes a statement apart and puts it together again, byte for byte', () => {
  for (const sql of NASTY) assert.equal(printTable(parseTable(sql) ?? assert.fail(sql)), sql)
})

test('finds the pieces', () => {
  const ddl = parseTable(NASTY[3] ?? '') ?? assert.fail()
  const shown = ddl.parts.map(({ column, pieces }) => [
    column,
    ...pieces.map(({ kind, text, constraint, columns }) =>
      [kind, text, ...(constraint === null ? [] : [`as ${constraint}`]), ...columns].join('|'),
    ),
  ])
  assert.deepEqual(shown, [
    ['a', 'name|a', 'type|INT', 'default|DEFAULT -1.5e-3', 'not null|NOT NULL ON CONFLICT REPLACE'],
    ['b', 'name|b', "default|DEFAULT x'00ff'", 'collate|COLLATE NOCASE'],
    ['c', 'name|c', 'default|DEFAULT NULL', 'null|NULL'],
    ['d', 'name|d', 'default|DEFAULT +.5', "check|CHECK(d<>')')"],
    ['e', 'name|e', 'generated|GENERATED ALWAYS AS (a + 1) STORED', 'unique|UNIQUE'],
    ['f', 'name|f', 'type|INT', 'generated|AS (a)'],
    [
      'g',
      'name|g',
      'foreign|REFERENCES t(a) ON DELETE SET NULL ON UPDATE NO ACTION MATCH FULL NOT DEFERRABLE INITIALLY DEFERRED',
      'check|CONSTRAINT x CHECK (g > 0)|as x',
      'other|CONSTRAINT alone',
    ],
    [
      null,
      'unique|CONSTRAINT "u" UNIQUE (a COLLATE NOCASE DESC, \'b\') ON CONFLICT IGNORE|as u|a|b',
      'check|CHECK (a)',
      'foreign|FOREIGN KEY (a, b) REFERENCES t ON DELETE CASCADE DEFERRABLE|a|b',
    ],
  ])
  assert.match(ddl.tail, /^\) STRICT, WITHOUT ROWID -- tail$/)
  assert.equal(parseTable(NASTY[2] ?? '')?.note, '/*pilar:{"comment":"x, (y"}*/ ')
})

const northwind = shared('northwind/northwind.sqlite.sql')
const chinook = shared('chinook/chinook.sqlite')

test('every statement of the sample databases comes out as it went in', {
  skip: northwind.skip || chinook.skip,
}, () => {
  const made = new DatabaseSync(':memory:')
  made.exec(readFileSync(northwind.path, 'utf8'))
  for (const database of [made, new DatabaseSync(chinook.path, { readOnly: true })]) {
    const found = database.prepare("SELECT sql FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL").all()
    assert(found.length > 10)
    for (const { sql } of found) assert.equal(printTable(parseTable(String(sql)) ?? assert.fail(String(sql))), sql)
    database.close()
  }
})
