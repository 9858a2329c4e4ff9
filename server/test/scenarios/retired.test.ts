/** What is retired is kept, and is on no surface, for no role: a request can't tell it from what never was. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Pilar, started } from '../cli/process.ts'
import { type Answer, as, ask } from '../support/http.ts'
import { type Kind, type Retiring, retiring } from '../support/retiring.ts'
import { SECRET, userToken } from '../support/tokens.ts'

const HIDDEN = 'KEPT'
const REPRESENT = { prefer: 'return=representation' }
const MERGE = { prefer: 'return=representation,resolution=merge-duplicates' }
const IGNORE = { prefer: 'return=representation,resolution=ignore-duplicates' }

interface Surface {
  readonly request: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** `{}` stands for the name of a column. */
const OF_COLUMNS: readonly Surface[] = [
  { request: 'GET /posts?select={}' },
  { request: 'GET /posts?select=*,{}' },
  { request: 'GET /posts?select=alias:{}::text' },
  { request: 'GET /posts?select={}->a' },
  { request: 'GET /posts?select={}.max()' },
  { request: 'GET /posts?{}=like.K*' },
  { request: 'GET /posts?{}=is.null' },
  { request: 'GET /posts?or=(id.eq.1,{}.like.K*)' },
  { request: 'GET /posts?order={}.desc' },
  { request: 'GET /authors?select=name,posts({})' },
  { request: 'GET /authors?select=name,...posts({})' },
  { request: 'GET /authors?select=name,posts!inner(id)&posts.{}=like.K*' },
  { request: 'GET /authors?select=name,posts(id)&posts.order={}' },
  { request: 'GET /posts?select=authors!{}(name)' },
  { request: 'GET /posts?select=authors!posts_{}_fkey(name)' },
  { request: 'GET /posts?select={}(name)' },
  { request: 'GET /posts?select={}', headers: { accept: 'text/csv' } },
  { request: 'HEAD /posts?{}=like.K*', headers: { prefer: 'count=exact' } },
  { request: 'POST /posts', body: '{"title":"x","author_id":1,"{}":"mine"}' },
  { request: 'POST /posts?columns=title,author_id,{}', body: '[{"title":"x","author_id":1,"{}":"mine"}]' },
  { request: 'POST /posts?on_conflict={}', body: '{"title":"x","author_id":1}', headers: MERGE },
  { request: 'POST /posts?on_conflict={}', body: '{"title":"x","author_id":1}', headers: IGNORE },
  { request: 'POST /posts', body: 'title,author_id,{}\nx,1,mine', headers: { 'content-type': 'text/csv' } },
  { request: 'POST /posts?select=id,{}', body: '{"title":"x","author_id":1}', headers: REPRESENT },
  { request: 'PATCH /posts?id=eq.1', body: '{"{}":"mine"}' },
  { request: 'PATCH /posts?{}=like.K*', body: '{"title":"y"}' },
  { request: 'PATCH /posts?id=eq.1&select={}', body: '{"title":"One"}', headers: REPRESENT },
  { request: 'DELETE /posts?{}=like.K*' },
  { request: 'DELETE /posts?id=eq.999&select={}', headers: REPRESENT },
]

/** `{}` stands for the name of a table. */
const OF_TABLES: readonly Surface[] = [
  { request: 'GET /{}' },
  { request: 'HEAD /{}' },
  { request: 'GET /"{}"' },
  { request: 'GET /{}', headers: { 'accept-profile': 'pilar' } },
  { request: 'GET /{}', headers: { accept: 'text/csv' } },
  { request: 'POST /{}', body: '{"id":9,"post_id":1,"body":"x"}' },
  { request: 'POST /{}', body: '{"id":9}', headers: { 'content-profile': 'pilar' } },
  { request: 'PATCH /{}?id=eq.1', body: '{"body":"x"}' },
  { request: 'DELETE /{}?id=eq.1' },
  { request: 'GET /posts?select=id,{}(*)' },
  { request: 'GET /posts?select=id,"{}"(*)' },
  { request: 'GET /posts?select=id,...{}(body)' },
  { request: 'GET /posts?select=id,{}!inner(id)' },
  { request: 'GET /posts?select=id,{}(count)' },
  { request: 'GET /posts?select=id&{}=not.is.null' },
]

