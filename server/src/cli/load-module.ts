import { registerHooks } from 'node:module'
import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { failure } from '../errors/error.ts'
import { c } from '../schema/column.ts'
import { nearest } from '../std/nearest.ts'

/** The package's own entry: the sources in a checkout, the compiled file where Pilar is installed. */
const PILAR_ENTRY = new URL(`../index${extname(import.meta.url)}`, import.meta.url).href

const OWN_FILES = new URL('../', import.meta.url).href

let hooked = false

/**
 * Imports a TypeScript module of the user's project and gives its default export. `import … from 'pilar'` in it is this very Pilar, so that a
 * project always describes itself to the version that runs it, installed beside it or not. Throws PILAR_SCHEMA with the cause in words.
 */
export async function loadDefault(path: string): Promise<unknown> {
  if (!hooked) hook()
  hooked = true
  try {
    const module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown }
    return module.default
  } catch (error) {
    throw failure(
      'PILAR_SCHEMA',
      { message: `${path} can't be loaded: ${describe(error)}` },
      { ...hintFor(error), cause: error },
    )
  }
}

function hook(): void {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'pilar' ? { url: PILAR_ENTRY, shortCircuit: true } : next(specifier, context),
    // A project's files are modules whatever its package.json says: `npm init` writes "commonjs", or nothing.
    load: (url, context, next) => next(url, isProjectFile(url) ? { ...context, format: 'module-typescript' } : context),
  })
}

function isProjectFile(url: string): boolean {
  return url.startsWith('file:') && url.endsWith('.ts') && !url.includes('/node_modules/')
}

/** The message, and the first place in the user's own files, which Node prints only as part of the stack. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const places = (error.stack ?? '').match(/file:\/\/\S+?:\d+(?::\d+)?/g) ?? []
  const place = places.find((found) => !found.startsWith(OWN_FILES))
  return place === undefined ? error.message : `${error.message}\n  at ${place}`
}

function hintFor(error: unknown): { readonly hint?: string } {
  const code = (error as NodeJS.ErrnoException | null)?.code
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' || code === 'ERR_INVALID_TYPESCRIPT_SYNTAX') {
    return {
      hint: 'Node runs TypeScript by removing its types: enums, namespaces and parameter properties do not work.',
    }
  }
  const message = error instanceof Error ? error.message : ''
  const member = /^c\.(\w+) is not a function$/.exec(message)?.[1]
  if (member !== undefined) return nearestOf(member, Object.keys(c), 'c.')
  const name = /'pilar' does not provide an export named '(\w+)'/.exec(message)?.[1]
  return name === undefined ? {} : nearestOf(name, ENTRY_NAMES, '')
}

/** What a schema.ts imports from 'pilar'. */
const ENTRY_NAMES = ['c', 'existing', 'expr', 'migration', 'schema', 'table', 'view']

function nearestOf(name: string, known: readonly string[], prefix: string): { readonly hint?: string } {
  const near = nearest(name, known, 0.5)
  const hint =
    near === null
      ? `There is: ${known.map((each) => prefix + each).join(', ')}.`
      : `Perhaps you meant ${prefix}${near}.`
  return { hint }
}
