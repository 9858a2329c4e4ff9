/**
 * Starts a script of this repository on the Node it needs: `node tools/bootstrap.mjs ENTRY [ARGUMENT…]`.
 *
 * Every npm script goes through here, so that a fresh clone works at once. Plain JavaScript for Node 20, and nothing but
 * built-in modules: it runs before anything is installed.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { constants } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const NODE_MAJOR_MIN = 24

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MODULES = join(ROOT, 'node_modules')
const LOCK = join(ROOT, 'package-lock.json')
const STAMP = join(MODULES, '.pilar-lock-hash')
const INSTALL_LOCK = join(ROOT, '.install.lock')
const PARENT_CHECK_MS = 250

/** The binary that the platform package brought, or undefined where there is none for this machine. */
function platformNode() {
  const file = process.platform === 'win32' ? 'node.exe' : 'node'
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const path = join(MODULES, `node-${platform}-${process.arch}`, 'bin', file)
  return existsSync(path) ? path : undefined
}

function major(version) {
  return Number(version.replace(/^v/, '').split('.')[0])
}

/** A Node on this machine that is new enough, when the platform packages have none that runs here. */
function systemNode() {
  if (major(process.versions.node) >= NODE_MAJOR_MIN) return process.execPath
  const found = spawnSync('node', ['--version'], { encoding: 'utf8' }).stdout ?? ''
  return major(found) >= NODE_MAJOR_MIN ? 'node' : undefined
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

function noNode() {
  fail(
    `Pilar needs Node ${NODE_MAJOR_MIN} or newer and found ${process.versions.node}; there is no packaged Node for ` +
      `${process.platform}-${process.arch}, so install one from https://nodejs.org and run this again.`,
  )
}

function lockHash() {
  return createHash('sha256').update(readFileSync(LOCK)).digest('hex')
}

function isInstalled(hash) {
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === hash) return true
  if (!isInstalledByHand()) return false
  writeFileSync(STAMP, hash)
  return true
}

/** True when `npm ci` or `npm install` was given by hand: npm notes in node_modules what it put there. */
function isInstalledByHand() {
  const note = join(MODULES, '.package-lock.json')
  if (!existsSync(note)) return false
  const wanted = Object.entries(JSON.parse(readFileSync(LOCK, 'utf8')).packages)
  const actual = JSON.parse(readFileSync(note, 'utf8')).packages
  return wanted
    .filter(([path]) => path.includes('node_modules/'))
    .every(([path, entry]) => (path in actual ? actual[path].version === entry.version : entry.optional === true))
}

/** Takes the install lock, or waits a moment where another process holds it. False: look again. */
function takeInstallLock() {
  try {
    const file = openSync(INSTALL_LOCK, 'wx')
    writeFileSync(file, String(process.pid))
    closeSync(file)
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  if (isAlive(lockOwner())) sleepMs(200)
  else rmSync(INSTALL_LOCK, { force: true })
  return false
}

function lockOwner() {
  try {
    // Empty for the moment between its creation and the writing of the number: then somebody is alive.
    return Number(readFileSync(INSTALL_LOCK, 'utf8')) || process.pid
  } catch {
    return process.pid
  }
}

function isAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function sleepMs(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** Runs `npm ci` when the lock file is not the one that node_modules was made from. Its output goes to stderr. */
function install() {
  const hash = lockHash()
  while (!isInstalled(hash)) {
    if (!takeInstallLock()) continue
    try {
      process.stderr.write('Installing dependencies (first start, or package-lock.json changed)…\n')
      npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
      mkdirSync(MODULES, { recursive: true })
      writeFileSync(STAMP, hash)
    } finally {
      rmSync(INSTALL_LOCK, { force: true })
    }
  }
}

function npm(args) {
  // On Windows `npm` is a script for a shell; its JavaScript lies beside Node.
  const beside = join(dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js')
  const cli = [process.env.npm_execpath, beside].find((path) => path?.endsWith('npm-cli.js') && existsSync(path))
  const [command, first] = cli === undefined ? ['npm', []] : [process.execPath, [cli]]
  const { status, error } = spawnSync(command, [...first, ...args], { cwd: ROOT, stdio: ['ignore', 2, 2] })
  if (error !== undefined) fail(`Could not run npm: ${error.message}. Install npm, then run this again.`)
  if (status !== 0) {
    rmSync(INSTALL_LOCK, { force: true })
    fail(`npm ci failed (exit code ${status}); its messages are above.`)
  }
}

/**
 * Calls `stop` when the npm that started us is gone. A signal to `npm start` reaches npm's shell, which dies of it and
 * tells nobody; the server would go on and keep its port.
 */
function stopWithNpm(stop) {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    stop()
  }, PARENT_CHECK_MS)
  timer.unref()
}

/** Runs the entry in this process: no second process when this is already the right Node. */
async function runHere(entry, args) {
  process.argv.splice(1, process.argv.length - 1, entry, ...args)
  nodeModule.enableCompileCache(process.env.NODE_COMPILE_CACHE ?? join(MODULES, '.cache', 'compile'))
  stopWithNpm(() => process.kill(process.pid, 'SIGTERM'))
  await import(pathToFileURL(entry).href)
}

/** Runs the entry in a child that gets our signals and gives us its exit code. */
function runIn(node, entry, args) {
  const env = { NODE_COMPILE_CACHE: join(MODULES, '.cache', 'compile'), ...process.env }
  const child = spawn(node, [entry, ...args], { stdio: 'inherit', env })
  child.on('error', (error) => {
    // A packaged Node that cannot run here, as on musl, is like none.
    const other = systemNode()
    if (other === undefined || other === node) return error.code === 'ENOENT' ? noNode() : fail(error.message)
    runIn(other, entry, args)
  })
  const forward = {
    // Ctrl-C on a terminal already reached the child, which is in the same process group; twice would mean "at once".
    SIGINT: () => process.stdin.isTTY || child.kill('SIGINT'),
    SIGTERM: () => child.kill('SIGTERM'),
    SIGHUP: () => child.kill('SIGHUP'),
  }
  for (const [signal, handler] of Object.entries(forward)) process.on(signal, handler)
  stopWithNpm(() => child.kill('SIGTERM'))
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? code : 128 + constants.signals[signal])
  })
}

/** Installs what is missing, then runs `entry` (relative to the repository) on Node 24. */
export async function bootstrap(entry, args) {
  install()
  const path = resolve(ROOT, entry)
  const node = platformNode() ?? systemNode()
  if (node === undefined) noNode()
  else if (node !== 'node' && realpathSync(process.execPath) === realpathSync(node)) await runHere(path, args)
  else runIn(node, path, args)
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [entry, ...args] = process.argv.slice(2)
  if (entry === undefined) fail('Usage: node tools/bootstrap.mjs ENTRY [ARGUMENT…]')
  await bootstrap(entry, args)
}
