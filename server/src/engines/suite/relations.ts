import { strict as assert } from 'node:assert'
import { before, describe, test } from 'node:test'
import { stringifyJson } from '../../std/json.ts'
import { type Ask, codeOf, rowsOf } from './ask.ts'

const PEOPLE = [
  { id: 1, name: 'Ann', boss_id: null },
  { id: 2, name: 'Bob', boss_id: 1 },
  { id: 3, name: 'Çem', boss_id: 1 },
  { id: 4, name: 'Dee', boss_id: 2 },
]
const TEAMS = [
  { id: 1, name: 'Red' },
  { id: 2, name: 'Blue' },
  { id: 3, name: 'Empty' },
]
const MEMBERS = [
  { team_id: 1, person_id: 1, hours: 10.5 },
  { team_id: 1, person_id: 2, hours: 0.25 },
  { team_id: 2, person_id: 2, hours: 3 },
  { team_id: 2, person_id: 4, hours: 7.1 },
]

/** Path and the rows it gives, as JSON text. */
const CASES: readonly (readonly [string, string])[] = [
  [
    '/people?select=name,boss:boss_id(name)&order=id',
    '[{"name":"Ann","boss":null},{"name":"Bob","boss":{"name":"Ann"}},{"name":"Çem","boss":{"name":"Ann"}},{"name":"Dee","boss":{"name":"Bob"}}]',
  ],
  [
    '/people?select=name,people(name)&people.order=name.desc&order=id&limit=2',
    '[{"name":"Ann","people":[{"name":"Çem"},{"name":"Bob"}]},{"name":"Bob","people":[{"name":"Dee"}]}]',
  ],
  [
    '/people?select=name,cards(code)&order=id&limit=2',
    '[{"name":"Ann","cards":{"code":"A1"}},{"name":"Bob","cards":null}]',
  ],
  [
    '/teams?select=name,people(name)&people.order=name&order=id',
    '[{"name":"Red","people":[{"name":"Ann"},{"name":"Bob"}]},{"name":"Blue","people":[{"name":"Bob"},{"name":"Dee"}]},{"name":"Empty","people":[]}]',
  ],
  [
    '/teams?select=name,members!inner(hours)&members.hours=gt.5&order=id',
    '[{"name":"Red","members":[{"hours":10.50}]},{"name":"Blue","members":[{"hours":7.10}]}]',
  ],
  ['/teams?select=name,members()&members=is.null', '[{"name":"Empty"}]'],
  ['/teams?select=name,members()&members=not.is.null&order=name', '[{"name":"Blue"},{"name":"Red"}]'],
  [
    '/teams?select=name,members(hours)&members.order=hours.desc&members.limit=1&order=id',
    '[{"name":"Red","members":[{"hours":10.50}]},{"name":"Blue","members":[{"hours":7.10}]},{"name":"Empty","members":[]}]',
  ],
  [
    '/members?select=hours,...people(who:name,...boss_id(over:name)),team:teams(name)&order=team_id,person_id&limit=2',
    '[{"hours":10.50,"who":"Ann","over":null,"team":{"name":"Red"}},{"hours":0.25,"who":"Bob","over":"Ann","team":{"name":"Red"}}]',
  ],
  [
    '/teams?select=name,...members(hours)&members.order=hours&order=id',
    '[{"name":"Red","hours":[0.25,10.50]},{"name":"Blue","hours":[3.00,7.10]},{"name":"Empty","hours":[]}]',
  ],
  [
    '/members?select=hours,people()&order=people(name).desc,team_id',
    '[{"hours":7.10},{"hours":0.25},{"hours":3.00},{"hours":10.50}]',
  ],
  [
    '/members?select=team_id,hours.sum(),hours.max(),count()&order=team_id',
    '[{"team_id":1,"sum":10.75,"max":10.50,"count":2},{"team_id":2,"sum":10.10,"max":7.10,"count":2}]',
  ],
  ['/members?select=hours.avg()', '[{"avg":5.2125000000000000}]'],
  [
    '/teams?select=name,members(hours.sum())&order=id',
    '[{"name":"Red","members":[{"sum":10.75}]},{"name":"Blue","members":[{"sum":10.10}]},{"name":"Empty","members":[{"sum":null}]}]',
  ],
  [
    '/members?select=...teams(name),hours.sum()&order=teams(name)',
    '[{"name":"Blue","sum":10.10},{"name":"Red","sum":10.75}]',
  ],
  ['/people?select=name&name=ilike.ç*', '[{"name":"Çem"}]'],
  ['/people?select=name&name=like.?o?&order=name', '[]'],
  ['/people?select=name&name=like.*o*&order=name', '[{"name":"Bob"}]'],
  ['/people?select=name&name=match.^[AB]&order=name', '[{"name":"Ann"},{"name":"Bob"}]'],
  ['/people?select=name&name=like(any).{A*,D*}&order=name', '[{"name":"Ann"},{"name":"Dee"}]'],
  ['/people?select=name&id=gt(all).{1,2}&order=name', '[{"name":"Dee"},{"name":"Çem"}]'],
  ['/people?select=name&or=(id.eq.1,and(id.gt.2,name.neq.Dee))&order=id', '[{"name":"Ann"},{"name":"Çem"}]'],
  ['/people?select=name&boss_id=not.eq.1', '[{"name":"Dee"}]'],
  ['/people?select=name,label&id=eq.3', '[{"name":"Çem","label":"ÇEM!"}]'],
  ['/people?select=id::text,name&id=in.(1,2)&order=id.desc', '[{"id":"2","name":"Bob"},{"id":"1","name":"Ann"}]'],
  ['/people?select=name&order=id&limit=2&offset=1', '[{"name":"Bob"},{"name":"Çem"}]'],
  ['/people?select=name&limit=0', '[]'],
]

/** Embeds of every cardinality, spreads, related filters and orders, grouping, pattern filters, pages. */
export function describeRelations(ask: Ask): void {
  describe('relations', () => {
    before(async () => {
      const insert = (path: string, rows: object): Promise<unknown> =>
        rowsOf(ask, { method: 'POST', path, body: JSON.stringify(rows), prefer: 'return=representation' })
      await insert('/people', PEOPLE)
      await insert('/teams', TEAMS)
      await insert('/members', MEMBERS)
      await insert('/cards', [{ person_id: 1, code: 'A1' }])
    })
    for (const [path, expected] of CASES) {
      test(path, async () => assert.equal(stringifyJson(await rowsOf(ask, { path: encodeURI(path) })), expected))
    }
    test('an unknown column is 42703', async () =>
      assert.equal(await codeOf(ask, { path: '/people?select=nope' }), '42703'))
    test('a wrong literal is 22P02', async () => assert.equal(await codeOf(ask, { path: '/people?id=eq.x' }), '22P02'))
    test('a wrong pattern is 2201B', async () =>
      assert.equal(await codeOf(ask, { path: '/people?name=match.(' }), '2201B'))
  })
}
