/** A process that runs the hand-made migration once, saying where it is, so that a test can kill it there. */
import { sqlite } from '../../src/engines/sqlite/index.ts'
import { SqliteStructure } from '../../src/engines/sqlite/structure.ts'
import { systemClock } from '../../src/std/clock.ts'
import { planned } from './hand-made-migration.ts'

const [, , file = '', pace = '1'] = process.argv
const signal = new AbortController().signal
const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

const env = { observe: () => {}, clock: systemClock }
const pool = await sqlite.open({ url: `sqlite:${file}`, statementTimeoutMs: 5000, transactionMs: 5000 }, env)
const { structure } = pool
if (!(structure instanceof SqliteStructure)) throw new Error('assertion failed: the pool is of SQLite')
const lease = await structure.acquireLease({ holder: `process ${process.pid}`, signal })
const found = await structure.introspect(signal)
if (found.tables.get('public.items')?.column.get('size')?.type.name === 'text') say('nothing to do')
else {
  say(`began`)
  await structure.run(planned(file), {
    lease,
    signal,
    pace: Number(pace),
    progress: ({ phase, rows, rowsTotal }) =>
      say(`${phase} ${rowsTotal === 0 ? 0 : Math.floor((rows / rowsTotal) * 10)}`),
  })
  say('ran')
}
await lease.release()
await pool.close()
