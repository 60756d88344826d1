import type { Candidate } from '../cluster/membership.ts'
import { COLLECTION } from '../model/nsid.ts'
import { requestOf } from '../model/request.ts'
import type { AtUri, BidRecord, MeshletStatusRecord, WorkloadRecord } from '../model/records.ts'
import type { StoredRecord } from '../ports/records.ts'
import { ROUND_MAX, type CountedBid } from './bids.ts'
import { slotsWanted } from './decide-bid.ts'
import { slotsIn } from './room.ts'
import { scoreBid, type FairShare } from './score.ts'
import { select, type Choice, type SelectInput } from './select.ts'

/** A machine that was asked for a bid, with what it says of itself. */
export interface Silent extends Pick<Candidate, 'meshletDid' | 'ownerDid'> {
  readonly status: StoredRecord<MeshletStatusRecord>
}

export interface ExpectationInput {
  readonly uri: AtUri
  readonly workload: WorkloadRecord
  readonly selectInput: SelectInput
  /** The round in which they are expected to bid. */
  readonly round: number
  /** Those who were asked and have not answered yet. */
  readonly silent: readonly Silent[]
  readonly fairShare: FairShare
}

/**
 * Who will probably be chosen: by the bids that are there, and for those who have not answered yet by
 * what they would offer with the room that they publish. Readers of the same records expect the same.
 * It decides nothing: published room is rough, and a machine may pass for reasons of its own.
 */
export function expectedChoice(input: ExpectationInput): Choice {
  const { selectInput, silent } = input
  const expected = silent.map((one) => expectedBid(input, one))
  return select({
    ...selectInput,
    throughRound: ROUND_MAX,
    bids: [...selectInput.bids, ...expected],
  })
}

function expectedBid(
  { uri, workload, selectInput, round, fairShare }: ExpectationInput,
  { meshletDid, ownerDid, status: { cid, value: status } }: Silent,
): CountedBid {
  const request = requestOf(workload)
  const capacity = { cpuMilli: 0, memoryBytes: 0, storageBytes: 0, ...status.capacity }
  const room = { ...capacity, ...status.available }
  const label = status.labels?.find(({ name }) => name === selectInput.spread)
  const value: BidRecord = {
    $type: COLLECTION.bid,
    workload: uri,
    placementKey: selectInput.placementKey,
    round,
    epoch: status.epoch,
    slots: Math.min(slotsIn(room, request), slotsWanted(selectInput.replicas)),
    score: scoreBid({ ownerDid, capacity, room, request, fairShare }).score,
    ...(label && { domain: label.value }),
    createdAt: status.createdAt,
  }
  return { meshletDid, ownerDid, cid, value }
}
