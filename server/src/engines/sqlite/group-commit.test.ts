import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, beforeEach, test } from 'node:test'
import { GroupCommit, type Member } from './group-commit.ts'

const folder = mkdtempSync(join(tmpdir(), 'pilar-group-'))
let database: DatabaseSync
let group: GroupCommit
let commits = 0

before(() => {
  database = new DatabaseSync(join(folder, 'data.db'))
  database.exec(`
    CREATE TABLE parents (id INTEGER PRIMARY KEY);
    CREATE TABLE rows (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER poison BEFORE INSERT ON rows WHEN new.id = 666 BEGIN SELECT RAISE(ROLLBACK, 'poison'); END`)
  group = new GroupCommit(database, () => [])
  group.onCommit(() => commits++)
})
after(() => {
  database.close()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  database.exec('DELETE FROM rows')
  commits = 0
})

let runs = 0
function insert(id: number, parent: number | null = null, rollback = false): Member<number> {
  return {
    rollback,
    run: () => {
      runs++
      database.prepare('INSERT INTO rows VALUES (?, ?)').run(id, parent)
      return id
    },
  }
}

const ids = () =>
  database
    .prepare('SELECT id FROM rows ORDER BY id')
    .all()
    .map((row) => row['id'])
const outcomes = (members: readonly Member<number>[]) =>
  group.run(members).map((result) => ('error' in result ? (result.error as Error).message : result.value))

test('many writes share one commit; a failing one undoes itself only', () => {
  const [first, second, third] = outcomes([insert(1), insert(1), insert(2)])
  assert.deepEqual([first, third], [1, 2])
  assert.match(String(second), /UNIQUE/)
  assert.deepEqual([ids(), commits], [[1, 2], 1])
})

test('a statement that ends the transaction costs nobody else their write', () => {
  runs = 0
  assert.deepEqual(outcomes([insert(1), insert(666), insert(2)]), [1, 'poison', 2])
  assert.deepEqual([ids(), commits, runs], [[1, 2], 2, 5])
})

test('a COMMIT that fails is run again one by one', () => {
  const [first, second, third] = outcomes([insert(1), insert(2, 99), insert(3)])
  assert.deepEqual([first, third], [1, 3])
  assert.match(String(second), /FOREIGN KEY/)
  assert.deepEqual([ids(), commits], [[1, 3], 2])
})

test('a write that is to be undone answers and leaves nothing', () => {
  assert.deepEqual(outcomes([insert(1), insert(2, null, true)]), [1, 2])
  assert.deepEqual(outcomes([insert(3, null, true)]), [3])
  assert.deepEqual(ids(), [1])
})
