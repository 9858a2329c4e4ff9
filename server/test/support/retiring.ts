/** A project with much to retire: in tables that Pilar has made, and in somebody else's. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Ran, run } from '../cli/run.ts'
import { tempFolder } from './temp.ts'

export type Kind = 'own' | 'adopted'

const ADOPTED = `
  CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL, handle TEXT NOT NULL UNIQUE);
  CREATE TABLE posts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    author_id INTEGER NOT NULL REFERENCES authors (id),
    zq_gone TEXT NOT NULL UNIQUE CHECK (zq_gone <> ''),
    zq_editor INTEGER NOT NULL REFERENCES authors (id)
  );
  CREATE INDEX posts_by_gone ON posts (zq_gone, title);
  CREATE TABLE zq_drafts (id INTEGER PRIMARY KEY, post_id INTEGER NOT NULL REFERENCES posts (id), body TEXT NOT NULL);
`
const ROWS = `
  INSERT INTO authors (id, name, handle) VALUES (1, 'Ann', 'ann'), (2, 'Bob', 'bob'), (3, 'Cleo', 'cleo');
  INSERT INTO posts (id, title, author_id, zq_gone, zq_editor) VALUES (1, 'One', 1, 'KEPT one', 2), (2, 'Two', 2, 'KEPT two', 3);
  INSERT INTO zq_drafts (id, post_id, body) VALUES (1, 1, 'KEPT draft of one');
`
const AUTHORS = `authors: table({ id: c.integer().identity().primaryKey(), name: c.text(), handle: c.text().unique() }).policies(open),`
const POSTS = `id: c.integer().identity().primaryKey(), title: c.text(), author_id: c.integer().references('authors.id')`
export const GONE = `zq_gone: c.text().unique().check("zq_gone <> ''")`
export const EDITOR = `zq_editor: c.integer().references('authors.id')`
export const DRAFTS = `zq_drafts: table({ id: c.integer().identity().primaryKey(), post_id: c.integer().references('posts.id'), body: c.text() }).policies(open),`
/** So that a journal of an adopted file knows what was declared: a database nobody changed has none. */
const NOTES = `notes: table({ id: c.integer().identity().primaryKey() }),`

export class Retiring {
  readonly cwd: string
  readonly remove: () => void
  /** What tells commands where the database is. */
  readonly args: readonly string[]
  readonly file: string

  constructor(kind: Kind) {
    const folder = tempFolder()
    this.cwd = folder.path
    this.remove = folder.remove
    this.file = join(folder.path, kind === 'own' ? '.pilar/data.db' : 'theirs.sqlite')
    this.args = kind === 'own' ? [] : ['--database', `sqlite:${this.file}`]
  }

  /** `posts` are columns besides those that stay. */
  declare(tables: string, ...posts: readonly string[]): void {
    const text = `import { c, schema, table } from 'pilar'
const open = { select: { public: 'true' }, insert: { public: 'true' }, update: { public: 'true' }, delete: { public: 'true' } }
export default schema({
  ${AUTHORS}
  posts: table({ ${[POSTS, ...posts].join(', ')} })${posts.includes(GONE) ? `.index('zq_gone', 'title')` : ''}.policies(open),
  ${NOTES}
  ${tables}
})
`
    writeFileSync(join(this.cwd, 'schema.ts'), text)
  }

  run(...args: readonly string[]): Promise<Ran> {
    return run([...args, ...this.args], { cwd: this.cwd })
  }

  /** What schema.ts says, with a yes to everything. Throws what was printed when it is refused. */
  async apply(): Promise<void> {
    const { code, out, err } = await this.run('migrate', 'apply', '--yes', '--no-backup')
    if (code !== 0) throw new Error(`${out}\n${err}`)
  }

  /** Takes the columns zq_gone and zq_editor and the table zq_drafts out of schema.ts. */
  async retire(): Promise<void> {
    this.declare('')
    await this.apply()
  }

  /** As somebody would who has the file. */
  exec(sql: string): void {
    const database = new DatabaseSync(this.file, { timeout: 5000 })
    try {
      database.exec(sql)
    } finally {
      database.close()
    }
  }

  rows(sql: string): readonly Readonly<Record<string, unknown>>[] {
    const database = new DatabaseSync(this.file, { timeout: 5000 })
    try {
      return database
        .prepare(sql)
        .all()
        .map((row) => ({ ...row }))
    } finally {
      database.close()
    }
  }

  /** The reserved name of a retired column of posts. */
  storedColumn(column: string): string {
    return this.#named("SELECT name FROM pragma_table_xinfo('posts')", `pilar_retired_${column}`)
  }

  storedTable(table: string): string {
    return this.#named("SELECT name FROM sqlite_schema WHERE type = 'table'", `pilar.retired_${table}`)
  }

  #named(sql: string, prefix: string): string {
    const found = this.rows(sql).map(({ name }) => String(name))
    const name = found.find((each) => each.startsWith(prefix))
    if (name === undefined) throw new Error(`nothing of ${found.join(', ')} begins with ${prefix}`)
    return name
  }
}

/** With rows in everything, and nothing retired yet. */
export async function retiring(kind: Kind): Promise<Retiring> {
  const place = new Retiring(kind)
  try {
    if (kind === 'adopted') place.exec(ADOPTED)
    place.declare(DRAFTS, GONE, EDITOR)
    await place.apply()
    place.exec(ROWS)
    return place
  } catch (error) {
    place.remove()
    throw error
  }
}
