/**
 * Somebody else's program that goes on writing: one row each 5 ms to the table of the benchmark, under whatever name and with whatever columns it has by
 * then. A process of its own, with a plain connection. Started by `migrations.ts`.
 */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { changes, FIRST, type Values } from './migrations-steps.ts'

export interface Written {
  /** How long each insert took, in milliseconds, in order. */
  readonly waits: readonly number[]
  /** When the slowest began, in milliseconds since the start. */
  readonly slowestAtMs: number
}

const EVERY_MS = 5
const LOCK_MS = 60_000

/** As they are at first, and what comes later. */
const ALL: Values = Object.assign({}, ...changes().map(({ values }) => values), FIRST)

class Writer {
  readonly #database: DatabaseSync
  #id: number
  #waits: number[] = []
  #slowest = { ms: 0, atMs: 0 }
  #startMs = 0
  #timer: NodeJS.Timeout | null = null

  constructor(file: string, lastId: number) {
    this.#database = new DatabaseSync(file, { timeout: LOCK_MS })
    this.#id = lastId
  }

  start(): void {
    this.#waits = []
    this.#slowest = { ms: 0, atMs: 0 }
    this.#startMs = performance.now()
    this.#next()
  }

  stop(): Written {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    return { waits: this.#waits, slowestAtMs: this.#slowest.atMs }
  }

  #next(): void {
    this.#timer = setTimeout(() => {
      const startMs = performance.now()
      this.#write()
      const ms = performance.now() - startMs
      if (ms > this.#slowest.ms) this.#slowest = { ms, atMs: startMs - this.#startMs }
      this.#waits.push(ms)
      this.#next()
    }, EVERY_MS)
  }

  /** In one transaction, so that the structure does not change between looking at it and writing. */
  #write(): void {
    this.#database.exec('BEGIN IMMEDIATE')
    this.#insert()
    this.#database.exec('COMMIT')
  }

  #insert(): void {
    const found = ['orders', 'purchases'].find((name) => this.#columns(name).length > 0)
    const table = found ?? 'customers'
    const id = found === undefined ? 0 : ++this.#id
    const columns = this.#columns(table).filter(({ name }) => name !== 'id' && !name.startsWith('pilar_retired_'))
    const values = columns.map(({ name, type }) => valueIn(name, type, id))
    const named = found === undefined ? columns.map(({ name }) => name) : ['id', ...columns.map(({ name }) => name)]
    const given = found === undefined ? values : [id, ...values]
    const places = named.map(() => '?').join(', ')
    this.#database.prepare(`INSERT INTO ${table} (${named.join(', ')}) VALUES (${places})`).run(...given)
  }

  #columns(table: string): readonly { readonly name: string; readonly type: string }[] {
    return this.#database.prepare(`PRAGMA table_info(${table})`).all() as unknown as { name: string; type: string }[]
  }
}

function valueIn(name: string, type: string, id: number): SQLInputValue {
  if (name === 'quantity' && type.startsWith('INT')) return 1 + (id % 99)
  const value = ALL[name]
  if (value === undefined || value === 'some') return '2024-01-01T00:00:00+00:00'
  const plain = value(id)
  return name === 'amount' && type.includes('(12,4)') ? Number(plain) * 100 : plain
}

const [, , file = '', lastId = ''] = process.argv
const writer = new Writer(file, Number(lastId))
process.on('message', (message) => {
  if (message === 'start') writer.start()
  else process.send?.(writer.stop())
})
process.send?.('ready')
