import type { Entries, Schema } from './builder.ts'
import type { Column, ColumnFlag } from './column.ts'
import type { AnyTable, ForeignKeyType, TableBuilder, ViewBuilder } from './table.ts'

/**
 * The generic that `@supabase/supabase-js` takes, inferred from a schema:
 *
 * ```ts
 * import type project from './schema.ts'
 * const client = createClient<DatabaseOf<typeof project>>(url, key)
 * const { data } = await client.from('posts').select('id, author:profiles(name)')
 * ```
 */
export type DatabaseOf<Project> =
  Project extends Schema<infer Tables>
    ? { __InternalSupabase: { PostgrestVersion: '14.1' } } & {
        [Name in SchemaNames<keyof Tables>]: SchemaOf<Tables, Name>
      }
    : never

/** Keys without a dot are in schema public. */
type SchemaNames<Key> = Key extends `${infer Name}.${string}` ? Name : 'public'
type NameIn<Key, SchemaName extends string> = Key extends `${infer Qualifier}.${infer Name}`
  ? Qualifier extends SchemaName
    ? Name
    : never
  : 'public' extends SchemaName
    ? Key
    : never

interface SchemaOf<Tables extends Entries, SchemaName extends string> {
  Tables: {
    [Key in keyof Tables as Tables[Key] extends AnyTable ? NameIn<Key, SchemaName> : never]: TableOf<
      Tables[Key],
      NameIn<Key, SchemaName>
    >
  }
  Views: {
    [Key in keyof Tables as Tables[Key] extends AnyTable ? never : NameIn<Key, SchemaName>]: ViewOf<
      Tables[Key],
      NameIn<Key, SchemaName>
    >
  }
  Functions: Record<never, never>
  Enums: EnumsOf<Tables, SchemaName>
  CompositeTypes: Record<never, never>
}

type TableOf<Entry, Name> =
  Entry extends TableBuilder<infer Cols, infer Keys, infer Foreign, infer Open>
    ? {
        Row: RowOf<Cols> & Extra<Open>
        Insert: InsertOf<Cols> & Extra<Open>
        Update: UpdateOf<Cols> & Extra<Open>
        Relationships: RelationshipsOf<Cols, Name, { keys: Keys; foreign: Foreign }>
      }
    : never

type ViewOf<Entry, Name> =
  Entry extends ViewBuilder<infer Cols>
    ? { Row: RowOf<Cols>; Relationships: RelationshipsOf<Cols, Name, { keys: never; foreign: never }> }
    : never

type Extra<Open> = Open extends true ? Record<string, unknown> : unknown

type ValueOf<Col> = Col extends Column<infer Value, infer Flags, string> ? Value | NullIf<Flags> : never
type NullIf<Flags extends ColumnFlag> = 'nullable' extends Flags ? null : never
type FlagsOf<Col> = Col extends Column<unknown, infer Flags, string> ? Flags : never
type HasFlag<Col, Flag extends ColumnFlag> = Extract<FlagsOf<Col>, Flag> extends never ? false : true
type Flat<T> = { [Key in keyof T]: T[Key] }

type RowOf<Cols> = { -readonly [Name in keyof Cols]: ValueOf<Cols[Name]> }
type InsertOf<Cols> = Flat<
  {
    -readonly [Name in keyof Cols as HasFlag<Cols[Name], 'nullable' | 'optional' | 'generated'> extends false
      ? Name
      : never]: ValueOf<Cols[Name]>
  } & {
    -readonly [Name in keyof Cols as HasFlag<Cols[Name], 'nullable' | 'optional'> extends true
      ? GivenName<Cols, Name>
      : never]?: ValueOf<Cols[Name]>
  } & { -readonly [Name in keyof Cols as HasFlag<Cols[Name], 'generated'> extends true ? Name : never]?: never }
