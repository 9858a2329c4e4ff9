/** Z11, K01 and protocol.md §1.12: nothing but a key or a verified token decides who asks. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { base64url, exportJWK, type JWK, SignJWT } from 'jose'
import { createApp } from '../../src/app.ts'
import { type Answer, ask } from '../support/http.ts'
import { tempFolder } from '../support/temp.ts'
import { mint, SECRET, tampered, unsigned } from '../support/tokens.ts'
import { ANN, startWorld, type World } from '../support/world.ts'

const publicPair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const strangerPair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ANN_CLAIMS = { role: 'authenticated', sub: ANN }
const NOW = Math.floor(Date.now() / 1000)

let world: World
let jwk: JWK
before(async () => {
  jwk = { ...(await exportJWK(publicPair.publicKey)), kid: 'k1', alg: 'ES256' }
  world = await startWorld({ settings: { jwks: JSON.stringify({ keys: [jwk] }), jwtAudience: '' } })
})
after(() => world?.close())

const sign = (claims: object, key = publicPair.privateKey, kid = 'k1') =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg: 'ES256', kid }).setExpirationTime('1h').sign(key)

/** The posts that a caller sees; 3 are published, Ann sees her draft too, service_role all five. */
async function asker(headers: Record<string, string>, query = ''): Promise<{ answer: Answer; posts: number }> {
  const answer = await ask(`${world.rest}/posts?select=id${query}`, { headers })
  return { answer, posts: Array.isArray(answer.json) ? answer.json.length : -1 }
}
const bearer = (token: string) => ({ apikey: world.keys.anon, authorization: `Bearer ${token}` })
const SEEN = { anon: 3, ann: 4, service: 5 }

describe('who a credential stands for', () => {
  const accepted: readonly (readonly [name: string, headers: () => Promise<Record<string, string>>, posts: number])[] =
    [
      ['no credential at all', async () => ({}), SEEN.anon],
      ['the anon key', async () => ({ apikey: world.keys.anon }), SEEN.anon],
      ['the anon key as token only', async () => ({ authorization: `Bearer ${world.keys.anon}` }), SEEN.anon],
      ['the publishable key', async () => ({ apikey: world.keys.publishable }), SEEN.anon],
      [
        'the publishable key twice',
        async () => ({ apikey: world.keys.publishable, authorization: `Bearer ${world.keys.publishable}` }),
        SEEN.anon,
      ],
      ['the service key', async () => ({ apikey: world.keys.service }), SEEN.service],
      ['the secret key', async () => ({ apikey: world.keys.secret }), SEEN.service],
      ['a user token beside the anon key', async () => bearer(await mint(ANN_CLAIMS)), SEEN.ann],
      [
        'a user token beside the publishable key',
        async () => ({ ...bearer(await mint(ANN_CLAIMS)), apikey: world.keys.publishable }),
        SEEN.ann,
      ],
      [
        'a user token beside the service key is the user',
        async () => ({ ...bearer(await mint(ANN_CLAIMS)), apikey: world.keys.service }),
        SEEN.ann,
      ],
      ['any case of the scheme', async () => ({ authorization: `bEARER ${await mint(ANN_CLAIMS)}` }), SEEN.ann],
      ['a token of the configured key set', async () => bearer(await sign(ANN_CLAIMS)), SEEN.ann],
      ['a token without a role is anon', async () => bearer(await mint({ sub: ANN })), SEEN.anon],
      [
        'a token that has expired within the leeway',
        async () => bearer(await mint({ ...ANN_CLAIMS, exp: NOW - 10 })),
        SEEN.ann,
      ],
    ]
  for (const [name, headers, posts] of accepted) {
    test(name, async () => {
      const seen = await asker(await headers())
      assert.equal(seen.posts, posts, seen.answer.text)
    })
  }
})

