const BLANK = /\s/
const WORD = /[A-Za-z_]/

/** What ends an open quote or comment. */
type Closing = '"' | "'" | '`' | ']' | '*/'

/** A statement and the line it begins on, counted from 1. */
export interface ScriptStatement {
  readonly sql: string
  readonly line: number
}

/**
 * Cuts a script into statements as it comes, line by line: a semicolon ends one where it stands outside of quotes and comments, and in CREATE
 * TRIGGER after END only. SQLite itself has this knowledge in sqlite3_complete, which Node does not offer.
 */
export class StatementReader {
  #text = ''
  #line = 0
  #beginsOn = 0
  /** The quote or comment that is open; null outside. */
  #open: Closing | null = null
  /** Words of the statement so far, as many as tell a trigger. */
  #words: string[] = []
  /** The last token, where it has to do with the end of a trigger: that of CASE follows no semicolon. */
  #last: ';' | '; end' | null = null

  /** Takes one line without its end and gives the statements that end in it. */
  push(line: string): readonly ScriptStatement[] {
    this.#line++
    const found: ScriptStatement[] = []
    let from = 0
    for (let at = 0; at < line.length; at++) {
      const next = this.#step(line, at)
      if (next === null) {
        if (this.#beginsOn > 0) found.push({ sql: this.#text + line.slice(from, at + 1), line: this.#beginsOn })
        this.#reset()
        from = at + 1
        continue
      }
      at = next
    }
    const rest = line.slice(from)
    if (this.#text !== '' || this.#open !== null || rest.trim() !== '') this.#text += `${rest}\n`
    return found
  }

  /** What is left after the last line: null when nothing but blanks and comments. */
  rest(): ScriptStatement | null {
    return this.#beginsOn === 0 ? null : { sql: this.#text, line: this.#beginsOn }
  }

  #reset(): void {
    this.#text = ''
    this.#beginsOn = 0
    this.#words = []
    this.#last = null
  }

  /** Looks at the character at `at` and gives the index of the last one it took; null where the statement ends. */
  #step(line: string, at: number): number | null {
    if (this.#open !== null) return this.#close(line, at, this.#open)
    const char = line[at] ?? ''
    if (BLANK.test(char)) return at
    const two = line.slice(at, at + 2)
    if (two === '--') return line.length
    if (two === '/*') {
      this.#open = '*/'
      return at + 1
    }
    if (char === ';') {
      const ends = !this.#isTrigger() || this.#last === '; end'
      this.#last = ';'
      return ends ? null : at
    }
    if (this.#beginsOn === 0) this.#beginsOn = this.#line
    if (WORD.test(char)) return this.#word(line, at)
    this.#last = null
    if (char === "'" || char === '"' || char === '`') this.#open = char
    else if (char === '[') this.#open = ']'
    return at
  }

  #close(line: string, at: number, open: Closing): number {
    const end = line.indexOf(open, at)
    if (end < 0) return line.length
    this.#open = null
    // A doubled quote opens it again at once, which comes to the same.
    return end + open.length - 1
  }

  #word(line: string, at: number): number {
    let end = at + 1
    while (end < line.length && /\w/.test(line[end] ?? '')) end++
    const word = line.slice(at, end).toLowerCase()
    if (this.#words.length < 3) this.#words.push(word)
    this.#last = word === 'end' && this.#last === ';' ? '; end' : null
    return end - 1
  }

  #isTrigger(): boolean {
    const [create, second, third] = this.#words
    const named = second === 'temp' || second === 'temporary' ? third : second
    return create === 'create' && named === 'trigger'
  }
}
