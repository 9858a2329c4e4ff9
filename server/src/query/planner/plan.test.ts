import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MUSIC } from '../../../test/support/music.ts'
import { planText } from '../../../test/support/plan-text.ts'
import { errorOf, parseRows, type TestRequest } from '../../../test/support/rest-request.ts'
import { type PlanOptions, plan } from './plan.ts'

const OPTIONS: PlanOptions = { aggregatesEnabled: true, rowsMax: 1000, requireWhere: true }
const SHOWN = { prefer: 'return=representation' }

function planOf(line: string, more: TestRequest = {}, options: Partial<PlanOptions> = {}) {
  return plan(parseRows(line, more).api, MUSIC, { ...OPTIONS, ...options })
}

type Case = readonly [line: string, ...lines: readonly string[]]

const READS: readonly Case[] = [
  ['GET /albums', 's0 albums [id, title, artist_id, released] max 1000'],
  [
    'GET /albums?select=id,name:title,artists(name)&id=eq.1',
    's0 albums [id, name=s0.title, artists=#0] where eq(s0.id, $0 integer) max 1000',
    '  #0 artists one on eq(s0.artist_id, s1.id): s1 artists [name]',
  ],
  [
    'GET /albums?select=id,artist:artist_id(name)&artist.name=like.A*&order=artist(name).desc',
    's0 albums [id, artist=#0] order #0:s1.name desc max 1000',
    '  #0 artist one on eq(s0.artist_id, s1.id): s1 artists [name] where like(s1.name, $0 text)',
  ],
  [
    'GET /artists?select=name,albums(title,tracks(name))&albums.tracks.order=name.desc&albums.limit=2&albums.offset=1&limit=3',
    's0 artists [name, albums=#0] limit $0 max 1000',
    '  #0 albums many on eq(s0.id, s1.artist_id): s1 albums [title, tracks=#1] limit $1 offset $2 max 1000',
    '    #1 tracks many on eq(s1.id, s2.album_id): s2 tracks [name] order s2.name desc max 1000',
  ],
  [
    'GET /tracks?select=name,p:playlists!inner(name)&p.name=eq.x',
    's0 tracks [name, p=#0] where exists #0 max 1000',
    '  #0 p many inner on eq(s0.id, s1.track_id) through s1 playlist_track on eq(s1.playlist_id, s2.id): ' +
      's2 playlists [name] where eq(s2.name, $0 text) max 1000',
  ],
  [
    'GET /tracks?select=p:playlists!playlist_track(name)&playlists.name=eq.x',
    's0 tracks [p=#0] max 1000',
    '  #0 p many on eq(s0.id, s1.track_id) through s1 playlist_track on eq(s1.playlist_id, s2.id): ' +
      's2 playlists [name] where eq(s2.name, $0 text) max 1000',
  ],
  [
    'GET /employees?select=name,employees(name),boss:reports_to(name)',
    's0 employees [name, employees=#0, boss=#1] max 1000',
    '  #0 employees many on eq(s0.id, s1.reports_to): s1 employees [name] max 1000',
    '  #1 boss one on eq(s0.reports_to, s2.id): s2 employees [name]',
  ],
  [
    'GET /employees?select=x:employees!reports_to(name)',
    's0 employees [x=#0] max 1000',
    '  #0 x many on eq(s0.id, s1.reports_to): s1 employees [name] max 1000',
  ],
  [
    'GET /customers?select=profiles(bio)',
    's0 customers [profiles=#0] max 1000',
    '  #0 profiles one on eq(s0.id, s1.id): s1 profiles [bio]',
  ],
  [
    'GET /invoices?select=a:invoices_billing(city),b:shipping_id(city),c:addresses!billing_id(city)',
    's0 invoices [a=#0, b=#1, c=#2] max 1000',
    '  #0 a one on eq(s0.billing_id, s1.id): s1 addresses [city]',
    '  #1 b one on eq(s0.shipping_id, s2.id): s2 addresses [city]',
    '  #2 c one on eq(s0.billing_id, s3.id): s3 addresses [city]',
  ],
  [
    'GET /artists?select=id,albums(*)&albums=is.null',
    's0 artists [id, albums=#0] where not exists #0 max 1000',
    '  #0 albums many on eq(s0.id, s1.artist_id): s1 albums [id, title, artist_id, released] max 1000',
  ],
  [
    'GET /artists?select=id,a:albums()&or=(a.not.is.null,name.eq.x)',
    's0 artists [id] where (exists #0 or eq(s0.name, $0 text)) max 1000',
    '  #0 a many on eq(s0.id, s1.artist_id): s1 albums [] max 1000',
  ],
  [
    'GET /artists?select=settings->a->>b,settings->0,tags->0,s:settings->x::int&settings->>c=eq.red&settings->n=gt.5&order=settings->n',
    's0 artists [b=json_get_text(json_get(s0.settings, "a"), "b"), settings=json_get(s0.settings, 0), ' +
      'tags=json_get(to_jsonb(s0.tags), 0), s=json_get(s0.settings, "x")::integer] ' +
      'where (eq(json_get_text(s0.settings, "c"), $0 text) and gt(json_get(s0.settings, "n"), $1 jsonb)) ' +
      'order json_get(s0.settings, "n") asc max 1000',
  ],
  [
    'GET /artists?select=id&code=eq.too long&id=in.(1,2)&name=like(any).{a*,b}&id=not.eq(all).{1,2}&name=isdistinct.x&name=not.is.null',
    's0 artists [id] where (eq(s0.code, $0 text) and s0.id in ($1 integer…) and like any(s0.name, $2 text…) and ' +
      'not eq all(s0.id, $3 integer…) and distinct(s0.name, $4 text) and s0.name is not null) max 1000',
  ],
  [
    'GET /artists?select=id&tags=cs.{a}&tags=ov.{a,b}&settings=cd.{}',
    's0 artists [id] where (contains(s0.tags, $0 text[]) and overlaps(s0.tags, $1 text[]) and ' +
      'contained(s0.settings, $2 jsonb)) max 1000',
  ],
  [
    'GET /tracks?select=id&explicit=is.true&explicit=not.is.unknown&price=gte.1.5&name=imatch.^a&name=is.not_null',
    's0 tracks [id] where (s0.explicit is true and s0.explicit is not unknown and gte(s0.price, $0 numeric) and ' +
      'imatch(s0.name, $1 text) and s0.name is not null) max 1000',
  ],
  [
    'GET /invoices?status=eq.paid&select=id::text,status',
    's0 invoices [id=s0.id::text, status] where eq(s0.status, $0 invoice_status) max 1000',
  ],
  [
    'GET /things?color=eq.red&order=size',
    's0 things [id, label, ...s0._open] where eq(json_get_text(s0._open, "color"), $0 text) ' +
      'order json_get(s0._open, "size") asc max 1000',
  ],
  [
    'GET /things?select=id,color,size->x::int,_open&size->y=is.null',
    's0 things [id, color=json_get(s0._open, "color"), x=json_get(json_get(s0._open, "size"), "x")::integer, ' +
      '_open=json_get(s0._open, "_open")] where json_get(json_get(s0._open, "size"), "y") is null max 1000',
  ],
  ['GET /artists?select=', 's0 artists [] max 1000'],
  ['GET /artists?select=id,*,id', 's0 artists [id, id, name, tags, settings, code, id] max 1000'],
]

