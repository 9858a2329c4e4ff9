import { DEFAULT_SCHEMA, type Table } from '../../schema/catalog.ts'

/**
 * A dump of rows is NDJSON, the same for every engine: a head, the rows, the sequences, an end. Each line is one JSON object.
 *
 * ```
 * {"pilar":"dump","format":1,"version":"0.2.0","tables":{"posts":{"id":"integer","title":"text"}}}
 * {"table":"posts","row":{"id":1,"title":"First"}}
 * {"sequence":"posts","last":"17"}
 * {"end":1}
 * ```
 *
 * Rows are as REST shows them, without what is computed. The end tells the number of rows: a dump without it was cut off.
 */
export const DUMP_FORMAT = 1

/** `posts`, or with its schema where that is not the default. */
export function dumpName(table: Pick<Table, 'schema' | 'name'>): string {
  return table.schema === DEFAULT_SCHEMA ? table.name : `${table.schema}.${table.name}`
}
