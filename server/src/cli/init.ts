import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import type { Command } from './command.ts'
import { PROJECT_FILES, packageName } from './project-files.ts'
import { version } from './version.ts'

export const command: Command = {
  synopsis: 'pilar init [DIR]',
  description:
    'Writes a small working project into DIR (default: the current folder): a schema with policies, package.json,\n' +
    '.gitignore and a README. Files that exist are left as they are.',
  options: {},
  positionals: { min: 0, max: 1 },
  examples: ['pilar init my-app && cd my-app && npx pilar start'],
  run: async ({ shell, positionals }) => {
    const directory = resolve(shell.cwd, positionals[0] ?? '.')
    const project = { name: packageName(basename(directory)), version: version() }
    const installed = existsSync(join(directory, 'package.json'))
    for (const [file, text] of Object.entries(PROJECT_FILES)) {
      const path = join(directory, file)
      const shown = relative(shell.cwd, path) || file
      if (existsSync(path)) {
        shell.output.print(`kept     ${shown} (it exists)`)
        continue
      }
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text(project), { flag: 'wx' })
      shell.output.print(`created  ${shown}`)
    }
    const enter = directory === shell.cwd ? '' : `cd ${relative(shell.cwd, directory)} && `
    shell.output.print(`\nNext:  ${enter}${installed ? '' : 'npm install && '}npx pilar start`)
    return 0
  },
}
