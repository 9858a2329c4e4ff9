import type { Catalog, Column, Relation, Table } from '../../src/schema/catalog.ts'
import type { SchemaDefinition, TableDefinition } from '../../src/schema/definition.ts'
import type { ColumnType } from '../../src/schema/types.ts'
import type { Json, JsonObject } from '../../src/std/json.ts'
import { type Request, type SelectPart, USERS } from './case.ts'
import { ROLES } from './generate-policies.ts'
import { cellOf } from './generate-schema.ts'
import type { Random } from './random.ts'
import { sampleOf, textOf } from './types.ts'

/** What a request is drawn from. Names of hidden columns are used too: those requests must be refused as if there were none. */
export interface Drawing {
  readonly definition: SchemaDefinition
  readonly catalog: Catalog
  readonly random: Random
  /** As the role sees it; mostly followed, so that most requests get past the planner. */
  readonly visible: (role: string) => Catalog
}

export function generateRequest(drawing: Drawing): Request {
  const { random } = drawing
  const role = random.chance(0.08) ? 'service_role' : random.pick([...ROLES, 'authenticated'])
  const userId = role === 'anon' || role === 'service_role' ? null : random.chance(0.05) ? null : random.pick(USERS)
  const seen = random.chance(0.04) ? drawing.catalog : drawing.visible(role)
  const tables = [...seen.tables.values()].filter((table) => !table.system && table.columns.length > 0)
  const table = random.pick(tables.length === 0 ? [...drawing.catalog.tables.values()] : tables)
  const common = { role, userId, table: table.name }
  const methods = [
    'GET',
    'GET',
    'GET',
    'GET',
    'GET',
    'GET',
    'POST',
    'POST',
    'PATCH',
    'DELETE',
    ...(table.primaryKey.length > 0 ? ['PUT'] : []),
  ]
  const method = random.pick(methods) as Request['method']
  const shown = new Shown(seen, random)
  if (method === 'GET') return { ...common, method, ...shown.read(table), body: null }
  const wanted = random.pick([
    'return=minimal',
    'return=representation',
    'return=representation',
    'return=headers-only',
  ])
  const prefer = [wanted, ...(random.chance(0.2) ? ['count=exact'] : [])]
  const representation = wanted === 'return=representation' && random.chance(0.6) ? shown.select(table, 1) : null
  const written = { ...common, method, select: representation?.parts ?? null, prefer }
  const inside = representation?.parameters ?? []
  const definition = drawing.definition.tables.find(({ key }) => key === table.key)
  if (definition === undefined) throw new Error(`no definition of ${table.key}`)
  const known = { ...definition, columns: definition.columns.filter(({ name }) => table.column.has(name)) }
  const filters = random.chance(0.9) ? shown.filters(table, [], random.pick([1, 1, 1, 2])) : []
  switch (method) {
    case 'DELETE':
      return { ...written, parameters: [...filters, ...inside], body: null }
    case 'PATCH':
      return {
        ...written,
        parameters: [...filters, ...inside],
        body: someCells(known, random),
        prefer: withMissing(prefer, random),
      }
    case 'PUT': {
      const { body, parameters } = replacement(known, random)
      return { ...written, body, parameters: [...parameters, ...inside] }
    }
    case 'POST': {
      const { body, parameters, prefer: more } = insertion(known, random, prefer)
      return { ...written, body, prefer: more, parameters: [...parameters, ...inside] }
    }
  }
}

const withMissing = (prefer: readonly string[], random: Random): readonly string[] =>
  random.chance(0.2) ? [...prefer, 'missing=default'] : prefer

/** Some columns with values; now and then a generated one, which must be refused. */
function someCells(table: TableDefinition, random: Random): JsonObject {
  const columns = table.columns.filter(({ generated }) => generated === null || random.chance(0.03))
  const chosen = random.some(columns, random.int(random.chance(0.05) ? 0 : 1, 3))
  return Object.fromEntries(chosen.map((column) => [column.name, random.chance(0.02) ? null : cellOf(column, random)]))
}

function wholeRow(table: TableDefinition, random: Random): JsonObject {
  const columns = table.columns.filter(
    (column) => column.generated === null && (column.default === null || random.chance(0.6)),
  )
  return Object.fromEntries(columns.map((column) => [column.name, cellOf(column, random)]))
}

