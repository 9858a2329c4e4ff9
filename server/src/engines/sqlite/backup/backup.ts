import { fork } from 'node:child_process'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { failure } from '../../../errors/error.ts'
import { systemClock } from '../../../std/clock.ts'
import type { Backup, BackupOptions, Lease, SavedBackup } from '../../structure.ts'
import { LEASE_MS } from '../../structure.ts'
import { mapError } from '../errors.ts'
import type { Ask } from '../migrate/run.ts'
import { fromFault } from '../writer.ts'
import type { BackupReply, BackupTask } from './messages.ts'

/** Backups are made and put back by a child process: reading and hashing a large file would keep the server's thread busy. */
export class SqliteBackup implements Backup {
  readonly #file: string
  readonly #ask: Ask

  constructor(file: string, ask: Ask) {
    this.#file = file
    this.#ask = ask
  }

  async save(file: string, options: BackupOptions): Promise<SavedBackup> {
    const partial = `${file}.partial`
    try {
      await rm(partial, { force: true })
      // SQLite would make it for everybody to read.
      await (await open(partial, 'wx', 0o600)).close()
      const reply = await inChild({ kind: 'save', file: this.#file, to: partial }, options)
      if (reply.kind !== 'saved') throw new Error('assertion failed: a backup was saved')
      await rename(partial, file)
      await syncFolder(file)
      return { ...reply.saved, file }
    } catch (error) {
      throw mapError(error)
    } finally {
      await removeDatabase(partial)
    }
  }

  async restore(file: string, options: BackupOptions & { readonly lease: Lease }): Promise<void> {
    const scratch = `${this.#file}.restoring`
    const { fence } = options.lease
    try {
      await removeDatabase(scratch)
      await this.#ask({ kind: 'renew-lease', claim: { fence, untilMs: systemClock.now() + LEASE_MS } })
      await inChild({ kind: 'restore', file: this.#file, from: file, scratch }, options)
    } catch (error) {
      throw mapError(error)
    } finally {
      await removeDatabase(scratch)
    }
  }
}

/** A file that a killed child has left, and what SQLite had beside it. */
async function removeDatabase(file: string): Promise<void> {
  for (const end of ['', '-journal', '-wal', '-shm']) await rm(`${file}${end}`, { force: true })
}

/** The new name is on the disk, too. Folders can't be synced on every system. */
async function syncFolder(file: string): Promise<void> {
  const folder = await open(dirname(file)).catch(() => null)
  await folder?.sync().catch(() => {})
  await folder?.close()
}

function inChild(task: BackupTask, { signal, progress }: BackupOptions): Promise<BackupReply> {
  const path = fileURLToPath(new URL(`./child.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url))
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(failure('57014'))
    const child = fork(path, [], {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: {},
    })
    const abort = (): void => {
      child.kill('SIGKILL')
    }
    signal.addEventListener('abort', abort, { once: true })
    let outcome: BackupReply | null = null
    child.on('message', (reply: BackupReply) => {
      if (reply.kind === 'progress') progress?.(reply.done, reply.total)
      else outcome = reply
    })
    child.on('error', reject)
    child.on('exit', () => {
      signal.removeEventListener('abort', abort)
      if (outcome?.kind === 'failed') reject(fromFault(outcome.fault))
      else if (outcome !== null) resolve(outcome)
      else reject(signal.aborted ? failure('57014') : new Error('the child process of a backup has ended unexpectedly'))
    })
    child.send(task)
  })
}
