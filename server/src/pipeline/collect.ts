import type { Batches, Program, Summary } from '../engines/engine.ts'
import type { Outcome } from './surface.ts'

const NO_SUMMARY: Summary = { total: null, affected: null, inserted: null, key: null }

/** Joins the batches of one answer. Synchronous batches, as an inline read gives them, cost no turn of the event loop. */
export function collect(batches: Batches, program: Program): Outcome | Promise<Outcome> {
  if (!(Symbol.iterator in batches)) return collectLater(batches, program)
  const parts = new Parts(program)
  for (const batch of batches) parts.add(batch)
  return parts.outcome()
}

async function collectLater(batches: AsyncIterable<BatchOf<Batches>>, program: Program): Promise<Outcome> {
  const parts = new Parts(program)
  for await (const batch of batches) parts.add(batch)
  return parts.outcome()
}

type BatchOf<B> = B extends Iterable<infer Batch> ? Batch : never

class Parts {
  readonly #program: Program
  readonly #json: string[] = []
  #rows = 0
  #summary: Summary = NO_SUMMARY

  constructor(program: Program) {
    this.#program = program
  }

  add(batch: BatchOf<Batches>): void {
    if (batch.json !== '') this.#json.push(batch.json)
    this.#rows += batch.rows
    if (batch.summary !== undefined) this.#summary = batch.summary
  }

  outcome(): Outcome {
    const json = this.#json.length === 1 ? (this.#json[0] ?? '') : this.#json.join(',')
    return { json, rows: this.#rows, summary: this.#summary, program: this.#program }
  }
}
