import type { ColumnType, ScalarType } from '../../schema/types.ts'
import { quoteText } from '../sql/printer.ts'
import type { Storage } from './codecs.ts'
import type { ExprPrinter } from './expr.ts'

/** A type and how it is kept. */
export interface Kept {
  readonly type: ColumnType
  readonly storage: Storage
}

/**
 * SQL that gives the wire's JSON text of a stored value, `null` included. Texts are put together with concat() and never parsed again:
 * json_object() is as fast for one level, but its results lose their JSON subtype in sorters and subselects and would be escaped there.
 */
export function jsonText(kept: Kept, sql: string, printer: ExprPrinter): string {
  const { type, storage } = kept
  if (storage.kind === 'native') return nativeJson(type, sql, printer)
  switch (type.name) {
    case 'smallint':
    case 'integer':
    case 'bigint':
      // Not json_quote(): concat() prints an integer as JSON does, at half the cost.
      return `ifnull(${sql}, 'null')`
    case 'boolean':
      return `iif(${sql} IS NULL, 'null', iif(${sql}, 'true', 'false'))`
    case 'real':
    case 'double':
      return `ifnull(${printer.udf('float_json', sql, type.name === 'real' ? '4' : '8')}, 'null')`
    case 'numeric':
      if (storage.kind === 'scaled') return `ifnull(${decimalText(sql, storage.scale)}, 'null')`
      return `ifnull(${storage.kind === 'key' ? numericOfKey(type, sql, printer) : sql}, 'null')`
    case 'jsonb':
    case 'array':
      return `ifnull(${sql}, 'null')`
    case 'bytea':
      return `iif(${sql} IS NULL, 'null', '"\\\\x' || lower(hex(${sql})) || '"')`
    case 'uuid':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return `ifnull('"' || ${sql} || '"', 'null')`
    default:
      return `json_quote(${sql})`
  }
}

/** Adopted tables may hold anything anywhere: what does not look like its type is shown as it is. */
function nativeJson(type: ColumnType, sql: string, printer: ExprPrinter): string {
  switch (type.name) {
    case 'boolean':
      return `CASE typeof(${sql}) WHEN 'integer' THEN iif(${sql}, 'true', 'false') WHEN 'null' THEN 'null' ELSE ${printer.udf('any_json', sql)} END`
    case 'smallint':
    case 'integer':
    case 'bigint':
      return `iif(typeof(${sql}) IN ('integer', 'null'), json_quote(${sql}), ${printer.udf('any_json', sql)})`
    case 'timestamp':
      return `iif(${sql} GLOB '????-??-?? ??:??*', '"' || replace(${sql}, ' ', 'T') || '"', ${printer.udf('any_json', sql)})`
    case 'jsonb':
      return `ifnull(${nativeJsonb(sql, printer)}, 'null')`
    case 'text':
    case 'varchar':
    case 'date':
    case 'time':
    case 'uuid':
    case 'enum':
      return `iif(typeof(${sql}) IN ('text', 'null'), json_quote(${sql}), ${printer.udf('any_json', sql)})`
    default:
      return printer.udf('any_json', sql)
  }
}

/** What another program wrote into a column that is declared as jsonb: text that is no JSON is a JSON string, never a part of ours. */
export function nativeJsonb(sql: string, printer: ExprPrinter): string {
  return `iif(${sql} IS NULL OR json_valid(${sql}), ${sql}, ${printer.udf('any_json', sql)})`
}

/** A scaled integer as decimal text with all its digits: `1999` at scale 2 is `19.99`. */
export function decimalText(sql: string, scale: number): string {
  if (scale === 0) return `CAST(${sql} AS TEXT)`
  const unit = `1${'0'.repeat(scale)}`
  const digits = `format('%d.%0${scale}d', abs(${sql}) / ${unit}, abs(${sql}) % ${unit})`
  return `iif(${sql} IS NULL, NULL, iif(${sql} < 0, '-', '') || ${digits})`
}

/** The decimal text of an order-preserving key, with the digits that its type has after the point. */
export function numericOfKey(type: ScalarType, sql: string, printer: ExprPrinter): string {
  const scale = type.precision === undefined ? [] : [String(type.scale ?? 0)]
  return printer.udf('numeric_of_key', sql, ...scale)
}

/** A JSON member's name with its colon, as a text constant. */
export function memberName(name: string, before: string): string {
  return quoteText(`${before}${JSON.stringify(name)}:`)
}
