/** Tokens as an identity service would sign them, good and bad. */
import { type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'

/** 40 bytes; a project secret for tests only. */
export const SECRET = 'only-for-tests-0123456789-abcdefghijklmn'

export interface Mint {
  readonly secret?: string
  readonly algorithm?: 'HS256' | 'HS384' | 'HS512'
  /** Seconds from now; null for a token without `exp`. */
  readonly expiresInS?: number | null
}

/** Signs the claims with the project secret: `mint({ role: 'authenticated', sub: ANN })`. */
export function mint(claims: JWTPayload, options: Mint = {}): Promise<string> {
  const { secret = SECRET, algorithm = 'HS256', expiresInS = 3600 } = options
  const token = new SignJWT(claims).setProtectedHeader({ alg: algorithm, typ: 'JWT' }).setIssuedAt()
  if (expiresInS !== null && claims.exp === undefined)
    token.setExpirationTime(Math.floor(Date.now() / 1000) + expiresInS)
  return token.sign(new TextEncoder().encode(secret))
}

/** A token of a signed-in user. */
export function userToken(sub: string, claims: JWTPayload = {}): Promise<string> {
  return mint({ role: 'authenticated', sub, ...claims })
}

/** `alg: none`. */
export function unsigned(claims: JWTPayload): string {
  return new UnsecuredJWT(claims).encode()
}

/** The same token with one character of its part (0 header, 1 claims, 2 signature) changed. */
export function tampered(token: string, part: 0 | 1 | 2): string {
  const parts = token.split('.')
  const text = parts[part] ?? ''
  parts[part] = (text[0] === 'A' ? 'B' : 'A') + text.slice(1)
  return parts.join('.')
}
