/**
 * `npm run tidy`: the rules that no compiler checks (layers, cycles, sizes, banned calls, documents, packages).
 * `--shrink` removes exceptions that are not needed any more and lowers those that are larger than needed.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, say } from '../root.ts'
import { applyExceptions, EXCEPTIONS_FILE, type Exception } from './exceptions.ts'
import { tidy } from './tidy.ts'
import { diskTree } from './tree.ts'

const listFile = join(ROOT, EXCEPTIONS_FILE)
const exceptions: Exception[] = JSON.parse(readFileSync(listFile, 'utf8'))
const tree = diskTree(ROOT)
let judgement = applyExceptions(tidy(tree), exceptions)
if (process.argv.includes('--shrink')) {
  writeFileSync(listFile, `${JSON.stringify(judgement.exceptions, null, 2)}\n`)
  judgement = { ...judgement, findings: judgement.findings.filter((finding) => finding.rule !== 'exceptions') }
}
for (const { file, line, rule, what, remedy } of judgement.findings) {
  say(`${file}:${line}: ${what} [${rule}]`, `    ${remedy}`)
}
if (judgement.findings.length > 0) {
  say(`${judgement.findings.length} to tidy up`)
  process.exitCode = 1
}
