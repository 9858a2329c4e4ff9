import { KIB, MIB } from '../std/units.ts'
import { type NumberDefinition, readDefinitions, type ValuesOf } from './define.ts'

type LimitRow = readonly [unit: string, initial: number, min: number, max: number, error: string, doc: string]

const limit = (env: string, row: LimitRow): NumberDefinition => {
  const [unit, initial, min, max, error, doc] = row
  return { type: 'number', env, unit, default: initial, min, max, error, doc }
}

/** Every bound on what a request may cost, with its unit, default, range and the code that answers when it is hit. */
export const LIMITS = {
  rowsMax: limit('PILAR_ROWS_MAX', [
    'rows',
    1000,
    1,
    1_000_000,
    'none: cut off',
    'Rows of one read, and of each embed per parent; more are left out, as PostgREST does.',
  ]),
  embedDepthMax: limit('PILAR_EMBED_DEPTH_MAX', ['levels', 5, 1, 20, 'PILAR_LIMIT', 'Embeds inside embeds.']),
  selectItemsMax: limit('PILAR_SELECT_ITEMS_MAX', [
    'items',
    500,
    1,
    5000,
    'PILAR_LIMIT',
    'Items of all select lists together.',
  ]),
  filterNodesMax: limit('PILAR_FILTER_NODES_MAX', [
    'filters',
    100,
    1,
    1000,
    'PILAR_LIMIT',
    'Filters and and/or groups of one request.',
  ]),
  logicDepthMax: limit('PILAR_LOGIC_DEPTH_MAX', ['levels', 20, 1, 100, 'PILAR_LIMIT', 'Nesting of and/or groups.']),
  inListMax: limit('PILAR_IN_LIST_MAX', [
    'values',
    1000,
    1,
    100_000,
    'PILAR_LIMIT',
    'Values of one in(…), any or all list.',
  ]),
  jsonDepthMax: limit('PILAR_JSON_DEPTH_MAX', ['levels', 64, 4, 500, 'PILAR_LIMIT', 'Nesting of a JSON body.']),
  urlBytesMax: limit('PILAR_URL_BYTES_MAX', [
    'bytes',
    8 * KIB,
    KIB,
    64 * KIB,
    'PILAR_URL_TOO_LONG',
    'Path and query string of a request.',
  ]),
  bodyBytesMax: limit('PILAR_BODY_BYTES_MAX', [
    'bytes',
    MIB,
    KIB,
    256 * MIB,
    'PILAR_BODY_TOO_LARGE',
    'Body of a data request.',
  ]),
  payloadRowsMax: limit('PILAR_PAYLOAD_ROWS_MAX', [
    'rows',
    50_000,
    1,
    1_000_000,
    'PILAR_LIMIT',
    'Rows of one insert or upsert.',
  ]),
  payloadColumnsMax: limit('PILAR_PAYLOAD_COLUMNS_MAX', [
    'columns',
    500,
    1,
    5000,
    'PILAR_LIMIT',
    'Columns of one insert or update.',
  ]),
  orderTermsMax: limit('PILAR_ORDER_TERMS_MAX', ['terms', 32, 1, 500, 'PILAR_LIMIT', 'Order terms of one request.']),
  jsonPathStepsMax: limit('PILAR_JSON_PATH_STEPS_MAX', [
    'steps',
    32,
    1,
    500,
    'PILAR_LIMIT',
    'Arrows in one JSON path.',
  ]),
  statementTimeoutMs: limit('PILAR_STATEMENT_TIMEOUT_MS', [
    'milliseconds',
    5000,
    50,
    600_000,
    '57014',
    'Time the database may take for one request.',
  ]),
  transactionMs: limit('PILAR_TRANSACTION_MS', [
    'milliseconds',
    2000,
    50,
    60_000,
    '57014',
    'Time an exclusive transaction may stay open.',
  ]),
  connectionsMax: limit('PILAR_CONNECTIONS_MAX', [
    'connections',
    10_000,
    1,
    1_000_000,
    'none: refused',
    'Open client connections of this process.',
  ]),
  requestTimeoutMs: limit('PILAR_REQUEST_TIMEOUT_MS', [
    'milliseconds',
    30_000,
    1000,
    600_000,
    'none: closed',
    'Time a client may take to send a whole request.',
  ]),
  planCacheEntriesMax: limit('PILAR_PLAN_CACHE_ENTRIES_MAX', [
    'entries',
    1000,
    1,
    100_000,
    'none: least used leave',
    'Compiled programs kept; also the requests whose parsing is remembered.',
  ]),
} as const

export type Limits = ValuesOf<typeof LIMITS>

export function readLimits(env: Readonly<Record<string, string | undefined>>, given: Partial<Limits> = {}): Limits {
  return readDefinitions(LIMITS, env, given)
}
