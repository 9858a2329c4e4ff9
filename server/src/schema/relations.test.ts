import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ForeignKey, Relation, Table } from './catalog.ts'
import { makeColumn, makeTable } from './make-catalog.ts'
import { deriveRelations } from './relations.ts'
import { INTEGER } from './types.ts'

const columns = (...names: string[]) => names.map((name) => makeColumn({ name, type: INTEGER }))

function reference(table: string, column: string, target: string): ForeignKey {
  const references = { table: `public.${target}`, columns: ['id'] }
  return {
    name: `${table}_${column}_fkey`,
    columns: [column],
    references,
    onDelete: 'no action',
    onUpdate: 'no action',
  }
}

function shown(tables: readonly Table[], source: string): string[] {
  const text = ({ cardinality, target, name }: Relation) => `${cardinality} ${target.replace('public.', '')} by ${name}`
  return (deriveRelations(tables).get(`public.${source}`) ?? []).map(text)
}

const people = makeTable({ name: 'people', columns: columns('id'), primaryKey: ['id'] })

test('a foreign key gives a relation on either side, to-one where it is unique', () => {
  const posts = makeTable({
    name: 'posts',
    columns: columns('id', 'author'),
    primaryKey: ['id'],
    foreignKeys: [reference('posts', 'author', 'people')],
  })
  const desks = makeTable({
    name: 'desks',
    columns: columns('id'),
    primaryKey: ['id'],
    foreignKeys: [reference('desks', 'id', 'people')],
  })
  const badges = makeTable({
    name: 'badges',
    columns: columns('owner'),
    uniques: [{ name: 'badges_owner_key', columns: ['owner'] }],
    foreignKeys: [reference('badges', 'owner', 'people')],
  })
  const tables = [people, posts, desks, badges]
  assert.deepEqual(shown(tables, 'posts'), ['m2o people by posts_author_fkey'])
  assert.deepEqual(shown(tables, 'people'), [
    'o2m posts by posts_author_fkey',
    'o2o desks by desks_id_fkey',
    'o2o badges by badges_owner_fkey',
  ])
  const relations = deriveRelations(tables)
  assert.equal(relations.get('public.desks')?.[0]?.sourceHoldsKey, true)
  assert.equal(relations.get('public.people')?.[1]?.sourceHoldsKey, false)
})

test('a table that points to itself has both directions', () => {
  const tree = makeTable({
    name: 'tree',
    columns: columns('id', 'parent'),
    primaryKey: ['id'],
    foreignKeys: [reference('tree', 'parent', 'tree')],
  })
  const relations = deriveRelations([tree]).get('public.tree') ?? []
  assert.deepEqual(
    relations.map(({ cardinality, sourceColumns, targetColumns }) => [cardinality, sourceColumns, targetColumns]),
    [
      ['m2o', ['parent'], ['id']],
      ['o2m', ['id'], ['parent']],
    ],
  )
})

test('two foreign keys within the primary key make a junction; outside of it they do not', () => {
  const tags = makeTable({ name: 'tags', columns: columns('id'), primaryKey: ['id'] })
  const keys = [
    reference('links', 'person', 'people'),
    reference('links', 'tag', 'tags'),
    reference('links', 'by', 'people'),
  ]
  const links = makeTable({
    name: 'links',
    columns: columns('person', 'tag', 'by'),
    primaryKey: ['person', 'tag'],
    foreignKeys: keys,
  })
  const all = deriveRelations([people, tags, links])
  const [junction] = all.get('public.people')?.filter((relation) => relation.cardinality === 'm2m') ?? []
  assert.deepEqual(junction, {
    name: 'links_person_fkey+links_tag_fkey',
    cardinality: 'm2m',
    source: 'public.people',
    target: 'public.tags',
    sourceColumns: ['id'],
    targetColumns: ['id'],
    sourceHoldsKey: false,
    junction: {
      table: 'public.links',
      sourceColumns: ['person'],
      targetColumns: ['tag'],
      sourceConstraint: 'links_person_fkey',
      targetConstraint: 'links_tag_fkey',
    },
  })
  assert.equal([...all.values()].flat().filter((relation) => relation.cardinality === 'm2m').length, 2)
})

test('a junction of a table with itself goes both ways', () => {
  const keys = [reference('friends', 'a', 'people'), reference('friends', 'b', 'people')]
  const friends = makeTable({ name: 'friends', columns: columns('a', 'b'), primaryKey: ['a', 'b'], foreignKeys: keys })
  const m2m = shown([people, friends], 'people').filter((text) => text.startsWith('m2m'))
  assert.deepEqual(m2m, ['m2m people by friends_a_fkey+friends_b_fkey', 'm2m people by friends_b_fkey+friends_a_fkey'])
})

test('a foreign key to a table that is not there is left out', () => {
  const posts = makeTable({ name: 'posts', columns: columns('id'), foreignKeys: [reference('posts', 'id', 'gone')] })
  assert.deepEqual(shown([posts], 'posts'), [])
})
