/**
 * A negative control, loaded with `node --import`: COMMIT is put off, so that the server answers before the transaction has ended. The
 * kill test must then find answered rows that are gone.
 */
import { DatabaseSync, StatementSync } from 'node:sqlite'

const DELAY_MS = 40
const { exec, prepare } = DatabaseSync.prototype
const { run } = StatementSync.prototype
const isCommit = (text) => /^\s*COMMIT/i.test(text)
const isBegin = (text) => /^\s*BEGIN/i.test(text)
const commits = new WeakSet()
const begins = new WeakSet()
/** Databases whose transaction is still open although the server believes that it ended. */
const open = new WeakMap()

function putOff(database) {
  const timer = setTimeout(() => settle(database), DELAY_MS)
  open.set(database, timer)
}

function settle(database) {
  const timer = open.get(database)
  if (timer === undefined) return
  clearTimeout(timer)
  open.delete(database)
  exec.call(database, 'COMMIT')
}

DatabaseSync.prototype.exec = function (text) {
  if (isCommit(text)) return putOff(this)
  if (isBegin(text)) settle(this)
  return exec.call(this, text)
}
DatabaseSync.prototype.prepare = function (text, ...rest) {
  const statement = prepare.call(this, text, ...rest)
  if (isCommit(text)) commits.add(statement)
  if (isBegin(text)) begins.add(statement)
  owners.set(statement, this)
  return statement
}
const owners = new WeakMap()
for (const name of ['run', 'get', 'all']) {
  const original = name === 'run' ? run : StatementSync.prototype[name]
  StatementSync.prototype[name] = function (...values) {
    const database = owners.get(this)
    if (commits.has(this)) return putOff(database)
    if (begins.has(this)) settle(database)
    return original.apply(this, values)
  }
}
