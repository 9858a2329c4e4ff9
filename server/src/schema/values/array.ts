import { type ErrorExtra, failure } from '../../errors/error.ts'

/**
 * The elements of an array literal, `{a,"b c",NULL}` → `['a', 'b c', null]`. One dimension only (0A000). 22P02 when malformed.
 */
export function parseArrayLiteral(text: string): (string | null)[] {
  const reader = { text, at: 0 }
  skipBlanks(reader)
  if (reader.text[reader.at] !== '{') {
    throw malformed(text, 'Array value must start with "{" or dimension information.')
  }
  reader.at++
  const items = readItems(reader)
  skipBlanks(reader)
  if (reader.at < text.length) throw malformed(text, 'Junk after closing right brace.')
  return items
}

interface Reader {
  readonly text: string
  at: number
}

function readItems(reader: Reader): (string | null)[] {
  const items: (string | null)[] = []
  skipBlanks(reader)
  if (reader.text[reader.at] === '}') {
    reader.at++
    return items
  }
  for (;;) {
    items.push(readItem(reader))
    skipBlanks(reader)
    const next = reader.text[reader.at++]
    if (next === '}') return items
    if (next !== ',') throw malformed(reader.text, unexpected(next))
  }
}

function readItem(reader: Reader): string | null {
  skipBlanks(reader)
  const first = reader.text[reader.at]
  if (first === '{') throw failure('0A000', { message: 'arrays of several dimensions are not supported' })
  if (first === '"') return readQuoted(reader)
  return readBare(reader)
}

function readQuoted(reader: Reader): string {
  let value = ''
  reader.at++
  for (;;) {
    const character = reader.text[reader.at++]
    if (character === undefined) throw malformed(reader.text, unexpected(undefined))
    if (character === '"') return value
    value += character === '\\' ? (reader.text[reader.at++] ?? '') : character
  }
}

function readBare(reader: Reader): string | null {
  let value = ''
  let isEscaped = false
  for (;;) {
    const character = reader.text[reader.at]
    if (character === undefined || character === ',' || character === '}') break
    if (character === '"' || character === '{') throw malformed(reader.text, unexpected(character))
    reader.at++
    if (character === '\\') {
      isEscaped = true
      value += reader.text[reader.at++] ?? ''
    } else value += character
  }
  const trimmed = isEscaped ? value : value.trimEnd()
  if (trimmed === '') throw malformed(reader.text, unexpected(reader.text[reader.at]))
  return !isEscaped && trimmed.toUpperCase() === 'NULL' ? null : trimmed
}

function skipBlanks(reader: Reader): void {
  while (/\s/.test(reader.text[reader.at] ?? '')) reader.at++
}

function unexpected(character: string | undefined): string {
  return character === undefined ? 'Unexpected end of input.' : `Unexpected "${character}" character.`
}

function malformed(text: string, details: string) {
  const extra: ErrorExtra = { details }
  return failure('22P02', { message: `malformed array literal: "${text}"` }, extra)
}

/** The literal of these element texts, quoted where PostgreSQL quotes. */
export function formatArrayLiteral(items: readonly (string | null)[]): string {
  return `{${items.map((item) => (item === null ? 'NULL' : quoteItem(item))).join(',')}}`
}

function quoteItem(item: string): string {
  const isPlain = item !== '' && !/[{}",\\\s]/.test(item) && item.toUpperCase() !== 'NULL'
  return isPlain ? item : `"${item.replace(/["\\]/g, '\\$&')}"`
}
