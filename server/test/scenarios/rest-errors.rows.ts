/** The refusals of reads, with their codes, texts and hints (protocol.md §1.13). */
import type { Row } from './table.ts'

export const errorRows: readonly Row[] = [
  {
    name: 'an unknown table, with a hint',
    ask: 'GET /postz',
    status: 404,
    error: {
      code: 'PGRST205',
      message: "Could not find the table 'public.postz' in the schema cache",
      hint: "Perhaps you meant the table 'public.posts'",
    },
  },
  {
    name: 'an unknown column',
    ask: 'GET /posts?select=nope',
    status: 400,
    error: { code: '42703', message: 'column posts.nope does not exist' },
  },
  {
    name: 'an unknown column in a filter',
    ask: 'GET /posts?nope=eq.1',
    status: 400,
    error: { code: '42703', message: 'column posts.nope does not exist' },
  },
  {
    name: 'a value of the wrong type',
    ask: 'GET /posts?id=eq.x',
    status: 400,
    error: { code: '22P02', message: 'invalid input syntax for type integer: "x"' },
  },
  {
    name: 'a value outside the enum',
    ask: 'GET /posts?status=eq.gone',
    status: 400,
    error: { code: '22P02', message: /^invalid input value for enum .*: "gone"$/ },
  },
  {
    name: 'an operator that is none',
    ask: 'GET /posts?id=noop.3',
    status: 400,
    error: { code: 'PGRST100', message: '"failed to parse filter (noop.3)" (line 1, column 1)', hint: null },
  },
  {
    name: 'a select that does not parse',
    ask: 'GET /posts?select=id,(',
    status: 400,
    error: { code: 'PGRST100', message: /^"failed to parse select parameter \(id,\(\)" \(line 1, column \d+\)$/ },
  },
  {
    name: 'an order that does not parse',
    ask: 'GET /posts?order=id.sideways',
    status: 400,
    error: { code: 'PGRST100' },
  },
  {
    name: 'a logic tree that does not parse',
    ask: 'GET /posts?or=(id.eq.1',
    status: 400,
    error: { code: 'PGRST100', message: /^"failed to parse logic tree \(or\(id.eq.1\)" / },
  },
  { name: 'ranges come later, and say so', ask: 'GET /posts?id=sl.(1,2)', status: 400, error: { code: '0A000' } },
  {
    name: 'full text comes later, and says so',
    ask: 'GET /posts?title=fts.first',
    status: 400,
    error: { code: '0A000' },
  },
  {
    name: 'aggregates are off unless set',
    ask: 'GET /posts?select=count()',
    status: 400,
    error: { code: 'PGRST123', message: 'Use of aggregate functions is not allowed' },
  },
  {
    name: 'an unknown profile',
    ask: 'GET /posts',
    headers: { 'accept-profile': 'elsewhere' },
    status: 406,
    error: {
      code: 'PGRST106',
      message: 'Invalid schema: elsewhere',
      hint: 'Only the following schemas are exposed: public',
    },
  },
  {
    name: 'a known profile is echoed',
    ask: 'GET /tags?limit=1',
    headers: { 'accept-profile': 'public' },
    status: 200,
    expectedHeaders: { 'content-profile': 'public' },
  },
  {
    name: 'strict handling refuses what it does not know',
    ask: 'GET /posts',
    headers: { prefer: 'handling=strict, foo=bar, baz' },
    status: 400,
    error: { code: 'PGRST122', details: 'Invalid preferences: foo=bar, baz' },
  },
  { name: 'lenient handling passes over it', ask: 'GET /tags?limit=1', headers: { prefer: 'foo=bar' }, status: 200 },
]
