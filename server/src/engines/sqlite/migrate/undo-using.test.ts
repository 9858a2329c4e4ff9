import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { catalog } from '../../../../test/support/steps.ts'
import { loadGrammar } from '../../../policy/expression/index.ts'
import type { Entries } from '../../../schema/builder.ts'
import { c } from '../../../schema/column.ts'
import { diff } from '../../../schema/migration/diff.ts'
import { undoSteps } from '../../../schema/migration/undo-steps.ts'
import { table } from '../../../schema/table.ts'
import { introspect } from '../introspect.ts'
import { databaseOf, keylessRowsOf, migrate } from './run-plainly.suite.ts'

before(() => loadGrammar())

const id = c.integer().primaryKey()
const FORMER: Entries = {
  posts: table({ id, size: c.text().nullable(), more: c.text().nullable() }),
  others: table({ id, name: c.text().nullable() }),
}
const others = FORMER['others'] as ReturnType<typeof table>

/** The rows of posts after a migration with an expression, a change of somebody's, and undo. */
function undone(to: Entries, change: string): string {
  const database = databaseOf('')
  const [former, after] = [catalog(FORMER), catalog(to)]
  migrate(database, diff(introspect(database), former, { known: null }).steps)
  database.exec("INSERT INTO posts VALUES (1, 'abc', 'de'), (2, 'abcd', NULL), (3, ' 7 ', '7')")
  const { steps } = diff(introspect(database), after, { known: former })
  migrate(database, steps)
  database.exec(change)
  const back = undoSteps(steps, { before: former, after, found: introspect(database) })
  assert.deepEqual(back.obstacles, [])
  migrate(database, back.steps)
  return keylessRowsOf(database, 'posts', "concat_ws(',', id, ifnull(size, '-'), ifnull(more, '-')) AS row")
    .replaceAll(/\{"row":"|"\}/g, '')
    .replaceAll('\n', '; ')
}

const size = c.integer().nullable()
const SAME = '1,abc,de; 2,abcd,-; 3, 7 ,7'

const CHANGES: readonly {
  readonly what: string
  readonly to: Entries
  readonly change?: string
  readonly rows?: string
}[] = [
  {
    what: 'the column has another name',
    to: { others, posts: table({ id, bytes: size.was('size').using('length(size)'), more: c.text().nullable() }) },
    change: 'UPDATE posts SET bytes = 9 WHERE id = 2',
    rows: '1,abc,de; 2,9,-; 3, 7 ,7',
  },
  {
    what: 'another column that it reads has another name',
    to: {
      others,
      posts: table({
        id,
        size: size.using("length(size) + length(coalesce(posts.more, ''))"),
        plus: c.text().nullable().was('more'),
      }),
    },
  },
  {
    what: 'the table has another name',
    to: {
      others,
      items: table({ id, size: size.using('length(posts.size)'), more: c.text().nullable() }).was('posts'),
    },
  },
  {
    what: 'the column has the name of another one that it reads',
    to: { others, posts: table({ id, more: size.was('size').using("length(size || coalesce(more, ''))") }) },
  },
  {
    what: 'another column that it reads has changed its type',
    to: {
      others,
      posts: table({ id, size: size.using('length(size) + length(more)'), more: size.using('length(more)') }),
    },
  },
  {
    what: 'another column that it reads is retired',
    to: { others, posts: table({ id, size: size.using("length(size || coalesce(more, ''))") }) },
    change: 'INSERT INTO posts (id, size) VALUES (4, 44)',
    rows: `${SAME}; 4,44,-`,
  },
  {
    what: 'it reads another table',
    to: { others, posts: table({ id, size: size.using('(select count(*) from others)'), more: c.text().nullable() }) },
  },
]

for (const { what, to, change = '', rows = SAME } of CHANGES) {
  test(`undo of a change of type by an expression: ${what}`, () => {
    assert.equal(undone(to, change), rows)
  })
}

test('undo of a change of type whose expression read a table of another name is refused in plain words', () => {
  const using = '(select count(*) from others)::integer'
  const to = {
    posts: table({ id, size: size.using(using), more: c.text().nullable() }),
    strangers: table({ id, name: c.text().nullable() }).was('others'),
  }
  assert.throws(() => undone(to, ''), {
    code: '0A000',
    message:
      'the former values of posts.size can\'t be told from those that were written since: what its expression read is there no more (relation "others" does not exist)',
    hint: "Write a migration that changes the type back, with an expression of your own: .using('…').",
    details: { step: 1 },
  })
})
