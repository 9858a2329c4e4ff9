import { failure, type PilarError } from '../../errors/error.ts'

const SPACE = 32
const TAB = 9

/**
 * A position in one parameter's text, with the memory of what was expected at the furthest position reached: that makes the
 * message of PGRST100. Every step moves forward or notes an expectation, so parsing is linear in the text.
 */
export class Cursor {
  /** What the text is, in the words of the error message: `filter`, `select parameter`, … */
  readonly what: string
  readonly text: string
  position = 0
  #furthest = 0
  readonly #labels: string[] = []
  #unexpected = 0

  constructor(what: string, text: string) {
    this.what = what
    this.text = text
  }

  get atEnd(): boolean {
    return this.position >= this.text.length
  }

  sees(token: string): boolean {
    return this.text.startsWith(token, this.position)
  }

  /** Moves over `token` when it stands here; else notes that it was expected. */
  take(token: string, label?: string): boolean {
    if (this.sees(token)) {
      this.position += token.length
      return true
    }
    if (this.position >= this.#furthest) this.note(label ?? `"${token}"`, mismatch(this.text, this.position, token))
    return false
  }

  /** Moves over what the sticky expression matches here, and gives the text of its match; null, and no note, otherwise. */
  match(sticky: RegExp): string | null {
    sticky.lastIndex = this.position
    const found = sticky.exec(this.text)?.[0]
    if (found === undefined) return null
    this.position += found.length
    return found
  }

  /** Everything that is left, moving to the end. */
  rest(): string {
    const left = this.text.slice(this.position)
    this.position = this.text.length
    return left
  }

  skipBlanks(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.position)
      if (code !== SPACE && code !== TAB) return
      this.position++
    }
  }

  require(token: string, label?: string): void {
    if (!this.take(token, label)) throw this.error()
  }

  requireEnd(): void {
    if (this.atEnd) return
    this.note('end of input')
    throw this.error()
  }

  /** Notes that `label` would have been right here. `unexpectedAt` is where the text first differs from it. */
  note(label: string, unexpectedAt: number = this.position): void {
    if (this.position < this.#furthest) return
    if (this.position > this.#furthest || this.#labels.length === 0) {
      this.#furthest = this.position
      this.#labels.length = 0
      this.#unexpected = unexpectedAt
    }
    if (!this.#labels.includes(label)) this.#labels.push(label)
  }

  /** PGRST100 at the furthest position that was reached. */
  error(): PilarError {
    const quote = this.#labels.includes('end of input') ? "'" : '"'
    const found = this.text.codePointAt(this.#unexpected)
    const unexpected = found === undefined ? 'end of input' : `${quote}${String.fromCodePoint(found)}${quote}`
    return failure(
      'PGRST100',
      { what: this.what, text: this.text, ...placeOf(this.text, this.#furthest) },
      { details: `unexpected ${unexpected}${expecting(this.#labels)}` },
    )
  }
}

function mismatch(text: string, position: number, token: string): number {
  let at = position
  while (at - position < token.length && text[at] === token[at - position]) at++
  return at
}

function expecting(labels: readonly string[]): string {
  const last = labels.at(-1)
  if (last === undefined) return ''
  if (labels.length === 1) return ` expecting ${last}`
  return ` expecting ${labels.slice(0, -1).join(', ')} or ${last}`
}

/** Line and column count from 1, columns in code points. */
function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const lines = text.slice(0, offset).split('\n')
  return { line: lines.length, column: [...(lines.at(-1) ?? '')].length + 1 }
}
