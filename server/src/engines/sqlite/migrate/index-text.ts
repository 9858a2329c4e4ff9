import { quoteName } from '../../sql/printer.ts'
import { isKeyword, type Token, tokenize } from '../sql-text.ts'

/** The statement of an index under another name, and on another table where one is given; all else as its author wrote it. */
export function renameIndex(sql: string, name: string, table?: string): string {
  const words = tokenize(sql).filter((token) => token.kind !== 'comment')
  const at = words.findIndex((token) => isKeyword(token, 'INDEX'))
  const [own, on, onto] = words.slice(at + 1, at + 4)
  if (at < 1 || own === undefined || !isKeyword(on, 'ON') || onto === undefined)
    throw new Error(`assertion failed: the text of the index ${name} begins with its name`)
  const renamed = table === undefined ? sql : exchanged(sql, onto, table)
  return exchanged(renamed, own, name)
}

const exchanged = (sql: string, { start, end }: Token, name: string): string =>
  sql.slice(0, start) + quoteName(name) + sql.slice(end)
