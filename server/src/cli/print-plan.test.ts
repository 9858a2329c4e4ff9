import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MigrationPlan, PlannedStep } from '../pipeline/migrate/types.ts'
import { makeCatalog } from '../schema/make-catalog.ts'
import type { Finding } from '../schema/migration/step.ts'
import { needsBackup, planJson, planText } from './print-plan.ts'

const EMPTY = makeCatalog({ version: 0, tables: [] })
const PLAIN = { output: { bold: (text: string) => text }, sql: false }

const STEP: PlannedStep = {
  step: { kind: 'retire-table', table: 'public.posts' },
  ...{ risk: 'retires', explanation: 'keeps posts out of sight' },
  ...{ sql: ['ALTER TABLE posts\n  RENAME TO x'], rows: 0, estimateMs: 0, findings: [] },
}

function plan(steps: readonly PlannedStep[], more: Partial<MigrationPlan> = {}): MigrationPlan {
  const none = { obstacles: [], warnings: [], before: '', after: '', possible: true }
  return { found: EMPTY, wanted: EMPTY, steps, ...none, ...more }
}

const finding = (more: Partial<Finding>): Finding => ({
  ...{ step: 0, kind: 'refuses', message: '7 rows have no value', hint: 'Say what they get.', rows: 7 },
  samples: [1, 2, 3, 4, 5].map((id) => ({ id, title: null })),
  ...more,
})

test('steps are numbered, with risk, cost and the rows below', () => {
  const costly = { ...STEP, risk: 'needs data' as const, rows: 12_000, estimateMs: 3000, findings: [finding({})] }
  assert.equal(
    planText(plan([STEP, costly]), { ...PLAIN, sql: true }),
    `  1  retires     keeps posts out of sight
                 ALTER TABLE posts
                   RENAME TO x
  2  needs data  keeps posts out of sight; 12,000 rows, about 3 s
                 refused: 7 rows have no value
                   id 1, title null
                   id 2, title null
                   id 3, title null
                   id 4, title null
                   id 5, title null
                   and 2 rows more
                 hint: Say what they get.
                 ALTER TABLE posts
                   RENAME TO x

2 steps, 12,000 rows to read or copy, about 3 s. A backup is made first.`,
  )
})

test('what stands in the way and what is to be known follow the steps', () => {
  const obstacles = [{ table: 'public.a', message: 'is a view', hint: 'Drop it.' }]
  const warnings = [{ kind: 'drift' as const, table: 'public.b', message: 'is not yours', hint: null }]
  assert.equal(
    planText(plan([], { obstacles, warnings, possible: false }), PLAIN),
    `
Not possible:
  a: is a view
    hint: Drop it.

To know:
  b: is not yours

0 steps, not possible as it stands; nothing was changed.`,
  )
})

test('no value of a row can write a line of its own', () => {
  const samples = [{ id: 1, text: 'a\nb\u001b[2J\u009b\u202e' }]
  const text = planText(plan([{ ...STEP, findings: [finding({ samples, rows: 1 })] }]), PLAIN)
  assert.ok(text.includes('\n                   id 1, text "a\\nb\\u001b[2J\\u009b\\u202e"\n'), text)
})

test('only what retires something or needs data is saved first', () => {
  const risks = (['safe', 'slow', 'retires', 'needs data'] as const).map((risk) => plan([{ ...STEP, risk }]))
  assert.deepEqual(risks.map(needsBackup), [false, false, true, true])
  assert.deepEqual(Object.keys(planJson(plan([STEP]))), ['possible', 'steps', 'obstacles', 'warnings', 'backup'])
})
