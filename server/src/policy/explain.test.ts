import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { PolicyAction } from '../schema/definition.ts'
import { explainPolicy, policyMatrix } from './explain.ts'
import { loadGrammar } from './expression/index.ts'
import { catalogOf, definitionOf, TABLES } from './fixture.suite.ts'
import { loadPolicies } from './load-policies.ts'
import type { PolicySet } from './policy-set.ts'

const catalog = catalogOf()
const POLICIES = [
  "posts select anon: status = 'published'",
  "posts select authenticated: status = 'published' or author_id = auth.uid()",
  'posts update authenticated: author_id = auth.uid()',
  'posts delete anon: true',
  'posts select editor: true',
  'posts insert editor: is_member(org_id)',
  'posts insert authenticated: org_id in (select org_id from members)',
]

before(loadGrammar)

function policies(): PolicySet {
  const hidden = [{ table: 'public.posts', role: 'anon', columns: ['secret'], at: null }]
  return loadPolicies(definitionOf(POLICIES, hidden), catalog, { version: 1 }).policies as PolicySet
}

function explain(role: string, action: PolicyAction, more: { table?: string; claims?: Record<string, string> } = {}) {
  return explainPolicy({ policies: policies(), catalog, role, action, table: 'posts', ...more })
}

test('the effective rule, in words and in SQL', () => {
  const found = explain('authenticated', 'update')
  const rule = "author_id = auth.uid() and (status = 'published' or author_id = auth.uid())"
  assert.deepEqual([found.rows, found.using, found.check], ['some', rule, rule])
  assert.deepEqual(found.sentences, [
    'authenticated may change some rows of posts.',
    `A row of posts qualifies when ${rule}.`,
    `A new row is accepted when ${rule}.`,
    'Without a user id in the token, auth.uid() is null and what compares with it is denied.',
    'From the permissive policy for authenticated: using author_id = auth.uid(), check author_id = auth.uid().',
  ])
})

test('none, all, and not bound', () => {
  assert.deepEqual(explain('anon', 'insert').sentences, [
    'anon may add no row of posts: it has no insert policy.',
    'For anon these columns do not exist: secret.',
  ])
  assert.deepEqual(explain('editor', 'delete').sentences, [
    'editor may remove no row of posts: it has no delete policy.',
  ])
  assert.deepEqual([explain('editor', 'select').rows, explain('editor', 'select').using], ['all', null])
  assert.deepEqual(explain('service_role', 'delete').sentences, [
    'service_role is not bound by policies: it may remove every row of posts.',
  ])
})

test('claims stand in place of the actor', () => {
  const sub = '00000000-0000-4000-8000-000000000001'
  assert.equal(
    explain('authenticated', 'select', { claims: { sub } }).using,
    `status = 'published' or author_id = '${sub}'`,
  )
})

test('subqueries say under whose eyes they read', () => {
  assert.ok(
    explain('authenticated', 'insert').sentences.includes(
      'Its subqueries read members under the select policies there.',
    ),
  )
  assert.ok(
    explain('editor', 'insert').sentences.includes(
      'Definer functions in it read members whatever the policies there say.',
    ),
  )
})

test('unknown names are answered with the nearest', () => {
  assert.throws(() => explain('authentcated', 'select'), {
    code: '22023',
    hint: 'Perhaps you meant the role "authenticated".',
  })
  assert.throws(() => explain('anon', 'select', { table: 'post' }), {
    code: '42P01',
    hint: 'Perhaps you meant the table "posts".',
  })
})

test('the matrix has a row for every role, table and action, in a stable order', () => {
  const rows = policyMatrix(policies(), catalog)
  assert.equal(rows.length, 4 * (TABLES.length - 1) * 4)
  assert.deepEqual([...new Set(rows.map((row) => row.role))], ['anon', 'authenticated', 'service_role', 'editor'])
  assert.deepEqual(JSON.parse(JSON.stringify(rows)), rows)
  const anon = rows.filter((row) => row.role === 'anon' && row.table === 'public.posts')
  assert.deepEqual(
    anon.map((row) => [row.action, row.rows, row.using, row.columns.length]),
    [
      ['select', 'some', "status = 'published'", 21],
      ['insert', 'none', null, 0],
      ['update', 'none', 'false', 0],
      ['delete', 'some', "status = 'published'", 0],
    ],
  )
})
