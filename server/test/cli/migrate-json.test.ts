/** With `--json`, stdout is one JSON value or nothing, whatever happens; what a person is told is on stderr. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ID, Project, TITLE } from './migrate-project.ts'
import { personAnswering } from './run.ts'

interface Refused {
  readonly possible: boolean
  readonly applied?: readonly string[]
  readonly migrations?: readonly { readonly steps: readonly { readonly findings: readonly object[] }[] }[]
}

test('apply that rows refuse prints the plan', async (t) => {
  const project = new Project(t)
  await project.migrate('apply')
  project.sql("insert into posts (id, title) values (1, 'a')")
  project.declare(ID, TITLE, 'slug: c.text()')
  const { code, out, err } = await project.migrate('apply', '--json', '--yes')
  const refused = JSON.parse(out) as Refused
  assert.deepEqual([code, refused.possible, refused.applied], [1, false, []])
  assert.equal(refused.migrations?.[0]?.steps[0]?.findings.length, 1)
  assert.match(err, /not possible as it stands; nothing was changed\.$/)
})

test('apply, undo and purge that nobody agrees to print the plan', async (t) => {
  const project = new Project(t)
  await project.migrate('apply')
  project.declare(ID)
  const nobody = await project.migrate('apply', '--json')
  assert.deepEqual([nobody.code, (JSON.parse(nobody.out) as Refused).possible], [1, true])
  assert.match(nobody.err, /this needs a yes, and nobody is there to ask/)
  const no = await project.with({ terminal: personAnswering(['n']) }, 'apply', '--json')
  assert.deepEqual([no.code, (JSON.parse(no.out) as Refused).applied], [1, []])
  const undo = await project.migrate('undo', '--json')
  assert.deepEqual([undo.code, JSON.parse(undo.out).undone], [1, null])
  await project.migrate('apply', '--json', '--yes')
  const purge = await project.migrate('purge', 'posts.title', '--json', '--yes')
  const { purged, notYet } = JSON.parse(purge.out) as { purged: string[]; notYet: { what: string }[] }
  assert.deepEqual([purge.code, purged, notYet.map(({ what }) => what)], [1, [], ['posts.title']])
})

test('mistakes leave stdout empty', async (t) => {
  const project = new Project(t)
  project.declare('id: c.integer().primaryKey()', 'a: c.text().default("b")')
  for (const command of ['plan', 'apply', 'status', 'new']) {
    const { code, out, err } = await project.migrate(command, '--json')
    assert.deepEqual([code, out], command === 'status' ? [0, out] : [1, ''])
    if (command !== 'status') assert.match(err, /1 problem in the schema; nothing was changed\.$/)
  }
})