describe('what is refused, and how', () => {
  type Refusal = readonly [name: string, token: () => Promise<string>, code: string, message: string]
  const refused: readonly Refusal[] = [
    ['an empty token', async () => '', 'PGRST301', 'Empty JWT is sent in Authorization header'],
    ['two parts', async () => 'a.b', 'PGRST301', 'Expected 3 parts in JWT; got 2'],
    ['four parts', async () => 'a.b.c.d', 'PGRST301', 'Expected 3 parts in JWT; got 4'],
    ['garbage', async () => 'a.b.c', 'PGRST301', 'Wrong or unsupported encoding algorithm'],
    ['alg none', async () => unsigned(ANN_CLAIMS), 'PGRST301', 'Wrong or unsupported encoding algorithm'],
    [
      'another secret',
      () => mint(ANN_CLAIMS, { secret: `${SECRET}!` }),
      'PGRST301',
      'JWT cryptographic operation failed',
    ],
    [
      'a changed claim',
      async () => tampered(await mint(ANN_CLAIMS), 1),
      'PGRST301',
      'JWT cryptographic operation failed',
    ],
    [
      'a changed signature',
      async () => tampered(await mint(ANN_CLAIMS), 2),
      'PGRST301',
      'JWT cryptographic operation failed',
    ],
    [
      'HS256 with the public key as secret (alg confusion)',
      async () => confused(),
      'PGRST301',
      'JWT cryptographic operation failed',
    ],
    [
      'a key that is not in the set',
      () => sign(ANN_CLAIMS, strangerPair.privateKey),
      'PGRST301',
      'JWT cryptographic operation failed',
    ],
    [
      'an unknown kid',
      () => sign(ANN_CLAIMS, strangerPair.privateKey, 'k9'),
      'PGRST301',
      'No suitable key or wrong key type',
    ],
    ['expired', () => mint({ ...ANN_CLAIMS, exp: NOW - 60 }), 'PGRST303', 'JWT expired'],
    ['not yet valid', () => mint({ ...ANN_CLAIMS, nbf: NOW + 600 }), 'PGRST303', 'JWT not yet valid'],
    [
      'exp is text',
      () => mint({ ...ANN_CLAIMS, exp: 'soon' as unknown as number }),
      'PGRST303',
      "The JWT 'exp' claim must be a number",
    ],
    [
      'aud is a number',
      () => mint({ ...ANN_CLAIMS, aud: 7 as unknown as string }),
      'PGRST303',
      "The JWT 'aud' claim must be a string or an array of strings",
    ],
  ]
  for (const [name, token, code, message] of refused) {
    test(name, async () => {
      const { answer } = await asker(bearer(await token()))
      assert.equal(answer.status, 401, answer.text)
      assert.deepEqual(
        [(answer.json as { code: string }).code, (answer.json as { message: string }).message],
        [code, message],
      )
      assert.equal(answer.headers['www-authenticate'], `Bearer error="invalid_token", error_description="${message}"`)
      assert.doesNotMatch(answer.text, /only-for-tests/)
    })
  }

  test('issued in the future', async () => {
    const token = await new SignJWT(ANN_CLAIMS)
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt(NOW + 600)
      .sign(new TextEncoder().encode(SECRET))
    const { answer } = await asker(bearer(token))
    assert.deepEqual([answer.status, (answer.json as { message: string }).message], [401, 'JWT issued at future'])
  })

  test('a role that does not exist', async () => {
    for (const role of ['postgres', 'supabase_admin', '__proto__', 'constructor', 'public']) {
      const { answer } = await asker(bearer(await mint({ ...ANN_CLAIMS, role })))
      assert.equal(answer.status, 401, `${role}: ${answer.text}`)
    }
  })

  test('a role of another type gives no more than anon', async () => {
    for (const role of [['service_role'], { a: 'service_role' }, 7, true]) {
      const { answer, posts } = await asker(bearer(await mint({ sub: ANN, role })))
      assert.ok(answer.status === 401 || posts === SEEN.anon, answer.text)
    }
  })

  test('opaque keys that are not ours', async () => {
    for (const apikey of [
      'sb_secret_x',
      `${world.keys.secret}x`,
      world.keys.secret.slice(0, -1),
      'nonsense',
      `${world.keys.service}x`,
    ]) {
      const { answer } = await asker({ apikey })
      assert.equal(answer.status, 401, `${apikey}: ${answer.text}`)
    }
    const { answer } = await asker({ apikey: 'sb_secret_x', authorization: `Bearer ${await mint(ANN_CLAIMS)}` })
    assert.equal(answer.status, 401)
  })

  test('a secret key in another scheme stands for nobody', async () => {
    const { answer, posts } = await asker({
      authorization: `Basic ${Buffer.from(world.keys.secret).toString('base64')}`,
    })
    assert.ok(answer.status === 401 || posts === SEEN.anon)
  })

  /** A token signed by HMAC with the text of the public key: what a verifier that trusts `alg` would accept. */
  function confused(): Promise<string> {
    const pem = publicPair.publicKey.export({ type: 'spki', format: 'pem' }) as string
    return new SignJWT(ANN_CLAIMS)
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(pem))
  }
})

