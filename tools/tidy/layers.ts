/** The order of the layers of server/src, as data. A layer imports only from lines above its own. */
export const LAYERS: readonly (readonly string[])[] = [
  ['std'],
  ['errors'],
  ['schema'],
  ['query'],
  ['policy'],
  ['wire', 'engines'],
  ['runtime'],
  ['pipeline'],
  ['features', 'transport'],
  ['app', 'index'],
  ['cli'],
]

/** Layers whose code also runs in a browser: neither they nor what they import may need `node:*`. */
export const PORTABLE_LAYERS = ['schema', 'query', 'policy', 'wire']

/** Folders of engines/ that all engines share. Every other folder there is one engine. */
export const ENGINE_SHARED = ['lower', 'sql', 'suite']

/** The only layers (besides tests) that may name a concrete engine or feature. */
export const COMPOSITION = ['app', 'cli']

/** Single walls inside a layer order that would otherwise allow the import. */
export const WALLS: readonly { from: string; to: string; why: string }[] = [
  {
    from: 'server/src/engines/memory/',
    to: 'server/src/policy/guarded-plan',
    why: 'the oracle applies policies by itself; sharing the guard would make both forget the same thing',
  },
  {
    from: 'server/src/engines/memory/',
    to: 'server/src/policy/authorize',
    why: 'the oracle applies policies by itself; sharing the guard would make both forget the same thing',
  },
]

/** Names that a feature folder may hold; a `.test.ts` may stand beside each. */
export const FEATURE_FILES = [
  'README.md',
  'index.ts',
  'tables.ts',
  'settings.ts',
  'errors.ts',
  'events.ts',
  'wire.ts',
  'routes.ts',
  'jobs.ts',
]
export const FEATURE_FILES_REQUIRED = ['README.md', 'index.ts']
export const FEATURE_FOLDERS = ['operations', 'adapters']

export const SERVER = 'server/src/'

/** Tests, and what only tests use: exempt from the layers. */
export function isTest(path: string): boolean {
  return (
    path.startsWith('server/test/') ||
    /(\.|\/)(test|suite)\.ts$/.test(path) ||
    path.startsWith('server/src/engines/suite/')
  )
}

/** The layer of a file below server/src; undefined for all others. */
export function layerOf(path: string): string | undefined {
  if (!path.startsWith(SERVER)) return undefined
  const [first = ''] = path.slice(SERVER.length).split('/')
  return first.replace(/\.ts$/, '')
}

/** The folder directly below `layer` that holds the file: `sqlite` for `server/src/engines/sqlite/pool.ts`. */
export function partOf(path: string, layer: string): string | undefined {
  const prefix = `${SERVER}${layer}/`
  if (!path.startsWith(prefix)) return undefined
  const parts = path.slice(prefix.length).split('/')
  return parts.length > 1 ? parts[0] : undefined
}
