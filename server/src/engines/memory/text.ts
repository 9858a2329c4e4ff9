import { failure } from '../../errors/error.ts'
import type { Value } from '../../schema/types.ts'

const text = (value: Value | undefined): string => String(value)
export const chars = (value: Value | undefined): string[] => [...text(value)]

export function likeMatches(value: string, pattern: string): boolean {
  let source = ''
  const items = [...pattern]
  for (let at = 0; at < items.length; at++) {
    const item = items[at] ?? ''
    source +=
      item === '%'
        ? '[^]*'
        : item === '_'
          ? '[^]'
          : (item === '\\' ? (items[++at] ?? '') : item).replace(/[\\^$.*+?()[\]{}|/]/u, '\\$&')
  }
  return new RegExp(`^${source}$`, 'u').test(value)
}
/** Any escape character becomes the backslash that `like` knows. */
export function likeEscape(pattern: string, escaper: string): string {
  let made = ''
  const items = [...pattern]
  for (let at = 0; at < items.length; at++) {
    const item = items[at] ?? ''
    if (item === escaper) made += `\\${items[++at] ?? ''}`
    else made += item === '\\' ? '\\\\' : item
  }
  return made
}
export function matches(value: string, pattern: string, flags: string): boolean {
  try {
    return new RegExp(pattern, flags).test(value)
  } catch (error) {
    throw failure('2201B', { message: (error as Error).message })
  }
}

export function trimmed(value: string, set: string, sides: { start: boolean; end: boolean }): string {
  const [items, cut] = [[...value], new Set(set)]
  if (sides.start) while (items.length > 0 && cut.has(items[0] ?? '')) items.shift()
  if (sides.end) while (items.length > 0 && cut.has(items.at(-1) ?? '')) items.pop()
  return items.join('')
}
export function padded(args: readonly Value[], side: 'left' | 'right'): string {
  const [items, length, fill] = [chars(args[0]), Math.max(Number(args[1]), 0), chars(args[2] ?? ' ')]
  if (items.length >= length || fill.length === 0) return items.slice(0, length).join('')
  const filling = Array.from({ length: length - items.length }, (_, at) => fill[at % fill.length]).join('')
  return side === 'left' ? filling + items.join('') : items.join('') + filling
}
export function substring([value, from, count]: readonly Value[]): string {
  if (count !== undefined && Number(count) < 0)
    throw failure('22023', { message: 'negative substring length not allowed' })
  const start = Number(from) - 1
  const end = count === undefined ? Number.POSITIVE_INFINITY : start + Number(count)
  return chars(value).slice(Math.max(start, 0), Math.max(end, 0)).join('')
}
export function splitPart([value, delimiter, n]: readonly Value[]): string {
  if (n === 0) throw failure('22023', { message: 'field position must not be zero' })
  const parts = delimiter === '' ? [text(value)] : text(value).split(text(delimiter))
  return parts.at(Number(n) > 0 ? Number(n) - 1 : Number(n)) ?? ''
}

export const capitalised = (value: string): string =>
  value.toLowerCase().replace(/[\p{L}\p{N}]+/gu, (word) => word.replace(/^./u, (first) => first.toUpperCase()))
