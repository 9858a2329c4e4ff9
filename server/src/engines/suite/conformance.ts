import { strict as assert } from 'node:assert'
import { after, before, describe, test } from 'node:test'
import { buildCatalog } from '../../schema/build-catalog.ts'
import type { Table } from '../../schema/catalog.ts'
import type { Ask, Target } from './ask.ts'
import { project } from './project.ts'
import { describeRelations } from './relations.ts'
import { describeTypes } from './types.ts'
import { describeWrites } from './writes.ts'

/** The same cases on every engine. `open` starts a server with an empty database for `project`. */
export function conformance(name: string, open: () => Promise<Target>): void {
  describe(`${name} conforms`, () => {
    let target: Target
    before(async () => {
      target = await open()
    })
    after(() => target?.close())
    const ask: Ask = (request) => target.ask(request)
    describeTypes(ask, samplesTable())
    describeRelations(ask)
    describeWrites(ask)
    test('and still answers', async () => {
      assert.equal((await ask({ path: '/people?select=id&limit=1' })).status, 200)
    })
  })
}

function samplesTable(): Table {
  const { catalog } = buildCatalog(project, { version: 1 })
  const table = catalog?.tables.get('public.samples')
  assert.ok(table, 'the project of the suite is valid')
  return table
}
