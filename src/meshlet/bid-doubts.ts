import { compareText } from '../model/canonical.ts'
import { ownedMeshlets } from '../cluster/owned-meshlets.ts'
import { ledgerTerms } from '../governance/ledger-terms.ts'
import { BidAudit, type BidClaim } from '../ledger/bid-claims.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { BidRecord, Cid, Did } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { RecordView } from '../ports/records.ts'
import { isOffer } from '../selection/bids.ts'
import type { Chronicle } from './chronicle.ts'
import { membersOf, type MeshletConfig } from './config.ts'

export interface BidDoubtsOptions {
  readonly config: MeshletConfig
  readonly view: RecordView
  readonly chronicle: Chronicle
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Log
}

/** Records come late; what differs for so long differs for good. */
const PATIENCE_MS = 15 * 60_000
/** Bids of one member that are checked in one look; the rest is for the next turns. */
const CHECKED_MAX = 256
/** Bids that are remembered, so that each is checked once. */
const REMEMBERED_MAX = 20_000
/** Events that are looked through for what was noted before a restart. */
const NOTED_MAX = 200

interface Offer {
  readonly uri: string
  readonly cid: Cid
  readonly meshletDid: Did
  readonly value: BidRecord
}

/**
 * Checks whether members claim in their bids what the ledger says of them. That is beside the path of
 * every choice: a choice takes the score as it stands, and nothing that runs depends on this. Of the
 * members one has her turn at each look, so that a look costs no more in a large commune.
 */
export class BidDoubts {
  readonly #options: BidDoubtsOptions
  /** By uri, in the version that was checked. */
  readonly #checked = new Map<string, Cid>()
  readonly #differsSinceMs = new Map<Cid, number>()
  #last: Did | undefined

  constructor(options: BidDoubtsOptions) {
    this.#options = options
  }

  /** Checks what the next member’s machines have offered since her last turn. */
  look(): void {
    const owner = this.#nextOwner()
    if (owner === undefined) return
    const { view, clock } = this.#options
    const fresh = this.#offersOf(owner).filter(({ uri, cid }) => this.#checked.get(uri) !== cid)
    if (fresh.length === 0) return
    const audit = new BidAudit(view, clock.wallMs(), (who, day) => ledgerTerms(view, who, day))
    for (const offer of fresh.slice(0, CHECKED_MAX))
      this.#judge(offer, audit.check(owner, offer.value))
  }

  #nextOwner(): Did | undefined {
    const { config } = this.#options
    const others = membersOf(config)
      .filter((member) => member !== config.ownerDid)
      .toSorted(compareText)
    const last = this.#last
    this.#last = others.find((one) => last !== undefined && one > last) ?? others[0]
    return this.#last
  }

  #offersOf(owner: Did): readonly Offer[] {
    const { view } = this.#options
    return ownedMeshlets(view, owner)
      .filter(({ verdict }) => verdict === 'yes')
      .flatMap(({ meshletDid }) =>
        view
          .list<BidRecord>(meshletDid, COLLECTION.bid)
          .filter(([, { value }]) => isOffer(value))
          .map(([rkey, { cid, value }]) => {
            return { uri: `at://${meshletDid}/${COLLECTION.bid}/${rkey}`, cid, meshletDid, value }
          }),
      )
  }

  #judge(offer: Offer, claim: BidClaim): void {
    if (claim.kind === 'unknown') return
    if (claim.kind === 'different' && !this.#hasDifferedForLong(offer.cid)) return
    this.#differsSinceMs.delete(offer.cid)
    if (this.#checked.size >= REMEMBERED_MAX) this.#checked.clear()
    this.#checked.set(offer.uri, offer.cid)
    if (claim.kind === 'different' && !this.#isNoted(offer)) this.#note(offer, claim)
  }

  #hasDifferedForLong(cid: Cid): boolean {
    const now = this.#options.clock.monotonicMs()
    if (this.#differsSinceMs.size >= REMEMBERED_MAX) this.#differsSinceMs.clear()
    const sinceMs = this.#differsSinceMs.get(cid) ?? now
    this.#differsSinceMs.set(cid, sinceMs)
    return now - sinceMs >= PATIENCE_MS
  }

  /** Before a restart, by what the journal keeps. */
  #isNoted({ cid, value: { workload } }: Offer): boolean {
    const { chronicle } = this.#options
    const events = chronicle.events({ workload, kind: 'doubted', limit: NOTED_MAX })
    return events.some(({ evidence }) => evidence.some((one) => one.cid === cid))
  }

  #note(offer: Offer, claim: Extract<BidClaim, { readonly kind: 'different' }>): void {
    const { chronicle, metrics, log } = this.#options
    const { uri, cid, meshletDid } = offer
    const { workload } = offer.value
    const reason = `it claims a balance part of ${claim.claimed}: ${claim.reason}`
    log.warn('an offer claims another balance than the ledger', {
      workload,
      bidder: meshletDid,
      reason,
    })
    chronicle.note('doubted', { workload, subject: meshletDid, reason, evidence: [{ uri, cid }] })
    metrics.count('doubtedBids', {})
  }
}
