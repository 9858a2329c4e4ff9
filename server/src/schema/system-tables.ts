import { failure } from '../errors/error.ts'
import { assert } from '../std/assert.ts'
import { buildCatalog } from './build-catalog.ts'
import { schema } from './builder.ts'
import type { Catalog } from './catalog.ts'
import { c } from './column.ts'
import { makeCatalog, makeTable } from './make-catalog.ts'
import { table } from './table.ts'

/** Pilar's own tables, in the schema `pilar` of every database it has migrated. They change as all tables do: by a difference and its steps. */
const SYSTEM_TABLES = schema({
  /** The journal: `JournalEntry` of engines/structure.ts. */
  migrations: table({
    id: c.bigint().identity().primaryKey(),
    name: c.text().nullable(),
    checksum: c.text().nullable(),
    kind: c.text(),
    undoes: c.bigint().nullable(),
    /** JSON, as `shortStep` writes them. */
    steps: c.text(),
    before: c.text(),
    after: c.text(),
    /** RFC 3339, UTC. */
    at: c.text(),
    duration_ms: c.bigint(),
  }),
  /** Rights that one holder at a time has: `Lease` of engines/structure.ts. */
  leases: table({
    /** What it is the right to: `migrate`. */
    name: c.text().primaryKey(),
    /** Null when nobody has it. */
    holder: c.text().nullable(),
    fence: c.bigint(),
    /** When it ends if the holder does not ask for more time: milliseconds since 1970. */
    expires_ms: c.bigint(),
  }),
})

let declared: Catalog | null = null

/** The declared structure of Pilar's own tables. */
export function systemCatalog(): Catalog {
  declared ??= declareSystem()
  return declared
}

function declareSystem(): Catalog {
  const { catalog } = buildCatalog(SYSTEM_TABLES, { version: 0 })
  assert(catalog !== null, "the declaration of Pilar's own tables has no mistakes")
  const tables = [...catalog.tables.values()].map((each) => makeTable({ ...each, schema: 'pilar', system: true }))
  return makeCatalog({ version: 0, tables })
}

/** The part of a database that is Pilar's own: what counts as known when its tables are upgraded, so that all others are left alone. */
export function systemPart(found: Catalog): Catalog {
  const tables = [...found.tables.values()].filter((each) => each.system && each.schema === 'pilar')
  return makeCatalog({ version: 0, tables })
}

/**
 * Refuses a database whose own tables of Pilar have more than this version knows: a later one wrote it, and what it added would be taken away. Gives
 * the same structure. Throws PILAR_START.
 */
export function requireKnownVersion(found: Catalog): Catalog {
  const parts = [...systemPart(found).tables.values()]
  if (parts.length === 0) return found
  const known = systemCatalog()
  for (const table of parts) {
    const own = known.tables.get(table.key)
    const column = table.columns.find(({ name }) => own?.column.has(name) !== true)
    if (own !== undefined && column === undefined) continue
    const what = own === undefined ? table.key : `${table.key}.${column?.name}`
    const message = `the database was written by a later version of Pilar: this one does not know ${what}`
    throw failure('PILAR_START', { message }, { hint: 'Use that version, or restore a backup from before it.' })
  }
  return found
}