const GROUPED: readonly Case[] = [
  ['GET /albums?select=count()', 's0 albums [count=count() bigint] grouped max 1000'],
  [
    'GET /tracks?select=album_id,price.sum(),n:count(),price.avg()::int4&order=album_id',
    's0 tracks [album_id, sum=sum(s0.price) numeric, n=count() bigint, avg=avg(s0.price) numeric::integer] grouped ' +
      'order s0.album_id asc max 1000',
  ],
  [
    'GET /artists?select=name,albums(count(),id.max())',
    's0 artists [name, albums=#0] max 1000',
    '  #0 albums many on eq(s0.id, s1.artist_id): s1 albums [count=count() bigint, max=max(s1.id) integer] grouped max 1000',
  ],
  [
    'GET /tracks?select=price.sum(),...albums(title)',
    's0 tracks [sum=sum(s0.price) numeric, title=#0:s1.title] grouped max 1000',
    '  #0 albums one on eq(s0.album_id, s1.id): s1 albums []',
  ],
  [
    'GET /tracks?select=...albums(title,id.max(),...artists(name))',
    's0 tracks [title=#0:s1.title, max=max(#0:s1.id) integer, name=#0:#1:s2.name] grouped max 1000',
    '  #0 albums one on eq(s0.album_id, s1.id): s1 albums []',
    '    #1 artists one on eq(s1.artist_id, s2.id): s2 artists []',
  ],
  [
    'GET /tracks?select=...albums(count())',
    's0 tracks [count=count(#0:true) bigint] grouped max 1000',
    '  #0 albums one on eq(s0.album_id, s1.id): s1 albums []',
  ],
  [
    'GET /albums?select=title,...artists(artist:name)',
    's0 albums [title, ...#0] max 1000',
    '  #0 artists one on eq(s0.artist_id, s1.id): s1 artists [artist=s1.name]',
  ],
  [
    'GET /albums?select=count(),artists(name),tracks!inner()',
    's0 albums [count=count() bigint, artists=#0] grouped where exists #1 max 1000',
    '  #0 artists one on eq(s0.artist_id, s1.id): s1 artists [name]',
    '  #1 tracks many inner on eq(s0.id, s2.album_id): s2 tracks [] max 1000',
  ],
]

