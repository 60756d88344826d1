import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '../../src/model/canonical.ts'
import { sha256Hex } from '../../src/model/hash.ts'
import { placementKey } from '../../src/model/placement-key.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import type { BidRecord, Did, WorkloadRecord } from '../../src/model/records.ts'
import { specHash } from '../../src/model/spec-hash.ts'
import { workloadUri } from '../../src/model/workload-uri.ts'
import { downSet, type Vote } from '../../src/selection/down-set.ts'
import { electorateOf } from '../../src/selection/electorate.ts'
import { invited, type InvitationInput } from '../../src/selection/invitation.ts'
import { hash64, mix } from '../../src/selection/mix.ts'
import type { MemberBooks } from '../../src/ledger/books.ts'
import { ledgerOf } from '../../src/ledger/ledger.ts'
import { rateOf } from '../../src/ledger/rate.ts'
import { weightOf } from '../../src/ledger/weight.ts'
import type { Amount } from '../../src/model/request.ts'
import { select, type ReplicaCount } from '../../src/selection/select.ts'
import { cidOf } from '../support/sample-bids.ts'

function vectorsOf<T>(file: string): readonly T[] {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly vectors: readonly T[] }).vectors
}

interface KeysVector {
  readonly owner: Did
  readonly workload: WorkloadRecord
  readonly uri: string
  readonly recordKey: string
  readonly placementKey: string
  readonly specHash: string
}

describe('keys.json', () => {
  test.each(vectorsOf<KeysVector>('keys.json'))('$workload.name $placementKey', (vector) => {
    const { owner, workload, uri } = vector
    expect(workloadUri(owner, workload.name)).toBe(uri)
    expect(recordKeyFor(uri)).toBe(vector.recordKey)
    expect(placementKey(owner, workload)).toBe(vector.placementKey)
    expect(specHash(workload)).toBe(vector.specHash)
  })
})

type HashVector =
  | { readonly value: unknown; readonly canonical: string; readonly sha256: string }
  | { readonly key: string; readonly did: string; readonly mix: number }

describe('hashes.json', () => {
  test.each(vectorsOf<HashVector>('hashes.json'))('%j', (vector) => {
    if ('mix' in vector) return expect(mix(hash64(vector.key), hash64(vector.did))).toBe(vector.mix)
    expect(canonicalJson(vector.value)).toBe(vector.canonical)
    return expect(sha256Hex(vector.canonical)).toBe(vector.sha256)
  })
})

interface SelectionVector {
  readonly name: string
  readonly placementKey: string
  readonly replicas: ReplicaCount
  readonly spread?: string
  readonly down: readonly Did[]
  readonly bids: readonly {
    readonly meshletDid: Did
    readonly ownerDid: Did
    readonly value: BidRecord
  }[]
  readonly winners: readonly object[]
  readonly standbys: readonly Did[]
  readonly missing: number
}

describe('selection.json', () => {
  test.each(vectorsOf<SelectionVector>('selection.json'))('$name', (vector) => {
    const choice = select({
      placementKey: vector.placementKey,
      replicas: vector.replicas,
      spread: vector.spread,
      bids: vector.bids.map((bid) => ({ ...bid, cid: cidOf(bid.meshletDid, bid.value) })),
      candidates: new Set(vector.bids.map(({ meshletDid }) => meshletDid)),
      down: new Set(vector.down),
    })
    expect(choice.winners).toEqual(vector.winners)
    expect(choice.standbys).toEqual(vector.standbys)
    expect(choice.missing).toBe(vector.missing)
  })
})

interface InvitationVector extends Omit<InvitationInput, 'candidates' | 'hasRoom'> {
  readonly candidates: readonly { readonly meshletDid: Did; readonly hasRoom: boolean }[]
  readonly invited: readonly Did[]
}

describe('invitations.json', () => {
  test.each(vectorsOf<InvitationVector>('invitations.json'))(
    'after $doublings doublings',
    (vector) => {
      const roomy = vector.candidates.filter(({ hasRoom }) => hasRoom)
      const candidates = vector.candidates.map(({ meshletDid }) => meshletDid)
      const hasRoom = (who: Did) => roomy.some(({ meshletDid }) => meshletDid === who)
      expect(invited({ ...vector, candidates, hasRoom })).toEqual(vector.invited)
    },
  )
})

interface LivenessVector {
  readonly candidates: readonly { readonly meshletDid: Did; readonly ownerDid: Did }[]
  readonly votes: readonly Vote[]
  readonly atMostOne: boolean
  readonly down: readonly Did[]
}

describe('liveness.json', () => {
  test.each(vectorsOf<LivenessVector>('liveness.json'))('down: $down', (vector) => {
    const { candidates, votes, atMostOne, down } = vector
    const found = downSet({ electorate: electorateOf(candidates), votes, atMostOne })
    expect([...found].toSorted()).toEqual(down)
  })
})

describe('weights.json', () => {
  test('each age', () => {
    const vectors = vectorsOf<{ readonly ageDays: number; readonly weight: number }>('weights.json')
    for (const { ageDays, weight } of vectors) expect(Number(weightOf(ageDays))).toBe(weight)
  })
})

describe('rates.json', () => {
  test.each(vectorsOf<{ readonly request: Amount; readonly rate: number }>('rates.json'))(
    '$rate',
    ({ request, rate }) => expect(rateOf(request)).toBe(rate),
  )
})

interface LedgerVector {
  readonly name: string
  readonly day: string
  readonly members: readonly MemberBooks[]
  readonly accounts: readonly { readonly ownerDid: Did; readonly balance: string }[]
}

describe('ledgers.json', () => {
  test.each(vectorsOf<LedgerVector>('ledgers.json'))('$name', ({ day, members, accounts }) => {
    const found = ledgerOf({ day, members }).accounts.map(
      ({ ownerDid, balance, line, credit }) => ({
        ownerDid,
        balance: balance.toString(),
        line: line.toString(),
        credit: credit.toString(),
      }),
    )
    expect(found).toEqual(accounts)
  })
})
