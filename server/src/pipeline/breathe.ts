/** Lets waiting requests have their turn, between two parts of work that take milliseconds each. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
