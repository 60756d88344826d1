import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { BidRecord, Cid, Did, MeshletStatusRecord, SuspicionRecord } from '../model/records.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { RecordView, StoredRecord } from '../ports/records.ts'
import { isOffer } from '../selection/bids.ts'
import type { BidDecision } from '../selection/decide-bid.ts'
import { replacedBy } from '../selection/displacement.ts'
import type { BidCall } from './bidder.ts'
import { runningReplicas, statusOf, type Placement } from './observe.ts'
import type { OwnRecords } from './own-records.ts'
import { UNREAD_MS_MAX } from './unread-patience.ts'
import type { Settings } from './settings.ts'

export interface ComebackOptions {
  readonly self: Did
  readonly view: RecordView
  readonly own: OwnRecords
  readonly settings: Settings
  readonly clock: Clock
  readonly log: Log
  /** Time in which readers expect an answer, milliseconds. */
  readonly answerMs: number
  /** Everybody who may hold a suspicion against this machine. */
  readonly peers: () => readonly Did[]
  /** For how long what is known of a repo has been up to date, milliseconds. */
  readonly currentForMs: (did: Did) => number
  /** Where a workload stands now; undefined when there is no such workload, or it is not known yet. */
  readonly callOf: (uri: string) => BidCall | undefined
  readonly decide: (call: BidCall, epoch: number) => BidDecision
  readonly write: (placement: Placement, decision: BidDecision) => void
}

/** Who was away for longer than it takes to answer gives the other records this time to come in. */
const CATCH_UP_MS = 2_000

/**
 * What a machine does before it says that it is back. An answer, like a newer epoch, makes its bids
 * count again, and would pull work back from whoever took it over. So the bids for such work move to
 * a later round, under a new epoch, in the same commit: nothing moves back (DESIGN §6, Epochs).
 */
export class Comeback {
  readonly #options: ComebackOptions
  readonly #startedAtMs: number
  /** First sight of each suspicion against this machine. */
  #seenAtMs: ReadonlyMap<Cid, number> = new Map()
  #preparingSinceMs: number | undefined
  /** What was said last of bids that moved, so that it is said once. */
  #told = ''
  /** Whether what this machine did not hear of may have had its effect. */
  #wasAway = false

  constructor(options: ComebackOptions) {
    this.#options = options
    this.#startedAtMs = options.clock.monotonicMs()
  }

  /** Whether this program began so lately that it may not have read yet who took its work over. */
  isCatchingUp(): boolean {
    return this.#options.clock.monotonicMs() - this.#startedAtMs < CATCH_UP_MS
  }

  /**
   * Wants what has to be in the commit that brings this machine back. Undefined when that can be
   * written now, else the time after which to try again. To be asked until the PDS has acknowledged that
   * commit: whoever can't write may be replaced while the answer waits.
   */
  prepare(): number | undefined {
    const waitMs = this.#prepare()
    if (waitMs !== undefined) this.#takeBack()
    return waitMs
  }

