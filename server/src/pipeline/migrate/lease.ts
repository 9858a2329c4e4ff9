import type { Lease, LeaseOptions, Structure } from '../../engines/structure.ts'

/** Runs `body` as the only one that changes the structure, over all processes; the lease is given back however it ends. */
export async function withLease<T>(
  structure: Structure,
  options: LeaseOptions,
  body: (lease: Lease) => Promise<T>,
): Promise<T> {
  const lease = await structure.acquireLease(options)
  try {
    return await body(lease)
  } finally {
    await lease.release()
  }
}
