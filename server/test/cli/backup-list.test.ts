import assert from 'node:assert/strict'
import { test } from 'node:test'
import { projectOf, run } from './project.ts'

test('the backups of a project are listed, oldest first', async (t) => {
  const cwd = projectOf(t, { 'schema.ts': `import { schema } from 'pilar'\nexport default schema({})\n` })
  assert.match((await run(cwd, ['db', 'backup', '--list'])).out, /^There is no backup in .*\.pilar\/backups\.\n$/)
  await run(cwd, ['migrate', 'apply'])
  const { file, bytes } = JSON.parse((await run(cwd, ['db', 'backup', '--json'])).out)
  const [only, ...others] = JSON.parse((await run(cwd, ['db', 'backup', '--list', '--json'])).out)
  assert.deepEqual([only.file, only.bytes, others], [file, bytes, []])
  assert.match(
    (await run(cwd, ['db', 'backup', '--list'])).out,
    /^\S+\/\d{8}-\d{6}\.db {2}\d+ bytes {2}\d{4}-\d\d-\d\dT\S+Z\n$/,
  )
  assert.equal((await run(cwd, ['db', 'backup', '--list', 'x.db'])).code, 2)
})
