#!/usr/bin/env node
/**
 * The `pilar` command. Plain JavaScript that any Node can read, so that an old one gets one clear line and no stack trace.
 * In a checkout it runs the TypeScript sources on the Node that the repository brings; installed, the compiled files.
 */
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { fileURLToPath } from 'node:url'

const NODE_MAJOR_MIN = 24

const local = (path) => new URL(path, import.meta.url)
const bootstrapFile = local('../../tools/bootstrap.mjs')
const inCheckout = existsSync(local('../src/cli/main.ts')) && existsSync(bootstrapFile)
const args = process.argv.slice(2)

if (inCheckout) {
  const { bootstrap } = await import(bootstrapFile.href)
  await bootstrap('server/src/cli/main.ts', args)
} else if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
  process.stderr.write(`pilar needs Node ${NODE_MAJOR_MIN} or newer; this is Node ${process.versions.node}.\n`)
  process.exitCode = 1
} else {
  // Beside the installed package, never in the shared temporary folder, where another user could plant compiled code.
  const cache = fileURLToPath(local('../../.cache/pilar'))
  nodeModule.enableCompileCache(process.env.NODE_COMPILE_CACHE ?? cache)
  await import(local('../dist/cli/main.js').href)
}
