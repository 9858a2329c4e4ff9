import { failure } from '../../errors/error.ts'
import type { ContextName } from '../../query/expr.ts'
import type { ColumnType } from '../../schema/types.ts'
import { canonicalJson } from '../../schema/values/json.ts'
import { formatTimestamptz } from '../../schema/values/temporal.ts'
import { fromText } from '../../schema/values.ts'
import type { JsonObject } from '../../std/json.ts'
import { stringifyJson } from '../../std/json.ts'
import type { Params } from '../engine.ts'
import type { SqlValue } from './codecs.ts'

/** All that binding may look at. */
export interface BindInput {
  readonly params: Params
  readonly nowMicros: bigint
  /** The payload as JSON text, made once for all statements of a write (random defaults must be the same in each). */
  payload?: string
}

/** Gives the value of one slot; made at compile time, so that binding is a loop over calls. */
export type Slot = (input: BindInput) => SqlValue

/** Stands for the keys of the rows that an earlier statement of the same write touched; filled in by the writer. */
export const KEYS_SLOT: Slot = () => null

/** Converts one text of the request to what its slot binds. */
export type TextEncoder = (text: string, input: BindInput) => SqlValue

/** The slots of one statement, numbered from 1 as `?1`, `?2`, …. Equal keys share a slot. */
export class Slots {
  readonly #slots: Slot[] = []
  readonly #byKey = new Map<string, number>()

  get list(): readonly Slot[] {
    return Object.freeze([...this.#slots])
  }

  /** The SQL of a slot: `?3`. */
  add(key: string | null, slot: Slot): string {
    const known = key === null ? undefined : this.#byKey.get(key)
    if (known !== undefined) return `?${known}`
    this.#slots.push(slot)
    if (key !== null) this.#byKey.set(key, this.#slots.length)
    return `?${this.#slots.length}`
  }
}

export function bindSlots(slots: readonly Slot[], input: BindInput): SqlValue[] {
  const bound: SqlValue[] = new Array(slots.length)
  for (let index = 0; index < slots.length; index++) bound[index] = (slots[index] as Slot)(input)
  return bound
}

/** One text of the request. */
export function textSlot(index: number, encode: TextEncoder): Slot {
  return (input) => {
    const text = input.params.values[index]
    if (typeof text !== 'string') throw new Error(`assertion failed: value ${index} is one text`)
    return encode(text, input)
  }
}

/** A list of texts as one JSON array. `null` from the encoder leaves an item out. */
export function listSlot(index: number, encode: (text: string, input: BindInput) => string | null): Slot {
  return (input) => {
    const texts = input.params.values[index]
    if (!Array.isArray(texts)) throw new Error(`assertion failed: value ${index} is a list`)
    const items: string[] = []
    for (const text of texts as readonly string[]) {
      const item = encode(text, input)
      if (item !== null) items.push(item)
    }
    return `[${items.join(',')}]`
  }
}

/** `limit=`/`offset=`: a count of rows; anything beyond `max` is `max`. */
export function countSlot(index: number, max: number): Slot {
  return textSlot(index, (text) => {
    if (!/^\d{1,18}$/.test(text.trim())) {
      if (/^-\d+$/.test(text.trim())) throw failure('2201W')
      throw failure('22P02', { message: `invalid input syntax for type bigint: "${text}"` })
    }
    return Math.min(Number(text), max)
  })
}

/** A part of the actor, in the standard form of `type`; the user id that is no uuid is 22P02, as in PostgreSQL. */
export function contextSlot(name: ContextName, type: ColumnType): Slot {
  switch (name) {
    case 'uid':
      return ({ params }) => {
        const { userId } = params.actor
        return userId === null || type.name !== 'uuid' ? userId : String(fromText(type, userId))
      }
    case 'role':
      return ({ params }) => params.actor.role
    case 'email':
      return ({ params }) => params.actor.email
    case 'jwt':
      return ({ params }) => jwtText(params.actor.claims, type)
    case 'now':
      return ({ nowMicros }) => formatTimestamptz(nowMicros)
  }
}

/** Claims belong to the actor, so their text is made once for all slots and requests that share the object. */
const claimTexts = new WeakMap<JsonObject, string>()

function jwtText(claims: JsonObject, type: ColumnType): string {
  if (type.name !== 'jsonb') return stringifyJson(claims)
  const known = claimTexts.get(claims)
  if (known !== undefined) return known
  const text = canonicalJson(claims)
  claimTexts.set(claims, text)
  return text
}