for (const [line, ...expected] of [...READS, ...GROUPED]) {
  test(`plans ${line}`, () => assert.deepEqual(planText(planOf(line)), expected))
}

const WRITES: readonly (readonly [string, TestRequest, ...string[]])[] = [
  [
    'POST /artists?select=id,albums(title)&albums.id=eq.1&name=eq.x&order=id&limit=1',
    { body: '{"id":1,"name":"x"}', headers: SHOWN },
    'insert s0 artists (id, name) missing null representation',
    '= s1 artists [id, albums=#0] order s1.id asc',
    '=   #0 albums many on eq(s1.id, s2.artist_id): s2 albums [title] where eq(s2.id, $0 integer)',
  ],
  [
    'POST /artists',
    { body: '{"id":1}', headers: { prefer: 'resolution=merge-duplicates,missing=default' } },
    'insert s0 artists (id) missing default merge on (id) minimal',
  ],
  [
    'POST /customers?on_conflict=email',
    { body: '{"id":1}', headers: { prefer: 'resolution=ignore-duplicates' } },
    'insert s0 customers (id) missing null ignore on (email) minimal',
  ],
  ['POST /customers?on_conflict=email', { body: '{"id":1}' }, 'insert s0 customers (id) missing null minimal'],
  [
    'POST /logs',
    { body: '{"text":"x"}', headers: { prefer: 'resolution=ignore-duplicates' } },
    'insert s0 logs (text) missing null minimal',
  ],
  ['POST /things', { body: '{"id":1,"color":"red"}' }, 'insert s0 things (id, _open->color) missing null minimal'],
  [
    'PATCH /artists?id=eq.1&limit=3',
    { body: '{"name":"x"}', headers: SHOWN },
    'update s0 artists (name) missing null where eq(s0.id, $0 integer) representation',
    '= s1 artists [id, name, tags, settings, code]',
  ],
  ['PATCH /artists', { body: '{}' }, 'update s0 artists () missing null minimal'],
  [
    'PATCH /artists?select=id,albums(id)&albums=is.null&albums.title=eq.x',
    { body: '{"name":"x"}', headers: SHOWN },
    'update s0 artists (name) missing null where not exists #1 representation',
    '  #1 albums many on eq(s0.id, s4.artist_id): s4 albums [id] where eq(s4.title, $0 text)',
    '= s1 artists [id, albums=#0]',
    '=   #0 albums many on eq(s1.id, s2.artist_id): s2 albums [id] where eq(s2.title, $0 text)',
  ],
  [
    'DELETE /artists?or=(id.eq.1,name.eq.x)',
    {},
    'delete s0 artists where (eq(s0.id, $0 integer) or eq(s0.name, $1 text)) minimal',
  ],
  [
    'PUT /playlist_track?playlist_id=eq.1&track_id=eq.2',
    { body: '{"playlist_id":1,"track_id":2}' },
    'insert s0 playlist_track (playlist_id, track_id) missing null merge on (playlist_id, track_id) ' +
      'replace playlist_id=$0 integer,track_id=$1 integer minimal',
  ],
]

for (const [line, more, ...expected] of WRITES) {
  test(`plans ${line} ${JSON.stringify(more)}`, () => assert.deepEqual(planText(planOf(line, more)), expected))
}

const NO_OPERATOR = 'No operator matches the given name and argument types. You might need to add explicit type casts.'
const NO_FUNCTION = 'No function matches the given name and argument types. You might need to add explicit type casts.'
const notFound = (parent: string, child: string, using = '') =>
  `Searched for a foreign key relationship between '${parent}' and '${child}'${using} in the schema 'public', but no matches were found.`

interface Refusal {
  readonly code: string
  readonly message?: string
  readonly details?: unknown
  readonly hint?: string
}

