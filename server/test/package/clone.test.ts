/** A fresh clone on the machine's own Node: the first command installs what is missing and works. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { hasProgram } from '../support/require.ts'
import { tempFolder } from '../support/temp.ts'
import { output, ROOT, run, shellEnvironment } from './commands.ts'

const temp = tempFolder()
const clone = join(temp.path, 'clone')
after(temp.remove)

const skip = (!hasProgram('git') || !existsSync(join(ROOT, '.git'))) && 'this copy is no Git checkout'

test('the first commands of a clone, given at the same time, install once and work', { skip }, async () => {
  output(['git', 'clone', '--quiet', ROOT, clone], { cwd: temp.path })
  const commands = [
    ['npx', 'pilar', '--help'],
    ['npm', 'run', '--silent', 'pilar', '--', '--help'],
  ]
  const outcomes = await Promise.all(commands.map((command) => finished(start(command))))
  for (const { code, stdout, stderr } of outcomes) {
    assert.equal(code, 0, stderr)
    assert.match(stdout, /\bstart\b/)
  }
  const installs = outcomes.filter(({ stderr }) => stderr.includes('Installing dependencies'))
  assert.equal(installs.length, 1)
  assert.doesNotMatch(run(['npx', 'pilar', '--help'], { cwd: clone }).stderr, /Installing/)
})

test('npm start serves the example, and ends with npm', { skip }, async () => {
  const child = start(['npm', 'start', '--', '--port', '0', '--json'])
  const line = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const found = /^\{.*\}$/m.exec(text)?.[0]
      if (found !== undefined) resolve(found)
    })
    child.once('exit', (code) => reject(new Error(`npm start ended with ${code}:\n${text}`)))
  })
  const { url, keys } = JSON.parse(line) as { url: string; keys: { publishable: string } }
  const answer = await fetch(`${url}/rest/v1/products?limit=1`, { headers: { apikey: keys.publishable } })
  assert.equal(answer.status, 200)
  assert.equal(((await answer.json()) as unknown[]).length, 1)
  child.kill('SIGTERM')
  await once(child, 'exit')
  await gone(url)
})

function start(command: readonly string[]): ChildProcess {
  const [file = '', ...args] = command
  return spawn(file, args, { cwd: clone, env: shellEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] })
}

async function finished(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

/** Waits until nothing listens there any more. */
async function gone(url: string): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    if (
      !(await fetch(url).then(
        () => true,
        () => false,
      ))
    )
      return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.fail('the server outlived npm')
}
