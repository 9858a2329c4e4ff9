import { readFileSync } from 'node:fs'
import type { JSONWebKeySet } from 'jose'
import { failure } from '../../../errors/error.ts'

/** Reads the setting `jwks`: JSON text, or the path of a file. Empty gives null. Symmetric keys in it are refused: they belong in no key set. */
export function loadKeySet(setting: string): JSONWebKeySet | null {
  if (setting === '') return null
  const set = parseKeySet(setting.trimStart().startsWith('{') ? setting : readKeyFile(setting))
  if (set.keys.some((key) => key.kty === 'oct')) {
    throw failure('PILAR_SETTINGS', {
      message: 'PILAR_JWKS holds a symmetric key (kty "oct"); use PILAR_JWT_SECRET for HS256',
    })
  }
  return set
}

function readKeyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw failure('PILAR_SETTINGS', {
      message: `PILAR_JWKS names a file that can't be read: ${(error as Error).message}`,
    })
  }
}

function parseKeySet(text: string): JSONWebKeySet {
  const hint = 'Expected {"keys":[{"kty":"EC",…}]}, as JSON text or in a file.'
  try {
    const set: unknown = JSON.parse(text)
    if (typeof set === 'object' && set !== null && 'keys' in set && Array.isArray(set.keys)) return set as JSONWebKeySet
  } catch (error) {
    throw failure('PILAR_SETTINGS', { message: `PILAR_JWKS is no JSON: ${(error as Error).message}` }, { hint })
  }
  throw failure('PILAR_SETTINGS', { message: 'PILAR_JWKS has no "keys" array' }, { hint })
}
