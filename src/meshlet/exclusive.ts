import { COLLECTION, LABEL } from '../model/nsid.ts'
import type { AtUri, Did, WorkloadRecord } from '../model/records.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import type { EngineContainer } from '../ports/engine.ts'
import type { RecordView } from '../ports/records.ts'
import { STOP_GRACE_MS } from '../reconcile/plan-workload.ts'
import { sooner } from '../reconcile/outcome.ts'
import { witnessSetsOf, type WitnessSets } from '../selection/lease.ts'
import { slotsOf } from '../selection/select.ts'
import type { Selected } from '../selection/witness.ts'
import { REFUSED_BY_ALL_MS, type Desire } from './desire.ts'
import type { LeaseState } from './leases.ts'
import { statusOf, type Placement } from './observe.ts'

/** Beside its own time for stopping: the records have to reach the holder too, who waits for others' word. */
const LEAVING_MS = 5_000 + REFUSED_BY_ALL_MS

/** What the decision has to know of leases. */
export interface LeaseDesk {
  readonly want: (sets: WitnessSets) => LeaseState
  /** The clock of the leases, milliseconds. */
  readonly nowMs: () => number
}

/** Of a workload that must never run twice: what is to run here, as far as there is a lease for it. */
export function underLease(found: Desire, placement: Placement, desk: LeaseDesk): Desire {
  const { desired } = found
  const sets = witnessSetsOf(placement.record.value)
  if (!sets || desired.kind !== 'run' || desired.slots + desired.standIns === 0) return found
  const lease = desk.want(sets)
  if (lease.kind === 'waiting') {
    const { workload, slots } = desired
    // It only goes on until its time is over: nothing of it begins again.
    if (slots === 0)
      return { desired: { kind: 'none', reason: lease.why }, surplus: 0, why: lease.why }
    const hold = { kind: 'hold', workload, slots, phase: 'pending', reason: lease.why } as const
    return { desired: hold, surplus: 0, why: lease.why }
  }
  const againInMs = sooner(found.againInMs, Math.max(0, lease.untilMs - desk.nowMs())) ?? 0
  const { epoch, generation } = lease
  return { ...found, desired: { ...desired, lease: { epoch, generation } }, againInMs }
}

/** The witnesses of a workload as the records name them; undefined when it may run twice. */
export function recordedSets(view: RecordView, uri: AtUri): WitnessSets | undefined {
  const record = recordOf(view, uri)
  return record && witnessSetsOf(record)
}

/** For how long a holder who is to stop may go on, milliseconds. */
export function leavingMs(view: RecordView, uri: AtUri): number {
  return (recordOf(view, uri)?.stopGracePeriodMs ?? STOP_GRACE_MS) + LEAVING_MS
}

function recordOf(view: RecordView, uri: AtUri): WorkloadRecord | undefined {
  const parsed = parseWorkloadUri(uri)
  return parsed && view.get<WorkloadRecord>(parsed.owner, COLLECTION.workload, parsed.name)?.value
}

/** Whom the records select, as far as somebody who asks for a lease is concerned. */
export function selectedBy(placement: Placement | undefined, asker: Did): Selected {
  if (!placement || placement.unread.length > 0) return 'unknown'
  if (slotsOf(placement.choice, asker) > 0) return 'asker'
  return placement.choice.winners.length === 0 ? 'nobody' : 'other'
}

/** The highest epoch that a machine says it ran under. */
export function seenEpoch(
  view: RecordView,
  placement: Placement,
  containers: readonly EngineContainer[],
): number {
  const labels = containers.map(({ labels: own }) => Number(own[LABEL.epoch] ?? 0))
  const said = placement.candidates.map(
    ({ meshletDid }) => statusOf(view, meshletDid, placement.uri)?.leaseEpoch ?? 0,
  )
  return Math.max(0, ...said, ...labels.filter((epoch) => Number.isSafeInteger(epoch)))
}
