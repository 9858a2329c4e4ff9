/** Copies of a database: for nobody else's eyes, and never in the place of something that is needed. */
import assert from 'node:assert/strict'
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { AdoptedProject } from './adopted-project.ts'

function shop(t: TestContext): AdoptedProject {
  return new AdoptedProject(t, "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'secret')")
}

const modeOf = (file: string): number => statSync(file).mode & 0o777

test('only their owner may read backups and dumps', async (t) => {
  const before = process.umask(0o022)
  t.after(() => process.umask(before))
  const project = shop(t)
  const backup = join(project.cwd, 'copy.db')
  assert.equal((await project.run('db', 'backup', backup)).code, 0)
  assert.equal(modeOf(backup), 0o600)
  const dump = join(project.cwd, 'copy.sql')
  assert.equal((await project.run('db', 'dump', '--out', dump)).code, 0)
  assert.equal(modeOf(dump), 0o600)
  assert.equal((await project.run('db', 'backup')).code, 0)
  const folder = join(project.cwd, '.pilar/backups')
  assert.equal(modeOf(folder), 0o700)
  assert.deepEqual(
    readdirSync(folder).map((name) => modeOf(join(folder, name))),
    [0o600],
  )
})

test('neither backup nor dump takes the place of a database or of what is no file', async (t) => {
  const project = shop(t)
  const at = (name: string): string => join(project.cwd, name)
  mkdirSync(at('folder'))
  symlinkSync(project.file, at('link.db'))
  symlinkSync(project.cwd, at('here'))
  const other = new DatabaseSync(at('other.db'))
  t.after(() => other.close())
  other.exec('PRAGMA journal_mode = WAL; CREATE TABLE other (id)')
  const before = readFileSync(project.file)
  const targets = [
    ['theirs.db', /theirs\.db belongs to the database itself$/],
    ['here/theirs.db', /here\/theirs\.db belongs to the database itself$/],
    ['theirs.db-wal', /theirs\.db-wal belongs to the database itself$/],
    ['here/theirs.db-journal', /theirs\.db-journal belongs to the database itself$/],
    ['link.db', /link\.db is no ordinary file$/],
    ['folder', /folder is no ordinary file$/],
    ['other.db', /other\.db is a database in use: there is a other\.db-wal beside it$/],
  ] as const
  for (const [name, message] of targets) {
    for (const command of [['backup'], ['dump', '--out']]) {
      const { code, err } = await project.run('db', ...command, at(name))
      assert.equal(code, 1, `${command.join(' ')} ${name}`)
      assert.match(err.split('\n')[0] ?? '', message)
    }
  }
  assert.deepEqual(readFileSync(project.file), before)
  assert.equal(existsSync(`${project.file}-journal`), false)
})

test('a database in use is no backup: its last changes stand beside it', async (t) => {
  const project = shop(t)
  const file = join(project.cwd, 'in-use.db')
  copyFileSync(project.file, file)
  const other = new DatabaseSync(file)
  t.after(() => other.close())
  other.exec("PRAGMA journal_mode = WAL; INSERT INTO t VALUES (2, 'not in the file itself')")
  const refused = await project.run('db', 'restore', file, '--yes')
  assert.equal(refused.code, 1)
  assert.match(
    refused.err,
    /in-use\.db is a database in use, or was not closed: its last changes are in in-use\.db-wal\nhint: /,
  )
  const itself = await project.run('db', 'restore', project.file, '--yes')
  assert.match(itself.err, /theirs\.db is the database itself\nhint: /)
})

test('the backup that is put back does not make room for the one of today', async (t) => {
  const project = shop(t)
  const folder = join(project.cwd, '.pilar/backups')
  mkdirSync(folder, { recursive: true })
  const names = Array.from({ length: 10 }, (_, day) => `before-202601${String(day + 10)}T000000000Z.db`)
  for (const name of names) copyFileSync(project.file, join(folder, name))
  const oldest = join(folder, names[0] ?? '')
  project.exec("UPDATE t SET a = 'changed'")
  linkSync(oldest, join(project.cwd, 'link.db'))
  assert.equal((await project.run('db', 'restore', oldest, '--yes')).code, 0)
  assert.deepEqual(project.rows('SELECT a FROM t'), [{ a: 'secret' }])
  assert.ok(existsSync(oldest))
  rmSync(join(project.cwd, 'link.db'))
  writeFileSync(oldest, readFileSync(oldest))
  assert.equal((await project.run('db', 'restore', join(folder, names[5] ?? ''), '--yes')).code, 0)
  assert.equal(existsSync(oldest), false)
})
