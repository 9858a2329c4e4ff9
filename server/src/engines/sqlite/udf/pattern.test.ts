import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkLike } from './pattern.ts'
import { compileRegex, regexSize } from './regex.ts'

test('checkLike lets pass what people search for', () => {
  const phrase = 'It is a truth universally acknowledged, that a single man in possession of a good fortune'
  const patterns = ['', '%', 'a%', '%a%', `%${phrase}%`, `%${'-'.repeat(40)}%`, '_%_', '%a_c%', `${'a'.repeat(5000)}%`]
  for (const pattern of [...patterns, '%\\', '%\\%\\_%', `%${'_'.repeat(500)}a%`]) checkLike(pattern)
})

test('checkLike refuses what is compared anew at every character', () => {
  for (const pattern of [`%${'a'.repeat(100)}b%`, `%x%${'ab'.repeat(200)}c`, `%a${'_'.repeat(100)}b`]) {
    assert.throws(() => checkLike(pattern), { code: '54001' })
  }
})

test('regexSize grows with repeats of repeats', () => {
  const sizes: readonly (readonly [string, number, number])[] = [
    ['abc', 3, 3],
    ['^[a-z0-9_]+@[^ \\]]+$', 4, 20],
    ['(ab|cd)*', 5, 12],
    ['a{500}', 500, 1100],
    ['(a{100}){100}', 10_000, 40_000],
    ['(((a?){10}){10}){10}', 1000, 10_000],
    ['[]a{9}](b{30})', 30, 80],
    ['\\Q(a{100}){100}\\E', 10, 40],
    ['(a{100}\\Q)\\E){100}', 10_000, 40_000],
    ['a{100', 5, 6],
    ['(((', 0, 3],
    [')))a{100}', 100, 250],
  ]
  for (const [pattern, least, most] of sizes) {
    const size = regexSize(pattern)
    assert.ok(size >= least && size <= most, `${pattern}: ${size}`)
  }
})

test('compileRegex refuses what is too large before it is compiled, and what is none', () => {
  for (const pattern of ['(((a?){10}){10}){10}'.repeat(300), '(a{1000}){1000}', '[', '(?=a)', '(a)\\1']) {
    assert.throws(() => compileRegex(pattern, { caseless: false }), { code: '2201B' })
  }
  assert.equal(compileRegex('^H', { caseless: true }).matcher.matcher('hello').find(), true)
})
