import type { Candidate } from '../cluster/membership.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { Did, MeshletStatusRecord, SuspicionRecord } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { VersionedView } from '../ports/records.ts'
import { sooner } from '../reconcile/outcome.ts'
import { contactOf, type Contact } from '../selection/contact.ts'
import { downSet } from '../selection/down-set.ts'
import { electorateOf, type Electorate } from '../selection/electorate.ts'
import {
  patienceAfterAnswer,
  patienceAfterHearing,
  type LivenessProfile,
  type Patience,
} from '../selection/liveness.ts'
import { suspectDecision, type OwnSuspicion, type PeerLife } from '../selection/suspect-decision.ts'
import {
  isVoid,
  observeSuspicions,
  standingVotes,
  suspicionsInForce,
  type Suspicion,
  type SuspicionMemory,
} from '../selection/suspicions.ts'
import type { Heartbeats } from './heartbeats.ts'
import type { OwnRecords } from './own-records.ts'

export interface LivenessWatchOptions {
  readonly self: Did
  readonly view: VersionedView
  readonly own: OwnRecords
  readonly heartbeats: Heartbeats
  readonly clock: Clock
  readonly log: Log
  readonly profile: LivenessProfile
  /** The candidate sets that this machine is in, of all owners; those that are the same once. */
  readonly candidateSets: () => readonly (readonly Candidate[])[]
}

const NOBODY: ReadonlySet<Did> = new Set()

/** Writes and clears this meshlet's suspicions, and says who is down by everybody's. */
export class LivenessWatch {
  readonly #options: LivenessWatchOptions
  readonly #startedAtMs: number
  readonly #writtenAtMs = new Map<Did, number>()
  readonly #answeredAtMs = new Map<Did, number>()
  readonly #inForce = new WeakMap<
    readonly Candidate[],
    { readonly version: number; readonly suspicions: readonly Suspicion[] }
  >()
  #patience: Patience = new Map()
  #memory: SuspicionMemory = new Map()

  constructor(options: LivenessWatchOptions) {
    this.#options = options
    this.#startedAtMs = options.clock.monotonicMs()
  }

