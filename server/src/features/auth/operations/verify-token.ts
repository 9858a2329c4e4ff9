import { createSecretKey, type KeyObject } from 'node:crypto'
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose'
import { failure, type PilarError } from '../../../errors/error.ts'
import { isJsonObject, type JsonObject, parseJson } from '../../../std/json.ts'

export interface TokenKeys {
  readonly secret: string
  /** Further public keys, or null. */
  readonly jwks: JSONWebKeySet | null
  /** Required audience; empty accepts any. */
  readonly audience: string
}

/** What jose is allowed to accept, per kind of key: a public key can never be taken for an HMAC secret (alg confusion). */
const SECRET_ALGORITHMS = ['HS256']
const PUBLIC_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]
const CLOCK_SKEW_SECONDS = 30

export type VerifyToken = (token: string, nowMs: number) => Promise<JsonObject>

/**
 * Makes the verifier of a project's tokens. It gives the claims, or throws PGRST301 (not a token we can trust) or PGRST303 (its claims do
 * not hold), with PostgREST's texts (protocol.md §1.12).
 */
export function createVerifier(keys: TokenKeys): VerifyToken {
  const secret = createSecretKey(Buffer.from(keys.secret))
  return async (token, nowMs) => {
    const algorithm = readAlgorithm(token)
    const claims = await verifySignature(token, algorithm, { secret, jwks: keys.jwks })
    checkTimes(claims, nowMs / 1000)
    checkAudience(claims, keys.audience)
    return claims
  }
}

function readAlgorithm(token: string): string {
  if (token === '') throw unauthorized('PGRST301', 'Empty JWT is sent in Authorization header')
  const parts = token.split('.')
  if (parts.length !== 3) throw unauthorized('PGRST301', `Expected 3 parts in JWT; got ${parts.length}`)
  const header = decodePart(parts[0] ?? '')
  const algorithm = header?.alg
  if (typeof algorithm !== 'string') throw unauthorized('PGRST301', 'Wrong or unsupported encoding algorithm')
  return algorithm
}

async function verifySignature(
  token: string,
  algorithm: string,
  keys: { secret: KeyObject; jwks: JSONWebKeySet | null },
): Promise<JsonObject> {
  const { compactVerify, createLocalJWKSet } = await import('jose')
  const symmetric = SECRET_ALGORITHMS.includes(algorithm)
  if (!symmetric && !PUBLIC_ALGORITHMS.includes(algorithm)) {
    throw unauthorized('PGRST301', 'Wrong or unsupported encoding algorithm')
  }
  if (!symmetric && keys.jwks === null) {
    throw unauthorized('PGRST301', 'No suitable key or wrong key type', 'No public keys are configured.')
  }
  try {
    const verified =
      keys.jwks === null || symmetric
        ? await compactVerify(token, keys.secret, { algorithms: SECRET_ALGORITHMS })
        : await compactVerify(token, createLocalJWKSet(keys.jwks) as JWTVerifyGetKey, { algorithms: PUBLIC_ALGORITHMS })
    const claims = parseJson(new TextDecoder().decode(verified.payload))
    if (isJsonObject(claims)) return claims
  } catch (error) {
    throw signatureError(error)
  }
  throw unauthorized('PGRST303', 'Parsing claims failed')
}

function signatureError(error: unknown): PilarError {
  const code = (error as { code?: string }).code
  if (error instanceof SyntaxError) return unauthorized('PGRST303', 'Parsing claims failed')
  if (code === 'ERR_JWKS_NO_MATCHING_KEY' || code === 'ERR_JWKS_MULTIPLE_MATCHING_KEYS') {
    return unauthorized('PGRST301', 'No suitable key or wrong key type', 'No configured key fits the token.')
  }
  return unauthorized('PGRST301', 'JWT cryptographic operation failed')
}

function checkTimes(claims: JsonObject, nowSeconds: number): void {
  const read = (name: 'exp' | 'nbf' | 'iat'): number | null => {
    const value = claims[name]
    if (value === undefined || value === null) return null
    const number = typeof value === 'object' ? Number.NaN : Number(value)
    if (typeof value === 'number' && Number.isFinite(number)) return number
    throw unauthorized('PGRST303', `The JWT '${name}' claim must be a number`)
  }
  const [exp, nbf, iat] = [read('exp'), read('nbf'), read('iat')]
  if (exp !== null && nowSeconds - CLOCK_SKEW_SECONDS >= exp) throw unauthorized('PGRST303', 'JWT expired')
  if (nbf !== null && nowSeconds + CLOCK_SKEW_SECONDS < nbf) throw unauthorized('PGRST303', 'JWT not yet valid')
  if (iat !== null && nowSeconds + CLOCK_SKEW_SECONDS < iat) throw unauthorized('PGRST303', 'JWT issued at future')
}

function checkAudience(claims: JsonObject, required: string): void {
  const audience = claims.aud
  if (audience === undefined || audience === null) {
    if (required === '') return
    throw unauthorized('PGRST303', 'JWT not in audience')
  }
  const list = Array.isArray(audience) ? audience : [audience]
  if (!list.every((one) => typeof one === 'string')) {
    throw unauthorized('PGRST303', "The JWT 'aud' claim must be a string or an array of strings")
  }
  if (required !== '' && !list.includes(required)) throw unauthorized('PGRST303', 'JWT not in audience')
}

function decodePart(part: string): JsonObject | null {
  try {
    const value = parseJson(Buffer.from(part, 'base64url').toString('utf8'))
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}

/** A refusal with the challenge header that RFC 6750 asks for. */
export function unauthorized(code: 'PGRST301' | 'PGRST303', message: string, details?: string): PilarError {
  const headers = { 'WWW-Authenticate': `Bearer error="invalid_token", error_description="${message}"` }
  return failure(code, { message }, details === undefined ? { headers } : { headers, details })
}
