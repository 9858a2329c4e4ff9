import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { loadGrammar } from '../policy/expression/index.ts'
import { schema } from '../schema/builder.ts'
import { c } from '../schema/column.ts'
import { makeCatalog } from '../schema/make-catalog.ts'
import { table } from '../schema/table.ts'
import { declare, SchemaProblems } from './declare.ts'

before(() => loadGrammar())

test('mistakes of structure, of access and of expressions are told at once, each once, with their line', () => {
  const definition = schema({
    posts: table({
      id: c.integer().primaryKey(),
      author_id: c.integer().references('authers.id'),
      status: c.enum('a', 'a'),
      title: c.text().check('char_lenght(title) > 1'),
      [`${'x'.repeat(70)}`]: c.text(),
    })
      .index('titel' as never)
      .policies({ select: { anom: 'true', anon: "statsu = 'a'" }, update: { anon: 'id' } }),
    authors: table({ id: c.integer().primaryKey() }),
  })
  const problems = problemsOf(() => declare(definition, makeCatalog({ version: 0, tables: [] }), 1))
  const said = problems.map(({ message }) => message).join('\n')
  for (const part of ['authers', 'anom', 'titel', 'statsu', 'char_lenght', 'x'.repeat(63), 'boolean', '"a"']) {
    assert.ok(said.includes(part), `${part} is told in:\n${said}`)
  }
  assert.equal(new Set(problems.map(({ where, message }) => `${where}: ${message}`)).size, problems.length)
  assert.ok(problems.every(({ at }) => at !== null && at.line > 0))
})

function problemsOf(run: () => unknown) {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof SchemaProblems, String(error))
    return error.problems
  }
  return assert.fail('expected problems')
}
