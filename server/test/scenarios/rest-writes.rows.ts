/** What protocol.md §1 says of writes. The rows run in order on one server; each leaves what the next ones expect. */
import { ANN, BOB } from '../support/world.ts'
import type { Row } from './table.ts'

const OBJECT = 'application/vnd.pgrst.object+json'
const REPRESENT = { prefer: 'return=representation' }
const CSV = { 'content-type': 'text/csv' }

export const writeRows: readonly Row[] = [
  { name: 'an insert answers 201 without a body', ask: 'POST /tags', body: { id: 10, name: 'ten' }, status: 201, text: '', expectedHeaders: { 'content-range': '*/*', 'content-length': '0', location: null } },
  { name: 'headers-only gives the Location of the row', ask: 'POST /tags', headers: { prefer: 'return=headers-only' }, body: { id: 11, name: 'eleven' }, status: 201, text: '', expectedHeaders: { location: '/tags?id=eq.11', 'preference-applied': 'return=headers-only' } },
  { name: 'the Location of a composite key', ask: 'POST /post_tags', headers: { prefer: 'return=headers-only' }, body: { post_id: 2, tag_id: 10 }, status: 201, expectedHeaders: { location: '/post_tags?post_id=eq.2&tag_id=eq.10' } },
  { name: 'representation, shaped by select', ask: 'POST /tags?select=label:name', headers: REPRESENT, body: { id: 12, name: 'twelve' }, status: 201, json: [{ label: 'twelve' }], expectedHeaders: { 'preference-applied': 'return=representation' } },
  { name: 'representation with an embed', ask: 'POST /comments?select=id,posts(title,profiles(name))', headers: REPRESENT, body: { id: 20, post_id: 1, author_id: BOB, body: 'x' }, status: 201, json: [{ id: 20, posts: { title: 'First', profiles: { name: 'Ann' } } }] },
  { name: 'defaults fill what is left out', ask: 'POST /posts?select=status,score,labels,meta', headers: REPRESENT, body: { id: 20, title: 'defaults', author_id: ANN }, status: 201, text: '[{"status":"draft","score":0.00,"labels":[],"meta":{}}]' },
  { name: 'a bulk insert with the count', ask: 'POST /tags', headers: { prefer: 'return=minimal, count=exact' }, body: [{ id: 13, name: 'a' }, { id: 14, name: 'b' }], status: 201, expectedHeaders: { 'content-range': '*/2', 'preference-applied': 'return=minimal, count=exact' } },
  { name: 'rows with different keys', ask: 'POST /tags', body: [{ id: 15 }, { name: 'x' }], status: 400, error: { code: 'PGRST102', message: 'All object keys must match' } },
  { name: 'columns= names the keys that count', ask: 'POST /tags?columns=id,name', headers: REPRESENT, body: [{ id: 15, name: 'c', extra: 1 }], status: 201, json: [{ id: 15, name: 'c' }] },
  { name: 'missing=default', ask: 'POST /posts?columns=id,title,status,author_id&select=status', headers: { prefer: 'return=representation, missing=default' }, body: [{ id: 21, title: 't', author_id: ANN }], status: 201, json: [{ status: 'draft' }], expectedHeaders: { 'preference-applied': 'missing=default, return=representation' } },
  { name: 'an empty array inserts nothing', ask: 'POST /tags', headers: REPRESENT, body: [], status: 201, json: [] },
  { name: 'an unknown column', ask: 'POST /tags', body: { id: 16, nam: 'x' }, status: 400, error: { code: 'PGRST204', message: "Could not find the 'nam' column of 'tags' in the schema cache" } },
  { name: 'an unknown column in columns=', ask: 'POST /tags?columns=id,nam', body: [{ id: 16 }], status: 400, error: { code: 'PGRST204' } },
  { name: 'CSV', ask: 'POST /tags?select=id,name', headers: { ...CSV, ...REPRESENT }, body: 'id,name\n30,"thirty, quoted"\n31,"a ""b"""\n', status: 201, json: [{ id: 30, name: 'thirty, quoted' }, { id: 31, name: 'a "b"' }] },
  { name: 'NULL in CSV', ask: 'POST /profiles?select=age', headers: { ...CSV, ...REPRESENT }, body: 'id,name,age\n00000000-0000-4000-8000-00000000000c,Cid,NULL', status: 201, json: [{ age: null }] },
  { name: 'ragged CSV', ask: 'POST /tags', headers: CSV, body: 'id,name\n32', status: 400, error: { code: 'PGRST102', message: 'All lines must have same number of fields' } },
  { name: 'a form', ask: 'POST /tags?select=id,name', headers: { 'content-type': 'application/x-www-form-urlencoded', ...REPRESENT }, body: 'id=33&name=a+form%21', status: 201, json: [{ id: 33, name: 'a form!' }] },
  { name: 'another content type', ask: 'POST /tags', headers: { 'content-type': 'application/xml' }, body: '<id/>', status: 400, error: { code: 'PGRST102', message: 'Content-Type not acceptable: application/xml' } },
  { name: 'malformed JSON', ask: 'POST /tags', body: '{"id":', status: 400, error: { code: 'PGRST102', message: 'Empty or invalid json' } },
  { name: 'a unique value taken', ask: 'POST /tags', body: { id: 40, name: 'red' }, status: 409, error: { code: '23505', message: /^duplicate key value violates unique constraint "tags_name_key"$/, details: 'Key (name)=(red) already exists.' } },
  { name: 'a foreign key to nowhere', ask: 'POST /comments', body: { id: 41, post_id: 999, author_id: ANN, body: 'x' }, status: 409, error: { code: '23503', message: 'insert or update on table "comments" violates foreign key constraint "comments_post_id_fkey"', details: 'Key (post_id)=(999) is not present in table "posts".' } },
  { name: 'a check', ask: 'POST /posts', body: { id: 42, title: '', author_id: ANN }, status: 400, error: { code: '23514', message: /^new row for relation "posts" violates check constraint "/ } },
  { name: 'a missing value', ask: 'POST /tags', body: { id: 43 }, status: 400, error: { code: '23502', message: 'null value in column "name" of relation "tags" violates not-null constraint' } },
  { name: 'a wrong type', ask: 'POST /tags', body: { id: 'x', name: 'y' }, status: 400, error: { code: '22P02', message: 'invalid input syntax for type integer: "x"' } },
  { name: 'an integer out of range', ask: 'POST /tags', body: { id: 3_000_000_000, name: 'y' }, status: 400, error: { code: '22003' } },
  { name: 'a singular insert', ask: 'POST /tags', headers: { ...REPRESENT, accept: OBJECT }, body: { id: 44, name: 'single' }, status: 201, json: { id: 44, name: 'single' } },
  { name: 'a singular insert of two rows is undone', ask: 'POST /tags', headers: { ...REPRESENT, accept: OBJECT }, body: [{ id: 45, name: 'p' }, { id: 46, name: 'q' }], status: 406, error: { code: 'PGRST116', details: 'The result contains 2 rows' } },
  { name: '… nothing of it is there', ask: 'GET /tags?id=in.(45,46)', status: 200, json: [] },

  { name: 'an upsert that inserts is 201', ask: 'POST /tags?select=id,name', headers: { prefer: 'return=representation, resolution=merge-duplicates' }, body: [{ id: 50, name: 'new' }, { id: 10, name: 'TEN' }], status: 201, json: [{ id: 50, name: 'new' }, { id: 10, name: 'TEN' }], expectedHeaders: { 'preference-applied': 'resolution=merge-duplicates, return=representation' } },
  { name: 'an upsert that only merges is 200', ask: 'POST /tags', headers: { prefer: 'resolution=merge-duplicates' }, body: { id: 10, name: 'ten' }, status: 200 },
  { name: 'an upsert on another unique column', ask: 'POST /tags?on_conflict=name&select=id', headers: { prefer: 'return=representation, resolution=merge-duplicates' }, body: { id: 51, name: 'new' }, status: 200, json: [{ id: 51 }] },
  { name: 'ignored duplicates are not returned', ask: 'POST /tags?select=id', headers: { prefer: 'return=representation, resolution=ignore-duplicates' }, body: [{ id: 10, name: 'zzz' }, { id: 52, name: 'fresh' }], status: 201, json: [{ id: 52 }] },

  { name: 'an update answers 204', ask: 'PATCH /tags?id=eq.52', body: { name: 'patched' }, status: 204, text: '', expectedHeaders: { 'content-range': '0-0/*' } },
  { name: 'an update with its rows', ask: 'PATCH /tags?id=in.(52,50)&select=name', headers: REPRESENT, body: { name: 'same?' }, status: 409, error: { code: '23505' } },
  { name: 'an update of nothing', ask: 'PATCH /tags?id=eq.9999', headers: REPRESENT, body: { name: 'x' }, status: 200, json: [], expectedHeaders: { 'content-range': '*/*' } },
  { name: 'an empty update', ask: 'PATCH /tags?id=eq.52', headers: REPRESENT, body: {}, status: 200, json: [] },
  { name: 'an update without a filter', ask: 'PATCH /tags', body: { name: 'x' }, status: 400, error: { code: '21000', message: 'UPDATE requires a WHERE clause' } },
  { name: 'more rows than max-affected', ask: 'PATCH /posts?id=in.(1,2,3)', headers: { prefer: 'handling=strict, max-affected=2' }, body: { score: 7 }, status: 400, error: { code: 'PGRST124', details: 'The query affects 3 rows' } },
  { name: '… is undone', ask: 'GET /posts?score=eq.7', status: 200, json: [] },
  { name: 'as many rows as max-affected', ask: 'PATCH /posts?id=in.(1,2)', headers: { prefer: 'handling=strict, max-affected=2, count=exact' }, body: { score: 1.5 }, status: 204, expectedHeaders: { 'content-range': '0-1/2', 'preference-applied': 'count=exact, handling=strict, max-affected=2' } },

  { name: 'PUT inserts', ask: 'PUT /tags?id=eq.60', body: { id: 60, name: 'put' }, status: 201, text: '' },
  { name: 'PUT replaces', ask: 'PUT /tags?id=eq.60&select=name', headers: REPRESENT, body: { id: 60, name: 'put again' }, status: 200, json: [{ name: 'put again' }] },
  { name: 'PUT with another key in the body', ask: 'PUT /tags?id=eq.60', body: { id: 61, name: 'x' }, status: 400, error: { code: 'PGRST115' } },
  { name: 'PUT without the whole key', ask: 'PUT /tags?name=eq.x', body: { id: 60, name: 'x' }, status: 405, error: { code: 'PGRST105' } },
  { name: 'PUT with a limit', ask: 'PUT /tags?id=eq.60&limit=1', body: { id: 60, name: 'x' }, status: 400, error: { code: 'PGRST114' } },

  { name: 'a delete with its rows', ask: 'DELETE /tags?id=eq.60&select=id', headers: REPRESENT, status: 200, json: [{ id: 60 }] },
  { name: 'a delete answers 204', ask: 'DELETE /tags?id=in.(50,51)', headers: { prefer: 'count=exact' }, status: 204, text: '', expectedHeaders: { 'content-range': '*/1' } },
  { name: 'a delete without a filter', ask: 'DELETE /tags', status: 400, error: { code: '21000', message: 'DELETE requires a WHERE clause' } },
  { name: 'a delete of what others point at', ask: 'DELETE /tags?id=eq.1', status: 409, error: { code: '23503', message: 'update or delete on table "tags" violates foreign key constraint "post_tags_tag_id_fkey" on table "post_tags"', details: 'Key (id)=(1) is still referenced from table "post_tags".' } },
  { name: 'a delete that cascades', ask: 'DELETE /posts?id=eq.20', status: 204 },
]

/** Paths, methods, CORS and OPTIONS. */
export const frameRows: readonly Row[] = [
  { name: 'OPTIONS of a table', ask: 'OPTIONS /tags', status: 200, expectedHeaders: { allow: 'OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE', 'access-control-allow-origin': '*' } },
  { name: 'OPTIONS of the root', ask: 'OPTIONS /', status: 200, expectedHeaders: { allow: 'OPTIONS,GET,HEAD' } },
  { name: 'a preflight needs no key', who: 'nobody', ask: 'OPTIONS /tags', headers: { origin: 'https://app.test', 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'apikey,prefer' }, status: 200, expectedHeaders: { 'access-control-allow-origin': '*', 'access-control-allow-methods': 'GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD', 'access-control-allow-headers': /apikey,prefer.*Authorization/, 'access-control-max-age': '86400', 'access-control-allow-credentials': null } },
  { name: 'a cross-origin read', ask: 'GET /tags?limit=1', headers: { origin: 'https://app.test' }, status: 200, expectedHeaders: { 'access-control-allow-origin': '*', 'access-control-expose-headers': /Content-Range/ } },
  { name: 'no CORS headers without an origin', ask: 'GET /tags?limit=1', status: 200, expectedHeaders: { 'access-control-allow-origin': null } },
  { name: 'errors are readable across origins too', ask: 'GET /nope', headers: { origin: 'https://app.test' }, status: 404, expectedHeaders: { 'access-control-allow-origin': '*', 'proxy-status': 'PostgREST; error=PGRST205', 'content-type': 'application/json; charset=utf-8' } },
  { name: 'another method', ask: 'TRACE /tags', status: 405, error: { code: 'PGRST117', message: 'Unsupported HTTP method: TRACE' } },
  { name: 'a deeper path', ask: 'GET /tags/1', status: 404, error: { code: 'PGRST125', message: 'Invalid path specified in request URL' } },
  { name: 'an unknown function', ask: 'POST /rpc/nope', body: {}, status: 404, error: { code: 'PGRST202', message: 'Could not find the function public.nope without parameters in the schema cache' } },
  { name: 'no answer is cached or sniffed', ask: 'GET /tags?limit=1', status: 200, expectedHeaders: { 'cache-control': 'private, no-store', 'x-content-type-options': 'nosniff' } },
  { name: 'the root describes what the role may use', who: 'anon', ask: 'GET /', status: 200, expectedContent: ['"swagger":"2.0"', '/posts'], notExpectedContent: ['zq_hidden', 'reviews', 'members', 'reports'], expectedHeaders: { 'content-type': 'application/openapi+json; charset=utf-8' } },
]