  /** Looks at all peers once; says when to look again. */
  look(): { readonly againInMs: number | undefined } {
    const candidateSets = this.#options.candidateSets()
    const electorates = candidateSets.map((candidates) => electorateOf(candidates))
    this.#learnAnswers(this.#ownSuspicions())
    const peers = this.#peersOf(electorates)
    const own = this.#ownSuspicions()
    const decision = suspectDecision({
      self: this.#options.self,
      electorates,
      peers,
      own,
      profile: this.#options.profile,
      patience: this.#patience,
      down: new Set(candidateSets.flatMap((candidates) => [...this.downOf(candidates)])),
      startedAtMs: this.#startedAtMs,
      now: this.#options.clock.monotonicMs(),
    })
    for (const { did, epoch, silentForMs } of decision.suspect)
      this.#suspect(did, epoch, silentForMs)
    for (const did of decision.clear) this.#clear(did)
    return { againInMs: sooner(decision.againInMs, this.#remember(peers)) }
  }

  /**
   * Who of these candidates is down, by the suspicions that have stood for long enough. Of a workload
   * that must never run twice, one of two votes is not enough.
   */
  downOf(candidates: readonly Candidate[], atMostOne = false): ReadonlySet<Did> {
    const inForce = this.#inForceAmong(candidates)
    if (inForce.length === 0) return NOBODY
    const { votes } = standingVotes(this.#memory, inForce, this.#patienceOfReaders())
    return downSet({ electorate: electorateOf(candidates), votes, atMostOne })
  }

  /** Whether anybody suspects any of them, however lately. */
  isAnySuspected(candidates: readonly Candidate[]): boolean {
    return this.#inForceAmong(candidates).length > 0
  }

  /** The same as long as the records are. */
  #inForceAmong(candidates: readonly Candidate[]): readonly Suspicion[] {
    const { view } = this.#options
    const version = view.version()
    const before = this.#inForce.get(candidates)
    if (before?.version === version) return before.suspicions
    const dids = candidates.map(({ meshletDid }) => meshletDid)
    const suspicions = suspicionsInForce(view, dids)
    this.#inForce.set(candidates, { version, suspicions })
    return suspicions
  }

  /** Whether this machine is in touch with these candidates. */
  contactWith(candidates: readonly Candidate[], down: ReadonlySet<Did>): Contact {
    const { self, heartbeats, clock, profile, view } = this.#options
    const hasAddress = (did: Did) =>
      view.get<MeshletStatusRecord>(did, COLLECTION.meshletStatus, 'self')?.value.endpoint !==
      undefined
    return contactOf({
      self,
      electorate: electorateOf(candidates),
      down,
      canCall: (did) => hasAddress(self) || hasAddress(did),
      acknowledgedMs: (did) => heartbeats.acknowledgedMs(did),
      startedMs: this.#startedAtMs,
      fenceMs: profile.fenceMs,
      now: clock.monotonicMs(),
    })
  }

  /** First sight of every suspicion among the peers; says when the next has stood long enough. */
  #remember(peers: ReadonlyMap<Did, PeerLife>): number | undefined {
    const inForce = suspicionsInForce(this.#options.view, [this.#options.self, ...peers.keys()])
    const time = this.#patienceOfReaders()
    this.#memory = observeSuspicions(this.#memory, inForce, time.now)
    return standingVotes(this.#memory, inForce, time).againInMs
  }

  #patienceOfReaders(): { now: number; answerMs: number } {
    const { clock, profile } = this.#options
    return { now: clock.monotonicMs(), answerMs: profile.answerMs }
  }

  #peersOf(electorates: readonly Electorate[]): ReadonlyMap<Did, PeerLife> {
    const { self, view, heartbeats } = this.#options
    const peers = new Map<Did, PeerLife>()
    for (const did of electorates.flat().flatMap(({ meshlets }) => meshlets)) {
      if (did === self || peers.has(did)) continue
      const status = view.get<MeshletStatusRecord>(did, COLLECTION.meshletStatus, 'self')?.value
      peers.set(did, {
        epoch: status?.epoch ?? 0,
        lastHeardMs: heartbeats.lastHeardMs(did),
        lastAnsweredMs: this.#answeredAtMs.get(did),
      })
      if (this.#patience.has(did))
        this.#patience = patienceAfterHearing(this.#patience, did, heartbeats.heardForMs(did))
    }
    return peers
  }

  #ownSuspicions(): ReadonlyMap<Did, OwnSuspicion> {
    const { own, view } = this.#options
    const suspicions = new Map<Did, OwnSuspicion>()
    for (const [rkey, value] of own.list<SuspicionRecord>(COLLECTION.suspicion)) {
      const { suspect } = value
      const status = view.get<MeshletStatusRecord>(suspect, COLLECTION.meshletStatus, 'self')?.value
      const cid = own.get(COLLECTION.suspicion, rkey)?.cid
      suspicions.set(suspect, {
        epoch: value.epoch,
        writtenAtMs: this.#writtenAtMs.get(suspect) ?? this.#startedAtMs,
        isVoid: cid !== undefined && isVoid({ cid, epoch: value.epoch }, status),
        hasStood: this.#hasStood(suspect),
      })
    }
    return suspicions
  }

  /** One of an earlier run of this program counts as acted on. */
  #hasStood(suspect: Did): boolean {
    const { clock, profile } = this.#options
    const writtenAtMs = this.#writtenAtMs.get(suspect)
    return writtenAtMs === undefined || clock.monotonicMs() - writtenAtMs >= profile.answerMs
  }

  /** Who answers by record alone lives, and is given twice the time before the next challenge. */
  #learnAnswers(own: ReadonlyMap<Did, OwnSuspicion>): void {
    const { profile, clock, log, heartbeats } = this.#options
    for (const [did, { isVoid: answered, writtenAtMs }] of own) {
      if (!answered) continue
      this.#clear(did)
      this.#answeredAtMs.set(did, clock.monotonicMs())
      // Who is heard as well was away, and is back.
      if ((heartbeats.lastHeardMs(did) ?? 0) > writtenAtMs) continue
      this.#patience = patienceAfterAnswer(this.#patience, did, profile)
      log.info('a silent peer answered; it is given more time', { peer: did })
    }
  }

  #suspect(did: Did, epoch: number, silentForMs: number): void {
    const { own, clock, log } = this.#options
    const wallMs = clock.wallMs()
    log.warn('a peer is silent; challenging it by record', {
      peer: did,
      silentMs: Math.round(silentForMs),
      reason: 'nothing was heard of it for longer than the profile allows',
    })
    const suspicion: SuspicionRecord = {
      $type: COLLECTION.suspicion,
      suspect: did,
      epoch,
      since: isoTime(wallMs - silentForMs),
      createdAt: isoTime(wallMs),
    }
    this.#writtenAtMs.set(did, clock.monotonicMs())
    own.put(COLLECTION.suspicion, recordKeyFor(did), suspicion, 'now')
  }

  #clear(did: Did): void {
    this.#writtenAtMs.delete(did)
    this.#options.own.delete(COLLECTION.suspicion, recordKeyFor(did), 'now')
  }
}

function isoTime(ms: number): SuspicionRecord['createdAt'] {
  return new Date(ms).toISOString() as SuspicionRecord['createdAt']
}
