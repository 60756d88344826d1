import type { WorkloadRecord } from '../model/records.ts'
import { unsupportedParts } from '../model/unsupported.ts'

/**
 * Everything about the workload that this version can't run, in one sentence; undefined when there is
 * nothing. Said in a pass, so that nothing is ignored in silence.
 */
export function unsupportedReason(workload: WorkloadRecord): string | undefined {
  const found = unsupportedParts(workload).map(({ name }) => name)
  return found.length === 0 ? undefined : `not supported by this version: ${found.join(', ')}`
}
