export interface NewProject {
  /** The package's. */
  readonly name: string
  /** Of the Pilar that writes it. */
  readonly version: string
}

/** What `pilar init` writes, by file name. */
export const PROJECT_FILES: Readonly<Record<string, (project: NewProject) => string>> = {
  'schema.ts': () => `import { c, schema, table } from 'pilar'

export default schema({
  posts: table({
    id: c.uuid().primaryKey().default('gen_random_uuid()'),
    title: c.text().check('char_length(title) between 1 and 200'),
    body: c.text().default("''"),
    status: c.enum('draft', 'published').default('draft'),
    author_id: c.uuid().default('auth.uid()'),
    created_at: c.timestamptz().default('now()'),
  })
    .index('status', 'created_at desc')
    .policies({
      select: {
        anon: "status = 'published'",
        authenticated: "status = 'published' or author_id = auth.uid()",
      },
      insert: { authenticated: 'author_id = auth.uid()' },
      update: { authenticated: 'author_id = auth.uid()' },
      delete: { authenticated: 'author_id = auth.uid()' },
    }),
})
`,
  'package.json': ({ name, version }) => `{
  "name": "${name}",
  "private": true,
  "type": "module",
  "scripts": {
    "start": "pilar start",
    "dev": "pilar dev"
  },
  "dependencies": {
    "pilar": "^${version}"
  }
}
`,
  '.gitignore': () => `node_modules/
# The embedded database and the project secret.
.pilar/
`,
  'README.md': ({ name }) => `# ${name}

A [Pilar](https://www.npmjs.com/package/pilar) project. \`schema.ts\` is the truth about its tables and about who may do what with them.

    npx pilar dev              # serve it and follow changes of schema.ts
    npx pilar start            # serve it
    npx pilar keys             # the keys that clients send
    npx pilar policy matrix    # who may do what, for review
`,
}
