/**
 * Every function and operator an Expr may call, by PostgreSQL's meaning. Several spellings share one name (`||` is `concat`, `char_length`
 * is `length`). Signatures (argument types → result type) are in `signatures.ts`; engines print, and the oracle evaluates, exactly these.
 * Strict unless said otherwise: null when an argument is null.
 */
export const FUNCTIONS = {
  eq: 'a = b', neq: 'a <> b', lt: 'a < b', lte: 'a <= b', gt: 'a > b', gte: 'a >= b',
  distinct: 'a IS DISTINCT FROM b; never null',
  like: 'text LIKE pattern with \\ as escape', ilike: 'like without regard to case, Unicode-aware',
  like_escape: 'like_escape(pattern, escape) → a pattern whose escape is \\',
  match: 'text ~ regex', imatch: 'text ~* regex',
  add: 'a + b: numbers; timestamp(tz)/date/time/interval + interval; date + integer',
  sub: 'a - b: numbers; timestamps → interval; date - date → integer; temporal - interval; date - integer; jsonb - text',
  mul: 'a * b: numbers; interval * double', div: 'a / b: integers truncate; 22012 on zero', mod: 'a % b', neg: '-a', power: 'a ^ b',
  abs: 'absolute value', sign: '-1, 0 or 1', sqrt: 'square root', round: 'round(n) or round(numeric, digits)',
  ceil: 'up', floor: 'down', trunc: 'trunc(n) or trunc(numeric, digits)',
  greatest: 'largest non-null argument', least: 'smallest non-null argument',
  coalesce: 'first non-null argument', nullif: 'nullif(a, b)',
  concat: 'a || b: text, arrays, jsonb', concat_all: 'concat(…): texts joined, nulls skipped; never null',
  lower: 'lower case, Unicode', upper: 'upper case, Unicode', initcap: 'first letter of each word upper, rest lower',
  trim: 'trim(both chars from text); chars default a space', ltrim: 'leading', rtrim: 'trailing',
  length: 'characters', octet_length: 'bytes', reverse: 'characters reversed', repeat: 'repeat(text, n)',
  substring: 'substring(text, from[, count]), 1-based', left: 'left(text, n)', right: 'right(text, n)',
  lpad: 'lpad(text, n[, fill])', rpad: 'rpad(text, n[, fill])', position: 'position(part in text), 1-based, 0 when absent; args (text, part)',
  replace: 'replace(text, from, to)', split_part: 'split_part(text, delimiter, n)', starts_with: 'starts_with(text, prefix)',
  json_get: 'jsonb -> text|integer', json_get_text: 'jsonb ->> text|integer', json_path: 'jsonb #> text[]', json_path_text: 'jsonb #>> text[]',
  json_has_key: 'jsonb ? text', json_typeof: 'jsonb_typeof', json_array_length: 'jsonb_array_length',
  json_build_object: 'jsonb_build_object(key, value, …); nulls allowed', json_build_array: 'jsonb_build_array(…); nulls allowed', to_jsonb: 'to_jsonb(any)',
  contains: 'a @> b: arrays, jsonb', contained: 'a <@ b', overlaps: 'a && b: arrays',
  array_length: 'array_length(a, 1); null when empty', cardinality: 'elements', array_append: 'array_append(a, element)', array_position: 'array_position(a, element)',
  date_trunc: 'date_trunc(field, temporal)', extract: 'extract(field from temporal) → numeric; args (field, temporal)',
  timezone: "temporal AT TIME ZONE zone: only 'UTC' and fixed offsets; args (zone, temporal)",
  gen_random_uuid: 'a new version 4 UUID; volatile',
} as const

export type FunctionName = keyof typeof FUNCTIONS
