import type { Did, WorkloadRecord } from '../model/records.ts'
import { workloadUri } from '../model/workload-uri.ts'
import { witnessSetsOf } from '../selection/lease.ts'
import { nameWitnesses } from '../selection/name-witnesses.ts'
import type { PlanSyncInput, WorkloadDraft } from './plan-sync.ts'

/** Who may run a workload, and what its machines say of its lease. */
export interface WitnessCandidates {
  readonly candidates: readonly {
    readonly meshletDid: Did
    readonly ownerDid: Did
    readonly runsIt: boolean
  }[]
  /** The newest generation of witnesses that granted a lease. */
  readonly leasedGeneration: number
}

export interface Witnessed {
  readonly draft: WorkloadDraft
  /** What the owner should know. */
  readonly note?: string
}

const NOBODY =
  'no machine that may run it could be read, so it has no witnesses and waits; sync again when there is one'

/** Adds the witnesses to a workload that must never run twice. */
export function withWitnesses(
  input: Pick<PlanSyncInput, 'owner' | 'now' | 'candidatesOf'>,
  draft: WorkloadDraft,
  before: WorkloadRecord | undefined,
): Witnessed {
  if (draft.placement?.atMostOne !== true) return { draft }
  const published = before && witnessSetsOf(before)
  const found = input.candidatesOf(draft.name, draft.clusters)
  const named =
    found &&
    nameWitnesses({
      uri: workloadUri(input.owner, draft.name),
      ...found,
      before: published,
      nowSeconds: Math.floor(Date.parse(input.now) / 1_000),
    })
  const sets = named?.sets ?? published
  if (!sets || sets.witnesses.length === 0) return { draft, note: NOBODY }
  const placement = {
    ...draft.placement,
    witnesses: [...sets.witnesses],
    ...(sets.previous.length > 0 ? { previousWitnesses: [...sets.previous] } : {}),
    witnessGeneration: sets.generation,
  }
  const note = named?.note
  return { draft: { ...draft, placement }, ...(note === undefined ? {} : { note }) }
}
