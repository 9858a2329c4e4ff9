import { basename } from 'node:path'
import type { App } from '../app.ts'
import { ANON_ROLE } from '../policy/actor.ts'
import { columns, type Output } from './output.ts'

const CLOSED = 'There are no policies yet: every table is closed to all keys but the secret ones.'

/** What a person needs after the start: where it is, the keys, and three commands to try next. */
export function banner(app: App, url: string, context: { readonly project: string; readonly output: Output }): string {
  const { output } = context
  const tables = servedTables(app)
  const heading = `${output.bold('Pilar')} serves ${basename(context.project)}: ${tables.length === 1 ? '1 table' : `${tables.length} tables and views`}`
  const places = columns([
    ['  API', `${url}/rest/v1`],
    ['  Client', `createClient('${url}', '${app.keys.publishable}')`],
  ])
  const keys = columns([
    ['  for browsers', 'publishable', app.keys.publishable],
    ['', 'anon', app.keys.anon],
    ['  for servers', 'secret', app.keys.secret],
    ['  (full access)', 'service_role', app.keys.service_role],
  ])
  const commands = tryNext(app, url).map((line) => `  ${line}`)
  const closed = app.model.policies.policies.length === 0 && tables.length > 0
  return [
    `${heading}\n${closed ? `${CLOSED}\n` : ''}`,
    `${output.bold('URLs')}\n${places}\n`,
    `${output.bold('Keys')}\n${keys}\n`,
    `${output.bold('Try next')}\n${commands.join('\n')}\n`,
    'Ctrl-C stops.',
  ].join('\n')
}

/** The tables and views a client can ask for, in the order of the schema. */
export function servedTables(app: App): readonly string[] {
  const { catalog } = app.model
  return [...catalog.tables.values()].filter((table) => !table.system).map((table) => table.key)
}

/** Three commands that work as pasted: an open table, that table with a related one, and a count with full access. */
function tryNext(app: App, url: string): readonly string[] {
  const { catalog } = app.model
  const defaultSchema = catalog.schemas[0]
  const all = [...catalog.tables.values()].filter((table) => !table.system && table.schema === defaultSchema)
  const open = all.filter((table) => readableByAnon(app, table.key))
  const first = open.toSorted((a, b) => relatedOf(app, b.key).length - relatedOf(app, a.key).length)[0]
  const publishable = `-H 'apikey: ${app.keys.publishable}'`
  const secret = `-H 'apikey: ${app.keys.secret}'`
  const path = (name: string) => `${url}/rest/v1/${encodeURIComponent(name)}`
  const shown = first ?? all[0]
  if (shown === undefined) return [`curl '${url}/health'`]
  const key = first === undefined ? secret : publishable
  const related = relatedOf(app, shown.key)[0]
  const counted = all.find((table) => !open.includes(table) && table.kind === 'table') ?? shown
  return [
    `curl '${path(shown.name)}?limit=3' ${key}`,
    related === undefined
      ? `curl '${path(shown.name)}?limit=3' ${key} -H 'Accept: text/csv'`
      : `curl '${path(shown.name)}?select=*,${encodeURIComponent(related)}(*)&limit=2' ${key}`,
    `curl -I '${path(counted.name)}' ${secret} -H 'Prefer: count=exact'`,
  ]
}

function readableByAnon(app: App, table: string): boolean {
  return app.model.policies.policies.some(
    (policy) =>
      policy.table === table &&
      policy.action === 'select' &&
      policy.permissive &&
      [ANON_ROLE, 'public'].includes(policy.role),
  )
}

/** The tables that can be embedded without a hint and that the same caller may read. */
function relatedOf(app: App, source: string): readonly string[] {
  const relations = app.model.visibleTo(ANON_ROLE).relations.get(source) ?? []
  const junctions = relations.map((relation) => relation.junction?.table)
  const targets = relations
    .map((relation) => relation.target)
    .filter((target) => readableByAnon(app, target) && !junctions.includes(target))
  const unambiguous = targets.filter(
    (target) => target !== source && targets.indexOf(target) === targets.lastIndexOf(target),
  )
  return unambiguous.flatMap((target) => app.model.catalog.tables.get(target)?.name ?? [])
}
