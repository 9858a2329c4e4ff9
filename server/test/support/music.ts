import { type Column, type ForeignKey, type Table, tableKey } from '../../src/schema/catalog.ts'
import { makeCatalog, makeColumn, makeTable } from '../../src/schema/make-catalog.ts'
import {
  arrayOf,
  BOOLEAN,
  type ColumnType,
  INTEGER,
  JSONB,
  type ScalarType,
  TEXT,
  TIMESTAMPTZ,
  UUID,
} from '../../src/schema/types.ts'

const PRICE: ScalarType = { name: 'numeric', precision: 10, scale: 2 }
const STATUS: ScalarType = { name: 'enum', enumName: 'invoice_status', values: ['draft', 'paid'] }
const CODE: ScalarType = { name: 'varchar', length: 5 }

function columns(types: Readonly<Record<string, ColumnType | Column>>): readonly Column[] {
  return Object.entries(types).map(([name, type]) => {
    return 'nullable' in type ? type : makeColumn({ name, type, nullable: name !== 'id' })
  })
}

function key(table: string, column: string, target: string): ForeignKey {
  const references = { table: tableKey('public', target), columns: ['id'] }
  const name = `${table}_${column}_fkey`
  return { name, columns: [column], references, onDelete: 'no action', onUpdate: 'no action' }
}

function table(name: string, types: Readonly<Record<string, ColumnType | Column>>, more: Partial<Table> = {}): Table {
  return makeTable({ name, columns: columns(types), primaryKey: ['id'], primaryKeyName: `${name}_pkey`, ...more })
}

/** A record shop, in the manner of Chinook: every kind of relation, type and key that the planner must tell apart. */
export const MUSIC = makeCatalog({
  version: 1,
  tables: [
    table('artists', { id: INTEGER, name: TEXT, tags: arrayOf(TEXT), settings: JSONB, code: CODE }),
    table(
      'albums',
      { id: INTEGER, title: TEXT, artist_id: INTEGER, released: TIMESTAMPTZ },
      { foreignKeys: [key('albums', 'artist_id', 'artists')] },
    ),
    table(
      'tracks',
      { id: INTEGER, name: TEXT, album_id: INTEGER, price: PRICE, explicit: BOOLEAN },
      { foreignKeys: [key('tracks', 'album_id', 'albums')] },
    ),
    table('playlists', { id: INTEGER, name: TEXT }),
    table(
      'playlist_track',
      { playlist_id: INTEGER, track_id: INTEGER },
      {
        primaryKey: ['playlist_id', 'track_id'],
        foreignKeys: [key('playlist_track', 'playlist_id', 'playlists'), key('playlist_track', 'track_id', 'tracks')],
      },
    ),
    table(
      'employees',
      { id: INTEGER, name: TEXT, reports_to: INTEGER },
      { foreignKeys: [key('employees', 'reports_to', 'employees')] },
    ),
    table(
      'customers',
      { id: INTEGER, email: TEXT, contact: UUID },
      {
        uniques: [{ name: 'customers_email_key', columns: ['email'] }],
      },
    ),
    table('profiles', { id: INTEGER, bio: TEXT }, { foreignKeys: [key('profiles', 'id', 'customers')] }),
    table('addresses', { id: INTEGER, city: TEXT }),
    table(
      'invoices',
      {
        id: makeColumn({ name: 'id', type: INTEGER, identity: 'always' }),
        status: STATUS,
        total: PRICE,
        vat: makeColumn({ name: 'vat', type: PRICE, generated: { expression: 'total * 0.2', stored: true } }),
        customer_id: INTEGER,
        billing_id: INTEGER,
        shipping_id: INTEGER,
      },
      {
        foreignKeys: [
          key('invoices', 'customer_id', 'customers'),
          { ...key('invoices', 'billing_id', 'addresses'), name: 'invoices_billing' },
          { ...key('invoices', 'shipping_id', 'addresses'), name: 'invoices_shipping' },
        ],
      },
    ),
    table('things', { id: INTEGER, label: TEXT, _open: JSONB }, { openColumn: '_open' }),
    table('logs', { at: TIMESTAMPTZ, text: TEXT }, { primaryKey: [], primaryKeyName: null }),
    table('hits', { id: INTEGER, name: TEXT }, { kind: 'view', writable: false, primaryKey: [] }),
  ],
})
