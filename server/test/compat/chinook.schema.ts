/**
 * Policies for Chinook, a database that was there before Pilar. The tables are declared as the file has them; nothing of it is altered.
 * The music is for everybody, a customer's own data for them, playlists may be edited by whoever is signed in.
 */
import { c, schema, table } from '../../src/index.ts'

const everybody = { select: { public: 'true' } }
const signedIn = { authenticated: 'true' }
const editable = { ...everybody, insert: signedIn, update: signedIn, delete: signedIn }
const name = c.varchar(120).nullable()
const person = {
  Address: c.varchar(70).nullable(),
  City: c.varchar(40).nullable(),
  State: c.varchar(40).nullable(),
  Country: c.varchar(40).nullable(),
  PostalCode: c.varchar(10).nullable(),
  Phone: c.varchar(24).nullable(),
  Fax: c.varchar(24).nullable(),
}

export default schema({
  Artist: table({ ArtistId: c.integer().primaryKey(), Name: name }).policies(everybody),
  Album: table({
    AlbumId: c.integer().primaryKey(),
    Title: c.varchar(160),
    ArtistId: c.integer().references('Artist.ArtistId'),
  }).policies(everybody),
  Genre: table({ GenreId: c.integer().primaryKey(), Name: name }).policies(everybody),
  MediaType: table({ MediaTypeId: c.integer().primaryKey(), Name: name }).policies(everybody),
  Track: table({
    TrackId: c.integer().primaryKey(),
    Name: c.varchar(200),
    AlbumId: c.integer().nullable().references('Album.AlbumId'),
    MediaTypeId: c.integer().references('MediaType.MediaTypeId'),
    GenreId: c.integer().nullable().references('Genre.GenreId'),
    Composer: c.varchar(220).nullable(),
    Milliseconds: c.integer(),
    Bytes: c.integer().nullable(),
    UnitPrice: c.numeric(10, 2),
  }).policies(everybody),
  Playlist: table({ PlaylistId: c.integer().identity().primaryKey(), Name: name }).policies(editable),
  PlaylistTrack: table({
    PlaylistId: c.integer().references('Playlist.PlaylistId'),
    TrackId: c.integer().references('Track.TrackId'),
  })
    .primaryKey('PlaylistId', 'TrackId')
    .policies(editable),
  Employee: table({
    EmployeeId: c.integer().primaryKey(),
    LastName: c.varchar(20),
    FirstName: c.varchar(20),
    Title: c.varchar(30).nullable(),
    ReportsTo: c.integer().nullable().references('Employee.EmployeeId'),
    BirthDate: c.timestamp().nullable(),
    HireDate: c.timestamp().nullable(),
    ...person,
    Email: c.varchar(60).nullable(),
  }),
  Customer: table({
    CustomerId: c.integer().primaryKey(),
    FirstName: c.varchar(40),
    LastName: c.varchar(20),
    Company: c.varchar(80).nullable(),
    ...person,
    Email: c.varchar(60),
    SupportRepId: c.integer().nullable().references('Employee.EmployeeId'),
  }).policies({ select: { anon: 'false', authenticated: '"Email" = auth.email()' } }),
  Invoice: table({
    InvoiceId: c.integer().primaryKey(),
    CustomerId: c.integer().references('Customer.CustomerId'),
    InvoiceDate: c.timestamp(),
    BillingAddress: c.varchar(70).nullable(),
    BillingCity: c.varchar(40).nullable(),
    BillingState: c.varchar(40).nullable(),
    BillingCountry: c.varchar(40).nullable(),
    BillingPostalCode: c.varchar(10).nullable(),
    Total: c.numeric(10, 2),
  }).policies({
    // Under the policies of Customer: their own row only.
    select: { authenticated: 'exists (select 1 from "Customer" c where c."CustomerId" = "Invoice"."CustomerId")' },
  }),
  InvoiceLine: table({
    InvoiceLineId: c.integer().primaryKey(),
    InvoiceId: c.integer().references('Invoice.InvoiceId'),
    TrackId: c.integer().references('Track.TrackId'),
    UnitPrice: c.numeric(10, 2),
    Quantity: c.integer(),
  }).policies({
    select: { authenticated: 'exists (select 1 from "Invoice" i where i."InvoiceId" = "InvoiceLine"."InvoiceId")' },
  }),
})
