import { assert } from '../../../std/assert.ts'
import { quoteName } from '../../sql/printer.ts'
import type { SchemaRewrite } from './migration.ts'
import type { Scratch } from './scratch.ts'

export interface Rename {
  readonly from: string
  readonly to: string
}

/**
 * Renames that may go round in circles, one after the other: a name that is still taken is made free first. SQLite's names ignore case, so that
 * a change of case alone goes by a detour, too.
 */
export function orderRenames(renames: readonly Rename[], taken: readonly string[]): readonly Rename[] {
  const names = new Set(taken.map((name) => name.toLowerCase()))
  const waiting = renames.filter(({ from, to }) => from !== to)
  const targets = new Set(waiting.map(({ to }) => to.toLowerCase()))
  assert(targets.size === waiting.length, 'no two get one name')
  const ordered: Rename[] = []
  let detours = 0
  const isLeaving = (name: string): boolean => waiting.some(({ from }) => from.toLowerCase() === name)
  // What is taken away with the old table keeps its name until then.
  for (const { to } of waiting) {
    const name = to.toLowerCase()
    if (!names.has(name) || isLeaving(name)) continue
    names.delete(name)
    ordered.push({ from: to, to: `pilar_moving_${++detours}` })
  }
  while (waiting.length > 0) {
    const free = waiting.findIndex(({ to }) => !names.has(to.toLowerCase()))
    const [next] = waiting.splice(Math.max(free, 0), 1)
    if (next === undefined) break
    names.delete(next.from.toLowerCase())
    if (free >= 0) {
      names.add(next.to.toLowerCase())
      ordered.push(next)
      continue
    }
    detours++
    const detour = `pilar_moving_${detours}`
    ordered.push({ from: next.from, to: detour })
    waiting.push({ from: detour, to: next.to })
  }
  return ordered
}

/** Indexes of two tables may exchange their names: those that go make room for those that come. */
export function orderRewrites(rewrites: readonly SchemaRewrite[]): readonly SchemaRewrite[] {
  const texts = new Map<string, string>()
  const renames: Rename[] = []
  for (const { type, name, newName = name, sql } of rewrites) {
    if (type !== 'index' || newName === name) continue
    texts.set(newName, sql)
    renames.push({ from: name, to: newName })
  }
  const ordered = orderRenames(
    renames,
    renames.map(({ from }) => from),
  )
  const afterDetour = (name: string): string => ordered.find(({ from }) => from === name)?.to ?? name
  return [
    ...rewrites.filter(({ type, name, newName = name }) => type !== 'index' || newName === name),
    ...ordered.map(({ from, to }): SchemaRewrite => {
      return { type: 'index', name: from, newName: to, sql: texts.get(to) ?? texts.get(afterDetour(to)) ?? '' }
    }),
  ]
}

/** Without quotes where they are not needed: then SQLite leaves texts without them, too. */
const written = (name: string): string =>
  /^[A-Za-z][A-Za-z0-9_]*$/.test(name) && !RESERVED.test(name) ? name : quoteName(name)

/** Generous: words that are no keywords lose nothing by quotes. */
const RESERVED =
  /^(a(bort|ction|dd|fter|ll|lter|lways|nalyze|nd|s|sc|ttach|utoincrement)|b(efore|egin|etween|y)|c(ascade|ase|ast|heck|ollate|olumn|ommit|onflict|onstraint|reate|ross|urrent\w*)|d(atabase|efault|efer\w+|elete|esc|etach|istinct|o|rop)|e(ach|lse|nd|scape|x\w+)|f(ail|ilter|irst|ollowing|or|oreign|rom|ull)|g(enerated|lob|roup\w*)|having|i(f|gnore|mmediate|n|ndex\w*|nitially|nner|nsert|nstead|ntersect|nto|s|snull)|join|key|l(ast|eft|ike|imit)|mat(ch|erialized)|n(atural|o|ot\w*|ull\w*)|o(f|ffset|n|r|rder|thers|uter|ver)|p(artition|lan|ragma|receding|rimary)|query|r(aise|ange|ecursive|eferences|egexp|eindex|elease|ename|eplace|estrict|eturning|ight|ollback|ow|ows)|s(avepoint|elect|et)|t(able|emp|emporary|hen|ies|o|ransaction|rigger)|un(bounded|ion|ique)|update|using|va(cuum|lues)|v(iew|irtual)|w(hen|here|indow|ith|ithout))$/i

/** Runs the renames on the scratch; gives the statements, and what has to be made again at the end. */
export function renameColumns(scratch: Scratch, table: string, renames: readonly Rename[]): Altered {
  return alterAll(
    scratch,
    renames.map(({ from, to }) => `ALTER TABLE ${quoteName(table)} RENAME COLUMN ${quoteName(from)} TO ${written(to)}`),
  )
}

export function renameTables(scratch: Scratch, renames: readonly Rename[]): Altered {
  return alterAll(
    scratch,
    renames.map(({ from, to }) => `ALTER TABLE ${quoteName(from)} RENAME TO ${quoteName(to)}`),
  )
}

export interface Altered {
  readonly statements: readonly string[]
  readonly aside: readonly string[]
}

function alterAll(scratch: Scratch, statements: readonly string[]): Altered {
  const done = statements.map((statement) => scratch.alter(statement))
  return { statements: done.flatMap((each) => each.statements), aside: done.flatMap((each) => each.aside) }
}
