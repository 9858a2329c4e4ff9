/**
 * Z01, Z02, Z04, Z06, Z07, Z18 on every REST surface: whatever a caller may not see carries the word HIDDEN, so that no answer to any
 * request below may hold it, in its body or in its headers.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Answer, ask } from '../support/http.ts'
import { ANN, BOB, startWorld, type World } from '../support/world.ts'

let world: World
before(async () => {
  world = await startWorld({ settings: { aggregates: true } })
})
after(() => world?.close())

type Who = 'anon' | 'ann' | 'bob'

async function send(
  who: Who,
  request: string,
  options: { headers?: Record<string, string>; body?: unknown } = {},
): Promise<Answer> {
  const [method = 'GET', path = ''] = [request.slice(0, request.indexOf(' ')), request.slice(request.indexOf(' ') + 1)]
  const body =
    options.body === undefined
      ? undefined
      : typeof options.body === 'string'
        ? options.body
        : JSON.stringify(options.body)
  return ask(world.rest + encodeURI(path), { method, headers: { ...world.as[who], ...options.headers }, body })
}

/** Reads of every kind. `{}` is replaced by nothing: these are asked as they are, by anon and by Bob. */
const READS: readonly (readonly [surface: string, path: string, headers?: Record<string, string>])[] = [
  ['root', '/posts'],
  ['all columns with a filter that only hidden rows match', '/posts?status=eq.draft'],
  ['primary key', '/posts?id=eq.3'],
  ['in', '/posts?id=in.(3,1)'],
  ['or', '/posts?or=(id.eq.3,status.eq.draft)'],
  ['not and', '/posts?not.and=(status.eq.published,id.gt.0)'],
  ['limit and offset', '/posts?order=id&limit=5&offset=0'],
  ['to-many embed', '/profiles?select=*,posts(*)'],
  ['to-many embed, inner', '/profiles?select=name,posts!inner(*)&posts.status=eq.draft'],
  ['to-one embed', '/comments?select=*,posts(*)'],
  ['embed of an embed', '/profiles?select=name,posts(title,comments(*,posts(*)))'],
  ['many to many', '/tags?select=name,posts(*)'],
  ['many to many, inner', '/tags?select=name,posts!inner(title)&posts.status=eq.draft'],
  ['junction as an embed', '/tags?select=name,post_tags(*,posts(*))'],
  ['spread of many', '/profiles?select=name,...posts(title,meta,labels)'],
  ['spread of one', '/comments?select=id,...posts(title)'],
  ['rows of a policy with a subquery', '/comments'],
  ['comments of hidden posts', '/comments?post_id=in.(3,5)'],
  ['aggregate of groups', '/posts?select=status,count(),title.max(),title.min()'],
  ['aggregate inside an embed', '/profiles?select=name,posts(count(),title.max())'],
  ['null-embed filter', '/profiles?select=name,posts(title)&posts=not.is.null'],
  ['related order', '/comments?select=id,posts(title)&order=posts(title)'],
  ['CSV', '/posts', { accept: 'text/csv' }],
  ['CSV with an embed', '/profiles?select=name,posts(*)', { accept: 'text/csv' }],
  ['nulls stripped', '/posts', { accept: 'application/vnd.pgrst.array+json;nulls=stripped' }],
  ['counts', '/posts?limit=1', { prefer: 'count=exact' }],
  ['planned count', '/posts?limit=1', { prefer: 'count=planned' }],
  ['root document', '/'],
  ['plan', '/posts', { accept: 'application/vnd.pgrst.plan+text' }],
  ['a policy that divides by zero', '/ratios'],
]

describe('no read shows what the policy hides', () => {
  for (const who of ['anon', 'bob'] as const) {
    for (const [surface, path, headers = {}] of READS) {
      test(`${surface}, ${who}`, async () => {
        const answer = await send(who, `GET ${path}`, { headers })
        assert.ok(answer.status < 500 || answer.status === 501, answer.text)
        const shown = (answer.text + JSON.stringify(answer.headers)).replaceAll(
          'HIDDEN draft of Bob',
          who === 'bob' ? '' : '$&',
        )
        const mine = who === 'bob' ? shown.replaceAll(/HIDDEN(-label|-meta|-slug-5| comment on a draft)/g, '') : shown
        assert.doesNotMatch(mine, /HIDDEN/)
        assert.doesNotMatch(answer.text, /draft of Ann/)
        const head = await send(who, `HEAD ${path}`, { headers })
        assert.deepEqual(
          [head.status, head.text, head.headers['content-range']],
          [answer.status, '', answer.headers['content-range']],
        )
      })
    }
  }
})

/** Ids that each caller may see, by table (worked out by hand from the policies of world.schema.ts). */
const VISIBLE: Readonly<Record<Who, Readonly<Record<string, readonly number[]>>>> = {
  anon: { posts: [1, 2, 4], comments: [1, 4], documents: [], invoices: [] },
  ann: { posts: [1, 2, 3, 4], comments: [1, 2, 4], documents: [1], invoices: [] },
  bob: { posts: [1, 2, 4, 5], comments: [1, 3, 4], documents: [], invoices: [] },
}

