/** Reads what `strace -f -y -s 65536` wrote: in which order the writes, syncs and answers of a server began and ended. */
import { readFileSync } from 'node:fs'

/** `-y` names files behind descriptors; the numbers make unfinished and resumed calls findable. */
export const STRACE = [
  'strace',
  '-f',
  '-y',
  '-s',
  '65536',
  '-e',
  'trace=write,writev,pwrite64,pwritev,fdatasync,fsync,sendto,sendmsg',
  '-e',
  'signal=none',
]

export interface Call {
  /** Line on which the call began, and on which it ended: the order of the log is the order in time. */
  readonly began: number
  readonly ended: number
  readonly name: string
  /** The file, or `socket:[…]`. */
  readonly target: string
  readonly text: string
}

const START = /^(\d+) +(\w+)\(\d+<([^>]*)>(.*)$/
const RESUMED = /^(\d+) +<\.\.\. (\w+) resumed>/

export function readTrace(file: string): Call[] {
  const calls: Call[] = []
  const unfinished = new Map<string, { began: number; name: string; target: string; text: string }>()
  for (const [line, text] of readFileSync(file, 'latin1').split('\n').entries()) {
    const resumed = RESUMED.exec(text)
    if (resumed !== null) {
      const key = `${resumed[1]} ${resumed[2]}`
      const call = unfinished.get(key)
      if (call !== undefined) calls.push({ ...call, ended: line })
      unfinished.delete(key)
      continue
    }
    const [, pid, name, target, rest] = START.exec(text) ?? []
    if (pid === undefined || name === undefined || target === undefined) continue
    const call = { began: line, name, target, text: rest ?? '' }
    if (text.endsWith('<unfinished ...>')) unfinished.set(`${pid} ${name}`, call)
    else calls.push({ ...call, ended: line })
  }
  return calls
}

/**
 * What keeps the answer to the write that carries `marker` from being durable; null when it is: the marker went into the write-ahead log,
 * the log was synced after that, and only then the answer went out.
 */
export function breach(calls: readonly Call[], marker: string): string | null {
  const answer = calls.find(
    (call) => call.target.includes('socket:') && call.text.includes('HTTP/1.1 201') && call.text.includes(marker),
  )
  if (answer === undefined) return `${marker}: no answer in the trace`
  const written = calls.find(
    (call) => call.target.endsWith('-wal') && call.name.startsWith('pwrite') && call.text.includes(marker),
  )
  if (written === undefined || written.began > answer.began) return `${marker}: answered before it was written`
  const synced = calls.find(
    (call) =>
      call.target.endsWith('-wal') &&
      call.name.endsWith('sync') &&
      call.began > written.ended &&
      call.ended < answer.began,
  )
  return synced === undefined ? `${marker}: answered before it was synced` : null
}
