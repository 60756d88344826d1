import { compareText } from '../model/canonical.ts'
import type { Did } from '../model/records.ts'
import { rememberByObject } from '../model/remember.ts'
import { fold, hash64, type Hash64, LAST_TOP, mix, mixTop, topOf } from './mix.ts'
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
  const folded = { high: fold(key.high), low: fold(key.low) }
  let limit = LAST_TOP
  let i = nextWithin(halves, folded, limit, 0)
  for (; i < candidates.length; i = nextWithin(halves, folded, limit, i + 1)) {
    const meshletDid = candidates[i] as Did
    if (!counts(meshletDid)) continue
    const mixed = mix(key, { high: fold(halves.highs[i] ?? 0), low: fold(halves.lows[i] ?? 0) })
    let place = first.length
    while (place > 0 && comesBefore(mixed, meshletDid, first[place - 1])) place--
    first.splice(place, 0, { meshletDid, mixed })
    if (first.length > wanted) first.pop()
    if (first.length === wanted) limit = topOf(first.at(-1)?.mixed ?? 0)
  }
  return first.map(({ meshletDid }) => meshletDid)
}

/**
 * The index, from this one on, of the next candidate that the top of its mix does not put
 * behind the limit; their number when there is none. Nearly all of the time of a choice is spent here.
 */
function nextWithin({ highs, lows }: Halves, key: Hash64, limit: number, from: number): number {
  const { high, low } = key
  let i = from
  while (i < highs.length && mixTop(high, low, highs[i] as number, lows[i] as number) > limit) i++
  return i
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

/** High and low half of the hash of each candidate, folded, in the order of the list. */
interface Halves {
  readonly highs: Int32Array
  readonly lows: Int32Array
}

const halvesOf = rememberByObject((candidates: readonly Did[]): Halves => {
  const highs = new Int32Array(candidates.length)
  const lows = new Int32Array(candidates.length)
  for (const [index, did] of candidates.entries()) {
    const { high, low } = hash64(did)
    highs[index] = fold(high)
    lows[index] = fold(low)
  }
  return { highs, lows }
})
