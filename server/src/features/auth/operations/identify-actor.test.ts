import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { PilarError } from '../../../errors/error.ts'
import type { Clock } from '../../../std/clock.ts'
import { systemClock } from '../../../std/clock.ts'
import { deriveKeys } from './derive-keys.ts'
import { createIdentify, type IdentifyOptions } from './identify-actor.ts'
import { createVerifier } from './verify-token.ts'

const SECRET = 'p8Yx2mZq7Lr4Wn9Vt6Bc3Hd5Jf1Kg0Sa'
const keys = deriveKeys(SECRET)
const roles = new Set(['anon', 'authenticated', 'service_role'])
const secretKey = new TextEncoder().encode(SECRET)

function identifier(change: Partial<IdentifyOptions> = {}): ReturnType<typeof createIdentify> {
  return createIdentify({
    ...{ keys, clock: systemClock, roleClaim: 'role', anonymousAccess: true, roles: () => roles },
    verify: createVerifier({ secret: SECRET, jwks: null, audience: '' }),
    ...change,
  })
}

const sign = (claims: Record<string, unknown>, alg = 'HS256'): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg }).sign(secretKey)

async function refusal(run: () => unknown): Promise<PilarError> {
  try {
    await run()
  } catch (error) {
    assert.ok(error instanceof PilarError, String(error))
    return error
  }
  return assert.fail('expected a refusal')
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })

