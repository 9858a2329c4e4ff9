import type { Location } from './definition.ts'

/** A place in the user's code that is looked up only when somebody asks: formatting a stack is slow, taking one is not. */
export interface Place {
  readonly at: Location | null
}

const FRAMES = 4

/**
 * Remembers where `below` (the public function that is running) was called.
 *
 * ```ts
 * function table(…) { const place = here(table); … } // place.at is { file: '/app/schema.ts', line: 12 }
 * ```
 */
export function here(below: (...args: never[]) => unknown): Place {
  const holder: { stack?: string } = {}
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = FRAMES
  // V8's; other engines have no lazy stack and do without locations.
  Error.captureStackTrace?.(holder, below)
  Error.stackTraceLimit = limit
  let found: Location | null | undefined
  return {
    get at() {
      if (found === undefined) found = readStack(holder.stack ?? '')
      return found
    },
  }
}

function readStack(stack: string): Location | null {
  for (const frame of stack.split('\n')) {
    const match = /(?:\(|at |@)((?:file:\/\/)?[^()]*?):(\d+):\d+\)?$/.exec(frame.trim())
    const path = match?.[1]?.replace(/^at /, '')
    if (path === undefined || path.startsWith('node:')) continue
    return { file: plainPath(path), line: Number(match?.[2]) }
  }
  return null
}

/** `file:///app/my%20schema.ts?version=2` → `/app/my schema.ts`. */
function plainPath(path: string): string {
  if (!path.startsWith('file://')) return path
  const name = decodeURIComponent(path.slice('file://'.length).replace(/[?#].*$/, ''))
  return /^\/[A-Za-z]:/.test(name) ? name.slice(1) : name
}
