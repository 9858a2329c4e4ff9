/** A server with the world's schema and rows. Whatever a user must not see carries the word HIDDEN. */
import assert from 'node:assert/strict'
import { as, ask } from './http.ts'
import { type Served, type ServerOptions, startServer } from './server.ts'
import { userToken } from './tokens.ts'
import world from './world.schema.ts'

export const ANN = '00000000-0000-4000-8000-00000000000a'
export const BOB = '00000000-0000-4000-8000-00000000000b'

export interface World extends Served {
  /** Headers of each kind of caller. */
  readonly as: {
    anon: Record<string, string>
    ann: Record<string, string>
    bob: Record<string, string>
    service: Record<string, string>
  }
  /** `/rest/v1` of this server. */
  readonly rest: string
}

/** Posts 1, 2 (Ann) and 4 (Bob) are published; 3 (Ann) and 5 (Bob) are drafts. */
export const ROWS: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  profiles: [
    { id: ANN, name: 'Ann', zq_hidden: 'HIDDEN-profile-a', age: 31 },
    { id: BOB, name: 'Bob', zq_hidden: 'HIDDEN-profile-b', age: 42 },
  ],
  posts: [
    {
      id: 1,
      title: 'First',
      status: 'published',
      author_id: ANN,
      score: 1.5,
      labels: ['a', 'b'],
      meta: { n: 1, deep: { k: ['x'] } },
      zq_hidden: 'HIDDEN-post-1',
      slug: 'first',
    },
    {
      id: 2,
      title: 'Second',
      status: 'published',
      author_id: ANN,
      score: 20.25,
      labels: [],
      meta: {},
      zq_hidden: 'HIDDEN-post-2',
      slug: null,
    },
    {
      id: 3,
      title: 'HIDDEN draft of Ann',
      status: 'draft',
      author_id: ANN,
      score: 999,
      labels: ['HIDDEN-label'],
      meta: { h: 'HIDDEN-meta' },
      zq_hidden: 'HIDDEN-post-3',
      slug: 'HIDDEN-slug-3',
    },
    {
      id: 4,
      title: 'Fourth, "quoted"',
      status: 'published',
      author_id: BOB,
      score: -3,
      labels: ['b,c'],
      meta: { n: 4 },
      zq_hidden: 'HIDDEN-post-4',
      slug: 'fourth',
    },
    {
      id: 5,
      title: 'HIDDEN draft of Bob',
      status: 'draft',
      author_id: BOB,
      score: 1000,
      labels: ['HIDDEN-label'],
      meta: { h: 'HIDDEN-meta' },
      zq_hidden: 'HIDDEN-post-5',
      slug: 'HIDDEN-slug-5',
    },
  ].map((post) => ({ ...post, created_at: `2024-01-0${post.id}T00:00:00+00:00` })),
  comments: [
    { id: 1, post_id: 1, author_id: BOB, body: 'fine' },
    { id: 2, post_id: 3, author_id: ANN, body: 'HIDDEN comment on a draft' },
    { id: 3, post_id: 5, author_id: BOB, body: 'HIDDEN comment on a draft' },
    { id: 4, post_id: 4, author_id: ANN, body: 'thanks' },
  ],
  tags: [
    { id: 1, name: 'red' },
    { id: 2, name: 'blue' },
    { id: 3, name: 'green' },
  ],
  post_tags: [
    { post_id: 1, tag_id: 1 },
    { post_id: 3, tag_id: 1 },
    { post_id: 5, tag_id: 3 },
    { post_id: 4, tag_id: 2 },
  ],
  reviews: [
    { post_id: 1, verdict: 'HIDDEN review' },
    { post_id: 3, verdict: 'HIDDEN review' },
  ],
  reports: [{ id: 1, reason: 'HIDDEN report' }],
  ratios: [
    { id: 1, part: 4, whole: 2 },
    { id: 2, part: 1, whole: 0 },
  ],
  members: [{ org: 1, user_id: ANN }],
  documents: [
    { id: 1, org: 1, text: 'of org one' },
    { id: 2, org: 2, text: 'HIDDEN document' },
  ],
  invoices: [
    { id: 1, tenant: 'north', amount: 10 },
    { id: 2, tenant: 'south', amount: 20 },
  ],
}

export async function startWorld(options: Omit<ServerOptions, 'schema'> = {}): Promise<World> {
  const served = await startServer({ ...options, schema: world })
  const rest = `${served.url}/rest/v1`
  const { anon, service } = served.keys
  for (const [table, rows] of Object.entries(ROWS)) {
    const answer = await ask(`${rest}/${table}`, { method: 'POST', headers: as(service), body: JSON.stringify(rows) })
    assert.equal(answer.status, 201, `seeding ${table}: ${answer.text}`)
  }
  const user = async (id: string) => as(anon, await userToken(id))
  return { ...served, rest, as: { anon: as(anon), service: as(service), ann: await user(ANN), bob: await user(BOB) } }
}
