import type { Listing, Output } from '../../src/engines/memory/read.ts'
import { formatDecimal, parseDecimal, stripZeros } from '../../src/std/decimal.ts'
import { isJsonArray, isJsonObject, type Json, parseJson, RawNumber, stringifyJson } from '../../src/std/json.ts'

/** The oracle's answer as the one text that an engine gives when it breaks ties the same way. */
export function render(output: Output): string {
  if (typeof output === 'string') return output
  if ('items' in output) return `[${output.items.map(render).join(',')}]`
  return `{${output.members.map(([name, value]) => `${JSON.stringify(name)}:${render(value)}`).join(',')}}`
}

/**
 * Whether an engine's JSON is one of the answers that the oracle allows: equal but for the order of members and, within a list, of items
 * that the request's order leaves tied. Numbers count by value, digit by digit: `1.50` is `1.5`, and 2^53 + 1 is not 2^53.
 */
export function allows(expected: Listing, text: string): boolean {
  return render(expected) === text || matches(expected, parseJson(text))
}

function matches(expected: Output, actual: Json): boolean {
  if (typeof expected === 'string') return normal(parseJson(expected)) === normal(actual)
  if ('items' in expected) return actual !== null && isJsonArray(actual) && matchesList(expected, actual)
  if (!isJsonObject(actual)) return false
  // As in JavaScript, the last of several members of one name counts.
  const members = new Map(expected.members)
  const names = Object.keys(actual)
  return (
    names.length === members.size &&
    names.every((name) => matches(members.get(name) ?? '"absent"', actual[name] ?? null))
  )
}

function matchesList({ items, ties }: Listing, actual: readonly Json[]): boolean {
  if (items.length !== actual.length) return false
  const left = items.map((item, at) => ({ item, tie: ties[at] }))
  return actual.every((value, at) => {
    const found = left.findIndex(({ item, tie }) => tie === ties[at] && matches(item, value))
    if (found < 0) return false
    left.splice(found, 1)
    return true
  })
}

function normal(value: Json): string {
  if (typeof value === 'number' || value instanceof RawNumber) return normalNumber(stringifyJson(value))
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isJsonArray(value)) return `[${value.map(normal).join(',')}]`
  const names = Object.keys(value).sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${normal((value as { [name: string]: Json })[name] ?? null)}`).join(',')}}`
}

function normalNumber(text: string): string {
  const value = parseDecimal(text)
  return value === null ? text : formatDecimal(stripZeros(value))
}
