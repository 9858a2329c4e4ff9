import type { DatabaseSync } from 'node:sqlite'
import type { SqlValue } from '../codecs.ts'
import { conversionFunctions } from '../migrate/convert-values.ts'
import { convertFunctions } from './convert.ts'
import type { Spend, SqlFunction } from './define.ts'
import { jsonbFunctions } from './jsonb.ts'
import { momentAggregates, momentFunctions } from './moments.ts'
import { numericAggregates, numericFunctions } from './numeric.ts'
import { regexFunctions, textFunctions } from './text.ts'

const FUNCTIONS = [
  textFunctions,
  jsonbFunctions,
  numericFunctions,
  momentFunctions,
  convertFunctions,
  conversionFunctions,
]

/** Gives a connection all our functions, as `pilar_<name>`. They throw Pilar's own errors, which come out of the statement unchanged. */
export function registerFunctions(database: DatabaseSync, spend: Spend): void {
  for (const functions of [...FUNCTIONS, regexFunctions(spend)]) {
    for (const [name, fn] of Object.entries(functions)) registerFunction(database, `pilar_${name}`, fn)
  }
  for (const [name, fn] of Object.entries({ ...numericAggregates, ...momentAggregates })) {
    database.aggregate(`pilar_${name}`, {
      start: null,
      useBigIntArguments: true,
      step: fn.step as (state: unknown, value: unknown) => unknown,
      result: fn.result as (state: unknown) => SqlValue,
    } as Parameters<DatabaseSync['aggregate']>[1])
  }
}

function registerFunction(database: DatabaseSync, name: string, fn: SqlFunction): void {
  const options = { deterministic: fn.deterministic ?? true, useBigIntArguments: true, varargs: true }
  const { call } = fn
  const strict = (...args: SqlValue[]): SqlValue => (args.includes(null) ? null : call(...args))
  database.function(name, options, (fn.takesNull === true ? call : strict) as (...args: SqlValue[]) => SqlValue)
}
