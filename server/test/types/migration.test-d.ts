/** What a person may write in a migration file, as the editor sees it. */
import { migration } from '../../src/index.ts'

const structure = { schemas: ['public'], tables: {} }
const rest = { checksum: 'sha256:0', before: structure, after: structure }

migration({
  ...rest,
  steps: [
    { kind: 'add-column', table: 'public.posts', column: { name: 'slug', type: 'text' }, using: 'lower(title)' },
    {
      kind: 'create-table',
      table: { name: 'tags', columns: [{ name: 'name', type: 'varchar(20)' }], primaryKey: ['name'] },
    },
    { kind: 'create-index', table: 'public.posts', index: { name: 'i', columns: [{ name: 'slug' }] } },
    {
      kind: 'change-type',
      table: 'public.posts',
      column: 'a',
      from: 'text',
      to: { name: 'enum', enumName: 'e', values: ['x'] },
    },
    { kind: 'retire-column', table: 'public.posts', column: 'subtitle' },
  ],
})

const table = 'public.posts'

// @ts-expect-error there is no such step
migration({ ...rest, steps: [{ kind: 'add-colum', table }] })
// @ts-expect-error the column is missing
migration({ ...rest, steps: [{ kind: 'add-column', table }] })
// @ts-expect-error a name is a text
migration({ ...rest, steps: [{ kind: 'retire-column', table, column: 7 }] })
// @ts-expect-error a text is no flag
migration({ ...rest, steps: [{ kind: 'add-check', table, check: { name: 'a', expression: 'b', native: 'no' } }] })
