/** PostgREST suggests a table only when it is at least this similar (its fuzzy set's threshold). */
export const SIMILARITY_MIN = 0.75

/**
 * The candidate most like `name`, for hints: null when none reaches `similarityMin`. Ties go to the earlier one.
 *
 * ```ts
 * nearest('user', ['users', 'orders'], 0.5) // 'users'
 * ```
 */
export function nearest(name: string, candidates: Iterable<string>, similarityMin = 0.33): string | null {
  let best: string | null = null
  let bestSimilarity = 0
  for (const candidate of candidates) {
    if (candidate === name) continue
    const similarity = similarityOf(name, candidate)
    if (similarity >= similarityMin && similarity > bestSimilarity) {
      best = candidate
      bestSimilarity = similarity
    }
  }
  return best
}

/** From 0 (nothing in common) to 1 (equal but for case and punctuation). The larger of shared letter pairs and few edits. */
export function similarityOf(a: string, b: string): number {
  const left = normal(a)
  const right = normal(b)
  if (left === right) return 1
  return Math.max(
    cosine(grams(left, 2), grams(right, 2)),
    cosine(grams(left, 3), grams(right, 3)),
    editSimilarity(left, right),
  )
}

function normal(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
}

function grams(text: string, size: number): ReadonlyMap<string, number> {
  const padded = `-${text}-`
  const counts = new Map<string, number>()
  for (let start = 0; start + size <= padded.length; start++) {
    const gram = padded.slice(start, start + size)
    counts.set(gram, (counts.get(gram) ?? 0) + 1)
  }
  return counts
}

function cosine(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let shared = 0
  for (const [gram, count] of a) shared += count * (b.get(gram) ?? 0)
  return shared === 0 ? 0 : shared / (magnitude(a) * magnitude(b))
}

function magnitude(counts: ReadonlyMap<string, number>): number {
  let sum = 0
  for (const count of counts.values()) sum += count * count
  return Math.sqrt(sum)
}

/** Names longer than this are compared by their start only: the table below grows with the square. */
const EDIT_LENGTH_MAX = 64

/** One minus edits per letter; swapped neighbours are one edit (`tilte`). */
function editSimilarity(first: string, second: string): number {
  const a = first.slice(0, EDIT_LENGTH_MAX)
  const b = second.slice(0, EDIT_LENGTH_MAX)
  const longest = Math.max(a.length, b.length)
  if (longest === 0) return 0
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1]
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      const edits = Math.min(
        at(above, column) + 1,
        at(current, column - 1) + 1,
        at(above, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(before, column - 2) + 1 : Number.POSITIVE_INFINITY,
      )
      current.push(edits)
    }
    before = above
    above = current
  }
  return 1 - at(above, b.length) / longest
}

function at(numbers: readonly number[], index: number): number {
  return numbers[index] ?? Number.POSITIVE_INFINITY
}
