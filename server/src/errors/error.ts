import { ERRORS, type ErrorCode, errorRow } from './table.ts'

export interface ErrorExtra {
  /** More about this occurrence; null on the wire when absent. */
  readonly details?: unknown
  /** What the caller can do about it. */
  readonly hint?: string
  /** Where one code answers with two statuses (42501 is 401 for anonymous callers, 403 for others), the one that differs from the table. */
  readonly status?: number
  /** Response headers this error adds, such as `WWW-Authenticate`. */
  readonly headers?: Readonly<Record<string, string>>
  /** The lower-level error, for the log only. Never sent. */
  readonly cause?: unknown
}

/** Every error that a client may see. Anything else that is thrown is a bug and is answered with PGRSTX00. */
export class PilarError extends Error {
  override readonly name = 'PilarError'
  readonly code: ErrorCode
  readonly status: number
  readonly details: unknown
  readonly hint: string | null
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ErrorCode, message: string, extra: ErrorExtra = {}) {
    super(message, extra.cause === undefined ? undefined : { cause: extra.cause })
    this.code = code
    this.status = extra.status ?? ERRORS[code].status
    this.details = extra.details ?? null
    this.hint = extra.hint ?? errorRow(code).hint ?? null
    this.headers = extra.headers ?? {}
  }
}

/**
 * Makes the error of `code`, its message template filled with `values`: `throw failure('PGRST205', { name: 'public.x' })`.
 * A template that names a value which was not given is a bug.
 */
export function failure(
  code: ErrorCode,
  values: Readonly<Record<string, string | number>> = {},
  extra: ErrorExtra = {},
): PilarError {
  const message = ERRORS[code].message.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`assertion failed: error ${code} needs the value "${name}"`)
    return String(value)
  })
  return new PilarError(code, message, extra)
}
