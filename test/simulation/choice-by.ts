import { candidateSet } from '../../src/cluster/membership.ts'
import { placementKey } from '../../src/model/placement-key.ts'
import type { AtUri, BidRecord, Did, WorkloadRecord } from '../../src/model/records.ts'
import { workloadUri } from '../../src/model/workload-uri.ts'
import type { RecordView } from '../../src/ports/records.ts'
import { bidsFor } from '../../src/selection/bids.ts'
import { downSet } from '../../src/selection/down-set.ts'
import { electorateOf } from '../../src/selection/electorate.ts'
import { mayRun } from '../../src/selection/lease.ts'
import { overruledBidders } from '../../src/selection/objections.ts'
import { select, type Choice, type SelectInput } from '../../src/selection/select.ts'
import { suspicionsInForce } from '../../src/selection/suspicions.ts'

/** A workload, who may run it, and who is chosen by what somebody sees of the records. */
export interface Case {
  readonly uri: AtUri
  readonly record: WorkloadRecord
  readonly candidates: readonly Did[]
  readonly bids: ReadonlyMap<Did, BidRecord>
  /** All but the choice itself. */
  readonly input: SelectInput
  readonly choice: Choice
}

/**
 * What follows from the records in view alone, without any memory of what came when. Every suspicion
 * in force counts, or none: what a meshlet acts on mostly lies between the two. It does not where one
 * suspicion undoes another, as of two voters who accuse each other: `unheard` leaves out what that
 * writer says.
 */
export function choiceBy(
  view: RecordView,
  ownerDid: Did,
  record: WorkloadRecord,
  doSuspicionsCount: boolean,
  unheard?: Did,
): Case {
  const uri = workloadUri(ownerDid, record.name)
  const candidates = mayRun(record, candidateSet(view, ownerDid, record.clusters).candidates)
  const bids = bidsFor(view, candidates, uri)
  const dids = candidates.map(({ meshletDid }) => meshletDid)
  const key = placementKey(ownerDid, record)
  const votes = doSuspicionsCount
    ? suspicionsInForce(view, dids).filter(({ writer }) => writer !== unheard)
    : []
  const input: SelectInput = {
    placementKey: key,
    replicas: record.everywhere ? 'everywhere' : (record.replicas ?? 1),
    spread: record.spread,
    bids,
    candidates: new Set(dids),
    down: downSet({ electorate: electorateOf(candidates), votes }),
    overruled: overruledBidders(view, { uri, ownerDid, placementKey: key, bids, candidates }),
  }
  const byDid = new Map(bids.map(({ meshletDid, value }) => [meshletDid, value]))
  return { uri, record, candidates: dids, bids: byDid, input, choice: select(input) }
}
