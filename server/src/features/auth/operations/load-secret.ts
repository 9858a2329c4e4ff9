import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { failure } from '../../../errors/error.ts'

export const SECRET_BYTES_MIN = 32
const PLACEHOLDER =
  /^(.)\1*$|change[-_ ]?me|your[-_ ]|example|placeholder|super[-_ ]?secret|password|^(0123456789|abcdefgh)/i

/**
 * The project secret: the setting, else the file `secret` (mode 0600) of the data folder, made on first start. Throws PILAR_SETTINGS for one
 * that is short or a known placeholder (security K01): there is no usable default.
 */
export function loadSecret(setting: string, dataDir: string): string {
  if (setting !== '') return checkSecret(setting, 'PILAR_JWT_SECRET')
  const file = join(dataDir, 'secret')
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw failure(
      'PILAR_START',
      { message: `the data folder ${dataDir} can't be made: ${(error as Error).message}` },
      { hint: 'Choose a folder that this user may write with --data DIR (or PILAR_DATA).', cause: error },
    )
  }
  try {
    // `wx` lets exactly one of several first starts create it; the others read what that one wrote.
    writeFileSync(file, `${randomBytes(48).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 })
    chmodSync(file, 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw failure(
        'PILAR_SETTINGS',
        { message: `the project secret can't be written to ${file}: ${(error as Error).message}` },
        { cause: error },
      )
    }
  }
  return checkSecret(readFileSync(file, 'utf8').trim(), file)
}

function checkSecret(secret: string, origin: string): string {
  const hint = "Make one with: node -e \"console.log(require('crypto').randomBytes(48).toString('base64url'))\""
  if (Buffer.byteLength(secret) < SECRET_BYTES_MIN) {
    throw failure(
      'PILAR_SETTINGS',
      { message: `the secret in ${origin} is shorter than ${SECRET_BYTES_MIN} bytes` },
      { hint },
    )
  }
  if (PLACEHOLDER.test(secret)) {
    throw failure(
      'PILAR_SETTINGS',
      { message: `the secret in ${origin} looks like a placeholder that others may know` },
      { hint },
    )
  }
  return secret
}
