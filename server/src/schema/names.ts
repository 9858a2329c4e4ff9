import { utf8Length } from '../std/compare-text.ts'

/** Rules for names, and the names PostgreSQL gives to constraints and indexes that have none. */

/** PostgreSQL's limit, in bytes of UTF-8. */
export const NAME_BYTES_MAX = 63

/** Names that would be taken for something else by JavaScript objects somewhere on their way. */
const UNSAFE = new Set(['__proto__', 'constructor', 'prototype'])

/** PostgreSQL's and SQLite's own columns. */
const SYSTEM_COLUMNS = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid', 'oid', 'rowid', '_rowid_'])

/** What the names of retired columns begin with: what was taken out of a schema.ts and is kept. */
export const RETIRED_PREFIX = 'pilar_retired_'

/** The remedy for names that `nameFault` refuses as those of retired things; null for any other name. */
export function nameHint(name: string): string | null {
  if (!name.toLowerCase().startsWith(RETIRED_PREFIX)) return null
  return 'Pilar keeps what was taken out of schema.ts under such names: to have it back, declare it under the name it had.'
}

/** Why this can't name a table, column, role, schema or function; null when it can. */
export function nameFault(name: string): string | null {
  if (name === '') return 'a name must not be empty'
  if (UNSAFE.has(name)) return `"${name}" is not a safe name`
  if (hasControlCharacter(name) || !name.isWellFormed())
    return `${JSON.stringify(name)} contains a character that no name may have`
  if (name.trim() !== name) return `"${name}" begins or ends with a blank`
  if (nameHint(name) !== null) return `names that begin with "${RETIRED_PREFIX}" are reserved`
  const bytes = utf8Length(name)
  return bytes > NAME_BYTES_MAX ? `"${name}" has ${bytes} bytes; a name may have ${NAME_BYTES_MAX}` : null
}

export function columnNameFault(name: string): string | null {
  if (SYSTEM_COLUMNS.has(name.toLowerCase())) return `"${name}" is the name of a system column`
  return nameFault(name)
}

export function tableNameFault(schema: string, name: string): string | null {
  if (schema === 'pilar' || schema === 'information_schema' || schema.startsWith('pg_'))
    return `schema "${schema}" is reserved`
  if (/^(sqlite_|pg_)/i.test(name))
    return `names that begin with "${name.slice(0, name.indexOf('_') + 1)}" are reserved`
  return nameFault(schema) ?? nameFault(name)
}

function hasControlCharacter(name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    const unit = name.charCodeAt(index)
    if (unit < 0x20 || unit === 0x7f) return true
  }
  return false
}

/**
 * PostgreSQL's makeObjectName: `table_columns_label`, the longer of the first two cut until the whole has 63 bytes at most; a number behind
 * the label when the name is taken. The name is added to `taken`.
 */
export function constraintName(
  taken: Set<string>,
  parts: { table: string; columns: readonly string[]; label: string },
): string {
  for (let pass = 0; ; pass++) {
    const label = pass === 0 ? parts.label : `${parts.label}${pass}`
    const name = generatedName({ ...parts, label })
    if (taken.has(name)) continue
    taken.add(name)
    return name
  }
}

/** `table_columns_label`, cut to PostgreSQL's limit. */
export function generatedName(parts: { table: string; columns: readonly string[]; label: string }): string {
  return fitName(parts.table, parts.columns.join('_'), parts.label)
}

function fitName(table: string, columns: string, label: string): string {
  const separators = columns === '' ? 1 : 2
  const room = NAME_BYTES_MAX - utf8Length(label) - separators
  let first = table
  let second = columns
  while (utf8Length(first) + utf8Length(second) > room) {
    if (utf8Length(first) > utf8Length(second)) first = cutLast(first)
    else second = cutLast(second)
  }
  return [first, ...(second === '' ? [] : [second]), label].join('_')
}

function cutLast(text: string): string {
  return [...text].slice(0, -1).join('')
}
