/** A migration as the planner would make it, by hand: a table whose rows are rewritten while others write to it. */
import { DatabaseSync } from 'node:sqlite'
import { openConnection } from '../../src/engines/sqlite/connection.ts'
import { introspect } from '../../src/engines/sqlite/introspect.ts'
import type { SqliteMigration, TableCopy } from '../../src/engines/sqlite/migrate/migration.ts'
import type { Planned } from '../../src/engines/sqlite/migrate/run.ts'
import type { Catalog } from '../../src/schema/catalog.ts'

const BEFORE = `
CREATE TABLE owners (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE items (id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT UNIQUE ON CONFLICT REPLACE, size INTEGER, owner INTEGER REFERENCES owners (id) ON DELETE CASCADE);
CREATE INDEX items_size ON items (size);
CREATE TABLE parts (id INTEGER PRIMARY KEY, item INTEGER REFERENCES items (id) ON DELETE CASCADE);
CREATE TABLE audit (id INTEGER PRIMARY KEY, item INTEGER);
CREATE TRIGGER items_audit AFTER DELETE ON items BEGIN INSERT INTO audit (item) VALUES (old.id); END;
CREATE VIEW big AS SELECT id, size FROM items;
`
const ITEMS_AFTER =
  'CREATE TABLE "items" (id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT UNIQUE ON CONFLICT REPLACE, size TEXT NOT NULL, owner INTEGER REFERENCES owners (id) ON DELETE CASCADE)'

/** Makes the file with `rows` items, 10 to an owner. */
export function makeItems(file: string, rows: number): void {
  const database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode = WAL')
  database.exec(BEFORE)
  const count = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})`
  database.exec(`BEGIN; ${count} INSERT INTO owners SELECT i, 'owner ' || i FROM n WHERE i <= ${rows} / 10 + 1;
    ${count} INSERT INTO items (id, code, size, owner) SELECT i, 'code ' || i, i % 1000, (i - 1) / 10 + 1 FROM n;
    INSERT INTO parts SELECT id, id FROM items WHERE id % 7 = 0; COMMIT`)
  database.close()
}

/** `size` becomes a text that is not null: `17` → `17 cm`. */
export function sizesAsText(id = 'test1'): SqliteMigration {
  const target = `pilar.copy_${id}_0`
  const columns = ['"id"', '"code"', '"size"', '"owner"']
  const copy: TableCopy = {
    source: 'items',
    target,
    create: [
      `CREATE TABLE "${target}" (id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT UNIQUE ON CONFLICT REPLACE, size TEXT NOT NULL, owner INTEGER)`,
      `CREATE INDEX "${target}_i0" ON "${target}" (size)`,
    ],
    key: ['rowid'],
    columns,
    values: ['s."id"', 's."code"', `s."size" || ' cm'`, 's."owner"'],
    reads: [],
    blame: [{ column: 'size', step: 0 }],
  }
  return {
    id,
    copies: [copy],
    switch: {
      first: [],
      names: [{ target, name: 'items' }],
      rewrites: [
        { type: 'table', name: 'items', sql: ITEMS_AFTER },
        { type: 'index', name: `${target}_i0`, newName: 'items_size', sql: 'CREATE INDEX items_size ON items (size)' },
      ],
      last: [],
      checks: [],
    },
  }
}

/** What `sizesAsText` has to come to: the structure of a file that was made so. */
export function planned(file: string, plan: SqliteMigration = sizesAsText()): Planned {
  return { plan, from: inspect(file), expected: expectedCatalog(), entry: null }
}

function expectedCatalog(): Catalog {
  const { database } = openConnection(':memory:', 'writer', 0)
  try {
    database.setAuthorizer(null)
    database.exec(BEFORE.replace(/CREATE TABLE items .*;/, `${ITEMS_AFTER};`))
    return introspect(database)
  } finally {
    database.close()
  }
}

function inspect(file: string): Catalog {
  const { database } = openConnection(file, 'inspector', 1000)
  try {
    return introspect(database)
  } finally {
    database.close()
  }
}
