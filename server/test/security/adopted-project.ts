/** A project over a database that somebody else made, for attacks on what becomes of it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import type { TestContext } from 'node:test'
import { type Ran, run } from '../cli/run.ts'
import { tempFolder } from '../support/temp.ts'

export class AdoptedProject {
  readonly cwd: string
  readonly file: string

  constructor(t: Pick<TestContext, 'after'>, sql: string) {
    const folder = tempFolder()
    t.after(folder.remove)
    this.cwd = folder.path
    this.file = join(folder.path, 'theirs.db')
    this.exec(sql)
  }

  /** As its author's program does. */
  exec(sql: string): void {
    const database = new DatabaseSync(this.file, { timeout: 5000 })
    try {
      database.exec(sql)
    } finally {
      database.close()
    }
  }

  rows(sql: string): readonly Readonly<Record<string, SQLOutputValue>>[] {
    const database = new DatabaseSync(this.file, { timeout: 5000 })
    try {
      const statement = database.prepare(sql)
      statement.setReadBigInts(true)
      return statement.all().map((row) => ({ ...row }))
    } finally {
      database.close()
    }
  }

  run(...args: readonly string[]): Promise<Ran> {
    return run([...args, '--database', `sqlite:${this.file}`], { cwd: this.cwd })
  }

  /** Writes the schema.ts that describes the database and gives its text. */
  async pull(): Promise<string> {
    const { code, err } = await this.run('pull', '--out', this.cwd, '--force')
    if (code !== 0) throw new Error(err)
    return readFileSync(join(this.cwd, 'schema.ts'), 'utf8')
  }

  schema(text: string): void {
    writeFileSync(join(this.cwd, 'schema.ts'), text)
  }

  apply(): Promise<Ran> {
    return this.run('migrate', 'apply', '--yes', '--no-backup')
  }
}