function insertion(
  table: TableDefinition,
  random: Random,
  prefer: readonly string[],
): Pick<Request, 'body' | 'prefer' | 'parameters'> {
  const first = wholeRow(table, random)
  const names = Object.keys(first)
  const more = random.chance(0.35) ? random.times(random.int(1, 3), () => wholeRow(table, random)) : []
  const cellsOf = (row: JsonObject): JsonObject =>
    Object.fromEntries(
      names.map((name) => [
        name,
        row[name] ?? cellOf(table.columns.find((column) => column.name === name) as never, random),
      ]),
    )
  const body: Json = more.length === 0 ? first : [first, ...more.map(cellsOf)]
  const columns = random.chance(0.15)
    ? [
        `columns=${table.columns
          .filter(({ generated }) => generated === null)
          .map(({ name }) => quotedName(name))
          .join(',')}`,
      ]
    : []
  const upsert = random.chance(0.4)
    ? [random.pick(['resolution=merge-duplicates', 'resolution=merge-duplicates', 'resolution=ignore-duplicates'])]
    : []
  const target =
    upsert.length > 0 && random.chance(0.3) && table.uniques[0] !== undefined
      ? [`on_conflict=${table.uniques[0].columns.map(quotedName).join(',')}`]
      : []
  return { body, prefer: withMissing([...prefer, ...upsert], random), parameters: [...columns, ...target] }
}

function replacement(table: TableDefinition, random: Random): Pick<Request, 'body' | 'parameters'> {
  const row = Object.fromEntries(
    table.columns.filter(({ generated }) => generated === null).map((column) => [column.name, cellOf(column, random)]),
  )
  const key = table.columns.filter(({ name }) => table.primaryKey?.includes(name))
  const parameters = key.map((column) => {
    const value = random.chance(0.05) ? random.pick(sampleOf(column.type, random)) : (row[column.name] ?? null)
    return `${quotedName(column.name)}=eq.${textOf(column.type, value)}`
  })
  return { body: row, parameters }
}

