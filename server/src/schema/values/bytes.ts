import { failure } from '../../errors/error.ts'

/** `\xdeadbeef` (blanks between bytes allowed) or PostgreSQL's escape format (`ab\\c\001`). */
export function parseBytes(text: string): Uint8Array {
  return text.startsWith('\\x') ? parseHex(text.slice(2)) : parseEscaped(text)
}

function parseHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '')
  const wrong = /[^0-9a-f]/iu.exec(digits)
  if (wrong !== null) throw failure('22023', { message: `invalid hexadecimal digit: "${wrong[0]}"` })
  if (digits.length % 2 === 1) throw failure('22023', { message: 'invalid hexadecimal data: odd number of digits' })
  const bytes = new Uint8Array(digits.length / 2)
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16)
  }
  return bytes
}

function parseEscaped(text: string): Uint8Array {
  const bytes: number[] = []
  const pattern = /\\\\|\\([0-3][0-7]{2})|[^\\]+/gy
  let end = 0
  for (const match of text.matchAll(pattern)) {
    end = match.index + match[0].length
    if (match[1] !== undefined) bytes.push(Number.parseInt(match[1], 8))
    else if (match[0] === '\\\\') bytes.push(0x5c)
    else for (const byte of new TextEncoder().encode(match[0])) bytes.push(byte)
  }
  if (end !== text.length) throw failure('22P02', { message: 'invalid input syntax for type bytea' })
  return Uint8Array.from(bytes)
}

/** `\xdeadbeef`. */
export function formatBytes(bytes: Uint8Array): string {
  let text = '\\x'
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
