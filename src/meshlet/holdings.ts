import { rateOf } from '../ledger/rate.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { WorkloadRecord, WorkloadStatusRecord } from '../model/records.ts'
import { requestOf } from '../model/request.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import type { RecordView } from '../ports/records.ts'
import { slotsOf } from '../selection/select.ts'
import type { MeshletConfig } from './config.ts'
import type { EngineSnapshot } from './engine-state.ts'
import { workloadsOf } from './known-workloads.ts'
import type { Placement } from './observe.ts'

/** Replicas that are held at a moment, and what one of them asks for. */
export interface Holding {
  readonly replicas: number
  /** Millionths of the reference machine for one replica. */
  readonly rate: number
}

/** More replicas than a workload can have; guards the sums. */
const REPLICAS_MAX = 1_000

/** What of others runs on this machine, by workload: as many replicas as it has been chosen for. */
export function heldForOthers(
  view: RecordView,
  { ownerDid }: MeshletConfig,
  snapshot: EngineSnapshot | undefined,
): ReadonlyMap<string, Holding> {
  const held = new Map<string, Holding>()
  for (const [uri, { containers }] of snapshot?.byWorkload ?? []) {
    const parsed = parseWorkloadUri(uri)
    if (!parsed || parsed.owner === ownerDid) continue
    const running = containers.filter(({ state }) => state === 'running').length
    const record = view.get<WorkloadRecord>(parsed.owner, COLLECTION.workload, parsed.name)
    if (!record || running === 0) continue
    const most = record.value.everywhere ? 1 : (record.value.replicas ?? 1)
    const replicas = Math.min(running, most, REPLICAS_MAX)
    held.set(uri, { replicas, rate: rateOf(requestOf(record.value)) })
  }
  return held
}

/**
 * What machines of others are seen to run for this machine's owner, by machine and workload: what
 * their status says, as far as the records chose them for it. So two can't both be seen with the same
 * replica, and nobody with more than was asked for.
 */
export function seenAtOthers(
  view: RecordView,
  { ownerDid }: MeshletConfig,
  placementOf: (uri: string) => Pick<Placement, 'choice' | 'candidates'> | undefined,
): ReadonlyMap<string, Holding> {
  const seen = new Map<string, Holding>()
  for (const { uri, record } of workloadsOf(view, ownerDid)) {
    const placed = placementOf(uri)
    for (const { meshletDid } of placed?.choice.winners ?? []) {
      const winner = placed?.candidates.find((one) => one.meshletDid === meshletDid)
      if (!placed || winner?.ownerDid === ownerDid) continue
      const key = recordKeyFor(uri)
      const status = view.get<WorkloadStatusRecord>(meshletDid, COLLECTION.workloadStatus, key)
      const running = status?.value.replicas?.filter(({ phase }) => phase === 'running').length ?? 0
      const replicas = Math.min(running, slotsOf(placed.choice, meshletDid), REPLICAS_MAX)
      const rate = rateOf(requestOf(record.value))
      if (replicas > 0) seen.set(`${meshletDid} ${uri}`, { replicas, rate })
    }
  }
  return seen
}
