import { openConnection } from './connection.ts'
import { toFault } from './faults.ts'
import { WriteRunner } from './write-run.ts'
import type { Fault, ReadResult, ReadTask } from './writer-messages.ts'

/** A process that runs one long read at a time and may be killed at any moment: it holds nothing but a read-only connection. */
export interface ChildRequest {
  readonly task: ReadTask
}
export type ChildReply = { readonly ready: true } | { readonly result: ReadResult } | { readonly fault: Fault }

const [, , file = '', lockTimeoutMs = '0'] = process.argv
// The parent's timeout ends it; until then it may take all the time there is.
const LIMIT_MS = 2 ** 31
let runner: WriteRunner | null = null

process.on('message', (request: ChildRequest) => {
  let reply: ChildReply
  try {
    runner ??= new WriteRunner(openConnection(file, 'reader', Number(lockTimeoutMs)), LIMIT_MS)
    reply = { result: runner.read(request.task) }
  } catch (error) {
    reply = { fault: toFault(error) }
  }
  process.send?.(reply)
})
process.send?.({ ready: true } satisfies ChildReply)
process.on('disconnect', () => process.exit(0))
