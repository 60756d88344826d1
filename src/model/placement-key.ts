import { canonicalJson, compareText } from './canonical.ts'
import { sha256Hex } from './hash.ts'
import { rememberByObject, rememberByText } from './remember.ts'
import { requestOf } from './request.ts'
import type { Did, WorkloadRecord } from './records.ts'

const FIELDS_DIGITS = 32
const NONCE_DIGITS = 16
/** A record stands in one repo; one that is held against several owners is rare. */
const OWNERS_MAX = 4

type Placed = Pick<
  WorkloadRecord,
  | 'name'
  | 'resources'
  | 'constraints'
  | 'spread'
  | 'clusters'
  | 'volumes'
  | 'runtime'
  | 'placementNonce'
>

/**
 * Names one opening of the bidding: a hash over the fields that decide where a workload runs, a dot,
 * and a hash of the nonce. The image, the environment, the replica count and `everywhere` are not
 * in it: rolling out and scaling reopen nothing.
 *
 * Two halves, so that a holder can tell a rebalance (only the nonce differs) from a change of the
 * fields without remembering the old record.
 */
export function placementKey(owner: Did, workload: Placed): string {
  return keysOf(workload)(owner)
}

/** Each look at a workload asks for its key anew. */
const keysOf = rememberByObject((workload: Placed) => {
  const rest = placementFields(workload)
  const nonce = sha256Hex(workload.placementNonce ?? '').slice(0, NONCE_DIGITS)
  return rememberByText(OWNERS_MAX, (owner) => {
    const fields = sha256Hex(canonicalJson({ owner, ...rest })).slice(0, FIELDS_DIGITS)
    return `${fields}.${nonce}`
  })
})

/** Whether the keys differ in their nonce alone: the owner asked for new bids, nothing else changed. */
export function isRebalance(keyBefore: string, keyAfter: string): boolean {
  return keyBefore !== keyAfter && keyBefore.split('.')[0] === keyAfter.split('.')[0]
}

function placementFields(workload: Placed): object {
  return {
    name: workload.name,
    request: requestOf(workload),
    constraints: sortedTexts(workload.constraints),
    spread: workload.spread,
    clusters: sortedTexts(workload.clusters),
    volumes: volumesOf(workload),
    runtime: workload.runtime,
  }
}

/** What a machine must have room for; where it is mounted decides no placement. */
function volumesOf(workload: Placed): object[] | undefined {
  const volumes = (workload.volumes ?? [])
    .map(({ name, sizeBytes }) => ({ name, sizeBytes: sizeBytes || undefined }))
    .toSorted((a, b) => compareText(a.name, b.name))
  return volumes.length > 0 ? volumes : undefined
}

/** A set of texts in a fixed order; none and empty are the same. */
function sortedTexts(texts: readonly string[] | undefined): string[] | undefined {
  const set = [...new Set(texts)].toSorted(compareText)
  return set.length > 0 ? set : undefined
}
