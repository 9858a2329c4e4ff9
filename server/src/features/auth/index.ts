import { feature } from '../../runtime/feature.ts'

export const auth = feature({ name: 'auth' })
export { deriveKeys, type ProjectKeys } from './operations/derive-keys.ts'
export { createIdentify } from './operations/identify-actor.ts'
export { loadKeySet } from './operations/load-key-set.ts'
export { loadSecret } from './operations/load-secret.ts'
export { createVerifier } from './operations/verify-token.ts'
