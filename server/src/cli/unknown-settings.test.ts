import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unknownSettings } from './unknown-settings.ts'

test('a misspelt setting is told with what was meant', () => {
  const env = {
    PILAR_JWT_SECRT: 'x',
    PILAR_PORT: '1',
    PILAR_WEATHER_IN_ROME: 'fine',
    PILAR_DATA: 'd',
    PORT: '1',
    HOME: '/',
  }
  assert.deepEqual(unknownSettings(env, ['database', 'databse']), [
    'PILAR_JWT_SECRT is no setting of Pilar, and is ignored: did you mean PILAR_JWT_SECRET?',
    'PILAR_PORT is no setting of Pilar, and is ignored: did you mean PORT?',
    'PILAR_WEATHER_IN_ROME is no setting of Pilar, and is ignored',
    '"databse" in package.json is no setting of Pilar, and is ignored: did you mean database?',
  ])
  assert.deepEqual(unknownSettings({ PILAR_DATA: 'd', PILAR_RETIRED_DAYS: '3', PATH: '' }, []), [])
})
