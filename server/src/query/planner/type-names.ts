import { failure } from '../../errors/error.ts'
import { parseTypeName } from '../../schema/type-names.ts'
import type { ColumnType } from '../../schema/types.ts'

/** The type that `::name` means. 42704 for any other name: nothing of a cast's text ever reaches a statement. */
export function castType(name: string): ColumnType {
  const type = parseTypeName(name)
  if (type === null) throw failure('42704', { type: name })
  return type
}
