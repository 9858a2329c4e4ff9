/** `npm run build -w server`: compiles the sources for publishing and lays beside them what the package carries. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './root.ts'

const SERVER = join(ROOT, 'server')
const CARRIED = ['LICENSE', 'README.md']

rmSync(join(SERVER, 'dist'), { recursive: true, force: true })
for (const name of CARRIED) copyFileSync(join(ROOT, name), join(SERVER, name))
const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
const { status } = spawnSync(process.execPath, [compiler, '-p', join(SERVER, 'tsconfig.build.json')], {
  stdio: 'inherit',
})
process.exitCode = status ?? 1
