import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorOf } from '../../../test/support/rest-request.ts'
import { negotiateRoot, negotiateRows } from './negotiate.ts'
import { parsePreferences, preferenceApplied } from './preferences.ts'

const ACCEPTED: readonly (readonly [string | undefined, string])[] = [
  [undefined, 'application/json; charset=utf-8'],
  ['*/*', 'application/json; charset=utf-8'],
  ['application/json', 'application/json; charset=utf-8'],
  ['text/csv', 'text/csv; charset=utf-8'],
  ['TEXT/CSV;q=0.5, application/json;q=0.4', 'text/csv; charset=utf-8'],
  ['text/csv;q=0.1, application/json', 'application/json; charset=utf-8'],
  ['image/png, */*;q=0.1', 'application/json; charset=utf-8'],
  ['application/vnd.pgrst.object+json', 'application/vnd.pgrst.object+json; charset=utf-8'],
  ['application/vnd.pgrst.object', 'application/vnd.pgrst.object+json; charset=utf-8'],
  [
    'application/vnd.pgrst.object+json; nulls="stripped"',
    'application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8',
  ],
  ['application/vnd.pgrst.array+json;nulls=stripped', 'application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8'],
  ['application/vnd.pgrst.array+json', 'application/json; charset=utf-8'],
]
for (const [accept, contentType] of ACCEPTED) {
  test(`Accept: ${accept}`, () => assert.equal(negotiateRows(accept).contentType, contentType))
}

test('what cannot be served is listed', () => {
  const message = (accept: string) => errorOf(() => negotiateRows(accept))['message']
  assert.equal(message('image/png'), 'None of these media types are available: image/png')
  assert.equal(message('a/b, c/d;q=0.5'), 'None of these media types are available: a/b, c/d;q=0.5')
  const explain = 'application/vnd.pgrst.plan+text; for="application/json, text/csv"'
  assert.equal(message(explain), `None of these media types are available: ${explain}`)
  assert.equal(message('application/json;q=0'), 'None of these media types are available: application/json;q=0')
})

test('the root document', () => {
  assert.equal(negotiateRoot(undefined).kind, 'openapi')
  assert.equal(negotiateRoot('application/openapi+json').kind, 'openapi')
  assert.equal(errorOf(() => negotiateRoot('text/csv'))['code'], 'PGRST107')
})

const LENIENT = { txOverride: true }
const NOTHING = parsePreferences(undefined, LENIENT)

test('preferences: the first of a kind wins, the rest is told apart', () => {
  const header =
    'return=representation,  count=exact , return=minimal, tx=rollback, timezone=UTC, timezone=Mars/Base, max-affected=5, max-affected=x, odd, count=all'
  assert.deepEqual(parsePreferences(header, LENIENT), {
    ...NOTHING,
    return: 'representation',
    count: 'exact',
    tx: 'rollback',
    timezone: 'UTC',
    maxAffected: 5,
    invalid: ['timezone=Mars/Base', 'max-affected=x', 'odd', 'count=all'],
  })
})

test('tx is accepted silently where clients may not choose it', () => {
  const { tx, invalid } = parsePreferences('tx=rollback', { txOverride: false })
  assert.deepEqual([tx, invalid], [null, []])
})

test('Preference-Applied lists what was honoured, in order', () => {
  const header =
    'max-affected=3, handling=strict, tx=commit, count=planned, return=minimal, missing=default, resolution=merge-duplicates, timezone=UTC'
  const preferences = parsePreferences(header, LENIENT)
  const applied = (method: 'read' | 'insert' | 'replace' | 'update' | 'delete', upsert = false) =>
    preferenceApplied(preferences, { method, upsert })
  const tail = 'count=planned, tx=commit, handling=strict, timezone=UTC'
  assert.equal(applied('read'), tail)
  assert.equal(applied('insert', true), `resolution=merge-duplicates, missing=default, return=minimal, ${tail}`)
  assert.equal(applied('insert'), `missing=default, return=minimal, ${tail}`)
  assert.equal(applied('replace', true), `return=minimal, ${tail}`)
  assert.equal(applied('update'), `missing=default, return=minimal, ${tail}, max-affected=3`)
  assert.equal(applied('delete'), `return=minimal, ${tail}, max-affected=3`)
  assert.equal(preferenceApplied(NOTHING, { method: 'read', upsert: false }), null)
})