const REFUSALS: readonly (readonly [string, Refusal])[] = [
  [
    'GET /album',
    {
      code: 'PGRST205',
      message: "Could not find the table 'public.album' in the schema cache",
      hint: "Perhaps you meant the table 'public.albums'",
    },
  ],
  ['GET /zzz', { code: 'PGRST205', message: "Could not find the table 'public.zzz' in the schema cache" }],
  [
    'GET /albums?select=titel',
    {
      code: '42703',
      message: 'column albums.titel does not exist',
      hint: 'Perhaps you meant to reference the column "albums.title".',
    },
  ],
  ['GET /albums?qqq=eq.1', { code: '42703', message: 'column albums.qqq does not exist' }],
  ['GET /albums?order=qqq', { code: '42703', message: 'column albums.qqq does not exist' }],
  ['GET /artists?select=*&albums=is.null', { code: '42703', message: 'column artists.albums does not exist' }],
  [
    'GET /albums?select=artist(*)',
    {
      code: 'PGRST200',
      message: "Could not find a relationship between 'albums' and 'artist' in the schema cache",
      details: notFound('albums', 'artist'),
      hint: "Perhaps you meant 'artists' instead of 'artist'.",
    },
  ],
  ['GET /albums?select=playlists(*)', { code: 'PGRST200', details: notFound('albums', 'playlists') }],
  [
    'GET /albums?select=artists!nope(*)',
    { code: 'PGRST200', details: notFound('albums', 'artists', " using the hint 'nope'") },
  ],
  [
    'GET /invoices?select=addresses(*)',
    {
      code: 'PGRST201',
      message: "Could not embed because more than one relationship was found for 'invoices' and 'addresses'",
      details: [
        {
          cardinality: 'many-to-one',
          embedding: 'invoices with addresses',
          relationship: 'invoices_billing using invoices(billing_id) and addresses(id)',
        },
        {
          cardinality: 'many-to-one',
          embedding: 'invoices with addresses',
          relationship: 'invoices_shipping using invoices(shipping_id) and addresses(id)',
        },
      ],
      hint:
        "Try changing 'addresses' to one of the following: 'addresses!invoices_billing', 'addresses!invoices_shipping'. " +
        "Find the desired relationship in the 'details' key.",
    },
  ],
  [
    'GET /albums?artists.name=eq.x',
    {
      code: 'PGRST108',
      message: "'artists' is not an embedded resource in this request",
      hint: "Verify that 'artists' is included in the 'select' query parameter.",
    },
  ],
  ['GET /artists?order=albums(title)', { code: 'PGRST108' }],
  ['DELETE /artists?id=eq.1&albums.id=eq.1', { code: 'PGRST108' }],
  [
    'GET /artists?select=*,albums(*)&order=albums(title)',
    {
      code: 'PGRST118',
      message: "A related order on 'albums' is not possible",
      details: "'artists' and 'albums' do not form a many-to-one or one-to-one relationship",
    },
  ],
  [
    'GET /artists?select=...albums(id.sum())',
    {
      code: 'PGRST127',
      message: 'Feature not implemented',
      details: 'Aggregates are not implemented for one-to-many or many-to-many spreads.',
    },
  ],
  [
    'GET /artists?select=name.sum()',
    { code: '42883', message: 'function sum(text) does not exist', hint: NO_FUNCTION },
  ],
  ['GET /artists?select=name::foo', { code: '42704', message: 'type "foo" does not exist' }],
  ['GET /artists?select=id::jsonb', { code: '42846', message: 'cannot cast type integer to jsonb' }],
  [
    'GET /artists?id=like.3',
    { code: '42883', message: 'operator does not exist: integer ~~ unknown', hint: NO_OPERATOR },
  ],
  ['GET /artists?name=cs.x', { code: '42883', message: 'operator does not exist: text @> unknown', hint: NO_OPERATOR }],
  ['GET /artists?select=settings->>a->b', { code: '42883', message: 'operator does not exist: text -> unknown' }],
  ['GET /artists?name=is.true', { code: '42804', message: 'argument of IS TRUE must be type boolean, not type text' }],
  ['GET /artists?name=wfts.x', { code: '0A000', message: 'the full-text operator wfts is not supported' }],
  ['GET /artists?or=(id.eq.1,name.adj.x)', { code: '0A000', message: 'the range operator adj is not supported' }],
  [
    'GET /tracks?select=name,count()&order=id',
    {
      code: '42803',
      message: 'column "tracks.id" must appear in the GROUP BY clause or be used in an aggregate function',
    },
  ],
  ['GET /artists?select=name.max(),albums(*)', { code: '42803' }],
  ['DELETE /artists', { code: '21000', message: 'DELETE requires a WHERE clause' }],
  ['DELETE /artists?select=nope(*)&id=eq.1', { code: 'PGRST200' }],
  ['DELETE /hits?id=eq.1', { code: '42809', message: 'cannot delete from view "hits"' }],
]

