import { failure, type PilarError } from '../../errors/error.ts'
import type { Catalog, Relation, Table } from '../../schema/catalog.ts'
import { nearest, SIMILARITY_MIN } from '../../std/nearest.ts'

/** What an embed names: `target[!hint]` seen from `origin`. */
export interface RelationQuery {
  readonly origin: Table
  readonly target: string
  readonly hint: string | null
}

/** The one relation an embed means (protocol.md §1.5). PGRST200 when there is none, PGRST201 when there are several. */
export function findRelation(catalog: Catalog, query: RelationQuery): Relation {
  const candidates = (catalog.relations.get(query.origin.key) ?? []).filter(
    (relation) => catalog.tables.get(relation.target)?.schema === query.origin.schema,
  )
  const found = candidates.filter((relation) => matches(catalog, relation, query))
  const [first] = found
  if (first === undefined) throw relationMissing(catalog, candidates, query)
  if (found.length > 1) throw relationAmbiguous(catalog, found, query)
  return first
}

/** To-many relations embed as arrays. */
export function isToMany(relation: Relation): boolean {
  return relation.cardinality === 'o2m' || relation.cardinality === 'm2m'
}

function matches(catalog: Catalog, relation: Relation, query: RelationQuery): boolean {
  const target = catalog.tables.get(relation.target)
  if (target === undefined) return false
  if (relation.source === relation.target) return matchesSelf(relation, target, query)
  if (query.hint !== null) return query.target === target.name && matchesHint(catalog, relation, query.hint)
  if (query.target === target.name) return true
  if (target.kind === 'view' || relation.junction !== null) return false
  return query.target === relation.name || (holdsKey(relation) && isOnly(relation.sourceColumns, query.target))
}

/** A table related to itself: its name is the to-many side, the foreign key's column the to-one side. */
function matchesSelf(relation: Relation, target: Table, { target: name, hint }: RelationQuery): boolean {
  const { junction } = relation
  if (junction !== null) return name === target.name && hint !== null && junction.table.endsWith(`.${hint}`)
  if (hint !== null) return name === target.name && !holdsKey(relation) && isOnly(relation.targetColumns, hint)
  return holdsKey(relation) ? isOnly(relation.sourceColumns, name) : name === target.name
}

function matchesHint(catalog: Catalog, relation: Relation, hint: string): boolean {
  if (relation.junction !== null) return catalog.tables.get(relation.junction.table)?.name === hint
  return relation.name === hint || isOnly(relation.sourceColumns, hint) || isOnly(relation.targetColumns, hint)
}

function holdsKey(relation: Relation): boolean {
  return relation.cardinality === 'm2o' || (relation.cardinality === 'o2o' && relation.sourceHoldsKey)
}

function isOnly(columns: readonly string[], name: string): boolean {
  return columns.length === 1 && columns[0] === name
}

function relationMissing(catalog: Catalog, candidates: readonly Relation[], query: RelationQuery): PilarError {
  const { origin, target, hint } = query
  const using = hint === null ? '' : ` using the hint '${hint}'`
  const details =
    `Searched for a foreign key relationship between '${origin.name}' and '${target}'${using} in the schema ` +
    `'${origin.schema}', but no matches were found.`
  const similar = nearest(
    target,
    new Set(candidates.map((relation) => nameOf(catalog, relation.target))),
    SIMILARITY_MIN,
  )
  const extra =
    similar === null ? { details } : { details, hint: `Perhaps you meant '${similar}' instead of '${target}'.` }
  return failure('PGRST200', { parent: origin.name, child: target }, extra)
}

const CARDINALITY = { o2m: 'one-to-many', m2o: 'many-to-one', o2o: 'one-to-one', m2m: 'many-to-many' } as const

function relationAmbiguous(catalog: Catalog, found: readonly Relation[], query: RelationQuery): PilarError {
  const { origin, target } = query
  const details = found.map((relation) => ({
    cardinality: CARDINALITY[relation.cardinality],
    embedding: `${origin.name} with ${nameOf(catalog, relation.target)}`,
    relationship: relationshipText(catalog, relation, origin.name),
  }))
  const choices = found.map((relation) => {
    const hint = relation.junction === null ? relation.name : nameOf(catalog, relation.junction.table)
    return `'${nameOf(catalog, relation.target)}!${hint}'`
  })
  const hint =
    `Try changing '${target}' to one of the following: ${choices.join(', ')}. ` +
    "Find the desired relationship in the 'details' key."
  return failure('PGRST201', { parent: origin.name, child: target }, { details, hint })
}

function relationshipText(catalog: Catalog, relation: Relation, origin: string): string {
  const { junction } = relation
  if (junction === null) {
    const target = nameOf(catalog, relation.target)
    return `${relation.name} using ${origin}(${relation.sourceColumns.join(', ')}) and ${target}(${relation.targetColumns.join(', ')})`
  }
  const source = `${junction.sourceConstraint}(${junction.sourceColumns.join(', ')})`
  const target = `${junction.targetConstraint}(${junction.targetColumns.join(', ')})`
  return `${nameOf(catalog, junction.table)} using ${source} and ${target}`
}

function nameOf(catalog: Catalog, key: string): string {
  return catalog.tables.get(key)?.name ?? key
}
