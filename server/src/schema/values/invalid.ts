import { type ErrorExtra, failure } from '../../errors/error.ts'

/** 22P02 `invalid input syntax for type integer: "x"`. */
export function invalidSyntax(label: string, text: string, extra: ErrorExtra = {}) {
  return failure('22P02', { message: `invalid input syntax for type ${label}: "${text}"` }, extra)
}