  /** Nothing of a commit that was prepared before goes out now, unless it is on its way. */
  #takeBack(): void {
    const { own } = this.#options
    const published = this.#publishedEpoch()
    own.keep(COLLECTION.meshletStatus, 'self')
    for (const [rkey, bid] of own.list<BidRecord>(COLLECTION.bid))
      if (bid.epoch > published) own.keep(COLLECTION.bid, rkey)
  }

  #publishedEpoch(): number {
    const { own } = this.#options
    return own.get<MeshletStatusRecord>(COLLECTION.meshletStatus, 'self')?.value.epoch ?? 0
  }

  #prepare(): number | undefined {
    const now = this.#options.clock.monotonicMs()
    this.#preparingSinceMs ??= now
    const waitMs = this.#catchUpMs(now)
    if (waitMs > 0) return waitMs
    const offers = this.#offers()
    const calls = offers.flatMap((uri) => this.#options.callOf(uri) ?? [])
    const isBlind =
      (this.#wasAway && this.#isBehind(calls)) ||
      offers.some((uri) => this.#isUnread(uri)) ||
      calls.some(({ placement }) => placement.unread.length > 0)
    if (isBlind && now - this.#preparingSinceMs < UNREAD_MS_MAX) return CATCH_UP_MS / 4
    const left = this.#moveReplaced(calls.filter((call) => this.#isReplaced(call)))
    if (left === undefined) this.#preparingSinceMs = undefined
    return left
  }

  /**
   * What the others wrote meanwhile may not be read yet right after the start. And a suspicion that is
   * older than the time for an answer may have had its effect: who runs what now?
   */
  #catchUpMs(now: number): number {
    const { clock, answerMs } = this.#options
    const seenAtMs = new Map<Cid, number>()
    let untilMs = this.#startedAtMs + CATCH_UP_MS
    this.#wasAway = now - this.#startedAtMs < UNREAD_MS_MAX
    for (const { cid, value } of this.#suspicions()) {
      const seenMs = this.#seenAtMs.get(cid) ?? now
      seenAtMs.set(cid, seenMs)
      const isOld = clock.wallMs() - Date.parse(value.createdAt) > answerMs
      this.#wasAway ||= isOld
      if (isOld || seenMs - this.#startedAtMs < CATCH_UP_MS)
        untilMs = Math.max(untilMs, seenMs + CATCH_UP_MS)
    }
    this.#seenAtMs = seenAtMs
    return untilMs - now
  }

  /** Whether somebody who may run something in this machine's stead could not be read lately. */
  #isBehind(calls: readonly BidCall[]): boolean {
    const { self, currentForMs } = this.#options
    return calls.some(({ placement }) =>
      placement.candidates.some(
        ({ meshletDid }) =>
          meshletDid !== self &&
          !placement.down.has(meshletDid) &&
          currentForMs(meshletDid) < CATCH_UP_MS,
      ),
    )
  }

  #suspicions(): readonly StoredRecord<SuspicionRecord>[] {
    const { view, self, peers } = this.#options
    const rkey = recordKeyFor(self)
    return [...new Set(peers())]
      .map((peer) => view.get<SuspicionRecord>(peer, COLLECTION.suspicion, rkey))
      .filter((stored) => stored?.value.suspect === self)
      .filter((stored) => stored !== undefined)
  }

  /** Workloads that this machine offers to run. */
  #offers(): readonly string[] {
    return this.#options.own
      .list<BidRecord>(COLLECTION.bid)
      .filter(([, bid]) => isOffer(bid))
      .map(([, bid]) => bid.workload)
  }

  #isUnread(uri: string): boolean {
    const owner = parseWorkloadUri(uri)?.owner
    return owner !== undefined && this.#options.view.repoState(owner) === 'unknown'
  }

  #isReplaced({ placement }: BidCall): boolean {
    const { view, self } = this.#options
    const running = new Map(
      placement.candidates.map(({ meshletDid }) => {
        const status = statusOf(view, meshletDid, placement.uri)
        const isCurrent = status?.placementKey === placement.placementKey
        return [meshletDid, isCurrent ? runningReplicas(status) : 0]
      }),
    )
    return replacedBy(placement.selectInput, self, running).length > 0
  }

  /** All of them or none: the new epoch makes all bids count again. */
  #moveReplaced(calls: readonly BidCall[]): number | undefined {
    const { settings, decide, write } = this.#options
    if (calls.length === 0) return undefined
    // One that was taken for another reason and not published yet will do.
    const epoch = Math.max(settings.epoch ?? 1, this.#publishedEpoch() + 1)
    const decisions = calls.map((call) => [call.placement, decide(call, epoch)] as const)
    const waits = decisions.flatMap(([, decision]) =>
      decision.kind === 'wait' ? [decision.againInMs] : [],
    )
    if (waits.length > 0) return Math.max(50, ...waits)
    settings.saveEpoch(epoch)
    for (const [placement, decision] of decisions) write(placement, decision)
    this.#tell(
      epoch,
      decisions.map(([{ uri }]) => uri),
    )
    return undefined
  }

  #tell(epoch: number, workloads: readonly string[]): void {
    const told = `${epoch} ${workloads.join()}`
    if (told === this.#told) return
    this.#told = told
    const reason = 'others run what this machine was chosen for'
    const fields = { epoch, reason, workloads }
    this.#options.log.warn('replaced while it was down; bidding again in a later round', fields)
  }
}
