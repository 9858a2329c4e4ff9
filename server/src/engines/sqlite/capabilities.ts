import { type Capabilities, no } from '../capabilities.ts'

export const capabilities: Capabilities = {
  returning: true,
  upsert: true,
  regex: true,
  ranges: no('SQLite has no range types'),
  fullText: no('full text search on SQLite is not built yet'),
  arrays: true,
  explain: no('the plan media type is not built yet'),
}
