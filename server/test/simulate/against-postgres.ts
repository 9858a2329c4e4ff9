/**
 * Holds the oracle itself against a real PostgreSQL, so that the reference is one: `node server/test/simulate/against-postgres.ts
 * [EXPRESSIONS] [SCHEMAS] [SEED]`. Not a test of CI, which has no PostgreSQL yet; the README says what it found.
 */
import { evaluate, visibleRows } from '../../src/engines/memory/evaluate.ts'
import { answer } from '../../src/engines/memory/index.ts'
import { type Data, EMPTY_SCOPE, type World } from '../../src/engines/memory/world.ts'
import { PilarError } from '../../src/errors/error.ts'
import { loadGrammar, parseExpression } from '../../src/policy/expression/index.ts'
import { SELF } from '../../src/query/expr.ts'
import { plan as makePlan } from '../../src/query/planner/plan.ts'
import type { Column, Table } from '../../src/schema/catalog.ts'
import { makeCatalog, makeColumn, makeTable } from '../../src/schema/make-catalog.ts'
import type { ColumnType } from '../../src/schema/types.ts'
import { castToText, fromJson, toJsonText } from '../../src/schema/values.ts'
import { type Json, type JsonObject, parseJson } from '../../src/std/json.ts'
import { actorOf, quoted, type Request, USERS } from './case.ts'
import { comparison, ROLES } from './generate-policies.ts'
import { cellOf, generateSchema } from './generate-schema.ts'
import { dump, dumpSql, PREPARE, projectSql, psql, sqlText, typeName } from './postgres.ts'
import { loadable, loadProject, type Project } from './project.ts'
import { Random } from './random.ts'
import { parsed } from './subject.ts'
import { KEY_SAMPLES, plain, SAMPLES, textOf } from './types.ts'

const [expressions = '1500', schemas = '20', seed = '1'] = process.argv.slice(2)
const NOW_MICROS = BigInt(Date.UTC(2026, 0, 1)) * 1000n
const STATEMENTS = 40

const say = (text: string): void => void process.stdout.write(`${text}\n`)

function outcome(run: () => string): string {
  try {
    return run()
  } catch (error) {
    if (error instanceof PilarError) return `error ${error.code}`
    throw error
  }
}
const failed = (output: string): string | null => {
  const code = /ERROR:\s+(\w+)/.exec(output)?.[1]
  return code === undefined ? null : `error ${code}`
}

/** One random condition over one value. */
function compareExpressions(count: number, random: Random): number {
  const script: string[] = [...PREPARE]
  const probes = random.times(count, (at) => {
    const { type, values } = random.pick([...SAMPLES, ...KEY_SAMPLES])
    const cell = random.chance(0.1) ? null : random.pick(values)
    const text = comparison({ name: 'c', type }, 't', random)
    const value = cell === null ? 'null' : sqlText(textOf(type, cell))
    script.push(`\\echo @${at}@`, `select (${text})::text from (select ${value}::${typeName(type)} as c) t;`)
    return { text, shown: `${typeName(type)} ${value}`, oracle: outcome(() => evaluated(type, cell, text)) }
  })
  const answers = psql(script)
    .split(/@\d+@\n/)
    .slice(1)
    .map((answer) => failed(answer) ?? answer.replace(/\n$/, ''))
  const wrong = probes.filter(({ oracle }, at) => oracle !== answers[at])
  for (const { text, shown, oracle } of wrong) say(`${text}  with ${shown}: oracle "${oracle}", PostgreSQL not`)
  return wrong.length
}

function evaluated(type: ColumnType, cell: Json, text: string): string {
  const table = makeTable({ name: 't', columns: [makeColumn({ name: 'c', type, nullable: true })] })
  const expr = parseExpression(text, { catalog: makeCatalog({ version: 1, tables: [table] }), self: table })
  const scope = { ...EMPTY_SCOPE, rows: new Map([[SELF, new Map([['c', fromJson(type, cell)]])]]) }
  const value = evaluate(expr, scope, { nowMicros: NOW_MICROS, values: [] } as unknown as World)
  return value === null ? '' : castToText(expr.type, value)
}

type Statement = 'read' | 'update' | 'delete' | 'insert' | 'merge' | 'ignore'
interface Trial {
  readonly shown: string
  readonly script: readonly string[]
  readonly oracle: string
}

/** One random project: who sees which rows, and what whole-table writes do. */
async function comparePolicies(at: number): Promise<{ differences: number; trials: number }> {
  const random = new Random(at)
  const drawn = generateSchema(random)
  const project = await loadProject(await loadable({ ...drawn.definition, hidden: [] }, () => {}))
  let data: Data = new Map([...project.catalog.tables.keys()].map((key) => [key, []]))
  for (const [key, rows] of Object.entries(drawn.rows)) {
    for (const row of rows) data = accepted(project, data, service(project.catalog.tables.get(key)?.name ?? '', row))
  }
  const trials = random.times(STATEMENTS, () => trial(project, data, random))
  const output = psql([
    ...PREPARE,
    ...projectSql(project, data),
    ...trials.flatMap(({ script }) => ['\\echo @trial', ...script]),
  ])
  const [setup = '', ...answers] = output.split('@trial\n')
  if (failed(setup) !== null) throw new Error(`seed ${at}: PostgreSQL does not take the schema: ${setup}`)
  let differences = 0
  for (const [index, { shown, oracle }] of trials.entries()) {
    const answer = answers[index] ?? ''
    const postgres =
      failed(answer) ??
      answer
        .split('\n')
        .filter((line) => line.startsWith('@'))
        .join('\n')
    if (postgres === oracle) continue
    differences++
    say(`seed ${at}: ${shown}\n  oracle:     ${oracle}\n  PostgreSQL: ${postgres}`)
  }
  return { differences, trials: trials.length }
}