describe('the same rows on every surface (Z02)', () => {
  for (const who of ['anon', 'ann', 'bob'] as const) {
    for (const table of ['posts', 'comments'] as const) {
      const ids = VISIBLE[who][table] ?? []
      test(`${table}, ${who}`, async () => {
        const list = await send(who, `GET /${table}?select=id&order=id`)
        assert.deepEqual(
          list.json,
          ids.map((id) => ({ id })),
        )
        const counted = await send(who, `HEAD /${table}`, { headers: { prefer: 'count=exact' } })
        assert.equal(counted.headers['content-range']?.split('/')[1], String(ids.length))
        const aggregate = await send(who, `GET /${table}?select=count(),id.max()`)
        assert.deepEqual(aggregate.json, [{ count: ids.length, max: Math.max(...ids) }])
        const csv = await send(who, `GET /${table}?select=id&order=id`, { headers: { accept: 'text/csv' } })
        assert.equal(csv.text, ['id', ...ids].join('\n'))
        const embedded = await send(who, `GET /profiles?select=${table}(id)`)
        const found = (embedded.json as Record<string, { id: number }[]>[]).flatMap((row) =>
          (row[table] ?? []).map(({ id }) => id),
        )
        assert.deepEqual(found.sort(), ids)
      })
    }
    for (const table of ['documents', 'invoices'] as const) {
      test(`${table}, ${who}`, async () => {
        const list = await send(who, `GET /${table}?select=id`)
        // A role without any policy on a table does not even learn that there is one.
        if (who === 'anon') assert.deepEqual([list.status, (list.json as { code: string }).code], [404, 'PGRST205'])
        else
          assert.deepEqual(
            list.json,
            (VISIBLE[who][table] ?? []).map((id) => ({ id })),
          )
      })
    }
  }
})

describe('a table without a policy does not exist (Z01)', () => {
  const requests = [
    'GET /reviews',
    'HEAD /reviews',
    'POST /reviews',
    'PATCH /reviews?post_id=eq.1',
    'DELETE /reviews?post_id=eq.1',
    'PUT /reviews?post_id=eq.1',
    'OPTIONS /reviews',
    'GET /members',
    'GET /posts?select=id,reviews(*)',
    'GET /posts?select=id,...reviews(verdict)',
    'GET /posts?select=id,reviews!inner()',
    'GET /posts?reviews=not.is.null',
    'GET /posts?select=id,reviews(verdict)&order=reviews(verdict)',
    'GET /reviewz',
    'POST /reviews?on_conflict=post_id',
  ]
  for (const request of requests) {
    test(request, async () => {
      const body = /^(POST|PUT|PATCH)/.test(request) ? { post_id: 1, verdict: 'x' } : undefined
      const hidden = await send('bob', request, { body })
      const missing = await send('bob', request.replaceAll('reviews', 'revqews').replaceAll('members', 'memqers'), {
        body,
      })
      const plain = (text: string) => text.replaceAll('reviews', 'revqews').replaceAll('members', 'memqers')
      assert.equal(hidden.status, missing.status)
      assert.equal(plain(hidden.text), missing.text)
      assert.doesNotMatch(hidden.text, /HIDDEN|Perhaps you meant the table 'public\.(reviews|members)'/)
    })
  }
})

