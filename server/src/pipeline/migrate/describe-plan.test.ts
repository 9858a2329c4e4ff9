import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describePlan, describeSample } from './describe-plan.ts'
import type { PlannedStep } from './types.ts'

const step: PlannedStep = {
  step: { kind: 'set-not-null', table: 'public.posts', column: 'slug', using: null },
  risk: 'needs data',
  explanation: 'no longer takes null in "slug" of posts',
  sql: [],
  rows: 7,
  estimateMs: 1,
  findings: [
    {
      step: 0,
      kind: 'refuses',
      message: '3 rows have no value',
      hint: 'Give them one with .using().',
      rows: 3,
      samples: [{ id: 4, title: null }],
    },
  ],
}

test('a plan in an error says of each step what it does and what the rows say', () => {
  assert.equal(
    describePlan({
      steps: [step],
      obstacles: [{ table: 'public.a', message: 'it is a view', hint: 'Drop it.' }],
      warnings: [],
    }),
    [
      '  no longer takes null in "slug" of posts (needs data)',
      '    refused: 3 rows have no value',
      '      id 4, title null',
      '    hint: Give them one with .using().',
      '  a: it is a view',
      '    hint: Drop it.',
    ].join('\n'),
  )
})

test('a value of a row can neither break its line nor turn it round', () => {
  assert.equal(describeSample({ id: 1, title: 'a\n\u202eb\u009b' }), 'id 1, title "a\\n\\u202eb\\u009b"')
  assert.equal(describeSample({ title: 'x'.repeat(200) }).length, 121)
})
