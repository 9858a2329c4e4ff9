/** Projects in throw-away folders, for tests of `pilar migrate`. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import type { Shell } from '../../src/cli/command.ts'
import { tempFolder } from '../support/temp.ts'
import { type Ran, run } from './run.ts'

export const ID = 'id: c.integer().primaryKey()'
export const TITLE = 'title: c.text()'

export class Project {
  readonly cwd: string

  /** With a schema.ts whose only table, posts, has these columns. */
  constructor(t: TestContext, columns: readonly string[] = [ID, TITLE]) {
    const folder = tempFolder()
    t.after(folder.remove)
    this.cwd = folder.path
    this.declare(...columns)
  }

  /** Writes a schema.ts with the table posts. */
  declare(...columns: readonly string[]): void {
    this.schema(`{ posts: table({ ${columns.join(', ')} }).policies({ select: { anon: 'true' } }) }`)
  }

  schema(tables: string): void {
    const text = `import { c, schema, table } from 'pilar'\nexport default schema(${tables})\n`
    writeFileSync(join(this.cwd, 'schema.ts'), text)
  }

  migrate(...args: readonly string[]): Promise<Ran> {
    return this.with({}, ...args)
  }

  with(shell: Partial<Shell>, ...args: readonly string[]): Promise<Ran> {
    return run(['migrate', ...args], { cwd: this.cwd, ...shell })
  }

  /** What `--json` prints. */
  async json<T>(...args: readonly string[]): Promise<T> {
    const { out } = await this.migrate(...args, '--json')
    return JSON.parse(out) as T
  }

  /** As somebody would who has the file, too: rows of the last statement. */
  sql(...statements: readonly string[]): readonly Readonly<Record<string, unknown>>[] {
    mkdirSync(join(this.cwd, '.pilar'), { recursive: true })
    const database = new DatabaseSync(join(this.cwd, '.pilar/data.db'))
    try {
      const last = statements.at(-1) ?? ''
      for (const statement of statements.slice(0, -1)) database.exec(statement)
      return database
        .prepare(last)
        .all()
        .map((row) => ({ ...row }))
    } finally {
      database.close()
    }
  }

  backups(): readonly string[] {
    const folder = join(this.cwd, '.pilar/backups')
    return existsSync(folder) ? readdirSync(folder) : []
  }

  file(name: string): string {
    return join(this.cwd, 'migrations', `${name}.ts`)
  }

  edit(name: string, from: string, to: string): void {
    const text = readFileSync(this.file(name), 'utf8')
    if (!text.includes(from)) throw new Error(`${name} has no ${from}`)
    writeFileSync(this.file(name), text.replace(from, to))
  }

  entries(): readonly string[] {
    return readdirSync(this.cwd).sort()
  }
}
