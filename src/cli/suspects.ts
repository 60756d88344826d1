import type { Candidate } from '../cluster/membership.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { Did, SuspicionRecord } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import { downSet } from '../selection/down-set.ts'
import { electorateOf } from '../selection/electorate.ts'
import { suspicionsInForce } from '../selection/suspicions.ts'
import { formatAge } from './age.ts'

/** Who says that a machine is silent, and when it was last heard there. */
export interface Accusation {
  readonly writer: Did
  /** ISO 8601. */
  readonly since: string
}

export interface Suspects {
  /** Who is down by the votes of the others. */
  readonly down: ReadonlySet<Did>
  /** Standing suspicions, also of machines that too few suspect; by suspect. */
  readonly accusations: ReadonlyMap<Did, readonly Accusation[]>
}

/**
 * Who is down among the candidates of a workload. A meshlet gives a suspect some time to answer; a
 * reader that has just begun to look can't, and takes every unanswered suspicion as standing.
 */
export function suspectsOf(
  view: RecordView,
  candidates: readonly Pick<Candidate, 'meshletDid' | 'ownerDid'>[],
  atMostOne: boolean,
): Suspects {
  const votes = suspicionsInForce(
    view,
    candidates.map(({ meshletDid }) => meshletDid),
  )
  const accusations = new Map<Did, Accusation[]>()
  for (const { writer, suspect } of votes) {
    const rkey = recordKeyFor(suspect)
    const since = view.get<SuspicionRecord>(writer, COLLECTION.suspicion, rkey)?.value.since
    if (since === undefined) continue
    accusations.set(suspect, [...(accusations.get(suspect) ?? []), { writer, since }])
  }
  const down = downSet({ electorate: electorateOf(candidates), votes, atMostOne })
  return { down, accusations }
}

/** `not heard by bob-mesh for 30s, by carol-mesh for 28s`; undefined when nobody complains. */
export function accusationText(
  accusations: readonly Accusation[] | undefined,
  nameOf: (did: Did) => string,
  nowMs: number,
): string | undefined {
  if (accusations === undefined || accusations.length === 0) return undefined
  const parts = accusations.map(
    ({ writer, since }) => `by ${nameOf(writer)} for ${formatAge(since, nowMs) ?? 'some time'}`,
  )
  return `not heard ${parts.join(', ')}`
}
