import type { WorkloadRecord } from '../model/records.ts'
import type { GvisorWish } from './isolation.ts'
import { nameRule, type Refusal } from './judge.ts'

/** What a machine’s gVisor can’t do, if anything. */
export interface GvisorOffer {
  /** Why ports of its containers can’t be reached, for people. */
  readonly portsProblem?: string
}

/** Why a container that has to run in gVisor can’t run here; undefined when it can, or need not. */
export function faultInGvisor(
  offer: GvisorOffer | undefined,
  wish: GvisorWish | undefined,
  workload: WorkloadRecord,
): Refusal | undefined {
  if (wish === undefined) return undefined
  const [reason, whose] =
    wish.by === 'workload'
      ? (['constraint', 'runtime: gvisor'] as const)
      : (['policy', nameRule(wish.rule.name)] as const)
  if (offer === undefined)
    return { reason, message: `it has to run in gVisor (${whose}), and this machine has none` }
  if (offer.portsProblem === undefined || !needsPorts(workload)) return undefined
  return { reason, message: `${offer.portsProblem} (${whose})` }
}

function needsPorts({ ports, healthcheck, liveness }: WorkloadRecord): boolean {
  const isAsked = [healthcheck, liveness].some((check) => check?.http ?? check?.tcp)
  return isAsked || (ports?.length ?? 0) > 0
}
