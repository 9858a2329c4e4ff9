/**
 * What `import … from 'pilar'` gives: the TypeScript sources in a checkout, the compiled files where Pilar is installed. A condition in
 * package.json could tell the two apart only with a flag on every `node`.
 */
import { existsSync } from 'node:fs'

const sources = new URL('../src/index.ts', import.meta.url)
const entry = existsSync(sources) ? sources : new URL('../dist/index.js', import.meta.url)

export const { c, existing, expr, migration, schema, table, view } = await import(entry.href)
