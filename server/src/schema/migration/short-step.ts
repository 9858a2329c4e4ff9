import type { Check, Column, ForeignKey, Index, ReferentialAction, Table, Unique } from '../catalog.ts'
import { DEFAULT_SCHEMA } from '../catalog.ts'
import { makeTable } from '../make-catalog.ts'
import type { Converted, RetiredColumn, RetiredTable, Suspended } from '../retired.ts'
import { parseTypeName } from '../type-names.ts'
import { type ColumnType, type ScalarType, typeLabel } from '../types.ts'
import {
  absent,
  count,
  type Form,
  fault,
  flag,
  list,
  type Members,
  object,
  plainly,
  required,
  text,
  word,
} from './form.ts'
import type { MigrationStep } from './step.ts'

/** A step as it is written in migration files: types by their names, and without the members that have the plain value. */
export function shortStep(step: MigrationStep): Readonly<Record<string, unknown>> {
  const { kind, ...members } = step
  return { kind, ...((STEPS[kind] as Form<object>).write(members) as object) }
}

/** The step that was written so. Throws PILAR_MIGRATION, with the place `at` in words, for what is none. */
export function readStep(source: unknown, at: string): MigrationStep {
  if (typeof source !== 'object' || source === null || !('kind' in source)) throw fault(`${at} has no "kind"`)
  const { kind, ...members } = source
  const known = word(Object.keys(STEPS) as Kind[]).read(kind, `${at}: the kind`)
  return { kind: known, ...(STEPS[known] as Form<object>).read(members, `${at} (${known})`) } as MigrationStep
}

type Kind = MigrationStep['kind']
type MembersOf<K extends Kind> = Omit<Extract<MigrationStep, { readonly kind: K }>, 'kind'>

const SCALAR_NAMES: readonly ScalarType['name'][] = [
  ...(['text', 'varchar', 'smallint', 'integer', 'bigint', 'numeric', 'real', 'double', 'boolean', 'date'] as const),
  ...(['time', 'timestamp', 'timestamptz', 'interval', 'uuid', 'jsonb', 'bytea', 'enum'] as const),
]
const ACTIONS: readonly ReferentialAction[] = ['no action', 'restrict', 'cascade', 'set null', 'set default']

const names = list(text)
const nullText = plainly<string | null>(text, null)

const scalar = object<ScalarType>({
  name: required(word(SCALAR_NAMES)),
  ...{ length: absent(count), precision: absent(count), scale: absent(count) },
  ...{ enumName: absent(text), values: absent(names) },
})
const array = object<Extract<ColumnType, { readonly name: 'array' }>>({
  name: required(word(['array'])),
  element: required(scalar),
})

/** By its name where it has one that says all: `numeric(10,2)`, `text[]`. */
const type: Form<ColumnType> = {
  read: (value, at) => {
    if (typeof value !== 'string') return isArray(value) ? array.read(value, at) : scalar.read(value, at)
    const parsed = parseTypeName(value)
    if (parsed === null) throw fault(`${at}: there is no type ${JSON.stringify(value)}`)
    return parsed
  },
  write: (value) => {
    const name = value.name === 'array' ? `${nameOf(value.element)}[]` : nameOf(value)
    if (same(parseTypeName(name), value)) return name
    return value.name === 'array' ? array.write(value) : scalar.write(value)
  },
}

function nameOf(scalarType: ScalarType): string {
  if (scalarType.length === undefined && scalarType.precision === undefined) return scalarType.name
  return typeLabel(scalarType).replace('character varying', 'varchar')
}

const isArray = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'name' in value && value.name === 'array'

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

const generated = object<NonNullable<Column['generated']>>({
  ...{ expression: required(text), stored: plainly(flag, false), native: absent(flag) },
})
const identity = word(['always', 'by default'])

const column = object<Column>({
  ...{ name: required(text), type: required(type), nullable: plainly(flag, false), default: nullText },
  nativeDefault: absent(flag),
  generated: plainly<Column['generated']>(generated, null),
  identity: plainly<Column['identity']>(identity, null),
  ...{ comment: nullText, storage: absent(text), was: absent(text), using: absent(text) },
})
const unique = object<Unique>({ name: required(text), columns: required(names) })
const check = object<Check>({ name: required(text), expression: required(text), native: absent(flag) })
const foreignKey = object<ForeignKey>({
  ...{ name: required(text), columns: required(names) },
  references: required(object<ForeignKey['references']>({ table: required(text), columns: required(names) })),
  onDelete: plainly(word(ACTIONS), 'no action'),
  onUpdate: plainly(word(ACTIONS), 'no action'),
})
const index = object<Index>({
  ...{ name: required(text), unique: plainly(flag, false) },
  columns: required(list(object<Index['columns'][number]>({ name: required(text), descending: plainly(flag, false) }))),
  where: nullText,
})

