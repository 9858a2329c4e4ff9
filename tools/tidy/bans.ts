/** What may not be used, and the one file that may, as data. */
export interface Ban {
  readonly name: string
  /**
   * - `global`: the bare name, such as `fetch` (also as a member of `globalThis`)
   * - `member`: `object.property`, such as `Date.now`
   * - `argless`: `new Name()` or `Name()` without arguments
   * - `module`: an import of that module; with `exports`, only of these names
   * - `property`: a property of that name, with the value when one is given
   * - `text`: a string or identifier that contains it
   */
  readonly kind: 'global' | 'member' | 'argless' | 'module' | 'property' | 'text'
  readonly exports?: readonly string[]
  readonly value?: boolean
  /** Files that may. */
  readonly homes: readonly string[]
  /** `product`: server/src without its tests. */
  readonly scope: 'product' | 'everywhere'
  readonly remedy: string
}

const CLOCK = ['server/src/std/clock.ts']
const RANDOM = ['server/src/std/random.ts']
const useClock = 'take the Clock of the context'

export const BANS: readonly Ban[] = [
  // Ambient state: handed in, so that tests decide it and nothing hides it.
  {
    name: 'console',
    kind: 'global',
    homes: ['server/src/cli/output.ts'],
    scope: 'product',
    remedy: 'emit an observation, or print through cli/output.ts',
  },
  {
    name: 'process.env',
    kind: 'member',
    homes: ['server/src/cli/main.ts'],
    scope: 'product',
    remedy: 'declare a setting, or take the environment as a parameter',
  },
  { name: 'Date.now', kind: 'member', homes: CLOCK, scope: 'product', remedy: useClock },
  { name: 'performance.now', kind: 'member', homes: CLOCK, scope: 'product', remedy: useClock },
  { name: 'Date', kind: 'argless', homes: CLOCK, scope: 'product', remedy: useClock },
  {
    name: 'Math.random',
    kind: 'member',
    homes: RANDOM,
    scope: 'everywhere',
    remedy: 'take the seeded or the secure random source of the context',
  },
  // Security (P06).
  {
    name: 'fetch',
    kind: 'global',
    homes: ['server/src/runtime/outbound.ts'],
    scope: 'product',
    remedy: 'call out through runtime/outbound.ts, which bounds time, size and addresses',
  },
  { name: 'eval', kind: 'global', homes: [], scope: 'everywhere', remedy: 'build closures' },
  { name: 'Function', kind: 'argless', homes: [], scope: 'everywhere', remedy: 'build closures' },
  { name: 'node:vm', kind: 'module', homes: [], scope: 'everywhere', remedy: 'run user code in a worker thread' },
  {
    name: 'node:child_process',
    kind: 'module',
    exports: ['exec', 'execSync'],
    homes: [],
    scope: 'everywhere',
    remedy: 'use spawn or execFile with a list of arguments: no shell reads them',
  },
  {
    name: 'shell',
    kind: 'property',
    value: true,
    homes: [],
    scope: 'everywhere',
    remedy: 'pass a list of arguments without a shell',
  },
  {
    name: 'rejectUnauthorized',
    kind: 'property',
    value: false,
    homes: [],
    scope: 'everywhere',
    remedy: 'give the certificate authority as a setting',
  },
  {
    name: 'insecureHTTPParser',
    kind: 'property',
    value: true,
    homes: [],
    scope: 'everywhere',
    remedy: 'leave the parser strict',
  },
  {
    name: 'NODE_TLS_REJECT_UNAUTHORIZED',
    kind: 'text',
    homes: ['tools/tidy/bans.ts'],
    scope: 'everywhere',
    remedy: 'give the certificate authority as a setting',
  },
  { name: 'innerHTML', kind: 'property', homes: [], scope: 'everywhere', remedy: 'set text, or build elements' },
  {
    name: 'dangerouslySetInnerHTML',
    kind: 'property',
    homes: [],
    scope: 'everywhere',
    remedy: 'render text, or elements',
  },
  {
    name: '@ts-ignore',
    kind: 'text',
    homes: ['tools/tidy/bans.ts'],
    scope: 'everywhere',
    remedy: 'mend the type; a type test may expect an error',
  },
]

/** Where `any` may be written. */
export const ANY_HOMES = ['server/src/std/']

/** No code outside engines/, the composition root and tests may ask which database it is on. */
export const ENGINE_NAMES = ['sqlite', 'postgres', 'postgresql', 'mysql', 'mariadb', 'mongodb', 'sqlserver']
export const ENGINE_NAME_HOMES = ['server/src/engines/', 'server/src/app.ts', 'server/src/cli/']
