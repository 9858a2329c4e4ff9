import { failure } from '../../errors/error.ts'
import { nearest } from '../../std/nearest.ts'

/** How a value is written in a file that people read and edit, and how it is read again. `read(write(x))` is `x`. */
export interface Form<T> {
  /** Throws PILAR_MIGRATION, with the place `at` in words, for what has another form. */
  read(value: unknown, at: string): T
  write(value: T): unknown
}

/** A member of an object: one that may be absent, or is left out where it has the plain value. */
export interface Member<T> {
  readonly form: Form<NonNullable<T>> | Form<T>
  readonly plain?: T
  readonly absent?: boolean
}

/** Of every member of T, so that none can be forgotten. */
export type Members<T> = { readonly [Name in keyof T]-?: Member<T[Name]> }

export const text: Form<string> = primitive((value) => typeof value === 'string', 'a text')
export const flag: Form<boolean> = primitive((value) => typeof value === 'boolean', 'true or false')
export const count: Form<number> = primitive((value) => Number.isSafeInteger(value), 'a whole number')

/** One of some words. */
export function word<Word extends string>(words: readonly Word[]): Form<Word> {
  return {
    read: (value, at) => {
      const found = words.find((each) => each === value)
      if (found === undefined) throw fault(`${at} must be one of: ${words.join(', ')}`)
      return found
    },
    write: (value) => value,
  }
}

export function list<T>(item: Form<T>): Form<readonly T[]> {
  return {
    read: (value, at) => {
      if (!Array.isArray(value)) throw fault(`${at} must be a list`)
      return value.map((each, index) => item.read(each, `${at}[${index}]`))
    },
    write: (value) => value.map((each) => item.write(each)),
  }
}

export const required = <T>(form: Form<NonNullable<T>> | Form<T>): Member<T> => ({ form })
/** Left out where it has this value. */
export const plainly = <T>(form: Form<NonNullable<T>> | Form<T>, plain: T): Member<T> => ({ form, plain })
/** May not be there at all, and then is not. */
export const absent = <T>(form: Form<NonNullable<T>> | Form<T>): Member<T> => ({ form, absent: true })

/** An object with these members and no others, in this order. */
export function object<T extends object>(members: Members<T>): Form<T> {
  const specified = Object.entries(members) as readonly (readonly [string, Member<unknown>])[]
  return {
    read: (value, at) => readObject(value, at, specified) as T,
    write: (value) => {
      const given = value as Readonly<Record<string, unknown>>
      return Object.fromEntries(specified.flatMap(([name, member]) => written(name, member, given[name])))
    },
  }
}

type Specified = readonly (readonly [string, Member<unknown>])[]

function readObject(value: unknown, at: string, specified: Specified): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fault(`${at} must be an object`)
  const names = specified.map(([name]) => name)
  const unknown = Object.keys(value).find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw fault(`${at} has no member "${unknown}"`, `There is: ${nearestFirst(unknown, names)}.`)
  const given = value as Readonly<Record<string, unknown>>
  return Object.fromEntries(specified.flatMap(([name, member]) => readMember(given[name], name, { at, member })))
}

interface Reading {
  readonly at: string
  readonly member: Member<unknown>
}

function readMember(value: unknown, name: string, { at, member }: Reading): readonly (readonly [string, unknown])[] {
  if (value === undefined && member.absent === true) return []
  if (value === undefined || value === null) {
    if (member.plain === undefined || (value === null && member.plain !== null))
      throw fault(`${at}: "${name}" is missing`)
    return [[name, member.plain]]
  }
  return [[name, member.form.read(value, `${at}.${name}`)]]
}

function written(
  name: string,
  { form, plain }: Member<unknown>,
  value: unknown,
): readonly (readonly [string, unknown])[] {
  if (value === undefined || value === plain) return []
  if (Array.isArray(value) && value.length === 0 && Array.isArray(plain)) return []
  // A null that is not the plain value has no form: none of the members here is like that.
  return [[name, (form as Form<unknown>).write(value)]]
}

function primitive<T>(fits: (value: unknown) => boolean, words: string): Form<T> {
  return {
    read: (value, at) => {
      if (!fits(value)) throw fault(`${at} must be ${words}`)
      return value as T
    },
    write: (value) => value,
  }
}

function nearestFirst(name: string, known: readonly string[]): string {
  const near = nearest(name, known, 0.5)
  return [...(near === null ? [] : [near]), ...known.filter((each) => each !== near)].join(', ')
}

export function fault(message: string, hint?: string): Error {
  return failure('PILAR_MIGRATION', { message }, hint === undefined ? {} : { hint })
}
