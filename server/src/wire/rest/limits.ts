import { failure, type PilarError } from '../../errors/error.ts'

/** Bounds on what one request's text may ask for. Exceeding one is PILAR_LIMIT (400) naming it. */
export interface ParseLimits {
  /** Embeds inside embeds, in levels below the root. */
  readonly embedDepthMax: number
  /** Filters and logic nodes of one request, embeds included. */
  readonly filterNodesMax: number
  /** and/or inside and/or, in levels. */
  readonly logicDepthMax: number
  /** Elements of one in-list or any/all list. */
  readonly inListMax: number
  /** Arrays and objects inside each other in a JSON body, in levels. */
  readonly jsonDepthMax: number
  /** Items of `select`, embeds included. */
  readonly selectItemsMax: number
  /** Order terms of one request, embeds included. */
  readonly orderTermsMax: number
  /** Arrows in one JSON path. */
  readonly jsonPathStepsMax: number
  /** Distinct columns of a payload, also the names in `columns` and `on_conflict`. */
  readonly payloadColumnsMax: number
  /** Rows of one payload. */
  readonly payloadRowsMax: number
}

export const DEFAULT_PARSE_LIMITS: ParseLimits = Object.freeze({
  embedDepthMax: 5,
  filterNodesMax: 100,
  logicDepthMax: 20,
  inListMax: 1000,
  jsonDepthMax: 64,
  selectItemsMax: 500,
  orderTermsMax: 32,
  jsonPathStepsMax: 32,
  payloadColumnsMax: 500,
  payloadRowsMax: 50_000,
})

const WORDS: { readonly [Name in keyof ParseLimits]: { readonly what: string; readonly unit: string } } = {
  embedDepthMax: { what: 'the nesting of embeds', unit: 'levels' },
  filterNodesMax: { what: 'the number of filters', unit: 'filters' },
  logicDepthMax: { what: 'the nesting of and/or', unit: 'levels' },
  inListMax: { what: 'a list of values', unit: 'elements' },
  jsonDepthMax: { what: 'the nesting of the JSON body', unit: 'levels' },
  selectItemsMax: { what: 'the select parameter', unit: 'items' },
  orderTermsMax: { what: 'the number of order terms', unit: 'terms' },
  jsonPathStepsMax: { what: 'a JSON path', unit: 'steps' },
  payloadColumnsMax: { what: 'the number of payload columns', unit: 'columns' },
  payloadRowsMax: { what: 'the number of payload rows', unit: 'rows' },
}

/** The error for exceeding one of the limits: it names the limit, its value and its unit. */
export function limitExceeded(limit: keyof ParseLimits, limits: ParseLimits): PilarError {
  const { what, unit } = WORDS[limit]
  return failure('PILAR_LIMIT', { what, limit, max: limits[limit], unit })
}
