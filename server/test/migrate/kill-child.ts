/**
 * A process that runs one migration and kills itself at a point: `kill-child.ts FILE POINT LEASE_MS [broken]`. A point is a number of messages to the
 * writer: `7` when the seventh is answered, `7.5` while the one after it is worked on. Writes the number of messages when it was not killed.
 */
import { readFileSync } from 'node:fs'
import { openConnection } from '../../src/engines/sqlite/connection.ts'
import type { StructureTask } from '../../src/engines/sqlite/migrate/tasks.ts'
import { SqliteStructure } from '../../src/engines/sqlite/structure.ts'
import { ExpectedStructure } from '../../src/engines/sqlite/structure-version.ts'
import { type Asked, Writer } from '../../src/engines/sqlite/writer.ts'
import { applyMigration } from '../../src/pipeline/migrate/apply-migration.ts'
import { withLease } from '../../src/pipeline/migrate/lease.ts'
import { planMigration } from '../../src/pipeline/migrate/plan-migration.ts'
import type { SchemaDefinition } from '../../src/schema/definition.ts'
import { sleep } from '../support/temp.ts'

const [, , file = '', point = '', leaseMs = '', broken = ''] = process.argv
const { definition } = JSON.parse(readFileSync(`${file}.json`, 'utf8')) as { definition: SchemaDefinition }
const at = Math.floor(Number(point))
const isAmid = Number(point) !== at
const { signal } = new AbortController()
const die = (): boolean => process.kill(process.pid, 'SIGKILL')

const limits = { lockTimeoutMs: 5_000, statementTimeoutMs: 5_000, transactionMs: 5_000 }
const settings = { file, readOnly: false, keepFile: false, ...limits, structure: ExpectedStructure.create() }
const writer = await Writer.start(settings, { queueMax: 100, onCommit: () => {} })
const { versions } = openConnection(file, 'inspector', limits.lockTimeoutMs)

let messages = 0
async function ask(asked: Asked) {
  const task = asked.kind === 'structure' ? shortLease(asked.task) : null
  const answer = writer.ask(task === null ? asked : { kind: 'structure', task })
  if (isAmid && messages === at) {
    // Thousands of instructions later, and different ones each time.
    await sleep(0)
    die()
  }
  const outcome = await answer
  if (++messages === at && !isAmid) die()
  return outcome
}

/** The lease ends soon, so that nobody has to wait for it. */
function shortLease(task: StructureTask): StructureTask {
  const untilMs = Date.now() + Number(leaseMs)
  if (task.kind === 'take-lease') return { ...task, untilMs }
  if (task.kind === 'switch' && task.switch.claim !== null) {
    return { ...task, switch: { ...task.switch, claim: { ...task.switch.claim, untilMs } } }
  }
  return 'claim' in task ? ({ ...task, claim: { ...task.claim, untilMs } } as StructureTask) : task
}

const structure = new SqliteStructure({
  ...{ file, lockTimeoutMs: limits.lockTimeoutMs, writer: { ask } },
  ...{ version: () => versions.read(), countRows: async () => 0, rewatch: async () => {} },
})
const plan = await planMigration({ structure, definition, signal })
await withLease(structure, { holder: `process ${process.pid}`, signal }, async (lease) => {
  if (broken === 'broken') return oneByOne()
  const entry = { name: null, checksum: null, kind: 'apply', undoes: null } as const
  return applyMigration(plan, { structure, lease, entry, backup: async () => {}, signal })

  /** Each step by itself: what a runner without one atomic moment does. */
  async function oneByOne(): Promise<void> {
    let from = plan.found
    for (const { step } of plan.steps) {
      await structure.migrate({ steps: [step], from, entry: null }, { lease, signal })
      from = await structure.introspect(signal)
    }
  }
})
process.stdout.write(`${messages}\n`)
process.exit(0)
