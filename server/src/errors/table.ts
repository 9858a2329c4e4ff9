/** One row of the error table: HTTP status, message template with `{name}` holes, and a standing hint. */
export interface ErrorRow {
  readonly status: number
  readonly message: string
  readonly hint?: string
}

const row = (status: number, message: string, hint?: string): ErrorRow =>
  hint === undefined ? { status, message } : { status, message, hint }

/**
 * Every code Pilar can answer. Groups: PGRST0xx connection, 1xx request, 2xx names, 3xx identity (PostgREST's own codes and
 * texts, protocol.md §1.13); five-character codes are SQLSTATEs with PostgreSQL's texts; `PILAR_…` are ours. A code is never reused.
 */
export const ERRORS = {
  PGRST000: row(503, 'Database connection error.'),
  PGRST001: row(503, 'Database client error. Retrying the connection.'),
  PGRST002: row(503, 'Could not query the database for the schema cache. Retrying.'),
  PGRST003: row(504, 'Timed out acquiring connection from connection pool.'),
  PGRSTX00: row(500, 'Internal server error'),
  PGRST100: row(400, '"failed to parse {what} ({text})" (line {line}, column {column})'),
  PGRST101: row(405, 'Cannot use the {method} method on RPC'),
  PGRST102: row(400, '{message}'),
  PGRST103: row(416, 'Requested range not satisfiable'),
  PGRST105: row(405, "Filters must include all and only primary key columns with 'eq' operators"),
  PGRST106: row(406, 'Invalid schema: {schema}'),
  PGRST107: row(406, 'None of these media types are available: {types}'),
  PGRST108: row(400, "'{name}' is not an embedded resource in this request"),
  PGRST114: row(400, 'limit/offset querystring parameters are not allowed for PUT'),
  PGRST115: row(400, 'Payload values do not match URL in primary key column(s)'),
  PGRST116: row(406, 'Cannot coerce the result to a single JSON object'),
  PGRST117: row(405, 'Unsupported HTTP method: {method}'),
  PGRST118: row(400, "A related order on '{name}' is not possible"),
  PGRST122: row(400, 'Invalid preferences given with handling=strict'),
  PGRST123: row(400, 'Use of aggregate functions is not allowed', 'The operator can allow it: PILAR_AGGREGATES=true.'),
  PGRST124: row(400, 'Query result exceeds max-affected preference constraint'),
  PGRST125: row(404, 'Invalid path specified in request URL', 'A row is found by a filter: /rest/v1/TABLE?id=eq.1'),
  PGRST126: row(404, 'Root endpoint metadata is disabled'),
  PGRST127: row(400, 'Feature not implemented'),
  PGRST128: row(400, 'Function must return SETOF or TABLE when max-affected preference is used with handling=strict'),
  PGRST200: row(400, "Could not find a relationship between '{parent}' and '{child}' in the schema cache"),
  PGRST201: row(300, "Could not embed because more than one relationship was found for '{parent}' and '{child}'"),
  PGRST202: row(404, 'Could not find the function {signature} in the schema cache'),
  PGRST203: row(300, 'Could not choose the best candidate function between: {candidates}'),
  PGRST204: row(400, "Could not find the '{column}' column of '{table}' in the schema cache"),
  PGRST205: row(404, "Could not find the table '{name}' in the schema cache"),
  PGRST300: row(500, 'Server lacks JWT secret'),
  PGRST301: row(401, '{message}'),
  PGRST302: row(401, 'Anonymous access is disabled'),
  PGRST303: row(401, '{message}'),

  '08006': row(503, 'connection failure: {message}'),
  '0A000': row(400, '{message}'),
  '21000': row(400, '{message}'),
  '22001': row(400, 'value too long for type {type}'),
  '22003': row(400, '{message}'),
  '22007': row(400, 'invalid input syntax for type {type}: "{value}"'),
  '22008': row(400, 'date/time field value out of range: "{value}"'),
  '22012': row(400, 'division by zero'),
  '22023': row(400, '{message}'),
  '2201B': row(400, 'invalid regular expression: {message}'),
  '2201W': row(400, 'LIMIT must not be negative'),
  '22021': row(400, 'invalid byte sequence for encoding "UTF8": {bytes}'),
  '22P02': row(400, '{message}'),
  '22P05': row(400, 'unsupported Unicode escape sequence'),
  '23502': row(400, 'null value in column "{column}" of relation "{table}" violates not-null constraint'),
  '23503': row(409, '{message}'),
  '23505': row(409, 'duplicate key value violates unique constraint "{constraint}"'),
  '23514': row(400, 'new row for relation "{table}" violates check constraint "{constraint}"'),
  '25006': row(405, 'cannot execute {statement} in a read-only transaction'),
  '28000': row(401, '{message}'),
  '42501': row(403, '{message}'),
  '42601': row(400, '{message}'),
  '42703': row(400, 'column {column} does not exist'),
  '42704': row(400, 'type "{type}" does not exist'),
  '42803': row(400, '{message}'),
  '42804': row(400, '{message}'),
  '42809': row(400, '{message}'),
  '42846': row(400, 'cannot cast type {from} to {to}'),
  '42883': row(404, '{message}'),
  '42P01': row(404, 'relation "{name}" does not exist'),
  '42P10': row(400, 'there is no unique or exclusion constraint matching the ON CONFLICT specification'),
  '428C9': row(400, 'cannot insert a non-DEFAULT value into column "{column}"'),
  '53100': row(503, 'could not extend file: no space left on device'),
  '53300': row(503, 'too many concurrent requests'),
  '53400': row(500, '{message}'),
  '54001': row(400, '{message}'),
  '55P03': row(500, 'canceling statement due to lock timeout'),
  '57014': row(500, 'canceling statement due to statement timeout'),
  '58030': row(500, 'could not access the database file: {message}'),
  P0001: row(400, '{message}'),
  XX001: row(500, 'the database file is corrupt: {message}'),

  PILAR_LIMIT: row(400, '{what} exceeds the limit {limit} of {max} {unit}'),
  PILAR_BODY_TOO_LARGE: row(413, 'request body exceeds the limit {limit} of {max} bytes'),
  PILAR_URL_TOO_LONG: row(414, 'URL exceeds the limit {limit} of {max} bytes'),
  PILAR_NOT_BUILT: row(501, '{feature} is part of the protocol but is not built yet'),
  PILAR_NOT_FOUND: row(404, 'There is nothing at {path}', 'Tables are at /rest/v1/TABLE.'),
  PILAR_INVALID_KEY: row(401, 'Invalid API key', 'Copy the whole key from pilar keys, run for this very project.'),
  PILAR_SCHEMA: row(500, '{message}'),
  PILAR_SETTINGS: row(500, '{message}'),
  PILAR_START: row(500, '{message}'),
  PILAR_DUMP: row(400, '{message}'),
  PILAR_MIGRATION: row(500, '{message}'),
  PILAR_MIGRATION_STALE: row(
    409,
    'the structure of the database is not the one that the migration was planned for',
    'Plan it again: pilar migrate plan.',
  ),
  PILAR_MIGRATION_LEASE: row(
    409,
    'the right to change the structure was lost to another process',
    'See what the other one did: pilar migrate status.',
  ),
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof ERRORS

/** The row of a code with the wide type, for code that reads `hint` whether or not the row has one. */
export function errorRow(code: ErrorCode): ErrorRow {
  return ERRORS[code]
}
