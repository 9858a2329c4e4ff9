/** What is written of random schemas, and of texts that no quotes like, loads as it was. */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { generateSchema } from '../../../test/simulate/generate-schema.ts'
import { Random } from '../../../test/simulate/random.ts'
import { caseCount } from '../../../test/support/require.ts'
import { tempFolder } from '../../../test/support/temp.ts'
import { loadDefault } from '../../cli/load-module.ts'
import { buildCatalog } from '../build-catalog.ts'
import type { Catalog, Table } from '../catalog.ts'
import type { SchemaDefinition } from '../definition.ts'
import { makeTable } from '../make-catalog.ts'
import { asComment, writeSchemaText } from './schema-text.ts'
import { tableWords } from './table-words.ts'
import { sayWords } from './words.ts'

const TEXTS = [
  "it's",
  'say "so"',
  `'"'"`,
  '`\u0024{x}`',
  '\\',
  '\\n',
  'two\nlines',
  '`\n\u0024{y}\\',
  'tab\there',
  '\u2028 \u2029',
  '\u202e turned',
  '👩‍👩‍👧 \u{e0001}',
  '*/ // <!--',
  '',
  ' ',
  'ünï 名',
  '\r\n',
  '$&',
]

function catalogOf(definition: SchemaDefinition): Catalog {
  const { catalog, problems } = buildCatalog(definition, { version: 1 })
  assert.deepEqual(problems, [])
  assert.ok(catalog !== null)
  return catalog
}

/** Without what a schema.ts does not say: the order of keys, and the names of enums, which follow from their columns. */
function structure(tables: Iterable<Table>): unknown {
  const byName = <T extends { readonly name: string }>(all: readonly T[]) =>
    all.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const unnamed = (key: string, value: unknown): unknown => (key === 'enumName' ? undefined : value)
  return [...tables].map(({ column: _, ...table }) => ({
    ...table,
    columns: JSON.parse(JSON.stringify(table.columns, unnamed)),
    uniques: byName(table.uniques),
    checks: byName(table.checks),
    foreignKeys: byName(table.foreignKeys),
  }))
}

/** Texts where people write anything. */
function withTexts(table: Table, random: Random): Table {
  const columns = table.columns.map((column) => ({
    ...column,
    comment: random.chance(0.3) ? random.pick(TEXTS) : column.comment,
    default:
      column.type.name === 'text' && column.generated === null && random.chance(0.5)
        ? `'${random.pick(TEXTS).replaceAll("'", "''")}'`
        : column.default,
  }))
  return makeTable({ ...table, columns, comment: random.chance(0.5) ? random.pick(TEXTS) : null })
}

test('random schemas come back as they were', async () => {
  const seed = Number(process.env.PILAR_SEED ?? randomInt(2 ** 31))
  const folder = tempFolder()
  try {
    for (let number = 0; number < caseCount({ local: 60, ci: 1_000 }); number++) {
      const random = new Random(seed + number)
      const { definition } = generateSchema(random)
      const plain = { ...definition, policies: [], hidden: [], functions: [], roles: [] }
      const tables = [...catalogOf(plain).tables.values()].map((table) => withTexts(table, random))
      const entries = tables.map((table) => tableWords(table, TEXTS.map(asComment)))
      const said = catalogOf(sayWords({ entries }))
      assert.deepEqual(structure(said.tables.values()), structure(tables), `seed ${seed + number}`)
      const path = join(folder.path, `schema-${number}.ts`)
      writeFileSync(path, writeSchemaText({ entries }, TEXTS.map(asComment)))
      const loaded = catalogOf((await loadDefault(path)) as SchemaDefinition)
      assert.deepEqual(structure(loaded.tables.values()), structure(tables), `seed ${seed + number}, from its text`)
    }
  } finally {
    folder.remove()
  }
})
