/** `npm run format [PATH…]`: formats, sorts imports and mends what the linter can mend safely. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from './root.ts'

const paths = process.argv.length > 2 ? process.argv.slice(2) : ['.']
const biome = join(ROOT, 'node_modules/@biomejs/biome/bin/biome')
process.exitCode = spawnSync(process.execPath, [biome, 'check', '--write', ...paths], { stdio: 'inherit' }).status ?? 1
