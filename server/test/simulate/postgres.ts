import { execFileSync } from 'node:child_process'
import type { Data } from '../../src/engines/memory/world.ts'
import type { Column, ForeignKey, Table } from '../../src/schema/catalog.ts'
import { type ColumnType, typeLabel, type Value } from '../../src/schema/types.ts'
import { castToText, toText } from '../../src/schema/values.ts'
import { quoted } from './case.ts'
import type { Project } from './project.ts'

/** A real PostgreSQL beside the oracle, by psql and its variables (PGHOST, PGUSER, …), as a superuser of a database of its own. */

export const SEPARATOR = '\u0001'
export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** Runs a script to its end, whatever fails on the way: one line per row, and `ERROR:  <SQLSTATE>` lines. */
export function psql(script: readonly string[]): string {
  const options = ['--no-psqlrc', '-q', '-At', '-F', SEPARATOR, '-v', 'VERBOSITY=sqlstate', '-f', '-']
  const input = script.join('\n')
  return execFileSync('sh', ['-c', 'psql "$@" 2>&1', 'psql', ...options], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
}

export const typeName = (type: ColumnType): string => (type.name === 'enum' ? 'simulated.mood' : typeLabel(type))

/** Roles, the functions of `auth`, and an empty schema. */
export const PREPARE: readonly string[] = [
  'set client_min_messages = error;',
  'set timezone = utc; set intervalstyle = postgres;',
  'drop schema if exists simulated cascade; create schema simulated; grant usage on schema simulated to public;',
  'drop schema if exists auth cascade; create schema auth; grant usage on schema auth to public;',
  'set search_path = simulated, public;',
  "create type simulated.mood as enum ('sad', 'ok', 'happy', 'a b');",
  ...['anon', 'authenticated', 'staff'].map(
    (role) => `do $$ begin create role ${role}; exception when duplicate_object then null; end $$;`,
  ),
  `create function auth.jwt() returns jsonb language sql stable as $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;`,
  `create function auth.uid() returns uuid language sql stable as $$ select (auth.jwt() ->> 'sub')::uuid $$;`,
  `create function auth.role() returns text language sql stable as $$ select auth.jwt() ->> 'role' $$;`,
  `create function auth.email() returns text language sql stable as $$ select auth.jwt() ->> 'email' $$;`,
]

/** The project's tables, rows, functions and policies as SQL. Hidden columns are left out: PostgreSQL has no such thing. */
export function projectSql({ catalog, definition }: Project, data: Data): string[] {
  const tables = [...catalog.tables.values()]
  const name = (key: string): string => quoted(catalog.tables.get(key)?.name ?? '')
  return [
    ...tables.flatMap((table) => [
      ...tableSql(table, name),
      ...(data.get(table.key) ?? []).map((row) => rowSql(table, row)),
    ]),
    ...definition.functions.map(({ name: called, arguments: given, body, definer }) => {
      const list = given.map((argument) => `${argument.name} ${typeName(argument.type)}`).join(', ')
      const security = definer ? 'security definer' : ''
      return `create function ${called}(${list}) returns boolean language sql stable ${security} set search_path = simulated, public as $f$ select ${body} $f$;`
    }),
    ...definition.policies.map(({ table, permissive, action, role, using, check }, at) => {
      const kind = permissive ? 'permissive' : 'restrictive'
      const parts = [using === null ? '' : `using (${using})`, check === null ? '' : `with check (${check})`]
      return `create policy p${at} on ${name(table)} as ${kind} for ${action} to ${role} ${parts.join(' ')};`
    }),
  ]
}

function tableSql(table: Table, name: (key: string) => string): readonly string[] {
  const list = (columns: readonly string[]): string => `(${columns.map(quoted).join(', ')})`
  const foreign = ({ columns, references, onDelete, onUpdate }: ForeignKey): string =>
    `foreign key ${list(columns)} references ${name(references.table)} ${list(references.columns)} on delete ${onDelete} on update ${onUpdate}`
  const parts = [
    ...table.columns.map(columnSql),
    ...(table.primaryKey.length === 0 ? [] : [`primary key ${list(table.primaryKey)}`]),
    ...table.uniques.map(({ columns }) => `unique ${list(columns)}`),
    ...table.checks.map(({ expression }) => `check (${expression})`),
    ...table.foreignKeys.map(foreign),
  ]
  const called = quoted(table.name)
  return [
    `create table ${called} (${parts.join(', ')});`,
    `alter table ${called} enable row level security; grant all on ${called} to anon, authenticated, staff;`,
  ]
}

function columnSql({ name, type, nullable, default: initial, generated }: Column): string {
  const value =
    generated === null
      ? initial === null
        ? ''
        : `default ${initial}`
      : `generated always as (${generated.expression}) stored`
  return `${quoted(name)} ${typeName(type)} ${nullable ? '' : 'not null'} ${value}`
}

function rowSql(table: Table, row: ReadonlyMap<string, Value>): string {
  const columns = table.columns.filter(({ generated }) => generated === null)
  const values = columns.map(({ name, type }) => {
    const value = row.get(name) ?? null
    return value === null ? 'null' : sqlText(toText(type, value))
  })
  return `insert into ${quoted(table.name)} (${columns.map((column) => quoted(column.name)).join(', ')}) values (${values.join(', ')});`
}

/** A statement that gives a table's rows, sorted, as one text, and the same of the oracle's rows. */
export function dumpSql(table: Table): string {
  const columns = table.columns.map(({ name }) => `coalesce(${quoted(name)}::text, '~')`).join(', ')
  const rows = `select concat_ws(';', ${columns}) as x from ${quoted(table.name)}`
  return `select '@${table.key}', coalesce(string_agg(x, '|' order by x collate "C"), '') from (${rows}) y;`
}
export function dump(table: Table, rows: readonly ReadonlyMap<string, Value>[]): string {
  const shown = rows.map((row) => table.columns.map(({ name, type }) => cell(type, row.get(name) ?? null)).join(';'))
  const sorted = shown.map((text) => Buffer.from(text)).sort(Buffer.compare)
  return `@${table.key}${SEPARATOR}${sorted.join('|')}`
}
const cell = (type: ColumnType, value: Value): string => (value === null ? '~' : castToText(type, value))
