import { type Definitions, readDefinitions, type ValuesOf } from './define.ts'

/** What an operator chooses. Every setting is also an environment variable. Limits are in `limits.ts`. */
export const SETTINGS = {
  port: {
    type: 'number',
    env: 'PORT',
    unit: 'TCP port',
    default: 8000,
    min: 0,
    max: 65_535,
    doc: 'Where to listen; 0 takes any free port.',
  },
  host: {
    type: 'text',
    env: 'HOST',
    default: '127.0.0.1',
    doc: 'Address to listen on; 0.0.0.0 makes Pilar reachable from other machines.',
  },
  dataDir: {
    type: 'text',
    env: 'PILAR_DATA',
    default: '.pilar',
    doc: 'Folder of the embedded database and the project secret; relative to the project.',
  },
  databaseUrl: {
    type: 'text',
    env: 'DATABASE_URL',
    default: '',
    secret: true,
    doc:
      'Database to serve: sqlite:FILE. Empty means the one that the project\'s package.json notes ("pilar": { "database": … }), or else the ' +
      'embedded one in the data folder.',
  },
  migrate: {
    type: 'choice',
    env: 'PILAR_MIGRATE',
    choices: ['auto', 'off'],
    default: 'auto',
    doc: 'auto applies the files of migrations/ at start and, in the embedded or an empty database of a project without any, what schema.ts adds; off only checks. A database given by URL that already has tables is changed at start by files alone.',
  },
  retiredDays: {
    type: 'number',
    env: 'PILAR_RETIRED_DAYS',
    unit: 'days',
    default: 30,
    min: 0,
    max: 3650,
    doc: 'How long a removed column or table is kept at least: pilar migrate purge leaves younger ones alone.',
  },
  backupsKept: {
    type: 'number',
    env: 'PILAR_BACKUPS_KEPT',
    unit: 'backups',
    default: 10,
    min: 1,
    max: 1000,
    doc: 'How many of the backups stay that are made before a migration retires something or needs data: the newest, in the folder backups of the data folder.',
  },
  jwtSecret: {
    type: 'text',
    env: 'PILAR_JWT_SECRET',
    default: '',
    secret: true,
    doc: 'Project secret (32 bytes or more) that signs and verifies HS256 tokens. Empty means the one in the data folder, made on first start.',
  },
  jwks: {
    type: 'text',
    env: 'PILAR_JWKS',
    default: '',
    doc: 'Further keys for tokens (RS256, ES256, EdDSA): a JSON Web Key Set as JSON text, or the path of a file that holds one.',
  },
  jwtAudience: {
    type: 'text',
    env: 'PILAR_JWT_AUDIENCE',
    default: '',
    doc: 'Audience that tokens must carry; empty accepts any.',
  },
  jwtRoleClaim: {
    type: 'text',
    env: 'PILAR_JWT_ROLE_CLAIM',
    default: 'role',
    doc: 'Claim that holds the role; dots descend into objects.',
  },
  anonymousAccess: {
    type: 'flag',
    env: 'PILAR_ANONYMOUS_ACCESS',
    default: true,
    doc: 'Whether a request without key or token is served as the role anon.',
  },
  aggregates: {
    type: 'flag',
    env: 'PILAR_AGGREGATES',
    default: false,
    doc: 'Whether clients may use count(), sum(), avg(), min() and max() in select.',
  },
  requireWhere: {
    type: 'flag',
    env: 'PILAR_REQUIRE_WHERE',
    default: true,
    doc: 'Whether an update or delete of a whole table without any filter is refused (21000).',
  },
  txEndOverride: {
    type: 'flag',
    env: 'PILAR_TX_END_OVERRIDE',
    default: false,
    doc: 'Whether clients may ask for Prefer: tx=rollback.',
  },
  corsOrigins: {
    type: 'text',
    env: 'PILAR_CORS_ORIGINS',
    default: '*',
    doc: 'Origins, comma separated, that browsers may call from; * allows all without credentials.',
  },
  serverTiming: {
    type: 'flag',
    env: 'PILAR_SERVER_TIMING',
    default: false,
    doc: 'Whether answers carry Server-Timing with the time of each stage.',
  },
  logLevel: {
    type: 'choice',
    env: 'PILAR_LOG',
    choices: ['silent', 'error', 'info', 'debug'],
    default: 'info',
    doc: 'What is written to the log: problems only, also life-cycle events, also every request.',
  },
} as const satisfies Definitions

export type Settings = ValuesOf<typeof SETTINGS>

export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
  given: Partial<Settings> = {},
): Settings {
  return readDefinitions(SETTINGS, env, given)
}
