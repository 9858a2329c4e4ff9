import { failure, PilarError } from '../../../errors/error.ts'
import { ExpressionError } from '../../../policy/expression/index.ts'

/** What a step has wrong, found while it is planned: with the step's index in the details, as in refusals that a row is to blame for. */
export function blaming<T>(step: number | null, body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (step === null || !(error instanceof PilarError) || error.details !== null) throw error
    const extra = { details: { step }, cause: error, ...(error.hint === null ? {} : { hint: error.hint }) }
    throw new PilarError(error.code, error.message, extra)
  }
}

/** An expression may fit the declared types of somebody else's columns and not those that the file has: a mistake of who wrote it, not of ours. */
export function asRefusal(error: unknown): unknown {
  if (!(error instanceof ExpressionError)) return error
  const { message, hint } = error
  return failure('PILAR_SCHEMA', { message }, { cause: error, ...(hint === null ? {} : { hint }) })
}
