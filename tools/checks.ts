import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ROOT, say } from './root.ts'

interface Check {
  readonly name: string
  /** A script or package command, run by this Node. */
  readonly script: string
  readonly args: readonly string[]
  readonly remedy: string
}

const CHECKS: readonly Check[] = [
  {
    name: 'format and lint',
    script: 'node_modules/@biomejs/biome/bin/biome',
    args: ['check', '--error-on-warnings', '.'],
    remedy: 'npm run format mends what can be mended',
  },
  { name: 'types', script: 'node_modules/typescript/bin/tsc', args: ['-p', '.'], remedy: 'see the messages' },
  { name: 'tidy', script: 'tools/tidy/main.ts', args: [], remedy: 'each message says what to do' },
]

/** Runs the static checks side by side and prints each one's output whole. True when all passed. */
export async function runChecks(): Promise<boolean> {
  const outcomes = await Promise.all(CHECKS.map(runCheck))
  return outcomes.every((passed) => passed)
}

async function runCheck(check: Check): Promise<boolean> {
  const startedMs = performance.now()
  const { code, output } = await runScript(check)
  const tookMs = Math.round(performance.now() - startedMs)
  if (code === 0) say(`✔ ${check.name} (${tookMs} ms)`)
  else say(`✖ ${check.name} (${tookMs} ms; ${check.remedy})`, output.trimEnd())
  return code === 0
}

function runScript(check: Check): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(ROOT, check.script), ...check.args], { cwd: ROOT })
    let output = ''
    const collect = (chunk: Buffer) => {
      output += chunk.toString()
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', (error) => resolve({ code: 1, output: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
