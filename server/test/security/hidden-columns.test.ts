/** Z05: a hidden column answers, on every surface, byte for byte as a column that does not exist. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Answer, ask } from '../support/http.ts'
import { BOB, startWorld, type World } from '../support/world.ts'

const HIDDEN = 'zq_hidden'
/** As long as the hidden name and as far from every visible one, so that hints are the same too. */
const MISSING = 'zq_hiddqn'

let world: World
before(async () => {
  world = await startWorld({ settings: { aggregates: true } })
})
after(() => world?.close())

interface Surface {
  readonly request: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const REPRESENT = { prefer: 'return=representation' }
const MERGE = { prefer: 'return=representation,resolution=merge-duplicates' }
const row = (members: object) => JSON.stringify({ id: 80, title: 'x', author_id: BOB, ...members })

/** `{}` stands for the column's name. */
const SURFACES: readonly Surface[] = [
  { request: 'GET /posts?select={}' },
  { request: 'GET /posts?select=*,{}' },
  { request: 'GET /posts?select=alias:{}' },
  { request: 'GET /posts?select={}::text' },
  { request: 'GET /posts?select={}->a->>b' },
  { request: 'GET /posts?select="{}"' },
  { request: 'GET /posts?select={}.max()' },
  { request: 'GET /posts?select={}.min(),{}.count()' },
  { request: 'GET /posts?select=count(),{}' },
  { request: 'GET /posts?{}=eq.HIDDEN-post-1' },
  { request: 'GET /posts?{}=is.null' },
  { request: 'GET /posts?{}=not.is.null' },
  { request: 'GET /posts?{}=like.H*' },
  { request: 'GET /posts?{}=ilike.h*' },
  { request: 'GET /posts?{}=match.^H' },
  { request: 'GET /posts?{}=in.(a,b)' },
  { request: 'GET /posts?{}=gt.A' },
  { request: 'GET /posts?{}=isdistinct.A' },
  { request: 'GET /posts?{}=like(any).{H*,I*}' },
  { request: 'GET /posts?{}->>a=eq.1' },
  { request: 'GET /posts?"{}"=eq.1' },
  { request: 'GET /posts?posts.{}=eq.1' },
  { request: 'GET /posts?or=(id.eq.1,{}.like.H*)' },
  { request: 'GET /posts?and=({}.like.H*,id.gt.0)' },
  { request: 'GET /posts?not.or=({}.like.H*,id.eq.0)' },
  { request: 'GET /posts?or=(id.eq.1,not.and(id.eq.2,{}.is.null))' },
  { request: 'GET /posts?order={}' },
  { request: 'GET /posts?order={}.desc.nullslast,id' },
  { request: 'GET /posts?order={}->a' },
  { request: 'GET /posts?select=id,profiles({})' },
  { request: 'GET /posts?select=id,a:profiles(x:{})' },
  { request: 'GET /posts?select=id,...profiles({})' },
  { request: 'GET /posts?select=id,profiles(name)&profiles.{}=like.H*' },
  { request: 'GET /posts?select=id,profiles!inner(name)&profiles.{}=like.H*' },
  { request: 'GET /posts?select=id,profiles(name)&profiles.order={}' },
  { request: 'GET /posts?select=id,profiles(name)&profiles.or=({}.like.H*,name.eq.x)' },
  { request: 'GET /posts?select=id,profiles(name)&order=profiles({})' },
  { request: 'GET /profiles?select=name,posts({})' },
  { request: 'GET /profiles?select=name,...posts({})' },
  { request: 'GET /profiles?select=name,posts({}.max())' },
  { request: 'GET /profiles?select=name,posts(id)&posts.order={}' },
  { request: 'GET /tags?select=name,posts({})' },
  { request: 'GET /tags?select=name,posts!inner(id)&posts.{}=like.H*' },
  { request: 'GET /posts?select=profiles!{}(name)' },
  { request: 'GET /posts?select={}(name)' },
  { request: 'GET /posts?select={}', headers: { accept: 'text/csv' } },
  { request: 'HEAD /posts?select={}' },
  { request: 'HEAD /posts?{}=like.H*', headers: { prefer: 'count=exact' } },
  { request: 'GET /posts?select={}&id=eq.1', headers: { accept: 'application/vnd.pgrst.object+json' } },
  { request: 'POST /posts', body: row({ '{}': 'mine' }) },
  { request: 'POST /posts?columns=id,title,author_id,{}', body: `[${row({ '{}': 'mine' })}]` },
  { request: 'POST /posts?on_conflict={}', body: row({}), headers: MERGE },
  { request: 'POST /posts?select={}', body: row({ id: 81 }), headers: REPRESENT },
  { request: 'POST /posts', body: `id,title,author_id,{}\n82,x,${BOB},mine`, headers: { 'content-type': 'text/csv' } },
  {
    request: 'POST /posts',
    body: `id=83&title=x&author_id=${BOB}&{}=mine`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  },
  { request: 'PATCH /posts?id=eq.4', body: JSON.stringify({ '{}': 'mine' }) },
  { request: 'PATCH /posts?{}=like.H*', body: JSON.stringify({ title: 'x' }), headers: REPRESENT },
  { request: 'PATCH /posts?id=eq.4&select={}', body: JSON.stringify({ title: 'Fourth' }), headers: REPRESENT },
  { request: 'DELETE /posts?{}=like.HIDDEN-post-4' },
  { request: 'DELETE /posts?id=eq.999&select={}', headers: REPRESENT },
  { request: 'PUT /posts?{}=eq.1', body: row({}) },
]

function send(surface: Surface, name: string, who: 'anon' | 'bob'): Promise<Answer> {
  const fill = (text: string) => text.replaceAll('{}', name)
  const space = surface.request.indexOf(' ')
  const headers = { ...world.as[who], ...surface.headers }
  const body = surface.body === undefined ? undefined : fill(surface.body)
  return ask(world.rest + encodeURI(fill(surface.request.slice(space + 1))), {
    method: surface.request.slice(0, space),
    headers,
    body,
  })
}

/** What a client can see of an answer, with the asked name taken out. */
function seen(answer: Answer, name: string): unknown {
  const { date: _, ...headers } = answer.headers
  return JSON.parse(JSON.stringify({ status: answer.status, headers, text: answer.text }).replaceAll(name, 'NAME'))
}

for (const who of ['anon', 'bob'] as const) {
  describe(`a hidden column is a missing column for ${who}`, () => {
    for (const surface of SURFACES) {
      test(`${surface.request} ${surface.headers ? JSON.stringify(surface.headers) : ''}`, async () => {
        const hidden = await send(surface, HIDDEN, who)
        const missing = await send(surface, MISSING, who)
        assert.deepEqual(seen(hidden, HIDDEN), seen(missing, MISSING))
        assert.ok(missing.status >= 400, `the surface accepted a missing column: ${missing.status} ${missing.text}`)
        assert.doesNotMatch(hidden.text, /HIDDEN/)
      })
    }
  })
}

test('no hint leads to a hidden column', async () => {
  for (const request of ['GET /posts?select=zq_hiden', 'GET /posts?zq_hidde=eq.1', 'GET /posts?order=zq_hiddens']) {
    const answer = await send({ request }, '', 'bob')
    assert.equal(answer.status, 400)
    assert.doesNotMatch(answer.text, /zq_hidden\W/)
  }
})

test('* leaves it out everywhere', async () => {
  for (const request of ['GET /posts', 'GET /profiles?select=*,posts(*)', 'GET /tags?select=*,posts(*,profiles(*))']) {
    const answer = await send({ request }, '', 'bob')
    assert.equal(answer.status, 200)
    assert.doesNotMatch(answer.text, /zq_hidden|HIDDEN-p/)
  }
})

test('a representation leaves it out, and an upsert leaves its value alone', async () => {
  const body = JSON.stringify({ id: 4, title: 'Fourth again', author_id: BOB })
  const answer = await send({ request: 'POST /posts', body, headers: MERGE }, '', 'bob')
  assert.equal(answer.status, 200, answer.text)
  assert.doesNotMatch(answer.text, /zq_hidden/)
  const stored = await ask(`${world.rest}/posts?select=zq_hidden,title&id=eq.4`, { headers: world.as.service })
  assert.deepEqual(stored.json, [{ zq_hidden: 'HIDDEN-post-4', title: 'Fourth again' }])
})

test('a failed write does not print it', async () => {
  const body = JSON.stringify({ title: null })
  const answer = await send({ request: 'PATCH /posts?id=eq.4', body }, '', 'bob')
  assert.equal(answer.status, 400)
  assert.doesNotMatch(answer.text, /HIDDEN/)
})

test('service_role sees it', async () => {
  const answer = await ask(`${world.rest}/posts?select=zq_hidden&zq_hidden=like.HIDDEN*&order=zq_hidden.desc&limit=1`, {
    headers: world.as.service,
  })
  assert.deepEqual(answer.json, [{ zq_hidden: 'HIDDEN-post-5' }])
})
