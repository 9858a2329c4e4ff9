/** Runs the tutorials for real: their files are written, their commands run, and what they print is compared with what they promise. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { tempFolder } from '../support/temp.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const TUTORIALS = join(ROOT, 'docs/tutorials')
const START_TIMEOUT_MS = 60_000

interface Block {
  readonly language: string
  readonly attributes: string
  readonly text: string
}

function blocksOf(markdown: string): readonly Block[] {
  const fences = markdown.matchAll(/^```(\w+)([^\n]*)\n(.*?)^```$/gms)
  return [...fences].map(([, language = '', attributes = '', text = '']) => ({ language, attributes, text }))
}

/** `prints='a|b'` → `a\nb`. */
function attribute({ attributes }: Block, name: string): string | null {
  const match = new RegExp(`${name}=(?:"([^"]*)"|'([^']*)'|(\\S+))`).exec(attributes)
  return match === null ? null : (match[1] ?? match[2] ?? match[3] ?? '')
}

/** The reader of the tutorial: a folder, a shell, and a server in another terminal. */
class Reader {
  folder: string
  readonly #port: number
  #server: ChildProcess | null = null

  constructor(folder: string, port: number) {
    this.folder = folder
    this.#port = port
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text.replaceAll('127.0.0.1:8000', `127.0.0.1:${this.#port}`))
  }

  run(line: string): string {
    if (line.startsWith('npm install ')) return this.#install(line.split(' ').slice(2))
    const output = execFileSync('sh', ['-c', line], { cwd: this.folder, encoding: 'utf8', env: this.#env() })
    const entered = /&& cd (\S+)$/.exec(line)?.[1]
    if (entered !== undefined) this.folder = join(this.folder, entered)
    return output.trim()
  }

  async start(line: string): Promise<void> {
    await this.stop()
    const args = line.trim().split(' ').slice(2)
    const command = join(this.folder, 'node_modules/.bin/pilar')
    const server = spawn(process.execPath, [command, ...args], { cwd: this.folder, env: this.#env() })
    this.#server = server
    let printed = ''
    const ready = new Promise<void>((resolve, reject) => {
      server.stdout.on('data', (chunk) => {
        printed += chunk
        if (printed.includes('Try next')) resolve()
      })
      server.stderr.on('data', (chunk) => {
        printed += chunk
      })
      server.once('exit', (code) => reject(new Error(`pilar start ended with ${code}:\n${printed}`)))
      setTimeout(() => reject(new Error(`pilar start took too long:\n${printed}`)), START_TIMEOUT_MS).unref()
    })
    await ready
  }

  /** Ctrl-C. */
  async stop(): Promise<void> {
    const server = this.#server
    if (server === null) return
    this.#server = null
    const ended = once(server, 'exit')
    server.kill('SIGINT')
    assert.deepEqual(await ended, [0, null], 'Ctrl-C ends the server with exit code 0')
  }

  /** The packages of this checkout, where the reader has them from the registry. */
  #install(packages: readonly string[]): string {
    for (const name of packages) {
      const link = join(this.folder, 'node_modules', name)
      mkdirSync(dirname(link), { recursive: true })
      symlinkSync(join(ROOT, 'node_modules', name), link)
    }
    const manifest = join(this.folder, 'package.json')
    if (!existsSync(manifest)) writeFileSync(manifest, '{}')
    mkdirSync(join(this.folder, 'node_modules/.bin'))
    symlinkSync(join(ROOT, 'server/bin/pilar.mjs'), join(this.folder, 'node_modules/.bin/pilar'))
    return ''
  }

  #env(): NodeJS.ProcessEnv {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const path = [dirname(process.execPath), join(this.folder, 'node_modules/.bin'), env['PATH']].join(delimiter)
    return { ...env, PORT: String(this.#port), PATH: path }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  assert.ok(address !== null && typeof address === 'object')
  return address.port
}

for (const tutorial of readdirSync(TUTORIALS)) {
  test(`${tutorial} does what it says`, { timeout: 5 * START_TIMEOUT_MS }, async (t) => {
    const folder = tempFolder()
    const reader = new Reader(folder.path, await freePort())
    t.after(async () => {
      await reader.stop()
      folder.remove()
    })
    for (const block of blocksOf(readFileSync(join(TUTORIALS, tutorial), 'utf8'))) await follow(reader, block)
  })
}

async function follow(reader: Reader, block: Block): Promise<void> {
  const file = attribute(block, 'file')
  if (file !== null) reader.write(file, block.text)
  else if (block.language === 'sh' && block.attributes.includes('server')) await reader.start(block.text)
  else if (block.language === 'sh') {
    const printed = block.text
      .trim()
      .split('\n')
      .map((line) => reader.run(line))
    const promised = attribute(block, 'prints')
    if (promised !== null) assert.equal(printed.join('\n'), promised.replaceAll('|', '\n'), block.text)
  } else assert.fail(`the tutorial has a block that nobody runs:\n${block.text}`)
  if (file === 'schema.ts') await reader.stop()
}
