/** Embeds, spreads, related order, aggregates and policies through several tables. */

import { LUIS } from './chinook.ts'
import type { Case } from './chinook-plain.cases.ts'

export const embedCases: readonly Case[] = [
  {
    name: 'to-one embed',
    ask: (db) => db.from('Album').select('Title,Artist(Name)').order('AlbumId').limit(20),
    json: `SELECT json_group_array(json_object('Title', Title, 'Artist', json_object('Name', Name)))
      FROM (SELECT Title, Name FROM Album JOIN Artist USING (ArtistId) ORDER BY AlbumId LIMIT 20)`,
  },
  {
    name: 'artist → albums → tracks → genre',
    ask: (db) =>
      db
        .from('Artist')
        .select('Name,Album(Title,Track(Name,Genre(Name)))')
        .in('ArtistId', [1, 22, 50])
        .order('ArtistId')
        .order('AlbumId', { referencedTable: 'Album' })
        .order('TrackId', { referencedTable: 'Album.Track' }),
    json: `SELECT json_group_array(json_object('Name', a.Name, 'Album', json((
        SELECT json_group_array(json_object('Title', b.Title, 'Track', json((
          SELECT json_group_array(json_object('Name', t.Name, 'Genre', json_object('Name', g.Name)))
          FROM (SELECT * FROM Track WHERE AlbumId = b.AlbumId ORDER BY TrackId) t JOIN Genre g USING (GenreId)))))
        FROM (SELECT * FROM Album WHERE ArtistId = a.ArtistId ORDER BY AlbumId) b))))
      FROM (SELECT * FROM Artist WHERE ArtistId IN (1, 22, 50) ORDER BY ArtistId) a`,
  },
  {
    name: 'an embed without rows is an empty array',
    ask: (db) => db.from('Artist').select('ArtistId,Album(AlbumId)').eq('ArtistId', 25),
    json: `SELECT '[{"ArtistId":25,"Album":[]}]'`,
  },
  {
    name: 'a filter and a limit inside an embed act per parent',
    ask: (db) =>
      db
        .from('Album')
        .select('AlbumId,Track(TrackId)')
        .lte('AlbumId', 12)
        .order('AlbumId')
        .gt('Track.Milliseconds', 250000)
        .order('Milliseconds', { referencedTable: 'Track', ascending: false })
        .limit(2, { referencedTable: 'Track' }),
    json: `SELECT json_group_array(json_object('AlbumId', AlbumId, 'Track', json((
        SELECT json_group_array(json_object('TrackId', TrackId)) FROM (
          SELECT TrackId FROM Track t WHERE t.AlbumId = b.AlbumId AND Milliseconds > 250000 ORDER BY Milliseconds DESC LIMIT 2)))))
      FROM (SELECT AlbumId FROM Album WHERE AlbumId <= 12 ORDER BY AlbumId) b`,
  },
  {
    name: '!inner keeps the parents that match, and counts them',
    ask: (db) =>
      db
        .from('Artist')
        .select('Name,Album!inner(Title)', { count: 'exact' })
        .like('Album.Title', 'Greatest%')
        .order('Name'),
    json: `SELECT json_group_array(json_object('Name', Name, 'Album', json(albums))) FROM (
      SELECT a.Name, json_group_array(json_object('Title', Title)) albums FROM Artist a JOIN Album b USING (ArtistId)
      WHERE Title GLOB 'Greatest*' GROUP BY a.ArtistId ORDER BY a.Name)`,
    count: "SELECT count(DISTINCT ArtistId) FROM Album WHERE Title GLOB 'Greatest*'",
  },
  {
    name: 'a filter two embeds deep',
    ask: (db) =>
      db
        .from('Artist')
        .select('Name,Album!inner(Track!inner(Genre!inner(Name)))')
        .eq('Album.Track.Genre.Name', 'Bossa Nova')
        .order('Name'),
    json: `SELECT json_group_array(json_object('Name', a.Name, 'Album', json((
        SELECT json_group_array(json_object('Track', json((
          SELECT json_group_array(json_object('Genre', json_object('Name', g.Name)))
          FROM Track t JOIN Genre g USING (GenreId) WHERE t.AlbumId = b.AlbumId AND g.Name = 'Bossa Nova'))))
        FROM Album b WHERE b.ArtistId = a.ArtistId AND AlbumId IN (SELECT AlbumId FROM Track JOIN Genre g USING (GenreId) WHERE g.Name = 'Bossa Nova')))))
      FROM (SELECT * FROM Artist WHERE ArtistId IN (SELECT ArtistId FROM Album JOIN Track USING (AlbumId) JOIN Genre g USING (GenreId)
        WHERE g.Name = 'Bossa Nova') ORDER BY Name) a`,
  },
  {
    name: 'artists without any album (anti-join)',
    ask: (db) => db.from('Artist').select('ArtistId,Album()', { count: 'exact' }).is('Album', null).order('ArtistId'),
    rows: 'SELECT ArtistId FROM Artist WHERE ArtistId NOT IN (SELECT ArtistId FROM Album) ORDER BY ArtistId',
    count: 'SELECT count(*) FROM Artist WHERE ArtistId NOT IN (SELECT ArtistId FROM Album)',
  },
  {
    name: 'a null-embed filter inside or',
    ask: (db) =>
      db.from('Artist').select('ArtistId,Album()').or('Album.is.null,ArtistId.lt.4').order('ArtistId').limit(30),
    rows: `SELECT ArtistId FROM Artist WHERE ArtistId NOT IN (SELECT ArtistId FROM Album) OR ArtistId < 4 ORDER BY ArtistId LIMIT 30`,
  },
  {
    name: 'many to many through a junction',
    ask: (db) =>
      db
        .from('Playlist')
        .select('Name,Track(Name)')
        .eq('PlaylistId', 17)
        .order('TrackId', { referencedTable: 'Track' }),
    json: `SELECT json_array(json_object('Name', Name, 'Track', json((SELECT json_group_array(json_object('Name', t.Name))
        FROM (SELECT t.Name FROM Track t JOIN PlaylistTrack USING (TrackId) WHERE PlaylistId = 17 ORDER BY t.TrackId) t))))
      FROM Playlist WHERE PlaylistId = 17`,
  },
  {
    name: 'the junction the other way, with a filter through it',
    ask: (db) => db.from('Track').select('TrackId,Playlist!inner(Name)').eq('Playlist.Name', 'Grunge').order('TrackId'),
    json: `SELECT json_group_array(json_object('TrackId', TrackId, 'Playlist', json_array(json_object('Name', 'Grunge')))) FROM (
      SELECT TrackId FROM PlaylistTrack JOIN Playlist USING (PlaylistId) WHERE Name = 'Grunge' ORDER BY TrackId)`,
  },
  {
    name: 'two embeds side by side, under aliases',
    ask: (db) => db.from('Track').select('TrackId,kind:Genre(Name),on:MediaType(Name)').order('TrackId').limit(30),
    json: `SELECT json_group_array(json_object('TrackId', TrackId, 'kind', json_object('Name', g), 'on', json_object('Name', m))) FROM (
      SELECT TrackId, g.Name g, m.Name m FROM Track t JOIN Genre g USING (GenreId) JOIN MediaType m USING (MediaTypeId) ORDER BY TrackId LIMIT 30)`,
  },
  {
    name: 'a to-one spread',
    ask: (db) => db.from('Album').select('Title,...Artist(artist:Name)').order('AlbumId').limit(15),
    rows: 'SELECT Title, Name AS artist FROM Album JOIN Artist USING (ArtistId) ORDER BY AlbumId LIMIT 15',
  },
  {
    name: 'a to-many spread gives arrays',
    ask: (db) =>
      db
        .from('Artist')
        .select('Name,...Album(titles:Title)')
        .lte('ArtistId', 5)
        .order('ArtistId')
        .order('AlbumId', { referencedTable: 'Album' }),
    json: `SELECT json_group_array(json_object('Name', Name, 'titles', json((
        SELECT json_group_array(Title) FROM (SELECT Title FROM Album b WHERE b.ArtistId = a.ArtistId ORDER BY AlbumId)))))
      FROM (SELECT * FROM Artist WHERE ArtistId <= 5 ORDER BY ArtistId) a`,
  },
  {
    name: 'order by a related column',
    ask: (db) =>
      db
        .from('Album')
        .select('AlbumId,Artist(Name)')
        .order('Artist(Name)', { ascending: false })
        .order('AlbumId')
        .limit(25),
    json: `SELECT json_group_array(json_object('AlbumId', AlbumId, 'Artist', json_object('Name', Name))) FROM (
      SELECT AlbumId, Name FROM Album JOIN Artist USING (ArtistId) ORDER BY Name DESC, AlbumId LIMIT 25)`,
  },
  {
    name: 'self relation: who reports to whom, by the column',
    who: 'service',
    ask: (db) => db.from('Employee').select('LastName,boss:ReportsTo(LastName)').order('EmployeeId'),
    json: `SELECT json_group_array(json_object('LastName', e.LastName, 'boss', CASE WHEN b.LastName IS NULL THEN NULL ELSE json_object('LastName', b.LastName) END))
      FROM Employee e LEFT JOIN Employee b ON b.EmployeeId = e.ReportsTo ORDER BY e.EmployeeId`,
  },
  {
    name: 'self relation: the reports of each, by the table',
    who: 'service',
    ask: (db) =>
      db
        .from('Employee')
        .select('EmployeeId,reports:Employee(EmployeeId)')
        .order('EmployeeId')
        .order('EmployeeId', { referencedTable: 'reports' }),
    json: `SELECT json_group_array(json_object('EmployeeId', EmployeeId, 'reports', json((
        SELECT json_group_array(json_object('EmployeeId', EmployeeId)) FROM (SELECT EmployeeId FROM Employee r WHERE r.ReportsTo = e.EmployeeId ORDER BY 1)))))
      FROM (SELECT EmployeeId FROM Employee ORDER BY 1) e`,
  },
  {
    name: 'invoices per customer, aggregated',
    who: 'service',
    ask: (db) =>
      db.from('Invoice').select('CustomerId,count(),first:InvoiceId.min(),last:InvoiceId.max()').order('CustomerId'),
    rows: 'SELECT CustomerId, count(*) count, min(InvoiceId) first, max(InvoiceId) last FROM Invoice GROUP BY CustomerId ORDER BY CustomerId',
  },
  {
    name: 'aggregates inside an embed',
    who: 'service',
    ask: (db) => db.from('Customer').select('CustomerId,Invoice(count())').order('CustomerId'),
    json: `SELECT json_group_array(json_object('CustomerId', CustomerId, 'Invoice', json_array(json_object('count',
        (SELECT count(*) FROM Invoice i WHERE i.CustomerId = c.CustomerId)))))
      FROM (SELECT CustomerId FROM Customer ORDER BY 1) c`,
  },
  {
    name: 'sum and average of integers over a filter',
    ask: (db) => db.from('Track').select('Milliseconds.sum(),longest:Milliseconds.max()').eq('AlbumId', 1),
    rows: 'SELECT sum(Milliseconds) sum, max(Milliseconds) longest FROM Track WHERE AlbumId = 1',
  },
  {
    name: 'grouping by a to-one spread',
    ask: (db) => db.from('Track').select('count(),...Genre(Name)').order('Genre(Name)'),
    rows: 'SELECT count(*) count, g.Name FROM Track JOIN Genre g USING (GenreId) GROUP BY g.Name ORDER BY g.Name',
  },
  {
    name: 'a customer sees only their own row (policy on auth.email())',
    who: 'customer',
    ask: (db) => db.from('Customer').select('CustomerId,Email', { count: 'exact' }),
    rows: `SELECT CustomerId, Email FROM Customer WHERE Email = '${LUIS}'`,
    count: 'SELECT 1',
  },
  {
    name: 'and only the lines of their own invoices (policies through two tables)',
    who: 'customer',
    ask: (db) =>
      db
        .from('Invoice')
        .select('InvoiceId,InvoiceLine(TrackId,UnitPrice,Quantity,Track(Name))')
        .order('InvoiceId')
        .order('InvoiceLineId', { referencedTable: 'InvoiceLine' }),
    json: `SELECT json_group_array(json_object('InvoiceId', InvoiceId, 'InvoiceLine', json((
        SELECT json_group_array(json_object('TrackId', TrackId, 'UnitPrice', UnitPrice, 'Quantity', Quantity, 'Track', json_object('Name', Name)))
        FROM (SELECT l.*, t.Name FROM InvoiceLine l JOIN Track t USING (TrackId) WHERE l.InvoiceId = i.InvoiceId ORDER BY InvoiceLineId)))))
      FROM (SELECT InvoiceId FROM Invoice JOIN Customer USING (CustomerId) WHERE Email = '${LUIS}' ORDER BY 1) i`,
  },
  {
    name: 'nobody signed in sees no customer',
    ask: (db) => db.from('Customer').select('*', { count: 'exact' }),
    rows: 'SELECT * FROM Customer WHERE 0',
    count: 'SELECT 0',
  },
]
