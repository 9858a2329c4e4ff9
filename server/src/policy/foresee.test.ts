import assert from 'node:assert/strict'
import { test } from 'node:test'
import { declare } from '../pipeline/declare.ts'
import { expr, schema } from '../schema/builder.ts'
import { DEFAULT_SCHEMA } from '../schema/catalog.ts'
import { c } from '../schema/column.ts'
import { makeCatalog } from '../schema/make-catalog.ts'
import { table, view } from '../schema/table.ts'
import { remember, setGrammar } from './expression/sql.ts'
import { foresee } from './foresee.ts'

const definition = schema(
  {
    posts: table({
      id: c.integer().primaryKey(),
      title: c.text().default("'none'").check('char_length(title) < 80'),
      short: c.text().generated('left(title, 8)', { stored: true }),
      author_id: c.uuid(),
    })
      .check('id > 0')
      .index('title', { where: 'id > 7' })
      .policies({
        select: { anon: 'is_mine(author_id)' },
        update: { anon: { using: "title <> 'a'", check: "title <> 'b'" } },
      }),
    titles: view({ title: c.text() }, 'select title from posts'),
  },
  { functions: { is_mine: expr({ who: c.uuid() }, 'who = auth.uid()') } },
)
const nothing = makeCatalog({ version: 0, schemas: [DEFAULT_SCHEMA], tables: [], functions: [] })

test('every text of a definition is foreseen: it is checked without the grammar', async () => {
  const plain = JSON.parse(JSON.stringify(definition))
  assert.deepEqual(plain.problems, [])
  remember(JSON.parse(JSON.stringify(await foresee(plain))))
  setGrammar((sql) => assert.fail(`not foreseen: ${sql}`))
  assert.equal(declare(plain, nothing, 1).tables.size, 2)
})

test('what is wrong with a text is foreseen too', async () => {
  const [posts] = definition.tables
  assert.ok(posts)
  const wrong = { ...definition, tables: [{ ...posts, checks: [{ name: 'c', expression: 'id >' }] }], views: [] }
  remember(await foresee(wrong))
  setGrammar((sql) => assert.fail(`not foreseen: ${sql}`))
  assert.throws(() => declare(wrong, nothing, 1), /schema\.ts has 1 problem/)
})
