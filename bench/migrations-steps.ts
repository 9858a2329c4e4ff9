/** The changes that `migrations.ts` measures, and what every value of every row has to be after each: told by the row's id alone. */

export type Value = string | number | null
/** In the form the file keeps; `some` is any value but null, the same in no two runs. */
export type Values = Readonly<Record<string, ((id: number) => Value) | 'some'>>

export interface Change {
  readonly name: string
  /** The schema.ts it takes the database to; null takes the last migration back. */
  readonly schema: string | null
  readonly table: string
  readonly values: Values
}

const CUSTOMERS = 10_000
/** Many, and met in no order: looking up each row's costs. */
const REGIONS = 200_000
const REGION_STRIDE = 7919
const STATES = ['open', 'paid', 'sent'] as const
const NOTE = 'please leave it with the neighbours at number forty, who are in most of the day'
const SECONDS_2024 = 1_704_067_200

const given = (id: number): string => `Given${id % 1000}`
const family = (id: number): string => `Family${id % 777}`
const status = (id: number): string => STATES[id % 3] ?? ''
const label = (id: number): string => `${status(id)}-${id}`
const cents = (id: number): number => (id * 37) % 1_000_000

/** What orders begin with. */
export const FIRST: Values = {
  customer_id: (id) => 1 + (id % CUSTOMERS),
  region_id: (id) => 1 + ((id * REGION_STRIDE) % REGIONS),
  name: (id) => `${given(id)} ${family(id)}`,
  amount: cents,
  quantity: (id) => String(1 + (id % 99)),
  status,
  note: (id) => `Order ${id}: ${NOTE}`,
  created_at: (id) => `${new Date((SECONDS_2024 + id * 20) * 1000).toISOString().slice(0, 19)}+00:00`,
}

/** Fills the tables that `firstSchema` makes. */
export function fillStatements(rows: number): readonly string[] {
  const count = (last: number) =>
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${last}) INSERT INTO`
  const states = STATES.map((state, at) => `WHEN ${at} THEN '${state}'`).join(' ')
  return [
    `${count(CUSTOMERS)} customers (id, name) SELECT i, 'Customer ' || i FROM n`,
    `${count(REGIONS)} regions (id, name) SELECT i, 'Region ' || i FROM n`,
    `${count(rows)} orders (id, customer_id, region_id, name, amount, quantity, status, note, created_at)
       SELECT i, 1 + i % ${CUSTOMERS}, 1 + i * ${REGION_STRIDE} % ${REGIONS}, 'Given' || (i % 1000) || ' Family' || (i % 777), i * 37 % 1000000,
         CAST(1 + i % 99 AS TEXT), CASE i % 3 ${states} END, 'Order ' || i || ': ${NOTE}',
         strftime('%Y-%m-%dT%H:%M:%S+00:00', ${SECONDS_2024} + i * 20, 'unixepoch') FROM n`,
  ]
}

interface State {
  readonly table: string
  readonly was: string | null
  readonly columns: Readonly<Record<string, string>>
  readonly rules: readonly string[]
}

function text({ table, was, columns, rules }: State): string {
  const members = Object.entries(columns).map(([name, words]) => `    ${name}: c.${words},`)
  const calls = [...(was === null ? [] : [`.was('${was}')`]), ...rules].join('')
  return `import { c, schema, table } from 'pilar'
