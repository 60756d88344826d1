import type { Did, WorkloadRecord } from '../model/records.ts'

/** What a member's policy says of one workload: undefined when it may run here, else why not. */
export type Verdict =
  | { readonly reason: 'policy' | 'unsupported'; readonly message: string }
  | undefined

/** Things that a workload of somebody else may not have, since its owner is a stranger. */
export function judge(workload: WorkloadRecord, workloadOwner: Did, machineOwner: Did): Verdict {
  if (!/@sha256:[0-9a-f]{64}$/.test(workload.image))
    return { reason: 'policy', message: 'the image is not named by its digest' }
  if (workloadOwner === machineOwner) return undefined
  const wish = wishBeyondRestricted(workload)
  if (!wish) return undefined
  return { reason: 'policy', message: `${wish} is granted only to the machine’s own owner` }
}

function wishBeyondRestricted(workload: WorkloadRecord): string | undefined {
  if (workload.security === 'baseline') return 'security: baseline'
  if (workload.capAdd?.length) return 'capAdd'
  if (workload.readOnly === false) return 'a writable root file system'
  if (workload.user !== undefined && /^(0|root)(:|$)/.test(workload.user)) return 'user 0'
  return undefined
}