for (const [line, expected] of REFUSALS) {
  test(`refuses ${line} with ${expected.code}`, () => {
    const error = errorOf(() => planOf(line))
    for (const [name, value] of Object.entries(expected)) assert.deepEqual(error[name], value)
  })
}

const WRITE_REFUSALS: readonly (readonly [string, string, Refusal, string?])[] = [
  [
    'POST /artists',
    '{"nam":1}',
    { code: 'PGRST204', message: "Could not find the 'nam' column of 'artists' in the schema cache" },
  ],
  ['POST /invoices', '{"vat":1}', { code: '428C9', message: 'cannot insert a non-DEFAULT value into column "vat"' }],
  ['POST /invoices', '{"id":1}', { code: '428C9' }],
  ['PATCH /invoices?id=eq.1', '{"vat":1}', { code: '428C9', message: 'column "vat" can only be updated to DEFAULT' }],
  ['PATCH /artists', '{"name":"x"}', { code: '21000', message: 'UPDATE requires a WHERE clause' }],
  ['POST /hits', '{"id":1}', { code: '42809', message: 'cannot insert into view "hits"' }],
  ['POST /customers?on_conflict=contact', '{"id":1}', { code: '42P10' }, 'resolution=merge-duplicates'],
  [
    'POST /customers?on_conflict=nope',
    '{"id":1}',
    { code: '42703', message: 'column "nope" does not exist' },
    'resolution=merge-duplicates',
  ],
  ['PUT /artists?id=gt.1', '{"id":1}', { code: 'PGRST105' }],
  ['PUT /artists?id=not.eq.1', '{"id":1}', { code: 'PGRST105' }],
  ['PUT /artists?id=eq.1&name=eq.x', '{"id":1}', { code: 'PGRST105' }],
  ['PUT /artists?or=(id.eq.1)', '{"id":1}', { code: 'PGRST105' }],
  ['PUT /artists', '{"id":1}', { code: 'PGRST105' }],
  ['PUT /logs?text=eq.1', '{"text":"x"}', { code: 'PGRST105' }],
  ['PUT /artists?id=eq.1', '{"name":"x"}', { code: 'PGRST115' }],
]

for (const [line, body, expected, prefer = 'return=minimal'] of WRITE_REFUSALS) {
  test(`refuses ${line} ${body} with ${expected.code}`, () => {
    const error = errorOf(() => planOf(line, { body, headers: { prefer } }))
    for (const [name, value] of Object.entries(expected)) assert.deepEqual(error[name], value)
  })
}

test('aggregates can be turned off', () => {
  const off = { aggregatesEnabled: false }
  assert.equal(errorOf(() => planOf('GET /albums?select=count()', {}, off))['code'], 'PGRST123')
  assert.equal(errorOf(() => planOf('GET /artists?select=albums(id.max())', {}, off))['code'], 'PGRST123')
})

test('a server may allow writes without a filter', () => {
  const loose = { requireWhere: false }
  assert.deepEqual(planText(planOf('DELETE /artists', {}, loose)), ['delete s0 artists minimal'])
})

test('a plan is frozen all the way down', () => {
  const seen = new Set<unknown>()
  const check = (value: unknown, at: string): void => {
    if (typeof value !== 'object' || value === null || seen.has(value) || value instanceof Map) return
    seen.add(value)
    assert.ok(Object.isFrozen(value), `${at} is not frozen`)
    // Types are shared constants of the schema layer, frozen or not.
    for (const [name, member] of Object.entries(value))
      if (name !== 'type' && name !== 'cast') check(member, `${at}.${name}`)
  }
  for (const [line] of [...READS, ...GROUPED]) check(planOf(line), line)
  for (const [line, more] of WRITES) check(planOf(line, more), line)
})

test('a plan does not depend on values', () => {
  const one = planOf('GET /artists?id=in.(1,2)&name=eq.a&limit=3')
  const two = planOf('GET /artists?id=in.(7)&name=eq.zzz&limit=9')
  assert.deepEqual(one, two)
})
