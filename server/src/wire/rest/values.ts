/** The literals of one request in order of appearance; the rest of the parser keeps their indexes only. */
export class Values {
  readonly all: (string | readonly string[])[] = []

  /** Keeps the literal and gives its index. */
  add(value: string | readonly string[]): number {
    this.all.push(value)
    return this.all.length - 1
  }
}
