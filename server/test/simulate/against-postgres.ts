/**
 * Compares the oracle with a real PostgreSQL, expression by expression, so that the reference is one: `node
 * server/test/simulate/against-postgres.ts [COUNT] [SEED]`. Connection by psql's variables (PGHOST, PGUSER, …). Not a test of CI, which
 * has no PostgreSQL yet; the README says what it found.
 */
import { execFileSync } from 'node:child_process'
import { evaluate } from '../../src/engines/memory/evaluate.ts'
import { EMPTY_SCOPE, type World } from '../../src/engines/memory/world.ts'
import { PilarError } from '../../src/errors/error.ts'
import { loadGrammar, parseExpression } from '../../src/policy/expression/index.ts'
import { SELF } from '../../src/query/expr.ts'
import { makeCatalog, makeColumn, makeTable } from '../../src/schema/make-catalog.ts'
import { type ColumnType, typeLabel } from '../../src/schema/types.ts'
import { castToText, fromJson } from '../../src/schema/values.ts'
import type { Json } from '../../src/std/json.ts'
import { comparison } from './generate-policies.ts'
import { Random } from './random.ts'
import { KEY_SAMPLES, SAMPLES, textOf } from './types.ts'

const [count = '1500', seed = '1'] = process.argv.slice(2)
const PREAMBLE = [
  "create type pg_temp.mood as enum ('sad', 'ok', 'happy', 'a b');",
  'set timezone = utc;',
  'set intervalstyle = postgres;',
]
const SEPARATOR = '\u0001'

interface Probe {
  readonly type: ColumnType
  readonly cell: Json
  readonly text: string
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`

function statement({ type, cell, text }: Probe, at: number): string {
  const label = type.name === 'enum' ? 'pg_temp.mood' : typeLabel(type)
  const value = cell === null ? 'null' : quote(textOf(type, cell))
  return `select ${at}, (${text})::text from (select ${value}::${label} as c) t;`
}

function answerOfOracle({ type, cell, text }: Probe): string {
  const table = makeTable({ name: 't', columns: [makeColumn({ name: 'c', type, nullable: true })] })
  const catalog = makeCatalog({ version: 1, tables: [table] })
  try {
    const expr = parseExpression(text, { catalog, self: table })
    const scope = { ...EMPTY_SCOPE, rows: new Map([[SELF, new Map([['c', fromJson(type, cell)]])]]) }
    const world = { nowMicros: BigInt(Date.UTC(2026, 0, 1)) * 1000n, values: [] } as unknown as World
    const value = evaluate(expr, scope, world)
    return value === null ? '' : castToText(expr.type, value)
  } catch (error) {
    if (error instanceof PilarError) return `error ${error.code}`
    throw error
  }
}

function answersOfPostgres(probes: readonly Probe[]): ReadonlyMap<number, string> {
  const input = [...PREAMBLE, ...probes.map(statement)].join('\n')
  const options = ['--no-psqlrc', '-At', '-F', SEPARATOR, '-v', 'VERBOSITY=sqlstate', '-f', '-']
  const output = execFileSync('sh', ['-c', 'psql "$@" 2>&1', 'psql', ...options], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const answers = new Map<number, string>()
  for (const line of output.split('\n')) {
    const [at, value] = line.split(SEPARATOR)
    if (value !== undefined) answers.set(Number(at), value)
    const error = /:(\d+): ERROR:\s+(\w+)/.exec(line)
    if (error !== null) answers.set(Number(error[1]) - PREAMBLE.length - 1, `error ${error[2]}`)
  }
  return answers
}

await loadGrammar()
const random = new Random(Number(seed))
const probes = random.times(Number(count), (): Probe => {
  const { type, values } = random.pick([...SAMPLES, ...KEY_SAMPLES])
  const text = comparison({ name: 'c', type }, 't', random)
  return { type, cell: random.chance(0.1) ? null : random.pick(values), text }
})
const answers = answersOfPostgres(probes)
let differences = 0
for (const [at, probe] of probes.entries()) {
  const oracle = answerOfOracle(probe)
  if (oracle === answers.get(at)) continue
  differences++
  const cell = probe.cell === null ? 'null' : textOf(probe.type, probe.cell)
  process.stdout.write(
    `${probe.text}  with ${typeLabel(probe.type)} ${cell}: oracle ${oracle}, PostgreSQL ${answers.get(at)}\n`,
  )
}
process.stdout.write(`${differences} differences in ${probes.length}\n`)
