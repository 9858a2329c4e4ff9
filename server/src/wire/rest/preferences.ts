/** What `Prefer` asks for; null where the request says nothing. The first value of a kind wins. */
export interface Preferences {
  readonly resolution: 'merge-duplicates' | 'ignore-duplicates' | null
  readonly missing: 'default' | 'null' | null
  readonly return: 'minimal' | 'headers-only' | 'representation' | null
  readonly count: 'exact' | 'planned' | 'estimated' | null
  /** null also where the server does not let clients choose. */
  readonly tx: 'commit' | 'rollback' | null
  readonly handling: 'strict' | 'lenient' | null
  /** Only UTC is honoured: times are always shown in it. */
  readonly timezone: string | null
  /** Rows; honoured with `handling=strict` only. */
  readonly maxAffected: number | null
  /** Preferences that mean nothing here, as written: an error with `handling=strict`. */
  readonly invalid: readonly string[]
}

const CHOICES = {
  resolution: ['merge-duplicates', 'ignore-duplicates'],
  missing: ['default', 'null'],
  return: ['minimal', 'headers-only', 'representation'],
  count: ['exact', 'planned', 'estimated'],
  tx: ['commit', 'rollback'],
  handling: ['strict', 'lenient'],
} as const
type Kind = keyof typeof CHOICES

const KINDS: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(CHOICES))
const UTC_NAMES: ReadonlySet<string> = new Set(['UTC', 'Etc/UTC', 'GMT', 'Etc/GMT'])
const ROWS = /^[0-9]{1,15}$/

const NONE: Preferences = Object.freeze({
  resolution: null,
  missing: null,
  return: null,
  count: null,
  tx: null,
  handling: null,
  timezone: null,
  maxAffected: null,
  invalid: Object.freeze([]),
})

/** Parses the `Prefer` header; several headers come joined by commas. Never throws: what is unknown ends in `invalid`. */
export function parsePreferences(header: string | undefined, options: { readonly txOverride: boolean }): Preferences {
  if (header === undefined || header === '') return NONE
  const chosen = new Map<string, string>()
  const invalid: string[] = []
  for (const piece of header.split(',')) {
    const text = piece.trim()
    if (text === '') continue
    const equals = text.indexOf('=')
    const name = text.slice(0, equals)
    const value = text.slice(equals + 1)
    if (equals < 0 || !isValid(name, value)) invalid.push(text)
    else if (!chosen.has(name)) chosen.set(name, value)
  }
  const pick = <K extends Kind>(kind: K) => (chosen.get(kind) ?? null) as (typeof CHOICES)[K][number] | null
  const rows = chosen.get('max-affected')
  return Object.freeze({
    resolution: pick('resolution'),
    missing: pick('missing'),
    return: pick('return'),
    count: pick('count'),
    tx: options.txOverride ? pick('tx') : null,
    handling: pick('handling'),
    timezone: chosen.get('timezone') ?? null,
    maxAffected: rows === undefined ? null : Number(rows),
    invalid: Object.freeze(invalid),
  })
}

function isValid(name: string, value: string): boolean {
  if (name === 'timezone') return UTC_NAMES.has(value)
  if (name === 'max-affected') return ROWS.test(value)
  return KINDS.get(name)?.includes(value) ?? false
}

/** What a response honoured, for `Preference-Applied`. */
export interface AppliedScope {
  readonly method: 'read' | 'insert' | 'replace' | 'update' | 'delete'
  /** The insert really had a conflict target: a primary key, or `on_conflict`. */
  readonly upsert: boolean
}

/** The value of `Preference-Applied`, or null when nothing was honoured. */
export function preferenceApplied(preferences: Preferences, scope: AppliedScope): string | null {
  const { method } = scope
  const strict = preferences.handling === 'strict'
  const showsMissing = method === 'insert' || method === 'update'
  const shown: readonly (readonly [string, string | number | null])[] = [
    ['resolution', method === 'insert' && scope.upsert ? preferences.resolution : null],
    ['missing', showsMissing ? preferences.missing : null],
    ['return', method === 'read' ? null : preferences.return],
    ['count', preferences.count],
    ['tx', preferences.tx],
    ['handling', preferences.handling],
    ['timezone', preferences.timezone],
    ['max-affected', strict && (method === 'update' || method === 'delete') ? preferences.maxAffected : null],
  ]
  const parts = shown.filter(([, value]) => value !== null).map(([name, value]) => `${name}=${value}`)
  return parts.length === 0 ? null : parts.join(', ')
}
