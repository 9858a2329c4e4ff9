import type { Column, ForeignKey, Table, TableKey } from '../catalog.ts'
import { shortKey } from '../check-keys.ts'
import type { ColumnType, ScalarType } from '../types.ts'
import { type Argument, type Call, type ColumnWords, call, type Entry } from './words.ts'

/** How a schema.ts says a table or view that a database has. */
export function tableWords(table: Table, notes: readonly string[]): Entry {
  const label = labelOf(table.key)
  if (table.kind === 'view' && table.definition === null) return existingWords(table, notes)
  const said = singles(table)
  const base = { label, open: table.openColumn !== null, select: table.definition, notes }
  const columns = table.columns
    .filter((column) => column.name !== table.openColumn)
    .map((column) => columnWords(column, table, said))
  const comment = table.comment === null ? [] : [call('comment', table.comment)]
  if (table.kind === 'view') return { ...base, base: 'view', columns, calls: comment }
  return { ...base, base: 'table', columns, calls: [...comment, ...keyCalls(table, said), ...ruleCalls(table, said)] }
}

/** The table as the database has it, whatever that is. */
export function existingWords(table: Table, notes: readonly string[]): Entry {
  return { label: labelOf(table.key), base: 'existing', columns: [], open: false, select: null, calls: [], notes }
}

/** A name with a dot would be read as one in a schema of its own. */
function labelOf(key: TableKey): string {
  const short = shortKey(key)
  return short.includes('.') && key.startsWith('public.') ? key : short
}

/** Keys of one column and checks that are said at their column. */
interface Singles {
  readonly unique: ReadonlySet<string>
  readonly foreignKeys: ReadonlyMap<string, ForeignKey>
  readonly checks: ReadonlyMap<string, string>
}

function singles(table: Table): Singles {
  const unique = new Set(table.uniques.flatMap(({ columns }) => (columns.length === 1 ? columns : [])))
  const foreignKeys = new Map<string, ForeignKey>()
  for (const key of table.foreignKeys) {
    const [column = ''] = key.columns
    if (key.columns.length === 1 && !foreignKeys.has(column)) foreignKeys.set(column, key)
  }
  const checks = new Map<string, string>()
  for (const { name } of table.columns) {
    const own = table.checks.find((check) => check.name === `${table.name}_${name}_check`)
    if (own !== undefined) checks.set(name, own.expression)
  }
  return { unique, foreignKeys, checks }
}

function columnWords(column: Column, table: Table, said: Singles): ColumnWords {
  const { name, generated, identity } = column
  const isKey = table.primaryKey.length === 1 && table.primaryKey[0] === name
  const key = said.foreignKeys.get(name)
  const check = said.checks.get(name)
  const calls: Call[] = [typeCall(column.type)]
  if (identity !== null)
    calls.push(identity === 'always' ? call('identity', options({ always: true })) : call('identity'))
  if (isKey) calls.push(call('primaryKey'))
  if (column.nullable && !table.primaryKey.includes(name)) calls.push(call('nullable'))
  if (said.unique.has(name)) calls.push(call('unique'))
  if (column.default !== null) calls.push(call('default', defaultArgument(column.type, column.default)))
  if (generated !== null) {
    calls.push(call('generated', generated.expression, ...(generated.stored ? [options({ stored: true })] : [])))
  }
  if (check !== undefined) calls.push(call('check', check))
  if (key !== undefined) {
    const target = `${labelOf(key.references.table)}.${key.references.columns[0]}`
    calls.push(call('references', target, ...actions(key)))
  }
  if (column.comment !== null) calls.push(call('comment', column.comment))
  return { name, calls }
}

const options = (given: Readonly<Record<string, string | boolean>>): Argument => ({ options: given })

function actions({ onDelete, onUpdate }: ForeignKey): readonly Argument[] {
  const given = {
    ...(onDelete === 'no action' ? {} : { onDelete }),
    ...(onUpdate === 'no action' ? {} : { onUpdate }),
  }
  return Object.keys(given).length === 0 ? [] : [options(given)]
}

function typeCall(type: ColumnType): Call {
  return type.name === 'array' ? call('array', { element: scalarCall(type.element) }) : scalarCall(type)
}

function scalarCall({ name, length, precision, scale, values }: ScalarType): Call {
  if (name === 'varchar') return call('varchar', ...(length === undefined ? [] : [length]))
  if (name === 'enum') return call('enum', ...(values ?? []))
  if (name !== 'numeric' || precision === undefined) return call(name)
  return call('numeric', precision, ...(scale === undefined || scale === 0 ? [] : [scale]))
}

/** As a person would write it: `0`, `true`, a value of an enum without SQL's quotes. */
function defaultArgument(type: ColumnType, text: string): Argument {
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^(0|-?[1-9]\d{0,14})$/.test(text)) return Number(text)
  const quoted = /^'((?:[^']|'')*)'$/.exec(text)?.[1]?.replaceAll("''", "'")
  return type.name === 'enum' && quoted !== undefined && type.values?.includes(quoted) ? quoted : text
}

function keyCalls(table: Table, said: Singles): Call[] {
  const calls: Call[] = []
  if (table.primaryKey.length > 1) calls.push(call('primaryKey', ...table.primaryKey))
  for (const { columns } of table.uniques) if (columns.length > 1) calls.push(call('unique', ...columns))
  for (const key of table.foreignKeys) {
    if (said.foreignKeys.get(key.columns[0] ?? '') === key) continue
    const target = `${labelOf(key.references.table)}(${key.references.columns.join(', ')})`
    calls.push(call('foreignKey', key.columns, target, ...actions(key)))
  }
  return calls
}

/** A check's name shows in errors, so it is kept; two of one name can't be, and the second is left to the database. */
function ruleCalls(table: Table, said: Singles): Call[] {
  const taken = new Set([...said.checks.keys()].map((column) => `${table.name}_${column}_check`))
  const checks = table.checks.flatMap(({ name, expression }): Call[] => {
    if (taken.has(name)) return []
    taken.add(name)
    return [name === `${table.name}_check` ? call('check', expression) : call('check', expression, name)]
  })
  const indexes = table.indexes.map(({ columns, unique, where }) => {
    const names = columns.map(({ name, descending }) => (descending ? `${name} desc` : name))
    const given = { ...(unique ? { unique } : {}), ...(where === null ? {} : { where }) }
    return call('index', ...names, ...(Object.keys(given).length === 0 ? [] : [options(given)]))
  })
  return [...checks, ...indexes]
}
