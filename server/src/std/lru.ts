/**
 * A bounded map that forgets what was not used lately. Two generations: what is used is in the young one; when that is full it becomes the
 * old one, and the former old one is forgotten whole. A hit on a young entry changes nothing, which keeps the hottest look-ups as cheap as
 * those of a Map.
 */
export class Lru<Key, Value> {
  #young = new Map<Key, Value>()
  #old = new Map<Key, Value>()
  readonly #generationMax: number

  /** Holds `entriesMax` entries at most (2 or more), and half of them at least once it was full. */
  constructor(entriesMax: number) {
    this.#generationMax = Math.max(1, Math.floor(entriesMax / 2))
  }

  get(key: Key): Value | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: Key, value: Value): void {
    if (this.#young.size >= this.#generationMax && !this.#young.has(key)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  delete(key: Key): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }
}
