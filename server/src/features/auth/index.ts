import { feature } from '../../runtime/feature.ts'

export const auth = feature({ name: 'auth' })
export { type ProjectKeys, deriveKeys } from './operations/derive-keys.ts'
export { createIdentify } from './operations/identify-actor.ts'
export { loadSecret } from './operations/load-secret.ts'
export { loadKeySet } from './operations/load-key-set.ts'
export { createVerifier } from './operations/verify-token.ts'
