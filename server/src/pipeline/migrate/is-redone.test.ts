import assert from 'node:assert/strict'
import { test } from 'node:test'
import { between, catalog } from '../../../test/support/steps.ts'
import type { Entries } from '../../schema/builder.ts'
import { c } from '../../schema/column.ts'
import { applySteps } from '../../schema/migration/apply-steps.ts'
import { undoSteps } from '../../schema/migration/undo-steps.ts'
import { table } from '../../schema/table.ts'
import { isRedone } from './is-redone.ts'

const id = c.integer().primaryKey()
const POSTS = { posts: table({ id, title: c.text() }) }

/** Whether asking for `wanted` would redo the undone change from one to the other. */
function redoes([from, to]: readonly [Entries, Entries], wanted: Entries): boolean {
  const [before, after] = [catalog(from), catalog(to)]
  const { steps } = between(before, after)
  const found = applySteps(before, steps)
  const undone = applySteps(found, undoSteps(steps, { before, after, found }).steps)
  return isRedone(between(undone, catalog(wanted), before).steps, steps)
}

test('what was undone and is still declared would be redone, brought back or made again', () => {
  const changes: readonly Entries[] = [
    { posts: table({ id, title: c.text(), slug: c.text().nullable() }) },
    { ...POSTS, notes: table({ id }) },
    { posts: table({ id, headline: c.text().was('title') }) },
    { articles: table({ id, title: c.text() }).was('posts') },
    { posts: table({ id, title: c.text() }).index('title') },
    { posts: table({ id, title: c.text().unique() }) },
    { posts: table({ id, title: c.text().nullable() }) },
    { posts: table({ id }) },
  ]
  for (const to of changes) {
    assert.equal(redoes([POSTS, to], to), true)
    assert.equal(redoes([POSTS, to], POSTS), false)
    assert.equal(redoes([POSTS, to], { ...POSTS, others: table({ id }) }), false)
  }
})
