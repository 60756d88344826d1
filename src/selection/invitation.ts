import { compareText } from '../model/canonical.ts'
import type { Did } from '../model/records.ts'
import { hash64, mix, type Hash64 } from './mix.ts'
import type { ReplicaCount } from './select.ts'

/** Up to this many candidates all are invited. */
export const INVITE_ALL_MAX = 8
/** Offers beyond the replica count that are worth writing. */
export const STANDBYS_WANTED = 2

export interface InvitationInput {
  readonly placementKey: string
  readonly replicas: ReplicaCount
  /** Candidates, and whether their published status shows room for a replica. */
  readonly candidates: readonly { readonly meshletDid: Did; readonly hasRoom: boolean }[]
  /** Windows that ended short (`shortWindows`). */
  readonly doublings: number
  /** `hash64`, or one that remembers. */
  readonly hashOf?: ((text: string) => Hash64) | undefined
}

/**
 * Who should write a bid now. Advice only: an uninvited bid counts as well. Those with room come
 * first, by the hash of key and DID, so that a placement costs about `replicas + 2` writes however
 * large the commune is; after each short window twice as many, at last all.
 */
export function invited(input: InvitationInput): readonly Did[] {
  const { candidates, replicas, doublings } = input
  const everybody = candidates.length <= INVITE_ALL_MAX || replicas === 'everywhere'
  if (everybody) return candidates.map(({ meshletDid }) => meshletDid).toSorted(compareText)
  const hashOf = input.hashOf ?? hash64
  const keyHash = hashOf(input.placementKey)
  return candidates
    .map(({ meshletDid, hasRoom }) => ({
      meshletDid,
      hasRoom,
      mix: mix(keyHash, hashOf(meshletDid)),
    }))
    .toSorted(
      (a, b) =>
        Number(b.hasRoom) - Number(a.hasRoom) ||
        a.mix - b.mix ||
        compareText(a.meshletDid, b.meshletDid),
    )
    .slice(0, (replicas + STANDBYS_WANTED) * 2 ** doublings)
    .map(({ meshletDid }) => meshletDid)
}
