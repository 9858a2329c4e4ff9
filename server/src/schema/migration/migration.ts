import type { Column, ForeignKey, Table } from '../catalog.ts'
import type { Suspended } from '../retired.ts'
import type { ColumnType } from '../types.ts'
import type { MigrationStep } from './step.ts'

/**
 * A value as it is written in a migration file: members whose value is the plain one (null, false, an empty list) are left out, and what can be
 * counted from the rest (a table's key, its map of columns) is not there.
 */
export type Short<T> = T extends ColumnType
  ? string | T
  : T extends Table
    ? Members<Omit<T, 'key' | 'column'>, 'name' | 'columns'>
    : T extends Column
      ? Members<T, 'name' | 'type'>
      : T extends ForeignKey
        ? Members<T, 'name' | 'columns' | 'references'>
        : T extends Suspended
          ? Members<T, never>
          : T extends readonly (infer Item)[]
            ? readonly Short<Item>[]
            : T extends object
              ? { readonly [Name in keyof T as CanBeLeftOut<T[Name]> extends true ? never : Name]: Short<T[Name]> } & {
                  readonly [Name in keyof T as CanBeLeftOut<T[Name]> extends true ? Name : never]?: Short<T[Name]>
                }
              : T

type CanBeLeftOut<T> = null extends T ? true : [T] extends [boolean] ? true : false

type Members<T, Required> = { readonly [Name in Extract<keyof T, Required>]: Short<T[Name]> } & {
  readonly [Name in Exclude<keyof T, Required>]?: Short<T[Name]>
}

/** A step as it is written in a migration file. */
export type StepSource = Short<MigrationStep>

/** What a file of `migrations/` exports. */
export interface MigrationSource {
  /** In order; each names things as the steps before it have left them. */
  readonly steps: readonly StepSource[]
  /** Of steps, before and after. `pilar migrate new --seal` writes it after an edit. */
  readonly checksum: string
  /** The declared structure that the steps start from, and the one they lead to. Written by Pilar. */
  readonly before: Readonly<Record<string, unknown>>
  readonly after: Readonly<Record<string, unknown>>
}

/**
 * A migration, as the files in `migrations/` export it. It is data: nothing happens here, and `pilar migrate apply` does what it says.
 *
 * ```ts
 * export default migration({ steps: [{ kind: 'rename-table', table: 'public.posts', to: 'public.articles' }], … })
 * ```
 */
export function migration(source: MigrationSource): MigrationSource {
  return source
}
