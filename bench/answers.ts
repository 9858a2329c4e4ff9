/** The constant headers of Pilar's answers to a read, which the hand-written server sends too; rest.ts compares every answer's headers. */
export const HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'private, no-store',
  vary: 'Accept, Prefer, Range',
  'content-type': 'application/json; charset=utf-8',
}
