import { loadGrammar } from '../policy/expression/index.ts'
import { type Catalog, DEFAULT_SCHEMA, type Table, type TableKey, tableKey } from '../schema/catalog.ts'
import { shortKey } from '../schema/check-keys.ts'
import type { Problem } from '../schema/definition.ts'
import { diff } from '../schema/migration/diff.ts'
import type { Opaque } from '../schema/retired.ts'
import { asComment, writeSchemaText } from '../schema/write-schema/schema-text.ts'
import { existingWords, tableWords } from '../schema/write-schema/table-words.ts'
import { type Entry, sayWords } from '../schema/write-schema/words.ts'
import { assert } from '../std/assert.ts'
import { declare, SchemaProblems } from './declare.ts'

/** A database as a schema.ts. */
export interface Pulled {
  readonly text: string
  readonly tables: number
  readonly views: number
  /** What the schema.ts has no word for, by table: it stays as it is in the database, for ever. */
  readonly left: readonly LeftAlone[]
}

export interface LeftAlone {
  /** As schema.ts calls it; null for what stands alone. */
  readonly table: string | null
  readonly what: string
}

/**
 * The schema.ts that describes a database exactly: loading it and comparing it with the database finds no difference, which is tried before it is
 * given. What can't be declared word by word is `existing()`. `translated` is the same structure as `found`, in PostgreSQL's expressions where those
 * of the database have the same meaning.
 */
export async function pullSchema(found: Catalog, translated: Catalog): Promise<Pulled> {
  await loadGrammar()
  const tables = [...translated.tables.values()].filter((table) => !table.system)
  const reasons = new Map<string, string>()
  for (const { kind, table, name } of translated.opaque) {
    if (kind === 'generated column' && table !== null)
      reasons.set(table, `the column ${name} is computed in the database's own words`)
  }
  for (const table of tables) {
    const trouble = reasons.has(table.key) ? null : troubleWith(tableWords(table, []), table.key, found)
    if (trouble !== null) reasons.set(table.key, trouble)
  }
  const write = () => tables.map((table) => entryOf(table, translated, reasons.get(table.key) ?? null))
  // Mistakes that no table makes alone, such as circles. Each round takes at least one table out of words.
  for (let entries = write(); ; entries = write()) {
    const fresh = troubleTogether(entries, found).filter(([key]) => !reasons.has(key))
    if (fresh.length === 0) return pulled(tables, { entries, translated, reasons })
    for (const [key, reason] of fresh) reasons.set(key, reason)
  }
}

function pulled(
  tables: readonly Table[],
  given: { entries: readonly Entry[]; translated: Catalog; reasons: ReadonlyMap<string, string> },
): Pulled {
  const { entries, translated, reasons } = given
  const alone = translated.opaque.filter(({ table }) => table === null || !translated.tables.has(table))
  const ofTables = tables.flatMap((table) =>
    leftIn(table, translated, reasons.get(table.key) ?? null).map((what) => ({ table: shortKey(table.key), what })),
  )
  const left = [...ofTables, ...alone.map((one) => ({ table: null, what: describeOpaque(one) }))]
  return {
    text: writeSchemaText({ entries }, heading(alone, tables)),
    tables: tables.filter((table) => table.kind === 'table').length,
    views: tables.filter((table) => table.kind === 'view').length,
    left,
  }
}

function heading(alone: readonly Opaque[], tables: readonly Table[]): readonly string[] {
  const schemas = [...new Set(tables.map((table) => table.schema))].filter((name) => name !== 'public')
  return [
    'What the database has, as pilar pull found it. From here on this file is the truth about its structure, and',
    'pilar migrate plan says what a change of it would do. Every table is closed to all keys but the secret ones',
    'until it has policies: see docs/how-to/write-policies.md.',
    ...(schemas.length === 0
      ? []
      : [
          `Of these schemas nothing is served until they are named, schema({ … }, { schemas: ['public', … ] }): ${schemas.join(', ')}.`,
        ]),
    ...(alone.length === 0
      ? []
      : ['', 'Left to the database, for ever:', ...alone.map((one) => `  ${describeOpaque(one)}`)]),
  ]
}

function entryOf(table: Table, translated: Catalog, reason: string | null): Entry {
  const left = leftIn(table, translated, reason)
  const notes = [
    ...(left.length === 0 ? [] : ['Left to the database, for ever:', ...left.map((what) => `  ${what}`)]),
    `To open it: .policies({ ${examplePolicies(table)} })`,
  ]
  return reason === null ? tableWords(table, notes) : existingWords(table, notes)
}

function leftIn(table: Table, translated: Catalog, reason: string | null): readonly string[] {
  const own = translated.opaque.filter((one) => one.table === table.key).map(describeOpaque)
  return [...(reason === null ? [] : [`all of its structure, since ${asComment(reason)}`]), ...own]
}

/** Longer ones are cut: the database has all of it. */
const TEXT_MAX = 160

function describeOpaque({ kind, name, text }: Opaque): string {
  const shown = asComment(text ?? '')
  const short = shown.length <= TEXT_MAX ? shown : `${shown.slice(0, TEXT_MAX)} …`
  return `${kind} ${asComment(name)}${short === '' ? '' : `: ${short}`}`
}

/** Columns that often hold the id of the user a row belongs to. */
const OWNER = /^(user|owner|author|profile|account)_?id$/i

function examplePolicies(table: Table): string {
  const owner = table.columns.find((column) => column.type.name === 'uuid' && OWNER.test(column.name))
  if (owner === undefined) return "select: { anon: 'true' }"
  const rule = `${/^[a-z_]+$/.test(owner.name) ? owner.name : `"${owner.name}"`} = auth.uid()`
  return table.kind === 'view' ? `select: { authenticated: '${rule}' }` : `all: { authenticated: '${rule}' }`
}

/** Why a table can't be declared word by word, among the others as the database has them; null when it can. */
function troubleWith(entry: Entry, key: TableKey, found: Catalog): string | null {
  const problem = problemsOf([entry], found)[0]
  if (problem !== undefined) return problem.message
  const { steps, obstacles } = diff(found, declare(sayWords({ entries: [entry] }), found, 1), { known: null })
  const obstacle = obstacles.find(({ table }) => table === key)
  if (obstacle !== undefined) return obstacle.message
  const step = steps.find(
    (one) => 'table' in one && (typeof one.table === 'string' ? one.table : one.table.key) === key,
  )
  return step === undefined ? null : `it would differ (${step.kind})`
}

/** Mistakes that tables make together are told at the table, `orders`, or at the columns of a foreign key, `orders.person`. */
function troubleTogether(entries: readonly Entry[], found: Catalog): readonly (readonly [TableKey, string])[] {
  const said = entries.filter(({ base }) => base !== 'existing').toSorted((a, b) => b.label.length - a.label.length)
  return problemsOf(entries, found).map(({ where, message }) => {
    const entry = said.find(({ label }) => where === label || where.startsWith(`${label}.`))
    assert(entry !== undefined, `${where} can be declared: ${message}`)
    return [entry.label.includes('.') ? entry.label : tableKey(DEFAULT_SCHEMA, entry.label), message]
  })
}

function problemsOf(entries: readonly Entry[], found: Catalog): readonly Problem[] {
  try {
    declare(sayWords({ entries }), found, 1)
    return []
  } catch (error) {
    if (error instanceof SchemaProblems) return error.problems
    throw error
  }
}
