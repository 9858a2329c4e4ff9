import type { MigrationPlan } from './types.ts'

/**
 * A plan for people, a line per step and below it what its rows say, short enough for an error message:
 *
 *     adds the column "slug" to posts (needs data)
 *       3 rows have no value: {"id":4,"title":null} …
 */
export function describePlan(_plan: MigrationPlan): string {
  throw new Error('not built yet')
}