describe('identify', () => {
  test('the four keys name their roles without a Promise', () => {
    const identify = identifier()
    const roleOf = (headers: Record<string, string>): unknown => (identify(headers) as { role: string }).role
    assert.equal(roleOf({}), 'anon')
    assert.equal(roleOf({ apikey: keys.anon }), 'anon')
    assert.equal(roleOf({ apikey: keys.publishable, authorization: `Bearer ${keys.publishable}` }), 'anon')
    assert.equal(roleOf({ apikey: keys.service_role }), 'service_role')
    assert.equal(roleOf({ apikey: keys.secret }), 'service_role')
    assert.equal(roleOf({ apikey: keys.anon, ...bearer(keys.service_role) }), 'service_role')
  })

  test('a signed token gives role, user and claims; the scheme has no case', async () => {
    const token = await sign({ role: 'authenticated', sub: 'u1', email: 'u1@shop.test', tenant: 7 })
    const actor = await identifier()({ apikey: keys.anon, authorization: `bEaReR ${token}` })
    assert.deepEqual(
      { ...actor, claims: { ...actor.claims } },
      {
        ...{ role: 'authenticated', userId: 'u1', email: 'u1@shop.test', anonymous: false },
        claims: { role: 'authenticated', sub: 'u1', email: 'u1@shop.test', tenant: 7 },
      },
    )
  })

  test('no other header chooses role or user', () => {
    const actor = identifier()({
      'x-role': 'service_role',
      'x-user-id': 'u1',
      role: 'service_role',
      'x-forwarded-user': 'root',
    })
    assert.equal((actor as { role: string }).role, 'anon')
  })

  test('unknown keys, unknown roles, and switched-off anonymous access are refused', async () => {
    assert.equal((await refusal(() => identifier()({ apikey: 'sb_secret_guess' }))).code, 'PILAR_INVALID_KEY')
    // supabase-js repeats its key as a bearer token.
    assert.equal((await refusal(() => identifier()({ apikey: 'foo', ...bearer('foo') }))).code, 'PILAR_INVALID_KEY')
    assert.equal((await refusal(() => identifier()({ apikey: 'foo' }))).code, 'PILAR_INVALID_KEY')
    assert.equal((await refusal(() => identifier()({ apikey: 'x', ...bearer(keys.anon) }))).code, 'PILAR_INVALID_KEY')
    const unknown = await refusal(async () => identifier()(bearer(await sign({ role: 'postgres' }))))
    assert.deepEqual([unknown.code, unknown.status, unknown.message], ['22023', 401, 'role "postgres" does not exist'])
    const closed = await refusal(() => identifier({ anonymousAccess: false })({}))
    assert.deepEqual([closed.code, closed.headers['WWW-Authenticate']], ['PGRST302', 'Bearer'])
  })

  test('bad tokens have the texts of PostgREST', async () => {
    const now = Math.floor(systemClock.now() / 1000)
    const cases: [string, string, string][] = [
      ['', 'PGRST301', 'Empty JWT is sent in Authorization header'],
      ['a.b', 'PGRST301', 'Expected 3 parts in JWT; got 2'],
      ['e30.e30.x', 'PGRST301', 'Wrong or unsupported encoding algorithm'],
      [`${(await sign({ role: 'anon' })).slice(0, -4)}AAAA`, 'PGRST301', 'JWT cryptographic operation failed'],
      [await sign({ role: 'anon' }, 'HS384'), 'PGRST301', 'Wrong or unsupported encoding algorithm'],
      [await sign({ exp: now - 31 }), 'PGRST303', 'JWT expired'],
      [await sign({ nbf: now + 60 }), 'PGRST303', 'JWT not yet valid'],
      [await sign({ iat: now + 60 }), 'PGRST303', 'JWT issued at future'],
    ]
    for (const [token, code, message] of cases) {
      const error = await refusal(() => identifier()(bearer(token)))
      assert.deepEqual([error.code, error.message, error.status], [code, message, 401])
      assert.equal(error.headers['WWW-Authenticate'], `Bearer error="invalid_token", error_description="${message}"`)
    }
  })

  test('the clock skew allowed is 30 seconds, also for a remembered token', async () => {
    const state = { ms: 1_800_000_000_000 }
    const clock: Clock = { ...systemClock, now: () => state.ms }
    const identify = identifier({ clock })
    const token = await sign({ role: 'authenticated', exp: 1_800_000_010 })
    assert.equal((await identify(bearer(token))).role, 'authenticated')
    state.ms += 39_000
    assert.equal((await identify(bearer(token))).role, 'authenticated')
    state.ms += 1_000
    assert.equal((await refusal(() => identify(bearer(token)))).message, 'JWT expired')
  })

  test('the audience is checked where one is required', async () => {
    const verify = createVerifier({ secret: SECRET, jwks: null, audience: 'shop' })
    const identify = identifier({ verify })
    assert.equal((await identify(bearer(await sign({ aud: ['other', 'shop'] })))).role, 'anon')
    for (const claims of [{}, { aud: 'other' }, { aud: [] }]) {
      assert.equal((await refusal(async () => identify(bearer(await sign(claims))))).message, 'JWT not in audience')
    }
  })

  test('public keys verify by kid; a public key never serves as an HMAC secret', async () => {
    for (const algorithm of ['RS256', 'ES256', 'EdDSA']) {
      const pair = await generateKeyPair(algorithm, { extractable: true })
      const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: algorithm }
      const identify = identifier({ verify: createVerifier({ secret: SECRET, jwks: { keys: [jwk] }, audience: '' }) })
      const make = (kid: string, key = pair.privateKey): Promise<string> =>
        new SignJWT({ role: 'authenticated' }).setProtectedHeader({ alg: algorithm, kid }).sign(key)
      assert.equal((await identify(bearer(await make('k1')))).role, 'authenticated')
      assert.equal(
        (await refusal(async () => identify(bearer(await make('k2'))))).message,
        'No suitable key or wrong key type',
      )
      const other = await generateKeyPair(algorithm)
      assert.equal(
        (await refusal(async () => identify(bearer(await make('k1', other.privateKey))))).message,
        'JWT cryptographic operation failed',
      )
      const confused = await new SignJWT({ role: 'service_role' })
        .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
        .sign(new TextEncoder().encode(JSON.stringify(jwk)))
      assert.equal((await refusal(() => identify(bearer(confused)))).message, 'JWT cryptographic operation failed')
    }
  })
})