describe('nothing else chooses who asks (Z11)', () => {
  const spoofed: readonly Record<string, string>[] = [
    { 'x-user-id': ANN },
    { 'x-role': 'service_role' },
    { role: 'service_role' },
    { 'x-supabase-role': 'service_role' },
    { 'x-hasura-role': 'admin' },
    { 'x-jwt-claims': JSON.stringify(ANN_CLAIMS) },
    { 'request.jwt.claims': '{"role":"service_role"}' },
    { 'x-forwarded-user': ANN },
    { 'x-authenticated-userid': ANN },
    { cookie: `role=service_role; sb-access-token=${ANN}` },
    { 'x-http-method-override': 'DELETE' },
    { 'x-original-url': '/rest/v1/reviews' },
    { 'x-client-info': 'service_role' },
    { prefer: 'role=service_role' },
  ]
  for (const headers of spoofed) {
    test(`header ${Object.keys(headers)[0]}`, async () => {
      for (const caller of [{}, world.as.anon]) assert.equal((await asker({ ...caller, ...headers })).posts, SEEN.anon)
    })
  }
  for (const name of ['apikey', 'authorization', 'access_token', 'jwt', 'token', 'api_key']) {
    test(`query parameter ${name}`, async () => {
      const { answer, posts } = await asker(
        {},
        `&${name}=${encodeURIComponent(name === 'authorization' ? `Bearer ${world.keys.service}` : world.keys.service)}`,
      )
      assert.ok(posts === SEEN.anon || answer.status === 400, answer.text)
    })
  }
  test('members of a body', async () => {
    const body = JSON.stringify({ id: 300, name: 'x', role: 'service_role', apikey: world.keys.service })
    const answer = await ask(`${world.rest}/tags`, { method: 'POST', headers: world.as.anon, body })
    assert.ok([400, 401].includes(answer.status))
  })
  test('a second Authorization header', async () => {
    const token = await mint(ANN_CLAIMS)
    const answer = await ask(`${world.rest}/posts?select=id`, {
      headers: { apikey: world.keys.anon, authorization: [`Bearer ${token}`, `Bearer ${world.keys.service}`] },
    })
    assert.ok(answer.status >= 400 || (answer.json as unknown[]).length <= SEEN.ann, answer.text)
  })
})

describe('settings', () => {
  test('the audience is asked for when it is set', async () => {
    const strict = await startWorld({ settings: { jwtAudience: 'mine' } })
    try {
      const get = async (aud?: string | string[]) => {
        const token = await mint(aud === undefined ? ANN_CLAIMS : { ...ANN_CLAIMS, aud })
        return ask(`${strict.rest}/posts?select=id`, { headers: { authorization: `Bearer ${token}` } })
      }
      assert.equal((await get('mine')).status, 200)
      assert.equal((await get(['other', 'mine'])).status, 200)
      for (const answer of [await get('other'), await get(), await get([])]) {
        assert.deepEqual([answer.status, (answer.json as { message: string }).message], [401, 'JWT not in audience'])
      }
    } finally {
      await strict.close()
    }
  })

  test('anonymous access can be turned off', async () => {
    const closed = await startWorld({ settings: { anonymousAccess: false } })
    try {
      const answer = await ask(`${closed.rest}/posts`)
      assert.deepEqual([answer.status, (answer.json as { code: string }).code], [401, 'PGRST302'])
      assert.equal(answer.headers['www-authenticate'], 'Bearer')
    } finally {
      await closed.close()
    }
  })

  const badSecrets = [
    't1ny-s3cret',
    'x'.repeat(31),
    'a'.repeat(64),
    'changeme-changeme-changeme-changeme',
    'your-super-secret-jwt-token-with-at-least-32-characters-long',
    base64url.encode('password').repeat(1),
  ]
  for (const secret of badSecrets) {
    test(`the secret "${secret.slice(0, 20)}…" refuses start and is not printed`, async () => {
      const folder = tempFolder()
      try {
        await assert.rejects(
          createApp({
            projectDir: folder.path,
            definition: null,
            settings: { jwtSecret: secret, dataDir: folder.path, port: 0 },
          }),
          (error: Error) => {
            assert.equal((error as Error & { code: string }).code, 'PILAR_SETTINGS')
            assert.ok(!error.message.includes(secret))
            return true
          },
        )
      } finally {
        folder.remove()
      }
    })
  }
})
