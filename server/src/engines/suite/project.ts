import { schema } from '../../schema/builder.ts'
import { c } from '../../schema/column.ts'
import { table } from '../../schema/table.ts'

/** What the conformance suite serves: one column of every type, and a few tables with every kind of relation. */
export const project = schema({
  samples: table({
    id: c.integer().primaryKey(),
    text: c.text().nullable(),
    varchar: c.varchar(20).nullable(),
    smallint: c.smallint().nullable(),
    integer: c.integer().nullable(),
    bigint: c.bigint().nullable(),
    money: c.numeric(10, 2).nullable(),
    wide: c.numeric(18, 6).nullable(),
    vast: c.numeric(30, 4).nullable(),
    exact: c.numeric().nullable(),
    real: c.real().nullable(),
    double: c.double().nullable(),
    boolean: c.boolean().nullable(),
    date: c.date().nullable(),
    time: c.time().nullable(),
    timestamp: c.timestamp().nullable(),
    timestamptz: c.timestamptz().nullable(),
    interval: c.interval().nullable(),
    uuid: c.uuid().nullable(),
    jsonb: c.jsonb().nullable(),
    bytea: c.bytea().nullable(),
    mood: c.enum('sad', 'ok', 'happy').nullable(),
    words: c.array(c.text()).nullable(),
    numbers: c.array(c.integer()).nullable(),
    prices: c.array(c.numeric()).nullable(),
  }),

  people: table({
    id: c.bigint().identity().primaryKey(),
    name: c.text().unique(),
    boss_id: c.bigint().nullable().references('people.id', { onDelete: 'set null' }),
    joined: c.timestamptz().default('now()'),
    key: c.uuid().default('gen_random_uuid()'),
    label: c.text().generated("upper(name) || '!'", { stored: true }),
  }),
  cards: table({ person_id: c.bigint().primaryKey().references('people.id', { onDelete: 'cascade' }), code: c.text() }),
  teams: table({ id: c.integer().primaryKey(), name: c.text().check("name ~ '^[A-Z]'") }),
  members: table({
    team_id: c.integer().references('teams.id', { onDelete: 'restrict' }),
    person_id: c.bigint().references('people.id', { onDelete: 'cascade' }),
    hours: c.numeric(6, 2).default('0').check('hours >= 0 and hours < 1000'),
  }).primaryKey('team_id', 'person_id'),
})
