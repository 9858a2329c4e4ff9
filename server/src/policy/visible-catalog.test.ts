import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { Catalog } from '../schema/catalog.ts'
import type { HiddenColumns } from '../schema/definition.ts'
import { loadGrammar } from './expression/index.ts'
import { catalogOf, definitionOf } from './fixture.suite.ts'
import { loadPolicies } from './load-policies.ts'
import type { PolicySet } from './policy-set.ts'
import { visibleCatalog } from './visible-catalog.ts'

const catalog = catalogOf()

before(loadGrammar)

function seenBy(role: string, policies: readonly string[], hidden: readonly HiddenColumns[] = []): Catalog {
  const loaded = loadPolicies(definitionOf(policies, hidden), catalog, { version: 1 })
  return visibleCatalog(catalog, loaded.policies as PolicySet, role)
}

const names = (seen: Catalog): string[] => [...seen.tables.values()].map((table) => table.name)
const targets = (seen: Catalog, table: string): string[] =>
  (seen.relations.get(`public.${table}`) ?? []).map((relation) => `${relation.cardinality} ${relation.target}`)

test('tables without a policy for the role, and system tables, are not there', () => {
  const policies = ['posts select anon: open', 'orgs insert public: true', 'tags select editor: true']
  assert.deepEqual(names(seenBy('anon', policies)), ['posts', 'orgs'])
  assert.deepEqual(names(seenBy('editor', policies)), ['orgs', 'tags'])
  assert.deepEqual(names(seenBy('anon', [])), [])
  assert.ok(!names(seenBy('service_role', [])).includes('users'))
  assert.equal(names(seenBy('service_role', [])).length, catalog.tables.size - 1)
})

test('relations need every table and column of the chain, the junction included', () => {
  const all = ['posts', 'profiles', 'tags', 'orgs'].map((table) => `${table} select public: true`)
  assert.deepEqual(targets(seenBy('anon', all), 'posts'), ['m2o public.profiles', 'm2o public.orgs'])
  const withJunction = [...all, 'post_tags select public: true']
  assert.ok(targets(seenBy('anon', withJunction), 'posts').includes('m2m public.tags'))
  const hidden = [{ table: 'public.posts', role: 'anon', columns: ['author_id'], at: null }]
  const seen = seenBy('anon', withJunction, hidden)
  assert.ok(!targets(seen, 'posts').includes('m2o public.profiles'))
  assert.deepEqual(targets(seen, 'profiles'), [])
  assert.ok(targets(seenBy('editor', withJunction, hidden), 'posts').includes('m2o public.profiles'))
})

test('a hidden column takes its keys along', () => {
  const hidden = [{ table: 'public.posts', role: 'anon', columns: ['id', 'secret'], at: null }]
  const posts = seenBy('anon', ['posts select anon: open', 'comments select anon: true'], hidden).tables.get(
    'public.posts',
  )
  assert.equal(posts?.column.has('secret'), false)
  assert.equal(
    posts?.columns.some((column) => column.name === 'secret'),
    false,
  )
  assert.deepEqual(posts?.primaryKey, [])
  assert.equal(catalog.tables.get('public.posts')?.column.has('secret'), true)
})
