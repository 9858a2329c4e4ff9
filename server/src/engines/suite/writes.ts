import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import type { JsonObject } from '../../std/json.ts'
import { stringifyJson } from '../../std/json.ts'
import { type Ask, codeOf, rowsOf, type SuiteRequest } from './ask.ts'

const SHOWN = 'return=representation'

/** A write and the code it fails with. */
const REFUSED: readonly (readonly [string, SuiteRequest])[] = [
  ['23505', { method: 'POST', path: '/people', body: '{"name":"Ann"}' }],
  ['23505', { method: 'POST', path: '/people', body: '[{"name":"Twin"},{"name":"Twin"}]' }],
  ['23503', { method: 'POST', path: '/people', body: '{"name":"Lost","boss_id":999}' }],
  ['23503', { method: 'PATCH', path: '/people?id=eq.4', body: '{"boss_id":999}' }],
  ['23503', { method: 'DELETE', path: '/teams?id=eq.1' }],
  ['23502', { method: 'POST', path: '/people', body: '{"name":null}' }],
  ['23502', { method: 'POST', path: '/teams', body: '{"name":"Keyless"}' }],
  ['23514', { method: 'POST', path: '/teams', body: '{"id":9,"name":"lower"}' }],
  ['23514', { method: 'PATCH', path: '/teams?id=eq.1', body: '{"name":"lower"}' }],
  ['23514', { method: 'PATCH', path: '/members?team_id=eq.1', body: '{"hours":-1}' }],
  ['22003', { method: 'PATCH', path: '/members?team_id=eq.1', body: '{"hours":100000}' }],
  ['22P02', { method: 'POST', path: '/samples', body: '{"id":900,"integer":"x"}' }],
  ['22P02', { method: 'POST', path: '/samples', body: '{"id":900,"mood":"angry"}' }],
  ['22003', { method: 'POST', path: '/samples', body: '{"id":900,"smallint":32768}' }],
  ['22001', { method: 'POST', path: '/samples', body: '{"id":900,"varchar":"more than twenty characters"}' }],
  ['22P05', { method: 'POST', path: '/samples', body: '{"id":900,"jsonb":{"a":"\\u0000"}}' }],
  ['428C9', { method: 'PATCH', path: '/people?id=eq.1', body: '{"label":"x"}' }],
  [
    '21000',
    {
      method: 'POST',
      path: '/teams',
      body: '[{"id":1,"name":"A"},{"id":1,"name":"B"}]',
      prefer: 'resolution=merge-duplicates',
    },
  ],
]

/** Inserts, upserts, updates, deletes, their representations, and constraint errors that leave nothing behind. */
export function describeWrites(ask: Ask): void {
  describe('writes', () => {
    for (const [code, request] of REFUSED) {
      test(`${request.method} ${request.path} ${request.body ?? ''} is ${code}`, async () => {
        const before = await everything(ask)
        assert.equal(await codeOf(ask, request), code)
        assert.equal(await everything(ask), before)
      })
    }
    describeInserts(ask)
    describeUpdates(ask)
    describeDeletes(ask)
  })
}

async function everything(ask: Ask): Promise<string> {
  const parts = [
    '/people?order=id',
    '/teams?order=id',
    '/members?order=team_id,person_id',
    '/samples?select=id&order=id',
  ]
  return (await Promise.all(parts.map((path) => rowsOf(ask, { path })))).map(stringifyJson).join('\n')
}

