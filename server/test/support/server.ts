/** Pilar in this process, on a free loopback port, with a folder of its own. */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { type App, createApp } from '../../src/app.ts'
import type { Limits } from '../../src/runtime/limits.ts'
import type { Settings } from '../../src/runtime/settings.ts'
import type { SchemaDefinition } from '../../src/schema/definition.ts'
import { tempFolder } from './temp.ts'
import { SECRET } from './tokens.ts'

export interface ServerOptions {
  /** The default export of a schema.ts; absent serves the database as it is. */
  readonly schema?: SchemaDefinition | null
  /** An existing SQLite file. It is copied first, so that the original stays as it is. */
  readonly database?: string
  readonly settings?: Partial<Settings>
  /** As `AppOptions.task`. */
  readonly task?: 'serve' | 'develop'
  readonly limits?: Partial<Limits>
}

export interface Served {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string
  readonly keys: {
    readonly anon: string
    readonly service: string
    readonly publishable: string
    readonly secret: string
  }
  /** The database file that is served. */
  readonly file: string
  /** A folder that is removed with the server. */
  readonly folder: string
  readonly app: App
  readonly close: () => Promise<void>
}

/** Starts a server whose tokens are signed with `SECRET`. Close it in an `after` hook. */
export async function startServer(options: ServerOptions = {}): Promise<Served> {
  const folder = tempFolder()
  const file = join(folder.path, 'served.sqlite')
  if (options.database !== undefined) copyFileSync(options.database, file)
  try {
    const app = await createApp({
      projectDir: folder.path,
      definition: options.schema ?? null,
      settings: {
        port: 0,
        host: '127.0.0.1',
        dataDir: folder.path,
        databaseUrl: `sqlite:${file}`,
        jwtSecret: SECRET,
        logLevel: 'silent',
        ...options.settings,
      },
      ...(options.task === undefined ? {} : { task: options.task }),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    })
    const url = await app.listen()
    const close = async () => {
      await app.close()
      folder.remove()
    }
    const { anon, service_role: service, publishable, secret } = app.keys
    return { url, keys: { anon, service, publishable, secret }, file, folder: folder.path, app, close }
  } catch (error) {
    folder.remove()
    throw error
  }
}
