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
  const done: Change[] = []
  let state = FIRST_STATE
  let values = FIRST
  const to = (name: string, next: Partial<State>, nextValues: Values = values): void => {
    state = { ...state, ...next }
    values = nextValues
    done.push({ name, schema: text(state), table: state.table, values })
  }
  const undo = (name: string, before: { readonly state: State; readonly values: Values }): void => {
    state = before.state
    values = before.values
    done.push({ name, schema: null, table: state.table, values })
  }
  const columns = (more: State['columns'], ...gone: readonly string[]): State['columns'] =>
    without({ ...state.columns, ...more }, gone)
  const rule = (more: string): Partial<State> => ({ rules: [...state.rules, more] })

  to('rename column', { columns: columns({ state: `text().was('status')` }, 'status') }, renamed(values))
  to('rename table', { table: 'purchases', was: 'orders' })
  to(
    'add, constant default',
    { columns: columns({ channel: `text().nullable().default("'web'")` }) },
    {
      ...values,
      channel: () => 'web',
    },
  )
  to(
    'add, default now()',
    { columns: columns({ seen_at: `timestamptz().default('now()')` }) },
    { ...values, seen_at: 'some' },
  )
  to(
    'add not null, using',
    { columns: columns({ label: `text().using("state || '-' || id")` }) },
    {
      ...values,
      label,
    },
  )
  const noted = { state: state.columns, values }
  to('retire column', { columns: columns({}, 'note') }, without(values, ['note']))
  to('restore column', { columns: noted.state }, noted.values)
  let before = { state, values }
  const whole = { ...values, quantity: (id: number) => 1 + (id % 99) }
  to('type text → integer', { columns: columns({ quantity: `integer().using('quantity::integer')` }) }, whole)
  undo('undo of the type', before)
  const finer = { ...values, amount: (id: number) => cents(id) * 100 }
  to('type numeric(10,2) → (12,4)', { columns: columns({ amount: 'numeric(12, 4)' }) }, finer)
  before = { state, values }
  const parts = {
    first_name: `text().using("split_part(name, ' ', 1)")`,
    last_name: `text().using("split_part(name, ' ', 2)")`,
  }
  to(
    'split a column',
    { columns: columns(parts, 'name') },
    { ...without(values, ['name']), first_name: given, last_name: family },
  )
  undo('undo of the split', before)
  to('set not null', { columns: columns({ channel: `text().default("'web'")` }) })
  to('add unique', rule(`.unique('label')`))
  to('add index', rule(`.index('amount')`))
  to('add foreign key', { columns: columns({ region_id: `integer().references('regions.id')` }) })
  to('add check', rule(`.check('amount >= 0')`))
  const merged = { title: `text().using("coalesce(name, '?') || ', ' || quantity")` }
  to(
    'merge columns',
    { columns: columns(merged, 'name', 'quantity') },
    {
      ...without(values, ['name', 'quantity']),
      title: (id) => `${given(id)} ${family(id)}, ${1 + (id % 99)}`,
    },
  )
  const last = { state, values }
  done.push({ name: 'retire table', schema: withoutOrders(), table: 'customers', values: {} })
  done.push({ name: 'restore table', schema: text(last.state), table: last.state.table, values: last.values })
  return done
}

function withoutOrders(): string {
  return text({ ...FIRST_STATE, table: 'pauses', columns: {}, rules: [] })
}

const renamed = ({ status: state, ...rest }: Values): Values => ({ ...rest, ...(state === undefined ? {} : { state }) })

const without = <T>(members: Readonly<Record<string, T>>, gone: readonly string[]): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(members).filter(([name]) => !gone.includes(name)))