function describeInserts(ask: Ask): void {
  test('defaults, identity, generated columns; rows come back in the order of the body', async () => {
    const body = '[{"name":"Zoe"},{"name":"Eve"},{"name":"Max"}]'
    const rows = (await rowsOf(ask, {
      method: 'POST',
      path: '/people?select=name,label,id,key,joined',
      body,
      prefer: SHOWN,
    })) as readonly JsonObject[]
    assert.deepEqual(
      rows.map((row) => [row['name'], row['label']]),
      [
        ['Zoe', 'ZOE!'],
        ['Eve', 'EVE!'],
        ['Max', 'MAX!'],
      ],
    )
    assert.equal(new Set(rows.map((row) => row['key'])).size, 3)
    assert.equal(new Set(rows.map((row) => row['joined'])).size, 1, 'now() is the request’s moment')
    assert.ok(Number(rows[0]?.['id']) < Number(rows[1]?.['id']))
  })
  test('upsert merges what is there, inserts what is not, computes anew', async () => {
    const body = '[{"name":"Zoe","boss_id":1},{"name":"New","boss_id":null}]'
    const request = { method: 'POST', path: '/people?on_conflict=name&select=name,label,boss_id', body } as const
    const rows = await rowsOf(ask, { ...request, prefer: `${SHOWN},resolution=merge-duplicates` })
    assert.equal(
      stringifyJson(rows),
      '[{"name":"Zoe","label":"ZOE!","boss_id":1},{"name":"New","label":"NEW!","boss_id":null}]',
    )
    const again = await ask({ ...request, prefer: 'resolution=merge-duplicates' })
    assert.equal(again.status, 200, 'nothing new')
  })
  test('upsert that ignores gives only what it inserted', async () => {
    const body = '[{"id":1,"name":"Ignored"},{"id":7,"name":"Seven"}]'
    const rows = await rowsOf(ask, {
      method: 'POST',
      path: '/teams',
      body,
      prefer: `${SHOWN},resolution=ignore-duplicates`,
    })
    assert.equal(stringifyJson(rows), '[{"id":7,"name":"Seven"}]')
  })
  test('an absent cell is null, or the default with missing=default', async () => {
    const path = '/members?columns=team_id,person_id,hours&select=hours'
    const body = '[{"team_id":7,"person_id":1}]'
    assert.equal(
      stringifyJson(await rowsOf(ask, { method: 'POST', path, body, prefer: `${SHOWN},missing=default` })),
      '[{"hours":0.00}]',
    )
    assert.equal(await codeOf(ask, { method: 'POST', path, body: '[{"team_id":7,"person_id":2}]' }), '23502')
  })
}

function describeUpdates(ask: Ask): void {
  test('numerics are rounded to their scale, filters act on the old row', async () => {
    const request = {
      method: 'PATCH',
      path: '/members?hours=eq.0.25&select=hours,people(name)',
      body: '{"hours":1.005}',
    } as const
    assert.equal(
      stringifyJson(await rowsOf(ask, { ...request, prefer: SHOWN })),
      '[{"hours":1.01,"people":{"name":"Bob"}}]',
    )
    assert.equal(stringifyJson(await rowsOf(ask, { ...request, prefer: SHOWN })), '[]')
  })
  test('generated columns follow', async () => {
    const request = {
      method: 'PATCH',
      path: '/people?name=eq.Eve&select=label',
      body: '{"name":"Eva"}',
      prefer: SHOWN,
    } as const
    assert.equal(stringifyJson(await rowsOf(ask, request)), '[{"label":"EVA!"}]')
  })
  test('max-affected undoes', async () => {
    const request = {
      method: 'PATCH',
      path: '/people?id=lt.3',
      body: '{"boss_id":4}',
      prefer: 'handling=strict,max-affected=1',
    } as const
    assert.equal(await codeOf(ask, request), 'PGRST124')
    assert.equal(stringifyJson(await rowsOf(ask, { path: '/people?select=id&boss_id=eq.4' })), '[]')
  })
}

function describeDeletes(ask: Ask): void {
  test('the representation is of the rows as they were, embeds included; cascades act', async () => {
    const path = '/people?id=eq.1&select=name,cards(code)'
    assert.equal(
      stringifyJson(await rowsOf(ask, { method: 'DELETE', path, prefer: SHOWN })),
      '[{"name":"Ann","cards":{"code":"A1"}}]',
    )
    assert.equal(stringifyJson(await rowsOf(ask, { path: '/cards' })), '[]')
    assert.equal(
      stringifyJson(await rowsOf(ask, { path: '/people?select=boss_id&id=in.(2,3)' })),
      '[{"boss_id":null},{"boss_id":null}]',
    )
  })
  test('concurrent writes all happen, or fail alone', async () => {
    const names = Array.from({ length: 40 }, (_, index) => (index % 4 === 0 ? 'Same' : `P${index}`))
    const answers = await Promise.all(
      names.map((name) => ask({ method: 'POST', path: '/people', body: JSON.stringify({ name }) })),
    )
    assert.equal(answers.filter(({ status }) => status === 409).length, 9)
    assert.equal(answers.filter(({ status }) => status === 201).length, 31)
  })
}
