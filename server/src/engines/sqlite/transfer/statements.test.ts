import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatementReader } from './statements.ts'

function read(script: string) {
  const reader = new StatementReader()
  const found = script.split('\n').flatMap((line) => reader.push(line).map(({ sql, line: on }) => [sql.trim(), on]))
  return { found, rest: reader.rest()?.sql ?? null }
}

test('semicolons in quotes, names and comments end nothing', () => {
  const texts = ["SELECT 'a;b', 'it''s;';", 'SELECT ";", [;], `;`;', 'SELECT 1 /* ; */;', 'SELECT 1 -- ; one\n, 2;']
  for (const text of texts) assert.deepEqual(read(text), { found: [[text, 1]], rest: null })
})

test('a statement may have several lines, a line several statements, and each knows where it begins', () => {
  assert.deepEqual(read("-- first\n\nINSERT INTO t\nVALUES('a\n;b'); SELECT 2;;\nSELECT 3"), {
    found: [
      ["-- first\n\nINSERT INTO t\nVALUES('a\n;b');", 3],
      ['SELECT 2;', 5],
    ],
    rest: 'SELECT 3\n',
  })
})

test('a trigger ends after END, a table named end does not', () => {
  const trigger =
    'CREATE TRIGGER a AFTER INSERT ON t BEGIN\n  UPDATE t SET x = CASE WHEN 1 THEN 2 END;\n  DELETE FROM t;\nEND;'
  assert.deepEqual(read(`${trigger}\nSELECT 1;`).found, [
    [trigger, 1],
    ['SELECT 1;', 5],
  ])
  assert.equal(read('CREATE TEMP TRIGGER a AFTER INSERT ON t BEGIN SELECT 1;').found.length, 0)
  assert.equal(read('CREATE TABLE "end" (x); SELECT 1;').found.length, 2)
})

test('what is open at the end is told; comments and blanks are not', () => {
  assert.equal(read("SELECT 'a").rest, "SELECT 'a\n")
  assert.equal(read('SELECT 1;\n-- done\n/* really */\n ').rest, null)
})