describe('writes obey the policies (Z04, Z07, Z08)', () => {
  const post = { title: 'x', status: 'published' }
  const rows = () => send('ann', 'GET /posts?select=id,title,author_id&order=id').then((answer) => answer.text)

  test('nobody signed in writes nothing', async () => {
    for (const request of ['POST /posts', 'PATCH /posts?id=eq.1', 'DELETE /posts?id=eq.1', 'PUT /posts?id=eq.1']) {
      const before = await rows()
      const answer = await send('anon', request, {
        body: request.startsWith('DELETE') ? undefined : { id: 1, ...post, author_id: ANN },
      })
      assert.ok([401, 204].includes(answer.status), `${request}: ${answer.status} ${answer.text}`)
      assert.equal(await rows(), before)
    }
  })

  test('an insert for another owner is refused, in single, bulk, CSV, upsert and PUT form', async () => {
    const foreign = { id: 70, ...post, author_id: ANN }
    const mine = { id: 71, ...post, author_id: BOB }
    const merge = { prefer: 'resolution=merge-duplicates' }
    const attempts = [
      send('bob', 'POST /posts', { body: foreign }),
      send('bob', 'POST /posts', { body: [mine, foreign] }),
      send('bob', 'POST /posts', { body: `id,title,author_id\n70,x,${ANN}`, headers: { 'content-type': 'text/csv' } }),
      send('bob', 'POST /posts', { body: foreign, headers: merge }),
      send('bob', 'PUT /posts?id=eq.70', {
        body: { ...foreign, score: 0, labels: [], meta: {}, slug: null, created_at: '2024-01-01' },
      }),
      send('bob', 'POST /posts?select=id', { body: foreign, headers: { prefer: 'return=representation' } }),
      send('bob', 'POST /posts?select=id', {
        body: { ...foreign, author_id: null },
        headers: { prefer: 'return=representation' },
      }),
    ]
    for (const answer of await Promise.all(attempts)) {
      assert.deepEqual([answer.status, (answer.json as { code: string }).code], [403, '42501'], answer.text)
    }
    const { text } = await ask(`${world.rest}/posts?id=in.(70,71)`, { headers: world.as.service })
    assert.equal(text, '[]')
  })

  test('an upsert that would overwrite another owner’s row is refused and changes nothing', async () => {
    const answer = await send('bob', 'POST /posts', {
      body: [{ id: 1, title: 'stolen', author_id: BOB }],
      headers: { prefer: 'resolution=merge-duplicates,return=representation' },
    })
    assert.deepEqual([answer.status, (answer.json as { code: string }).code], [403, '42501'])
    assert.doesNotMatch(await rows(), /stolen/)
  })

  test('an update touches visible own rows only', async () => {
    const represent = { prefer: 'return=representation' }
    for (const filter of ['id=eq.1', 'id=in.(1,3)', 'title=like.*Ann', 'or=(id.eq.1,id.eq.3)']) {
      const answer = await send('bob', `PATCH /posts?${filter}`, { body: { title: 'stolen' }, headers: represent })
      assert.deepEqual([answer.status, answer.json], [200, []])
    }
    const mixed = await send('bob', 'PATCH /posts?select=id&id=gt.0', { body: { slug: null }, headers: represent })
    assert.deepEqual((mixed.json as { id: number }[]).map(({ id }) => id).sort(), [4, 5])
    assert.doesNotMatch(await rows(), /stolen/)
  })

  test('moving a row to another owner is refused', async () => {
    const answer = await send('bob', 'PATCH /posts?id=eq.4', { body: { author_id: ANN } })
    assert.deepEqual(
      [answer.status, (answer.json as { message: string }).message],
      [403, 'new row violates row-level security policy for table "posts"'],
    )
    const toNobody = await send('bob', 'PATCH /posts?id=eq.4', { body: { author_id: null } })
    assert.equal(toNobody.status, 403)
  })

  test('a delete removes own rows only', async () => {
    const answer = await send('bob', 'DELETE /posts?id=in.(1,3)', {
      headers: { prefer: 'return=representation,count=exact' },
    })
    assert.deepEqual([answer.status, answer.json, answer.headers['content-range']], [200, [], '*/0'])
  })

  test('forbidden and missing rows give the same answer', async () => {
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const body = method === 'PATCH' ? { title: 'x' } : undefined
      const headers = { prefer: 'return=representation,count=exact' }
      const forbidden = await send('bob', `${method} /posts?id=eq.3`, { body, headers })
      const missing = await send('bob', `${method} /posts?id=eq.999`, { body, headers })
      assert.deepEqual(
        [forbidden.status, forbidden.text, forbidden.headers['content-range']],
        [missing.status, missing.text, missing.headers['content-range']],
      )
    }
  })

  test('an unauthorized insert learns nothing from unique or foreign keys', async () => {
    const attempts = [{ id: 3 }, { id: 999 }, { id: 999, slug: 'HIDDEN-slug-3' }, { id: 999, slug: 'free' }]
    const answers = await Promise.all(
      attempts.map((row) => send('bob', 'POST /posts', { body: { slug: null, ...row, ...post, author_id: ANN } })),
    )
    assert.deepEqual(
      new Set(answers.map((answer) => answer.text)).size,
      1,
      answers.map((answer) => answer.text).join('\n'),
    )
  })

  test('a comment on a hidden post and on a missing post get the same answer', async () => {
    const comment = (post_id: number) =>
      send('bob', 'POST /comments', { body: { id: 90, post_id, author_id: BOB, body: 'x' } })
    const [hidden, missing] = [await comment(3), await comment(999)]
    assert.deepEqual([hidden.status, hidden.text], [missing.status, missing.text])
    assert.equal(hidden.status, 403)
  })

  test('a table that can only be written gives nothing back', async () => {
    assert.equal((await send('bob', 'POST /reports', { body: { id: 5, reason: 'spam' } })).status, 201)
    assert.deepEqual((await send('bob', 'GET /reports')).json, [])
    const represented = await send('bob', 'POST /reports', {
      body: { id: 6, reason: 'x' },
      headers: { prefer: 'return=representation' },
    })
    assert.deepEqual([represented.status, (represented.json as { code: string }).code], [403, '42501'])
    const { text } = await ask(`${world.rest}/reports?id=eq.6`, { headers: world.as.service })
    assert.equal(text, '[]')
  })
})

describe('what fails or is missing denies (Z18, Z03)', () => {
  test('a claim that is not in the token', async () => {
    assert.deepEqual((await send('ann', 'GET /invoices')).json, [])
  })
  test('a policy that throws shows no row', async () => {
    const answer = await send('anon', 'GET /ratios')
    assert.doesNotMatch(answer.text, /"whole"/)
    const one = await send('anon', 'GET /ratios?id=eq.1')
    assert.deepEqual([one.status, one.json], [200, [{ id: 1, part: 4, whole: 2 }]])
  })
})