const isPlainName = (name: string): boolean => /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)
export const quotedName = (name: string): string => (isPlainName(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`)

interface Drawn {
  readonly parts: readonly SelectPart[]
  readonly parameters: readonly string[]
}

/** Draws what is shown and how: over a Catalog, from one stream of choices. */
class Shown {
  readonly #catalog: Catalog
  readonly #random: Random
  #embeds = 0
  #isSpoilt = false

  constructor(catalog: Catalog, random: Random) {
    this.#catalog = catalog
    this.#random = random
  }

  read(table: Table): Pick<Request, 'select' | 'parameters' | 'prefer'> {
    const random = this.#random
    const drawn = random.chance(0.12) ? this.#aggregates(table) : null
    const select =
      drawn ?? (random.chance(0.85) ? this.select(table, random.int(0, 3)) : { parts: null, parameters: [] })
    const filters = this.filters(table, [], random.pick([0, 0, 0, 1, 1, 2]))
    const order = drawn === null ? this.#order(table, []) : []
    const prefer = random.chance(0.3) ? ['count=exact'] : []
    return { select: select.parts, parameters: [...filters, ...order, ...select.parameters], prefer }
  }

  select(table: Table, depth: number, path: readonly string[] = []): Drawn {
    const random = this.#random
    const items = random.chance(0.45)
      ? [{ text: '*', items: null }]
      : random.some(table.columns, random.int(1, 4)).map((column) => this.#field(column))
    const embeds =
      depth === 0
        ? []
        : random
            .times(random.pick([0, 1, 1, 2]), () => this.#embed(table, depth, path))
            .filter((embed) => embed !== null)
    return {
      parts: [...items, ...embeds.flatMap(({ parts }) => parts)],
      parameters: embeds.flatMap(({ parameters }) => parameters),
    }
  }

  #field(column: Column): SelectPart {
    const random = this.#random
    const alias = random.chance(0.15) ? `as_${random.int(0, 9)}:` : ''
    const path =
      column.type.name === 'jsonb' && random.chance(0.4)
        ? random.pick(['->a', '->>a', '->a->b', '->0', '->>-1', '->a->b->>1'])
        : ''
    const cast = path === '' && random.chance(0.12) ? `::${random.pick(castsOf(column.type))}` : ''
    return { text: `${alias}${quotedName(column.name)}${path}${cast}`, items: null }
  }

  #aggregates(table: Table): Drawn | null {
    const random = this.#random
    // No sums of doubles: the last digit depends on the order and on how carefully they are added.
    const numbers = table.columns.filter(({ type }) =>
      ['smallint', 'integer', 'bigint', 'numeric', 'real', 'interval'].includes(type.name),
    )
    const sortable = table.columns.filter(
      ({ type }) => !['jsonb', 'boolean', 'array', 'bytea', 'uuid', 'interval'].includes(type.name),
    )
    const makers = [
      () => (random.chance(0.5) ? 'count()' : `${quotedName(random.pick(table.columns).name)}.count()`),
      ...(numbers.length === 0
        ? []
        : [() => `${quotedName(random.pick(numbers).name)}.${random.pick(['sum', 'avg'])}()`]),
      ...(sortable.length === 0
        ? []
        : [() => `${quotedName(random.pick(sortable).name)}.${random.pick(['min', 'max'])}()`]),
    ]
    const groups = random.some(table.columns, random.int(0, 2)).map(({ name }) => quotedName(name))
    const parts = [...groups, ...random.times(random.int(1, 3), (at) => `agg${at}:${random.pick(makers)()}`)]
    return { parts: parts.map((text) => ({ text, items: null })), parameters: [] }
  }

  #embed(table: Table, depth: number, path: readonly string[]): Drawn | null {
    const random = this.#random
    const relations = (this.#catalog.relations.get(table.key) ?? []).filter(({ target }) =>
      this.#catalog.tables.has(target),
    )
    if (relations.length === 0) return null
    const relation = random.pick(relations)
    const isSelf = relation.target === table.key && relation.junction === null
    if (isSelf && relation.sourceHoldsKey && relation.sourceColumns.length > 1) return null
    const target = this.#catalog.tables.get(relation.target) as Table
    const spread = random.chance(0.15)
    const alias = `e${this.#embeds++}`
    const called = isSelf && relation.sourceHoldsKey ? (relation.sourceColumns[0] ?? '') : target.name
    const name = spread ? quotedName(called) : alias
    const hint = isSelf ? '' : hintOf(relation, relations, random)
    const join = random.pick(['', '', '', '!inner', '!left'])
    const head = `${spread ? '...' : `${alias}:`}${quotedName(called)}${hint}${join}`
    const isMany = relation.cardinality === 'o2m' || relation.cardinality === 'm2m'
    const here = [...path, name]
    const drawn = !spread && random.chance(0.1) ? this.#aggregates(target) : null
    const inner = drawn ?? this.select(target, depth - 1, here)
    const filters = random.chance(0.4) ? this.filters(target, here, 1) : []
    const order = isMany && drawn === null ? this.#order(target, here) : []
    const isNull =
      !spread && random.chance(0.1) ? [`${[...path, alias].join('.')}=${random.pick(['is.null', 'not.is.null'])}`] : []
    return {
      parts: [{ text: head, items: inner.parts }],
      parameters: [...filters, ...order, ...isNull, ...inner.parameters],
    }
  }

  /** A limit only where the order leaves no choice: with the whole key behind it. */
  #order(table: Table, path: readonly string[]): readonly string[] {
    const random = this.#random
    const prefix = path.map((name) => `${name}.`).join('')
    const terms = random
      .some(
        table.columns.filter(({ type }) => type.name !== 'jsonb' || random.chance(0.3)),
        random.int(0, 2),
      )
      .map(
        (column) =>
          `${quotedName(column.name)}${random.pick(['', '.asc', '.desc', '.desc.nullslast', '.asc.nullsfirst'])}`,
      )
    const limited = random.chance(0.4) && table.primaryKey.length > 0
    const whole = limited ? [...terms, ...table.primaryKey.map(quotedName)] : terms
    const order = whole.length === 0 ? [] : [`${prefix}order=${whole.join(',')}`]
    if (!limited) return order
    const limit = random.chance(0.8) ? [`${prefix}limit=${random.int(0, 5)}`] : []
    const offset = random.chance(0.4) ? [`${prefix}offset=${random.int(0, 4)}`] : []
    return [...order, ...limit, ...offset]
  }

  filters(table: Table, path: readonly string[], count: number): readonly string[] {
    const random = this.#random
    const prefix = path.map((name) => `${name}.`).join('')
    return random.times(count, () => {
      if (random.chance(0.2))
        return `${prefix}${random.pick(['or', 'and', 'not.or', 'not.and'])}=${this.#tree(table, 2)}`
      const { key, value } = this.#filter(random.pick(table.columns))
      return `${prefix}${key}=${value}`
    })
  }

  #tree(table: Table, depth: number): string {
    const random = this.#random
    const nodes = random.times(random.int(1, 3), () => {
      if (depth > 0 && random.chance(0.25))
        return `${random.pick(['or', 'and', 'not.and'])}${this.#tree(table, depth - 1)}`
      const { key, value, isLogicSafe } = this.#filter(random.pick(table.columns))
      const at = value.indexOf('.', value.startsWith('not.') ? 4 : 0)
      const operand = value.slice(at + 1)
      return `${key}.${value.slice(0, at + 1)}${isLogicSafe ? operand : `"${operand.replace(/["\\]/g, '\\$&')}"`}`
    })
    return `(${nodes.join(',')})`
  }

  #filter(column: Column): { key: string; value: string; isLogicSafe: boolean } {
    const random = this.#random
    const { type } = column
    const name = quotedName(column.name)
    const text = (): string => textOf(type, random.pick(sampleOf(type, random)))
    const not = random.chance(0.2) ? 'not.' : ''
    if (type.name === 'jsonb' && random.chance(0.6)) {
      const value = random.pick(['eq.1', 'eq.x', 'like.*x*', 'is.null', 'neq.a', 'in.(1,x)'])
      return {
        key: `${name}${random.pick(['->>a', '->a->>b', '->>0', '->tags->>1'])}`,
        value: not + value,
        isLogicSafe: true,
      }
    }
    const choice = random.int(0, 11)
    if (choice === 0)
      return {
        key: name,
        value: `${not}is.${random.pick(['null', 'not_null', ...(type.name === 'boolean' ? ['true', 'false', 'unknown'] : [])])}`,
        isLogicSafe: true,
      }
    if (choice <= 2)
      return {
        key: name,
        value: `${not}in.(${random.times(random.int(random.chance(0.1) ? 0 : 1, 5), () => listed(text())).join(',')})`,
        isLogicSafe: true,
      }
    if (choice === 3 && type.name !== 'array')
      return {
        key: name,
        value: `${not}${random.pick(['eq', 'gt', 'lte'])}(${random.pick(['any', 'all'])}).{${random.times(random.int(0, 3), () => listed(text(), true)).join(',')}}`,
        isLogicSafe: false,
      }
    if (choice === 4) return { key: name, value: `${not}isdistinct.${text()}`, isLogicSafe: false }
    if (choice >= 10) {
      const found = this.#special(type)
      if (found !== null) return { key: name, value: not + found, isLogicSafe: false }
    }
    const operand = this.#garbage() ?? text()
    return {
      key: name,
      value: `${not}${random.pick(['eq', 'neq', 'neq', 'gt', 'gte', 'lt', 'lte', 'gte', 'lte'])}.${operand}`,
      isLogicSafe: false,
    }
  }

  /** Once per request: of two values that can't be converted either may be named. */
  #garbage(): string | null {
    if (this.#isSpoilt || !this.#random.chance(0.02)) return null
    this.#isSpoilt = true
    return 'garbage!'
  }

  #special(type: ColumnType): string | null {
    const random = this.#random
    const array = (): string => textOf(type, random.pick(sampleOf(type, random)))
    switch (type.name) {
      case 'text':
      case 'varchar':
        return random.pick([
          'like.a*',
          'like.*B*',
          'ilike.*ä*',
          'ilike.A_B',
          'match.^[a-z]+$',
          'imatch.^A',
          'like(any).{a*,*b}',
          'ilike(all).{*a*,*B*}',
          'like.x\\_y',
          'neq.',
        ])
      case 'array':
        return `${random.pick(['cs', 'cd', 'ov'])}.${array()}`
      case 'jsonb':
        return `${random.pick(['cs', 'cd'])}.${random.pick(['{"a":1}', '[1]', '{}', '[]', '"a"', '{"a":{"b":[2]}}'])}`
      default:
        return null
    }
  }
}

const listed = (text: string, isArray = false): string =>
  isArray || /[,()"\\{}]|^$|^ | $|^null$/i.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text

function hintOf(relation: Relation, all: readonly Relation[], random: Random): string {
  const same = all.filter(({ target }) => target === relation.target)
  if (same.length === 1 && random.chance(0.7)) return ''
  if (relation.junction !== null)
    return `!${quotedName(relation.junction.table.slice(relation.junction.table.indexOf('.') + 1))}`
  return `!${quotedName(relation.name)}`
}

function castsOf(type: ColumnType): readonly string[] {
  switch (type.name) {
    case 'smallint':
    case 'integer':
      return ['text', 'bigint', 'numeric', 'double precision']
    case 'numeric':
    case 'double':
    case 'real':
      return ['text', 'numeric']
    case 'timestamp':
    case 'timestamptz':
      return ['text', 'date']
    default:
      return ['text']
  }
}
