/**
 * A negative control, loaded with `node --import`: SQLite no longer syncs, whatever the server asks for. The durability tests must then
 * fail. It is done from outside, so that the server has no switch for it.
 */
import { DatabaseSync } from 'node:sqlite'

const { exec, prepare } = DatabaseSync.prototype
const weaken = (text) => text.replace(/synchronous\s*=\s*\w+/gi, 'synchronous = OFF')
DatabaseSync.prototype.exec = function (text) {
  return exec.call(this, weaken(text))
}
DatabaseSync.prototype.prepare = function (text, ...rest) {
  return prepare.call(this, weaken(text), ...rest)
}
