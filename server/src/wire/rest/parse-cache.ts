import type { OrderItem, SelectItem } from '../../query/request.ts'
import { Lru } from '../../std/lru.ts'

/**
 * Parsed `select` and `order` texts, which clients repeat: they hold no values. Belongs to one server with one set of limits, and is shared by
 * its requests; the items are frozen.
 */
export interface ParseCache {
  readonly selects: Lru<string, readonly SelectItem[]>
  readonly orders: Lru<string, readonly OrderItem[]>
}

const ENTRIES_MAX = 500
/** Characters; longer texts are parsed each time, so that a full cache stays within a few MiB. */
const TEXT_LENGTH_MAX = 512

export function createParseCache(entriesMax = ENTRIES_MAX): ParseCache {
  return { selects: new Lru(entriesMax), orders: new Lru(entriesMax) }
}

/** The value `parse` gives for `text`, remembered. What throws is not remembered. */
export function remembered<T>(cache: Lru<string, T> | undefined, text: string, parse: (text: string) => T): T {
  if (cache === undefined || text.length > TEXT_LENGTH_MAX) return parse(text)
  const known = cache.get(text)
  if (known !== undefined) return known
  const parsed = parse(text)
  cache.set(text, parsed)
  return parsed
}
