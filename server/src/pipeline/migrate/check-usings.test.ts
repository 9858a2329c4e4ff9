import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { loadGrammar } from '../../policy/expression/index.ts'
import { buildCatalog } from '../../schema/build-catalog.ts'
import { type Entries, schema } from '../../schema/builder.ts'
import { c } from '../../schema/column.ts'
import { diff } from '../../schema/migration/diff.ts'
import { table } from '../../schema/table.ts'
import { SchemaProblems } from '../declare.ts'
import { changeOf } from './plan-migration.ts'

before(loadGrammar)

const id = c.integer().identity().primaryKey()

function problemsOf(was: Entries, is: Entries): readonly string[] {
  const found = buildCatalog(schema(was), { version: 0 }).catalog
  assert.ok(found !== null)
  try {
    changeOf({ definition: schema(is), found, known: found })
    return []
  } catch (error) {
    assert.ok(error instanceof SchemaProblems)
    return error.problems.map(({ where, message }) => `${where}: ${message}`)
  }
}

const people = { people: table({ id, name: c.text() }) }

test('using sees the row as it was, under its former names', () => {
  const split = { persons: table({ id, first: c.text().using("split_part(name, ' ', 1)") }).was('people') }
  assert.deepEqual(problemsOf(people, split), [])
  const wrong = { persons: table({ id, first: c.text().using("split_part(nmae, ' ', 1)") }).was('people') }
  assert.deepEqual(problemsOf(people, wrong), ['persons.first: column "nmae" does not exist (using, character 12)'])
})

test('using is assigned to its column, and knows nobody who asks', () => {
  assert.deepEqual(problemsOf(people, { people: table({ id, name: c.text(), age: c.integer().using('name') }) }), [
    'people.age: column "age" is of type integer but using expression is of type text (using)',
  ])
  assert.deepEqual(problemsOf(people, { people: table({ id, name: c.text(), who: c.uuid().using('auth.uid()') }) }), [
    'people.who: a using expression cannot depend on who asks (using)',
  ])
})

test('an enum takes its values from the one it was', () => {
  const was = { posts: table({ id, state: c.enum('draft', 'gone') }) }
  const using = "case when state = 'gone' then 'draft' else state end"
  assert.deepEqual(problemsOf(was, { posts: table({ id, state: c.enum('draft', 'live').using(using) }) }), [])
})

test('a select that fills a new table names its columns', () => {
  const is = { ...people, names: table({ name: c.text().primaryKey() }).using('select name as nam from people') }
  assert.deepEqual(problemsOf(people, is), [
    'names: the select gives "nam", and there is no such column to fill (using)',
  ])
})

test('a using that was used may speak of what is gone', () => {
  const done = { persons: table({ id, first: c.text().using('name') }).was('people') }
  assert.deepEqual(problemsOf(done, done), [])
})

test('control: the differences above do have steps with using', () => {
  const [from, to] = [people, { people: table({ id, name: c.text(), age: c.integer().using('1') }) }].map(
    (entries) => buildCatalog(schema(entries), { version: 0 }).catalog,
  )
  assert.ok(from != null && to != null)
  assert.ok(diff(from, to, { known: from }).steps.some((step) => 'using' in step && step.using === '1'))
})
