import { createHmac, hkdfSync } from 'node:crypto'
import { ANON_ROLE, SERVICE_ROLE } from '../../../policy/actor.ts'

/** The four ways to name a project's two built-in roles. `anon` and `publishable` may ship in a browser, the others never. */
export interface ProjectKeys {
  /** HS256 JWT of the role anon. */
  readonly anon: string
  /** HS256 JWT of the role service_role: bypasses every policy. */
  readonly service_role: string
  /** `sb_publishable_…`, the same rights as `anon`. */
  readonly publishable: string
  /** `sb_secret_…`, the same rights as `service_role`. */
  readonly secret: string
}

// Fixed, so that one secret always gives the same keys: 2026-01-01 and ten years later.
const ISSUED_AT = 1_767_225_600
const EXPIRES_AT = 2_082_758_400

/** All keys follow from the project secret; each purpose has its own label, so that none can stand for another (security K02). */
export function deriveKeys(projectSecret: string): ProjectKeys {
  return Object.freeze({
    anon: signRole(projectSecret, ANON_ROLE),
    service_role: signRole(projectSecret, SERVICE_ROLE),
    publishable: `sb_publishable_${derive(projectSecret, 'publishable')}`,
    secret: `sb_secret_${derive(projectSecret, 'secret')}`,
  })
}

function derive(projectSecret: string, label: string): string {
  return Buffer.from(hkdfSync('sha256', projectSecret, '', `pilar key ${label}`, 32)).toString('base64url')
}

function signRole(projectSecret: string, role: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ role, iss: 'pilar', iat: ISSUED_AT, exp: EXPIRES_AT })}`
  return `${signed}.${createHmac('sha256', projectSecret).update(signed).digest('base64url')}`
}
