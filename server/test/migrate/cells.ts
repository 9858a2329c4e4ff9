/** Values of a file as texts that can be compared: what is stored, and as what. */
/** `i42`, `r0.5`, `tname`, `x01ff`, `null`. */
export type Cell = string

export const NULL: Cell = 'null'

export function cellOf(value: unknown): Cell {
  if (value === null) return NULL
  if (typeof value === 'bigint') return `i${value}`
  if (typeof value === 'number') return `r${Object.is(value, -0) ? '-0' : value}`
  if (typeof value === 'string') return `t${value}`
  if (value instanceof Uint8Array) return `x${Buffer.from(value).toString('hex')}`
  throw new Error(`assertion failed: SQLite gives no ${typeof value}`)
}
