import { randomUUID } from 'node:crypto'
import { StaleStructure } from '../engines/engine.ts'
import { failure, PilarError } from '../errors/error.ts'
import type { Kernel } from './kernel.ts'

/**
 * What a caller may see of an error: ours as it is; anything else is a bug of ours, logged whole under an id and answered with the
 * id alone, so that nothing of the server's inside leaks (security Z07).
 */
export function refuse(error: unknown, kernel: Pick<Kernel, 'observe'>): PilarError {
  if (error instanceof PilarError) return error
  // The structure changed again and again while the request was tried.
  if (error instanceof StaleStructure) return failure('PGRST002')
  const id = randomUUID()
  kernel.observe({ kind: 'request-failed', id, error })
  return failure(
    'PGRSTX00',
    {},
    { details: `Error id ${id}`, hint: 'This is a bug in Pilar. The server log has the cause under this id.' },
  )
}
