import { c, schema, table } from 'pilar'

export default schema({
  entries: table({ id: c.integer().primaryKey(), note: c.text() }),
})
