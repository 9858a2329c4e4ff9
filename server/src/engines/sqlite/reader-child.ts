import { openConnection } from './connection.ts'
import { toFault } from './faults.ts'
import type { VersionReader } from './structure-version.ts'
import { WriteRunner } from './write-run.ts'
import type { Fault, ReadResult, ReadTask } from './writer-messages.ts'

/** A process that runs one long read at a time and may be killed at any moment: it holds nothing but a read-only connection. */
export interface ChildRequest {
  readonly task: ReadTask
}
/** `version` is the structure's number after the read, null when the file could not be opened. */
export type ChildReply =
  | { readonly ready: true }
  | { readonly result: ReadResult; readonly version: number }
  | { readonly fault: Fault; readonly version: number | null }

const [, , file = '', lockTimeoutMs = '0'] = process.argv
// The parent's timeout ends it; until then it may take all the time there is.
const LIMIT_MS = 2 ** 31
let opened: { readonly runner: WriteRunner; readonly versions: VersionReader } | null = null

process.on('message', (request: ChildRequest) => {
  let reply: ChildReply
  try {
    opened ??= open()
    const result = opened.runner.read(request.task)
    reply = { result, version: opened.versions.read() }
  } catch (error) {
    reply = { fault: toFault(error), version: opened?.versions.read() ?? null }
  }
  process.send?.(reply)
})
function open(): { readonly runner: WriteRunner; readonly versions: VersionReader } {
  const connection = openConnection(file, 'reader', Number(lockTimeoutMs))
  return { runner: new WriteRunner(connection, LIMIT_MS), versions: connection.versions }
}
process.send?.({ ready: true } satisfies ChildReply)
process.on('disconnect', () => process.exit(0))
