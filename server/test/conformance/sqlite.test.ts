import { conformance } from '../../src/engines/suite/conformance.ts'
import { project } from '../../src/engines/suite/project.ts'
import { as, ask } from '../support/http.ts'
import { startServer } from '../support/server.ts'

conformance('SQLite', async () => {
  const served = await startServer({ schema: project, settings: { aggregates: true } })
  return {
    close: served.close,
    ask: ({ method = 'GET', path, body, prefer }) => {
      const headers = { ...as(served.keys.service), ...(prefer === undefined ? {} : { prefer }) }
      return ask(`${served.url}/rest/v1${path}`, { method, headers, body })
    },
  }
})
