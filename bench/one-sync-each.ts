/** The yardstick of inserts.ts: every insert is a transaction of its own, synced before it is answered. `one-sync-each.ts FILE`. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'

const database = new DatabaseSync(process.argv[2] ?? '')
database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  CREATE TABLE entries (id INTEGER PRIMARY KEY, note TEXT NOT NULL)`)
const insert = database.prepare('INSERT INTO entries (note) VALUES (?)')

const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString()
  })
  request.on('end', () => {
    insert.run((JSON.parse(body) as { note: string }).note)
    response.writeHead(201, { 'content-length': 0 }).end()
  })
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
