/** protocol.md §1, row by row. Each block has a server of its own, so that a failing write cannot mislead the reads. */
import { after, before, describe, test } from 'node:test'
import { startWorld, type World } from '../support/world.ts'
import { errorRows } from './rest-errors.rows.ts'
import { frameRows } from './rest-frame.rows.ts'
import { readRows } from './rest-reads.rows.ts'
import { writeRows } from './rest-writes.rows.ts'
import { check, type Row, send } from './table.ts'

function suite(name: string, rows: readonly Row[]): void {
  describe(name, () => {
    let world: World
    before(async () => {
      world = await startWorld()
    })
    after(() => world?.close())
    for (const row of rows) test(row.name, async () => check(row, await send(row, world)))
  })
}

suite('reads', readRows)
suite('reads that are refused', errorRows)
suite('writes', writeRows)
suite('paths, methods and origins', frameRows)
