export interface NewProject {
  /** The package's. */
  readonly name: string
  /** Of the Pilar that writes it. */
  readonly version: string
}

/** A name npm accepts, made from the folder's. */
export function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return name === '' ? 'my-app' : name
}

const GITIGNORE = `node_modules/
# The embedded database and the project secret.
.pilar/
`

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
  '.gitignore': () => GITIGNORE,
  'README.md': ({ name }) => `# ${name}

A [Pilar](https://www.npmjs.com/package/pilar) project. \`schema.ts\` is the truth about its tables and about who may do what with them.

    npx pilar dev              # serve it and follow changes of schema.ts
    npx pilar start            # serve it
    npx pilar keys             # the keys that clients send
    npx pilar migrate plan     # what a change of schema.ts would do to the rows
    npx pilar migrate apply    # do it
    npx pilar policy matrix    # who may do what, for review
`,
}

/** What `pilar pull` writes beside schema.ts: the same, for a database that is there already. `database` is its URL, relative to the project. */
export const PULLED_FILES: Readonly<Record<string, (project: NewProject & { readonly database: string }) => string>> = {
  'package.json': ({ name, version, database }) => `{
  "name": "${name}",
  "private": true,
  "type": "module",
  "scripts": {
    "start": "pilar start",
    "dev": "pilar dev"
  },
  "dependencies": {
    "pilar": "^${version}"
  },
  "pilar": {
    "database": ${JSON.stringify(database)}
  }
}
`,
  '.gitignore': () => GITIGNORE,
  'README.md': ({ name, database }) => `# ${name}

A [Pilar](https://www.npmjs.com/package/pilar) project over a database that was there before it, \`${database}\`, as \`package.json\` notes. \`schema.ts\` was
written by \`pilar pull\`; from now on it is the truth about the tables and about who may do what with them.

    npx pilar start            # serve it: closed to all but the secret key until schema.ts has policies
    npx pilar migrate plan     # what a change of schema.ts would do to the database
    npx pilar migrate apply    # do it
    npx pilar policy matrix    # who may do what, for review
    npx pilar types            # the TypeScript types of the tables
`,
}