>
type GivenName<Cols, Name extends keyof Cols> = HasFlag<Cols[Name], 'generated'> extends true ? never : Name
type UpdateOf<Cols> = {
  -readonly [Name in keyof Cols]?: HasFlag<Cols[Name], 'generated'> extends true ? never : ValueOf<Cols[Name]>
}

type EnumsOf<Tables extends Entries, SchemaName extends string> = Flat<
  UnionToIntersection<
    | { [Key in keyof Tables]: EnumsIn<Tables[Key]['columns'], NameIn<Key, SchemaName>> }[keyof Tables]
    | Record<never, never>
  >
>
type EnumsIn<Cols, Table> = Table extends string
  ? {
      [Name in keyof Cols & string as HasFlag<Cols[Name], 'enum'> extends true ? `${Table}_${Name}` : never]: EnumValue<
        Cols[Name]
      >
    }
  : never
type EnumValue<Col> = Col extends Column<infer Value, ColumnFlag, string> ? Value : never

interface Relationship {
  foreignKeyName: string
  columns: string[]
  isOneToOne: boolean
  referencedRelation: string
  referencedColumns: string[]
}

/** A tuple, as supabase-js wants it; its order means nothing. */
type RelationshipsOf<Cols, Name, Of extends { keys: readonly string[]; foreign: ForeignKeyType }> = Tuple<
  SingleRelationship<Cols, Name & string, Of['keys']> | CompositeRelationship<Of['foreign'], Name & string, Of['keys']>
>
type SingleRelationship<Cols, Table extends string, Keys extends readonly string[]> = {
  [Name in keyof Cols & string]: Cols[Name] extends Column<unknown, infer Flags, infer Target>
    ? Single<Target, { table: Table; name: Name; isOneToOne: IsKey<Flags, Keys, Name> }>
    : never
}[keyof Cols & string]
type Single<Target extends string, From extends { table: string; name: string; isOneToOne: boolean }> = [
  Target,
] extends [never]
  ? never
  : TargetParts<Target> extends { table: infer Table; column: infer Column }
    ? {
        foreignKeyName: `${From['table']}_${From['name']}_fkey`
        columns: [From['name']]
        isOneToOne: From['isOneToOne']
        referencedRelation: Table
        referencedColumns: [Column]
      }
    : never
type TargetParts<Target extends string> = Target extends `${infer First}.${infer Second}.${infer Third}`
  ? { schema: First; table: Second; column: Third }
  : Target extends `${infer Table}.${infer Column}`
    ? { table: Table; column: Column }
    : never
type IsKey<Flags extends ColumnFlag, Keys extends readonly string[], Name extends string> = 'key' extends Flags
  ? true
  : Extract<Keys, readonly [Name]> extends never
    ? false
    : true
type CompositeRelationship<
  Foreign,
  Table extends string,
  Keys extends readonly string[],
> = Foreign extends ForeignKeyType
  ? {
      foreignKeyName: `${Table}_${Join<Foreign['columns']>}_fkey`
      columns: [...Foreign['columns']]
      isOneToOne: Extract<Keys, Foreign['columns']> extends never ? false : true
      referencedRelation: Foreign['target']
      referencedColumns: [...Foreign['targetColumns']]
    }
  : never
type Join<Names extends readonly string[]> = Names extends readonly [
  infer First extends string,
  ...infer Rest extends readonly string[],
]
  ? Rest extends readonly []
    ? First
    : `${First}_${Join<Rest>}`
  : string

type UnionToIntersection<Union> = (Union extends unknown ? (value: Union) => void : never) extends (
  value: infer Whole,
) => void
  ? Whole
  : never
type LastOf<Union> =
  UnionToIntersection<Union extends unknown ? () => Union : never> extends () => infer Last ? Last : never
type Tuple<Union, List extends Relationship[] = []> = [Union] extends [never]
  ? List
  : LastOf<Union> extends infer Last extends Relationship
    ? Tuple<Exclude<Union, Last>, [Last, ...List]>
    : List