type TableMembers = Omit<Table, 'key' | 'column'>
const tableMembers = object<TableMembers>({
  ...{ schema: plainly(text, DEFAULT_SCHEMA), name: required(text) },
  kind: plainly<Table['kind']>(word(['table', 'view']), 'table'),
  columns: required(list(column)),
  ...{ primaryKey: plainly(names, []), primaryKeyName: nullText },
  ...{ uniques: plainly(list(unique), []), foreignKeys: plainly(list(foreignKey), []) },
  ...{ checks: plainly(list(check), []), indexes: plainly(list(index), []) },
  ...{ comment: nullText, openColumn: nullText, system: plainly(flag, false), definition: nullText },
  ...{ writable: plainly(flag, true), was: absent(text), using: absent(text), storage: absent(text) },
})
const table: Form<Table> = {
  read: (value, at) => makeTable(tableMembers.read(value, at)),
  write: (value) => tableMembers.write(value),
}

const suspended = object<Suspended>({
  ...{ primaryKey: plainly(flag, false), uniques: plainly(list(unique), []) },
  ...{
    foreignKeys: plainly(list(foreignKey), []),
    checks: plainly(list(check), []),
    indexes: plainly(list(index), []),
  },
})
const converted = object<Pick<Converted, 'using'>>({ using: nullText })
const retiredColumn = object<RetiredColumn>({
  ...{ table: required(text), column: required(column), storedAs: required(text), retiredAt: required(text) },
  ...{ suspended: required(suspended), converted: absent(converted) },
})
const retiredTable = object<RetiredTable>({
  ...{ table: required(table), storedAs: required(text), retiredAt: required(text) },
})

const inTable = { table: required(text) }
const ofColumn = { ...inTable, column: required(text) }
const form = <K extends Kind>(members: Members<MembersOf<K>>): Form<MembersOf<K>> => object(members)

const STEPS: { readonly [K in Kind]: Form<MembersOf<K>> } = {
  'create-table': form<'create-table'>({ table: required(table), using: nullText }),
  'rename-table': form<'rename-table'>({ ...inTable, to: required(text) }),
  'retire-table': form<'retire-table'>(inTable),
  'restore-table': form<'restore-table'>({ retired: required(retiredTable) }),
  'set-table-comment': form<'set-table-comment'>({ ...inTable, comment: nullText }),
  'set-open-column': form<'set-open-column'>({ ...inTable, openColumn: nullText }),
  'create-view': form<'create-view'>({ table: required(table) }),
  'replace-view': form<'replace-view'>({ table: required(table), was: required(table) }),
  'drop-view': form<'drop-view'>({ table: required(table) }),
  'add-column': form<'add-column'>({ ...inTable, column: required(column), using: nullText }),
  'rename-column': form<'rename-column'>({ ...ofColumn, to: required(text) }),
  'retire-column': form<'retire-column'>(ofColumn),
  'restore-column': form<'restore-column'>({
    ...{ ...inTable, column: required(column), retired: required(retiredColumn), using: nullText },
  }),
  'change-type': form<'change-type'>({
    ...{ ...ofColumn, from: required(type), to: required(type), using: nullText },
    restores: plainly<RetiredColumn | null>(retiredColumn, null),
  }),
  'set-not-null': form<'set-not-null'>({ ...ofColumn, using: nullText }),
  'drop-not-null': form<'drop-not-null'>(ofColumn),
  'set-default': form<'set-default'>({ ...ofColumn, default: nullText, was: nullText }),
  'set-column-comment': form<'set-column-comment'>({ ...ofColumn, comment: nullText }),
  'set-generated': form<'set-generated'>({
    ...{ ...ofColumn, generated: plainly<Column['generated']>(generated, null) },
    was: plainly<Column['generated']>(generated, null),
  }),
  'set-identity': form<'set-identity'>({
    ...{ ...ofColumn, identity: plainly<Column['identity']>(identity, null) },
    was: plainly<Column['identity']>(identity, null),
  }),
  'set-primary-key': form<'set-primary-key'>({
    ...{ ...inTable, columns: required(names), name: nullText, was: required(names) },
  }),
  'add-unique': form<'add-unique'>({ ...inTable, unique: required(unique) }),
  'drop-unique': form<'drop-unique'>({ ...inTable, unique: required(unique) }),
  'add-check': form<'add-check'>({ ...inTable, check: required(check) }),
  'drop-check': form<'drop-check'>({ ...inTable, check: required(check) }),
  'add-foreign-key': form<'add-foreign-key'>({ ...inTable, foreignKey: required(foreignKey) }),
  'drop-foreign-key': form<'drop-foreign-key'>({ ...inTable, foreignKey: required(foreignKey) }),
  'create-index': form<'create-index'>({ ...inTable, index: required(index) }),
  'drop-index': form<'drop-index'>({ ...inTable, index: required(index) }),
  'purge-table': form<'purge-table'>({ retired: required(retiredTable) }),
  'purge-column': form<'purge-column'>({ retired: required(retiredColumn) }),
}
