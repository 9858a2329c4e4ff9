import { PilarError } from '../../errors/error.ts'

/** A mistake in an expression's text, found while the project loads: PostgreSQL's words, where it is, and the remedy. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
  /** 1-based character in the text; null when it is about the whole. */
  readonly position: number | null
  readonly hint: string | null

  constructor(message: string, place: { readonly position?: number | null; readonly hint?: string | null } = {}) {
    super(message)
    this.position = place.position ?? null
    this.hint = place.hint ?? null
  }
}

/** Gives an error its place when it has none yet; errors of the type rules become errors of the text. Bugs pass through. */
export function located(error: unknown, position: number | null): unknown {
  if (error instanceof ExpressionError) {
    return error.position === null ? new ExpressionError(error.message, { position, hint: error.hint }) : error
  }
  if (error instanceof PilarError) return new ExpressionError(error.message, { position, hint: error.hint })
  return error
}
