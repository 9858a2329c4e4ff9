import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { deriveKeys } from './derive-keys.ts'
import { loadSecret } from './load-secret.ts'

const freshDir = (): string => join(mkdtempSync(join(tmpdir(), 'pilar-secret-')), 'data')

test('the first start makes a secret that only its owner can read, later starts keep it', () => {
  const dir = freshDir()
  const secret = loadSecret('', dir)
  assert.ok(Buffer.byteLength(secret) >= 32)
  assert.equal(statSync(join(dir, 'secret')).mode & 0o777, 0o600)
  assert.equal(statSync(dir).mode & 0o777, 0o700)
  assert.equal(loadSecret('', dir), secret)
  assert.equal(readFileSync(join(dir, 'secret'), 'utf8').trim(), secret)
  assert.notEqual(loadSecret('', freshDir()), secret)
})

test('short and placeholder secrets refuse start', () => {
  const refused = [
    'short',
    'x'.repeat(31),
    'a'.repeat(64),
    'your-super-secret-jwt-token-with-at-least-32-characters',
    'changeme-changeme-changeme-changeme',
  ]
  for (const secret of refused) assert.throws(() => loadSecret(secret, freshDir()), { code: 'PILAR_SETTINGS' }, secret)
})

test('keys follow from the secret and each purpose differs', () => {
  const secret = loadSecret('', freshDir())
  const keys = deriveKeys(secret)
  assert.deepEqual(deriveKeys(secret), keys)
  assert.equal(new Set(Object.values(keys)).size, 4)
  assert.match(keys.publishable, /^sb_publishable_[\w-]{43}$/)
  assert.match(keys.secret, /^sb_secret_[\w-]{43}$/)
  assert.ok(!Object.values(keys).some((key) => key.includes(secret)))
})