const service = (table: string, row: JsonObject): Request => {
  return {
    role: 'service_role',
    userId: null,
    method: 'POST',
    table,
    select: null,
    parameters: [],
    prefer: [],
    body: row,
  }
}

function ask(project: Project, data: Data, request: Request) {
  const api = parsed(request)
  const plan = makePlan(api, project.catalog, { aggregatesEnabled: true, rowsMax: 1000, requireWhere: false })
  const world: World = { ...project, actor: actorOf(request), values: api.values, nowMicros: NOW_MICROS, data }
  return answer(plan, world, 'payload' in api ? api.payload.cells : [])
}

function accepted(project: Project, data: Data, request: Request): Data {
  try {
    return ask(project, data, request).data
  } catch (error) {
    if (error instanceof PilarError) return data
    throw error
  }
}

function trial(project: Project, data: Data, random: Random): Trial {
  const tables = [...project.catalog.tables.values()]
  const table = random.pick(tables)
  const role = random.pick(ROLES)
  const statement = random.pick<Statement>(['read', 'update', 'delete', 'insert', 'merge', 'ignore'])
  const who = { ...service(table.name, {}), role, userId: role === 'anon' ? null : random.pick(USERS) }
  const actor = actorOf(who)
  const claims = sqlText(JSON.stringify(actor.claims))
  const enter = [
    'begin;',
    `select set_config('request.jwt.claims', ${claims}, true) \\g /dev/null`,
    `set local role ${role};`,
  ]
  const shown = `${statement} "${table.name}" as ${role} ${who.userId}`
  if (statement === 'read') {
    const rows = visibleRows({ ...project, actor, values: [], nowMicros: NOW_MICROS, data }, table.key)
    return { shown, script: [...enter, dumpSql(table), 'rollback;'], oracle: dump(table, rows) }
  }
  const { request, sql } = written(statement, table, { project, data, random })
  const oracle = outcome(() => {
    const after = ask(project, data, { ...who, ...request }).data
    return tables.map((each) => dump(each, after.get(each.key) ?? [])).join('\n')
  })
  return {
    shown: `${shown} ${plain(request.body ?? null)}`,
    script: [...enter, sql, 'reset role;', ...tables.map(dumpSql), 'rollback;'],
    oracle,
  }
}

interface Writing {
  readonly project: Project
  readonly data: Data
  readonly random: Random
}

/** The same write as a request and as SQL. The condition reads a column, as every request's does, so that select policies count. */
function written(
  statement: Exclude<Statement, 'read'>,
  table: Table,
  { project, data, random }: Writing,
): { request: Partial<Request>; sql: string } {
  const name = quoted(table.name)
  const columns = table.columns.filter(({ generated }) => generated === null)
  const first = quoted(columns[0]?.name ?? '')
  const whole = `where ${first} is null or ${first} is not null`
  const value = ({ type }: Column, cell: Json): string => (cell === null ? 'null' : sqlText(textOf(type, cell)))
  const drawn = (column: Column): Json => cellOf(column as never, random)
  if (statement === 'delete') return { request: { method: 'DELETE', body: null }, sql: `delete from ${name} ${whole};` }
  if (statement === 'update') {
    const column = random.pick(columns)
    const cell = drawn(column)
    const sql = `update ${name} set ${quoted(column.name)} = ${value(column, cell)} ${whole};`
    return { request: { method: 'PATCH', body: { [column.name]: cell } }, sql }
  }
  const row = {
    ...Object.fromEntries(columns.map((column) => [column.name, drawn(column)])),
    ...references(table, data, random),
  }
  const list = columns.map((column) => quoted(column.name)).join(', ')
  const values = columns.map((column) => value(column, row[column.name] ?? null)).join(', ')
  const isUpsert = statement !== 'insert' && table.primaryKey.length > 0
  const set = columns.map((column) => `${quoted(column.name)} = excluded.${quoted(column.name)}`).join(', ')
  const action = statement === 'merge' ? `do update set ${set}` : 'do nothing'
  const conflict = isUpsert ? ` on conflict (${table.primaryKey.map(quoted).join(', ')}) ${action}` : ''
  const prefer = isUpsert ? [`resolution=${statement}-duplicates`] : []
  void project
  return { request: { body: row, prefer }, sql: `insert into ${name} (${list}) values (${values})${conflict};` }
}

/** Cells that point at rows which are there, mostly. */
function references(table: Table, data: Data, random: Random): JsonObject {
  const cells = table.foreignKeys.flatMap(({ columns, references: to }) => {
    const parents = data.get(to.table) ?? []
    if (parents.length === 0 || random.chance(0.2)) return []
    const parent = random.pick(parents)
    return columns.map((name, at): readonly [string, Json] => {
      const type = table.column.get(name)?.type ?? { name: 'text' as const }
      return [name, parseJson(toJsonText(type, parent.get(to.columns[at] ?? '') ?? null))]
    })
  })
  return Object.fromEntries(cells)
}

await loadGrammar()
const wrong = compareExpressions(Number(expressions), new Random(Number(seed)))
say(`${wrong} differences in ${expressions} expressions`)
let [differences, trials] = [0, 0]
for (let at = Number(seed); at < Number(seed) + Number(schemas); at++) {
  const found = await comparePolicies(at)
  differences += found.differences
  trials += found.trials
}
say(`${differences} differences in ${trials} statements under policies`)
