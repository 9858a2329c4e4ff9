/** Chinook from the shared data, served as a database that somebody already owns, under the policies of chinook.schema.ts. */

import { shared } from '../support/require.ts'
import { type Served, startServer } from '../support/server.ts'
import { type Sql, sql } from '../support/sql.ts'
import schema from './chinook.schema.ts'

export const chinook = shared('chinook/chinook.sqlite')

/** The e-mail address of customer 1. */
export const LUIS = 'luisg@embraer.com.br'

export interface Chinook extends Served {
  /** Plain SQL on the served file. */
  readonly sql: Sql
}

export async function startChinook(): Promise<Chinook> {
  const served = await startServer({ database: chinook.path, schema, settings: { aggregates: true } })
  const beside = sql(served.file)
  const close = async () => {
    beside.close()
    await served.close()
  }
  return { ...served, sql: beside, close }
}
