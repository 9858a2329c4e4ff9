/** Tables, triggers and indexes that a migration is still making: on no surface and in no Catalog. */
export const COPY_PREFIX = 'pilar.copy_'
/** What copies have replaced, until it is removed. */
export const RUBBISH_PREFIX = 'pilar.rubbish_'
export const LEASES = '"pilar.leases"'
export const MIGRATIONS = '"pilar.migrations"'

/** What a table is called whose copy was put in its place, and a copy that has served. */
export const rubbishName = (target: string): string => RUBBISH_PREFIX + target.slice(COPY_PREFIX.length)

/** True for what belongs to a migration under way or over, by its name in the file. */
export function isTransient(name: string): boolean {
  return name.startsWith(COPY_PREFIX) || name.startsWith(RUBBISH_PREFIX)
}
