/**
 * Compiled by `npm run check`, never run: what `DatabaseOf` gives to supabase-js, by right and wrong uses.
 */
import { createClient } from '@supabase/supabase-js'
import { c, type DatabaseOf, expr, schema, table, view } from 'pilar'

const project = schema(
  {
    profiles: table({
      id: c.uuid().primaryKey(),
      name: c.text(),
      bio: c.text().nullable(),
    }).policies({ select: { public: 'true' } }),
    posts: table({
      id: c.bigint().identity().primaryKey(),
      number: c.bigint().identity({ always: true }),
      title: c.varchar(200),
      slug: c.text().generated('lower(title)', { stored: true }),
      status: c.enum('draft', 'published').default('draft'),
      price: c.numeric(10, 2),
      labels: c.array(c.text()).default("'{}'"),
      meta: c.jsonb<{ theme: 'light' | 'dark' }>().nullable(),
      author_id: c.uuid().references('profiles.id', { onDelete: 'cascade' }),
      editor_id: c.uuid().nullable().references('profiles.id'),
    }).index('status', 'title desc', { unique: true, where: "status = 'draft'" }),
    comments: table({ id: c.integer().primaryKey(), author_id: c.uuid().references('profiles.id') }),
    settings: table({ profile_id: c.uuid().primaryKey().references('profiles.id'), theme: c.text() }),
    tags: table({ id: c.integer().primaryKey(), name: c.text().unique() }),
    post_tags: table({
      post_id: c.bigint().references('posts.id'),
      tag_id: c.integer().references('tags.id'),
    }).primaryKey('post_id', 'tag_id'),
    notes: table({ post_id: c.bigint(), tag_id: c.integer(), text: c.text() }).foreignKey(
      ['post_id', 'tag_id'],
      'post_tags(post_id, tag_id)',
    ),
    things: table({ id: c.integer().primaryKey() }, { open: true }),
    authors: view(
      { id: c.uuid().references('profiles.id'), posts: c.bigint() },
      'select author_id, count(*) from posts group by 1',
    ),
    'private.secrets': table({ id: c.integer().primaryKey(), text: c.text() }),
  },
  { functions: { is_staff: expr({ org: 'uuid' }, 'true') }, roles: ['editor'] },
)

type Database = DatabaseOf<typeof project>
type Public = Database['public']

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_proof: Equal<A, B>): void {}

type Post = Public['Tables']['posts']
same<
  Post['Row'],
  {
    id: number
    number: number
    title: string
    slug: string
    status: 'draft' | 'published'
    price: number
    labels: string[]
    meta: { theme: 'light' | 'dark' } | null
    author_id: string
    editor_id: string | null
  }
>(true)
same<
  Post['Insert'],
  {
    title: string
    price: number
    author_id: string
    id?: number
    status?: 'draft' | 'published'
    labels?: string[]
    meta?: { theme: 'light' | 'dark' } | null
    editor_id?: string | null
    number?: never
    slug?: never
  }
>(true)
same<Post['Update']['slug'], undefined>(true)
same<Post['Update']['title'], string | undefined>(true)
same<Public['Enums'], { posts_status: 'draft' | 'published' }>(true)
same<keyof Public['Views'], 'authors'>(true)
same<keyof Database['private']['Tables'], 'secrets'>(true)
same<
  Public['Tables']['settings']['Relationships'],
  [
    {
      foreignKeyName: 'settings_profile_id_fkey'
      columns: ['profile_id']
      isOneToOne: true
      referencedRelation: 'profiles'
      referencedColumns: ['id']
    },
  ]
>(true)
same<
  Public['Tables']['notes']['Relationships'],
  [
    {
      foreignKeyName: 'notes_post_id_tag_id_fkey'
      columns: ['post_id', 'tag_id']
      isOneToOne: false
      referencedRelation: 'post_tags'
      referencedColumns: ['post_id', 'tag_id']
    },
  ]
>(true)
same<Public['Tables']['post_tags']['Relationships'][number]['isOneToOne'], false>(true)

const client = createClient<Database>('http://localhost', 'key')

export async function reads(): Promise<void> {
  const plain = await client.from('comments').select('id, author:profiles(name)').single()
  if (plain.data !== null) same<typeof plain.data, { id: number; author: { name: string } }>(true)
  // @ts-expect-error there is no column nam
  plain.data?.author.nam.length

  const renamed = await client.from('posts').select('id, author:profiles!posts_author_id_fkey(name)')
  if (renamed.data !== null) same<typeof renamed.data, { id: number; author: { name: string } }[]>(true)

  const nullable = await client.from('posts').select('editor:profiles!editor_id(bio)').single()
  if (nullable.data !== null) same<typeof nullable.data, { editor: { bio: string | null } | null }>(true)

  const one = await client.from('settings').select('theme, owner:profiles(name)').single()
  if (one.data !== null) same<typeof one.data, { theme: string; owner: { name: string } }>(true)

  const back = await client.from('profiles').select('name, settings(theme)').single()
  if (back.data !== null) same<typeof back.data, { name: string; settings: { theme: string } | null }>(true)

  const many = await client.from('posts').select('status, tags(name)').single()
  if (many.data !== null) same<typeof many.data, { status: 'draft' | 'published'; tags: { name: string }[] }>(true)

  const all = await client.from('tags').select('*')
  if (all.data !== null) same<typeof all.data, { id: number; name: string }[]>(true)

  const viewed = await client.from('authors').select('posts, profiles(name)').single()
  if (viewed.data !== null) same<typeof viewed.data, { posts: number; profiles: { name: string } }>(true)

  const hidden = await client.schema('private').from('secrets').select('text')
  if (hidden.data !== null) same<typeof hidden.data, { text: string }[]>(true)

  const wrong = await client.from('posts').select('titel').single()
  // @ts-expect-error there is no column titel
  wrong.data?.titel.length
  // @ts-expect-error there is no table post
  await client.from('post').select('id')
  // @ts-expect-error status is an enum
  await client.from('posts').select('id').eq('status', 'deleted')
  await client.from('posts').select('id').eq('status', 'draft').gt('price', 1)
}

export async function writes(): Promise<void> {
  await client.from('posts').insert({ title: 'A', price: 1.5, author_id: 'x' })
  await client
    .from('posts')
    .update({ meta: { theme: 'dark' } })
    .eq('id', 1)
  await client.from('things').insert({ id: 1, colour: 'red' })
  // @ts-expect-error price is missing
  await client.from('posts').insert({ title: 'A', author_id: 'x' })
  // @ts-expect-error slug is generated
  await client.from('posts').insert({ title: 'A', price: 1, author_id: 'x', slug: 'a' })
  // @ts-expect-error number is always generated
  await client.from('posts').update({ number: 3 })
  // @ts-expect-error there is no such theme
  await client.from('posts').update({ meta: { theme: 'blue' } })
}

export function mistakes(): void {
  const base = table({ id: c.integer().primaryKey(), name: c.text() })
  // @ts-expect-error there is no column nam
  base.index('nam desc')
  // @ts-expect-error there is no column nam
  base.primaryKey('nam')
  // @ts-expect-error there is no column nam
  base.hidden({ anon: ['nam'] })
  // @ts-expect-error there is no action selekt
  base.policies({ selekt: { anon: 'true' } })
  // @ts-expect-error arrays hold scalars
  c.array(c.array(c.text()))
}