for (const kind of ['own', 'adopted'] as const satisfies readonly Kind[]) {
  describe(`what is retired in ${kind} tables`, () => {
    let place: Retiring
    let server: Pilar
    let url = ''
    let roles: Readonly<Record<string, Readonly<Record<string, string>>>> = {}

    before(async () => {
      place = await retiring(kind)
      await place.retire()
      server = new Pilar(['start', '--port', '0', '--json', ...place.args], {
        cwd: place.cwd,
        env: { PILAR_JWT_SECRET: SECRET },
      })
      const { keys, url: base } = await started(server)
      url = `${base}/rest/v1`
      const ann = await userToken('00000000-0000-4000-8000-00000000000a')
      roles = { anon: as(keys.anon), authenticated: as(keys.anon, ann), service_role: as(keys.service_role) }
    })
    after(async () => {
      await server?.stop()
      place?.remove()
    })

    function send({ request, headers, body }: Surface, name: string, role: string): Promise<Answer> {
      const [method = '', path = ''] = request.replaceAll('{}', name).split(' ')
      return ask(url + path, { method, headers: { ...roles[role], ...headers }, body: body?.replaceAll('{}', name) })
    }

    /** Answers to the name of what is kept and to that of what never was have to be the same but for the name. */
    async function compare(surfaces: readonly Surface[], name: string, missing: string): Promise<void> {
      assert.equal(name.length, missing.length)
      for (const role of Object.keys(roles)) {
        for (const surface of surfaces) {
          const [found, other] = [await send(surface, name, role), await send(surface, missing, role)]
          const what = `${role}: ${surface.request} with ${name}: ${found.status} ${found.text}`
          assert.ok(found.status >= 400 && found.status < 500, what)
          assert.deepEqual([found.status, found.text.replaceAll(name, missing)], [other.status, other.text], what)
          assert.ok(!found.text.includes(HIDDEN), what)
        }
      }
    }

    test('a column answers as one that never was, by its name', async () => {
      await compare(OF_COLUMNS, 'zq_gone', 'zq_gqnq')
      await compare(OF_COLUMNS, 'zq_editor', 'zq_editqq')
    })

    test('and by the reserved name it is kept under', async () => {
      const kept = place.storedColumn('zq_gone')
      await compare(OF_COLUMNS, kept, `${kept.slice(0, -2)}qq`)
    })

    test('a table answers as one that never was, by its name', () => compare(OF_TABLES, 'zq_drafts', 'zq_drqqqs'))

    test('and by the reserved name it is kept under', async () => {
      const kept = place.storedTable('zq_drafts')
      assert.match(kept, /^pilar\.retired_zq_drafts/)
      await compare(OF_TABLES, kept, `${kept.slice(0, -2)}qq`)
      const bare = kept.slice('pilar.'.length)
      await compare(OF_TABLES, bare, `${bare.slice(0, -2)}qq`)
    })

    test("Pilar's own tables and those of SQLite answer as tables that never were", async () => {
      for (const [name, missing] of [
        ['pilar.migrations', 'pilar.migratiqqq'],
        ['migrations', 'migratiqqq'],
        ['pilar.leases', 'pilar.leaqqq'],
        ['leases', 'leaqqq'],
        ['sqlite_schema', 'sqlite_schqqq'],
        ['sqlite_sequence', 'sqlite_sequeqqq'],
      ] as const)
        await compare(OF_TABLES, name, missing)
    })

    test('all columns and rows are what is declared, in every format', async () => {
      for (const role of Object.keys(roles)) {
        const headers = roles[role] ?? {}
        const all = await ask(`${url}/posts?select=*,authors(*)&id=eq.1`, { headers })
        const author = { id: 1, name: 'Ann', handle: 'ann' }
        assert.deepEqual(all.json, [{ id: 1, title: 'One', author_id: 1, authors: author }])
        const csv = await ask(`${url}/posts?id=eq.1`, { headers: { ...headers, accept: 'text/csv' } })
        assert.equal(csv.text, 'id,title,author_id\n1,One,1')
        const nested = await ask(`${url}/authors?select=*,posts(*)&id=eq.1`, { headers })
        assert.deepEqual(nested.json, [{ ...author, posts: [{ id: 1, title: 'One', author_id: 1 }] }])
        const root = await ask(`${url}/`, { headers })
        assert.ok(!/zq_|pilar/.test(root.text), root.text)
      }
    })

    test('messages and hints for a name that is near never say it', async () => {
      for (const role of Object.keys(roles)) {
        for (const path of [
          'posts?select=zq_gon',
          'posts?zq_edito=eq.1',
          'zq_draft',
          'posts?select=zq_draft(*)',
          'posts?select=pilar_retired',
        ]) {
          const answer = await ask(`${url}/${path}`, { headers: roles[role] ?? {} })
          assert.ok(answer.status >= 400, path)
          assert.doesNotMatch(answer.text, /zq_gone|zq_editor|zq_drafts|pilar_retired_|pilar\./, path)
        }
      }
    })

    test('inserts, upserts and deletes go on, and keep what they can not see', async () => {
      const headers = { ...roles['service_role'], ...REPRESENT }
      const body = JSON.stringify([
        { title: 'Three', author_id: 1 },
        { title: 'Four', author_id: 2 },
      ])
      const made = await ask(`${url}/posts`, { method: 'POST', headers, body })
      assert.deepEqual([made.status, (made.json as object[]).length], [201, 2])
      const upsert = JSON.stringify({ id: 2, title: 'Two again', author_id: 1 })
      const merged = await ask(`${url}/posts`, { method: 'POST', headers: { ...headers, ...MERGE }, body: upsert })
      assert.deepEqual(merged.json, [{ id: 2, title: 'Two again', author_id: 1 }])
      const kept = place.storedColumn('zq_gone')
      const two = place.rows(`select "${kept}" as kept from posts where id = 2`)
      assert.deepEqual(two, [{ kept: 'KEPT two' }])
      // Author 3 is nothing but the editor of post 2, and post 1 has a draft: neither holds back a delete.
      assert.equal((await ask(`${url}/authors?id=eq.3`, { method: 'DELETE', headers })).status, 200)
      assert.equal((await ask(`${url}/posts?id=eq.1`, { method: 'DELETE', headers })).status, 200)
      assert.deepEqual(place.rows(`select "${place.storedColumn('zq_editor')}" as kept from posts where id = 2`), [
        { kept: 3 },
      ])
      assert.deepEqual(place.rows(`select post_id, body from "${place.storedTable('zq_drafts')}"`), [
        { post_id: 1, body: 'KEPT draft of one' },
      ])
    })

    test('the commands do not know it either: types, policy matrix, policy explain', async () => {
      for (const args of [
        ['types'],
        ['policy', 'matrix'],
        ['policy', 'matrix', '--json'],
        ['policy', 'explain', '--role', 'anon', 'posts', 'select'],
      ]) {
        const { out, err } = await place.run(...args)
        assert.ok(out.includes('posts') && !/zq_|pilar[._]/.test(out), `${args.join(' ')}: ${out} ${err}`)
      }
      const { code, out, err } = await place.run('policy', 'explain', '--role', 'anon', 'zq_drafts', 'select')
      assert.equal(code, 1)
      assert.doesNotMatch(out + err.replace('"zq_drafts"', ''), /zq_|pilar\./)
    })
  })
}
