/**
 * What a person would write by hand for the three requests of `rest.ts`, and nothing else: node:http, node:sqlite, one prepared
 * statement per request with the policy's predicate in it, JSON built by SQLite. It is the yardstick, so it must stay honest: the same
 * status, headers and bytes as Pilar (rest.ts checks that before it measures), the key checked, values bound, never a cached answer.
 *
 * `node bench/handwritten.ts FILE KEY` prints its URL as one line.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { HEADERS } from './answers.ts'

const [file, key] = process.argv.slice(2)
if (file === undefined || key === undefined) throw new Error('usage: handwritten.ts FILE KEY')

const database = new DatabaseSync(file)
database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')

const rowsJson = (members: string, from: string) =>
  database.prepare(`SELECT count(*) AS rows, json_group_array(json_object(${members})) AS body FROM (${from})`)

const columns = 'id, title, status, score, author_id, created_at'
const members = columns.replace(/\w+/g, (name) => `'${name}', ${name}`)
const list = rowsJson(
  members,
  `SELECT ${columns} FROM posts WHERE status = 'published' ORDER BY created_at DESC LIMIT min(?, 1000)`,
)
const get = rowsJson(members, `SELECT ${columns} FROM posts WHERE id = ? AND status = 'published' LIMIT 1000`)
const embed = rowsJson(
  "'id', id, 'title', title, 'created_at', created_at, 'author', json(author)",
  `SELECT id, title, created_at, (SELECT json_object('id', a.id, 'name', a.name) FROM profiles a
     WHERE a.id = p.author_id AND a.active = 1) AS author
   FROM posts p WHERE status = 'published' ORDER BY created_at DESC LIMIT min(?, 1000)`,
)

const server = createServer((request, response) => {
  const url = request.url ?? '/'
  const question = url.indexOf('?')
  if (request.headers.apikey !== key || request.headers.authorization !== `Bearer ${key}`) {
    response.writeHead(401).end()
  } else if (request.method !== 'GET' || url.slice(0, question) !== '/rest/v1/posts') {
    response.writeHead(404).end()
  } else {
    answer(response, new URLSearchParams(url.slice(question + 1)))
  }
})

function answer(response: ServerResponse, query: URLSearchParams): void {
  const id = query.get('id')
  if (id !== null) send(response, run(get, Number(id.replace('eq.', ''))), query)
  else if (query.get('select')?.includes('(')) send(response, run(embed, Number(query.get('limit'))), query)
  else send(response, run(list, Number(query.get('limit'))), query)
}

function run(statement: StatementSync, value: number): { rows: number; body: string } {
  return statement.get(value) as unknown as { rows: number; body: string }
}

function send(response: ServerResponse, { rows, body }: { rows: number; body: string }, query: URLSearchParams): void {
  query.sort()
  response.writeHead(200, {
    ...HEADERS,
    'content-range': rows === 0 ? '*/*' : `0-${rows - 1}/*`,
    'content-location': `/posts?${query}`,
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
