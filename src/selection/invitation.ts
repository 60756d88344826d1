import { compareText } from '../model/canonical.ts'
import type { Did } from '../model/records.ts'
import { rememberByObject } from '../model/remember.ts'
import { hash64, mixHalves } from './mix.ts'
import type { ReplicaCount } from './select.ts'

/** Up to this many candidates all are invited. */
export const INVITE_ALL_MAX = 8
/** Offers beyond the replica count that are worth writing. */
export const STANDBYS_WANTED = 2

export interface InvitationInput {
  readonly placementKey: string
  readonly replicas: ReplicaCount
  /** DIDs, each once. Of a frozen list the hashes are remembered. */
  readonly candidates: readonly Did[]
  /** Whether the published status of a candidate shows room for a replica. */
  readonly hasRoom: (meshletDid: Did) => boolean
  /** Windows that ended short (`shortWindows`). */
  readonly doublings: number
}

/**
 * Who should write a bid now. Advice only: an uninvited bid counts as well. Those with room come
 * first, by the hash of key and DID, so that a placement costs about `replicas + 2` writes however
 * large the commune is; after each short window twice as many, at last all.
 */
export function invited(input: InvitationInput): readonly Did[] {
  const { candidates, replicas, doublings, placementKey, hasRoom } = input
  const everybody = candidates.length <= INVITE_ALL_MAX || replicas === 'everywhere'
  if (everybody) return candidates.toSorted(compareText)
  const wanted = (replicas + STANDBYS_WANTED) * 2 ** doublings
  const withRoom = firstByMix(placementKey, candidates, wanted, hasRoom)
  if (withRoom.length === Math.min(wanted, candidates.length)) return withRoom
  const others = firstByMix(
    placementKey,
    candidates,
    wanted - withRoom.length,
    (meshlet) => !hasRoom(meshlet),
  )
  return [...withRoom, ...others]
}

/**
 * The first so many by mix, then DID, of those who count. There may be thousands of candidates of
 * whom a few are wanted: whoever comes too late by the mix is not looked at any further.
 */
function firstByMix(
  placementKey: string,
  candidates: readonly Did[],
  wanted: number,
  counts: (meshletDid: Did) => boolean,
): readonly Did[] {
  const key = hash64(placementKey)
  const halves = halvesOf(candidates)
  const first: { readonly meshletDid: Did; readonly mixed: number }[] = []
  let limit = Number.POSITIVE_INFINITY
  for (let i = 0; i < candidates.length; i++) {
    const mixed = mixHalves(key.high, key.low, halves[2 * i] ?? 0, halves[2 * i + 1] ?? 0)
    if (mixed > limit) continue
    const meshletDid = candidates[i] as Did
    if (!counts(meshletDid)) continue
    let place = first.length
    while (place > 0 && comesBefore(mixed, meshletDid, first[place - 1])) place--
    first.splice(place, 0, { meshletDid, mixed })
    if (first.length > wanted) first.pop()
    if (first.length === wanted) limit = first.at(-1)?.mixed ?? limit
  }
  return first.map(({ meshletDid }) => meshletDid)
}

function comesBefore(
  mixed: number,
  meshletDid: Did,
  other: { readonly meshletDid: Did; readonly mixed: number } | undefined,
): boolean {
  if (other === undefined || mixed !== other.mixed)
    return other !== undefined && mixed < other.mixed
  return compareText(meshletDid, other.meshletDid) < 0
}

/** High and low half of the hash of each DID, in the order of the list. */
const halvesOf = rememberByObject((candidates: readonly Did[]): Int32Array => {
  const halves = new Int32Array(2 * candidates.length)
  for (const [index, did] of candidates.entries()) {
    const { high, low } = hash64(did)
    halves[2 * index] = high
    halves[2 * index + 1] = low
  }
  return halves
})