const id = c.integer().identity().primaryKey()
export default schema({
  customers: table({ id, name: c.text() }),
  regions: table({ id, name: c.text() }),
  ${table}: table({
    id,
${members.join('\n')}
  })${calls},
})
`
}

const FIRST_STATE: State = {
  table: 'orders',
  was: null,
  columns: {
    customer_id: `integer().references('customers.id')`,
    region_id: 'integer()',
    // Nullable: rows that are written while it is split have none, and the undo would be refused for them.
    name: 'text().nullable()',
    amount: 'numeric(10, 2)',
    quantity: 'text()',
    status: 'text()',
    note: 'text().nullable()',
    created_at: 'timestamptz()',
  },
  rules: [`.index('customer_id')`, `.index('created_at')`],
}

export const firstSchema = text(FIRST_STATE)

/** One change after the other. */
export function changes(): readonly Change[] {
  const script = new Script()
  namesAndColumns(script)
  types(script)
  rules(script)
  return script.end()
}

interface Stage {
  readonly state: State
  readonly values: Values
}

/** Changes written down one after the other, each from what the one before has left. */
class Script implements Stage {
  state = FIRST_STATE
  values = FIRST
  readonly #done: Change[] = []

  to(name: string, next: Partial<State>, values: Values = this.values): void {
    this.state = { ...this.state, ...next }
    this.values = values
    this.#done.push({ name, schema: text(this.state), table: this.state.table, values })
  }

  undo(name: string, { state, values }: Stage): void {
    this.state = state
    this.values = values
    this.#done.push({ name, schema: null, table: state.table, values })
  }

  stage(): Stage {
    return { state: this.state, values: this.values }
  }

  columns(more: State['columns'], ...gone: readonly string[]): State['columns'] {
    return without({ ...this.state.columns, ...more }, gone)
  }

  end(): readonly Change[] {
    const { state, values } = this
    const retired = { name: 'retire table', schema: withoutOrders(), table: 'customers', values: {} }
    return [...this.#done, retired, { name: 'restore table', schema: text(state), table: state.table, values }]
  }
}

function namesAndColumns(script: Script): void {
  const more = (columns: State['columns']): Partial<State> => ({ columns: script.columns(columns) })
  const columns = script.columns({ state: `text().was('status')` }, 'status')
  script.to('rename column', { columns }, renamed(script.values))
  script.to('rename table', { table: 'purchases', was: 'orders' })
  const channel = { channel: `text().nullable().default("'web'")` }
  script.to('add, constant default', more(channel), { ...script.values, channel: () => 'web' })
  const seen = { seen_at: `timestamptz().default('now()')` }
  script.to('add, default now()', more(seen), { ...script.values, seen_at: 'some' })
  const labelled = { label: `text().using("state || '-' || id")` }
  script.to('add not null, using', more(labelled), { ...script.values, label })
  const noted = script.stage()
  script.to('retire column', { columns: script.columns({}, 'note') }, without(script.values, ['note']))
  script.to('restore column', { columns: noted.state.columns }, noted.values)
}

function types(script: Script): void {
  const { values } = script
  let before = script.stage()
  const whole = { ...values, quantity: (id: number) => 1 + (id % 99) }
  script.to(
    'type text → integer',
    { columns: script.columns({ quantity: `integer().using('quantity::integer')` }) },
    whole,
  )
  script.undo('undo of the type', before)
  const finer = { ...values, amount: (id: number) => cents(id) * 100 }
  script.to('type numeric(10,2) → (12,4)', { columns: script.columns({ amount: 'numeric(12, 4)' }) }, finer)
  before = script.stage()
  const parts = {
    first_name: `text().using("split_part(name, ' ', 1)")`,
    last_name: `text().using("split_part(name, ' ', 2)")`,
  }
  const names = { ...without(script.values, ['name']), first_name: given, last_name: family }
  script.to('split a column', { columns: script.columns(parts, 'name') }, names)
  script.undo('undo of the split', before)
}

function rules(script: Script): void {
  const rule = (more: string): Partial<State> => ({ rules: [...script.state.rules, more] })
  script.to('set not null', { columns: script.columns({ channel: `text().default("'web'")` }) })
  script.to('add unique', rule(`.unique('label')`))
  script.to('add index', rule(`.index('amount')`))
  script.to('add foreign key', { columns: script.columns({ region_id: `integer().references('regions.id')` }) })
  script.to('add check', rule(`.check('amount >= 0')`))
  const merged = { title: `text().using("coalesce(name, '?') || ', ' || quantity")` }
  const title = (id: number) => `${given(id)} ${family(id)}, ${1 + (id % 99)}`
  const columns = script.columns(merged, 'name', 'quantity')
  script.to('merge columns', { columns }, { ...without(script.values, ['name', 'quantity']), title })
}

function withoutOrders(): string {
  return text({ ...FIRST_STATE, table: 'pauses', columns: {}, rules: [] })
}

const renamed = ({ status: state, ...rest }: Values): Values => ({ ...rest, ...(state === undefined ? {} : { state }) })

const without = <T>(members: Readonly<Record<string, T>>, gone: readonly string[]): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(members).filter(([name]) => !gone.includes(name)))
