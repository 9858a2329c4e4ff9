/** Filters, order, pages and counts of one table. */
import type { SupabaseClient } from '@supabase/supabase-js'

export type Client = SupabaseClient

/** One read and the SQL that gives the same: either rows, or one JSON text (`json`). `count` is compared when given. */
export interface Case {
  readonly name: string
  readonly who?: 'anon' | 'customer' | 'service'
  readonly ask: (db: Client) => PromiseLike<{ data: unknown; error: unknown; count?: number | null }>
  readonly rows?: string
  readonly json?: string
  readonly count?: string
}

export const plainCases: readonly Case[] = [
  {
    name: 'all columns of a table',
    ask: (db) => db.from('Artist').select().order('ArtistId'),
    rows: 'SELECT * FROM Artist ORDER BY ArtistId',
  },
  {
    name: 'numbers, nulls and long rows',
    ask: (db) => db.from('Track').select('*').order('TrackId').limit(200),
    rows: `SELECT * FROM Track ORDER BY TrackId LIMIT 200`,
  },
  {
    name: 'aliases',
    ask: (db) => db.from('Album').select('id:AlbumId,name:Title').eq('ArtistId', 90).order('AlbumId'),
    rows: 'SELECT AlbumId AS id, Title AS name FROM Album WHERE ArtistId = 90 ORDER BY AlbumId',
  },
  {
    name: 'casts',
    ask: (db) => db.from('Track').select('TrackId::text,ms:Milliseconds::text').order('TrackId').limit(5),
    rows: 'SELECT CAST(TrackId AS TEXT) TrackId, CAST(Milliseconds AS TEXT) ms FROM Track ORDER BY Track.TrackId LIMIT 5',
  },
  {
    name: 'greater than and less than on a numeric',
    ask: (db) => db.from('Track').select('TrackId,UnitPrice').gt('UnitPrice', 0.99).lt('UnitPrice', 2).order('TrackId'),
    rows: 'SELECT TrackId, UnitPrice FROM Track WHERE UnitPrice > 0.99 AND UnitPrice < 2 ORDER BY TrackId',
  },
  {
    name: 'gte, lte, neq',
    ask: (db) => db.from('Genre').select().gte('GenreId', 3).lte('GenreId', 9).neq('GenreId', 5).order('GenreId'),
    rows: 'SELECT * FROM Genre WHERE GenreId BETWEEN 3 AND 9 AND GenreId <> 5 ORDER BY GenreId',
  },
  {
    name: 'in',
    ask: (db) => db.from('Genre').select('Name').in('GenreId', [1, 7, 25, 999]).order('Name'),
    rows: 'SELECT Name FROM Genre WHERE GenreId IN (1, 7, 25, 999) ORDER BY Name',
  },
  {
    name: 'in with commas, apostrophes and brackets in the values',
    ask: (db) =>
      db
        .from('Artist')
        .select('Name')
        .in('Name', ["Guns N' Roses", 'AC/DC', 'Antônio Carlos Jobim', 'a,(b)'])
        .order('Name'),
    rows: "SELECT Name FROM Artist WHERE Name IN ('Guns N'' Roses', 'AC/DC', 'Antônio Carlos Jobim') ORDER BY Name",
  },
  {
    name: 'an empty in list matches nothing',
    ask: (db) => db.from('Genre').select().in('GenreId', []),
    rows: 'SELECT * FROM Genre WHERE 0',
  },
  {
    name: 'like minds case',
    ask: (db) => db.from('Track').select('Name').like('Name', '%Love%').order('TrackId'),
    rows: "SELECT Name FROM Track WHERE Name GLOB '*Love*' ORDER BY TrackId",
  },
  {
    name: 'ilike does not',
    ask: (db) => db.from('Track').select('Name').ilike('Name', '%love%').order('TrackId'),
    rows: "SELECT Name FROM Track WHERE lower(Name) LIKE '%love%' ORDER BY TrackId",
  },
  {
    name: 'likeAnyOf',
    ask: (db) => db.from('Track').select('TrackId').likeAnyOf('Name', ['Love%', '%Blues']).order('TrackId'),
    rows: "SELECT TrackId FROM Track WHERE Name GLOB 'Love*' OR Name GLOB '*Blues' ORDER BY TrackId",
  },
  {
    name: 'is null',
    ask: (db) => db.from('Track').select('TrackId').is('Composer', null).order('TrackId').limit(1000),
    rows: 'SELECT TrackId FROM Track WHERE Composer IS NULL ORDER BY TrackId LIMIT 1000',
  },
  {
    name: 'not is null',
    ask: (db) => db.from('Employee').select('EmployeeId').not('ReportsTo', 'is', null).order('EmployeeId'),
    who: 'service',
    rows: 'SELECT EmployeeId FROM Employee WHERE ReportsTo IS NOT NULL ORDER BY EmployeeId',
  },
  {
    name: 'or with and inside',
    ask: (db) =>
      db
        .from('Track')
        .select('TrackId')
        .or('GenreId.eq.25,and(UnitPrice.gt.1,Milliseconds.lt.1200000)')
        .order('TrackId'),
    rows: 'SELECT TrackId FROM Track WHERE GenreId = 25 OR (UnitPrice > 1 AND Milliseconds < 1200000) ORDER BY TrackId',
  },
  {
    name: 'not and inside or',
    ask: (db) =>
      db.from('Genre').select('GenreId').or('GenreId.gt.20,not.and(GenreId.gt.2,GenreId.lt.20)').order('GenreId'),
    rows: 'SELECT GenreId FROM Genre WHERE GenreId > 20 OR NOT (GenreId > 2 AND GenreId < 20) ORDER BY GenreId',
  },
  {
    name: 'match, several equalities',
    ask: (db) => db.from('Track').select('TrackId').match({ GenreId: 1, MediaTypeId: 2, AlbumId: 2 }),
    rows: 'SELECT TrackId FROM Track WHERE GenreId = 1 AND MediaTypeId = 2 AND AlbumId = 2',
  },
  {
    name: 'a regular expression',
    ask: (db) => db.from('Artist').select('Name').filter('Name', 'match', '^The .*s$').order('Name'),
    rows: "SELECT Name FROM Artist WHERE Name GLOB 'The *s' ORDER BY Name",
  },
  {
    name: 'is distinct from keeps nulls',
    ask: (db) =>
      db.from('Track').select('TrackId').filter('Composer', 'isdistinct', 'AC/DC').eq('AlbumId', 4).order('TrackId'),
    rows: "SELECT TrackId FROM Track WHERE Composer IS NOT 'AC/DC' AND AlbumId = 4 ORDER BY TrackId",
  },
  {
    name: 'order by two columns, nulls first',
    ask: (db) =>
      db
        .from('Track')
        .select('TrackId')
        .order('Composer', { ascending: false, nullsFirst: false })
        .order('TrackId')
        .limit(50),
    rows: 'SELECT TrackId FROM Track ORDER BY Composer DESC NULLS LAST, TrackId LIMIT 50',
  },
  {
    name: 'nulls come last ascending, as in PostgreSQL',
    ask: (db) => db.from('Track').select('TrackId,Composer').order('Composer').order('TrackId').range(2490, 2540),
    rows: 'SELECT TrackId, Composer FROM Track ORDER BY Composer ASC NULLS LAST, TrackId LIMIT 51 OFFSET 2490',
  },
  {
    name: 'a page with the exact count',
    ask: (db) => db.from('Track').select('TrackId', { count: 'exact' }).order('TrackId').range(100, 119),
    rows: 'SELECT TrackId FROM Track ORDER BY TrackId LIMIT 20 OFFSET 100',
    count: 'SELECT count(*) FROM Track',
  },
  {
    name: 'the last, incomplete page',
    ask: (db) => db.from('Album').select('AlbumId', { count: 'exact' }).order('AlbumId').range(340, 359),
    rows: 'SELECT AlbumId FROM Album ORDER BY AlbumId LIMIT 20 OFFSET 340',
    count: 'SELECT count(*) FROM Album',
  },
  {
    name: 'a filtered count without rows',
    ask: (db) => db.from('Track').select('*', { count: 'exact', head: true }).eq('GenreId', 1),
    json: "SELECT 'null'",
    count: 'SELECT count(*) FROM Track WHERE GenreId = 1',
  },
  {
    name: 'no more than 1000 rows unless asked for in pages',
    ask: (db) => db.from('Track').select('TrackId', { count: 'exact' }).order('TrackId'),
    rows: 'SELECT TrackId FROM Track ORDER BY TrackId LIMIT 1000',
    count: 'SELECT count(*) FROM Track',
  },
  {
    name: 'single',
    ask: (db) => db.from('Artist').select('Name').eq('ArtistId', 22).single(),
    json: "SELECT json_object('Name', Name) FROM Artist WHERE ArtistId = 22",
  },
  {
    name: 'maybeSingle without a row',
    ask: (db) => db.from('Artist').select('Name').eq('ArtistId', 99999).maybeSingle(),
    json: "SELECT 'null'",
  },
]
