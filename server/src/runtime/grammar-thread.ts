import { parentPort, workerData } from 'node:worker_threads'
import { grammarHere } from '../policy/expression/sql.ts'
import type { GrammarDesk } from './grammar.ts'

/** The thread's side: answers one text after the other. */
const { port, turn } = workerData as GrammarDesk
const grammar = await grammarHere()
// The first text takes twenty times as long as the second.
grammar('select true')
parentPort?.postMessage(null)
port.on('message', (sql: string) => {
  port.postMessage(grammar(sql))
  Atomics.store(turn, 0, 1)
  Atomics.notify(turn, 0)
})
