/** Databases that have what a Catalog declares. */
import type { Structure } from '../../src/engines/structure.ts'
import { withLease } from '../../src/pipeline/migrate/lease.ts'
import type { Catalog } from '../../src/schema/catalog.ts'
import { diff } from '../../src/schema/migration/diff.ts'

/** Makes the tables and views that an open database lacks, as one migration without an entry in the journal. The grammar must be loaded. */
export async function makeStructure(structure: Structure, catalog: Catalog): Promise<void> {
  const { signal } = new AbortController()
  const from = await structure.introspect(signal)
  const { steps } = diff(from, catalog, { known: null })
  await withLease(structure, { holder: 'a test', signal }, (lease) =>
    structure.migrate({ steps, from, entry: null }, { lease, signal }),
  )
}
