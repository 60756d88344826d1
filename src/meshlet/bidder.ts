import type { Verdict } from '../cluster/verdict.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { BidRecord } from '../model/records.ts'
import { requestOf } from '../model/request.ts'
import type { Clock } from '../ports/clock.ts'
import type { EngineContainer } from '../ports/engine.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { RecordView } from '../ports/records.ts'
import { sooner } from '../reconcile/outcome.ts'
import { isOffer } from '../selection/bids.ts'
import {
  decideBid,
  type BidDecision,
  type BidDraft,
  type BidInput,
} from '../selection/decide-bid.ts'
import { reservedSlots, slotsIn, within } from '../selection/room.ts'
import type { FairShare } from '../selection/score.ts'
import { slotsWaitedFor } from '../selection/waiting-line.ts'
import type { MeshletConfig } from './config.ts'
import { isInNotice } from './desire.ts'
import { expectsToWin } from './expects-to-win.ts'
import type { HouseRules } from './house-rules.ts'
import { givesWayTo } from './giving-way.ts'
import type { Placement } from './observe.ts'
import type { MachineFacts } from './machine-facts.ts'
import type { Obstacles } from './obstacles.ts'
import type { OwnRecords } from './own-records.ts'
import type { Reservations } from './reservations.ts'
import type { WaitingRoom } from './waiting-room.ts'
import type { WorkloadMemory } from './workload-memory.ts'

/** How soon it is looked again whether the repos of all others have been read, and the walls tried. */
const BLIND_MS = 1_000

export interface BidderOptions {
  readonly config: MeshletConfig
  readonly view: RecordView
  readonly own: OwnRecords
  readonly obstacles: Obstacles
  readonly facts: MachineFacts
  readonly houseRules: HouseRules
  readonly reservations: Reservations
  readonly waiting: WaitingRoom
  /** Where another workload stands now; undefined when there is no such workload. */
  readonly callOf: (uri: string) => BidCall | undefined
  readonly fairShare: FairShare
  readonly epoch: () => number
  readonly clock: Clock
  readonly metrics: Metrics
}

export interface BidCall {
  readonly placement: Placement
  readonly memory: WorkloadMemory
  readonly containers: readonly EngineContainer[]
  readonly now: number
  readonly log: Log
}

/** Decides and writes this machine's bids. */
export class Bidder {
  readonly #options: BidderOptions

  constructor(options: BidderOptions) {
    this.#options = options
  }

  /** Writes, changes or takes back the bid if need be; says when to look again. */
  bid(call: BidCall): number | undefined {
    const { own, reservations } = this.#options
    const { placement } = call
    const rkey = recordKeyFor(placement.uri)
    const acknowledged = own.get<BidRecord>(COLLECTION.bid, rkey)
    const request = requestOf(placement.record.value)
    // While a bid is on its way nothing else is decided: it counts when the PDS has acknowledged it.
    if (this.underWay(placement.uri) !== 'nothing') {
      const wanted = own.wanted<BidRecord>(COLLECTION.bid, rkey)
      reservations.noteBid(placement.uri, wanted?.slots ?? 0, request)
      return undefined
    }
    if (this.#isBlind(placement, acknowledged?.value)) return BLIND_MS
    if (this.#awaitsTrial(placement, acknowledged?.value)) return BLIND_MS
    const { input, againInMs } = this.#takeTurn(call)
    const decision = decideBid(input)
    this.#note(call, decision)
    this.write(placement, decision)
    if (decision.kind === 'offer') this.#options.waiting.leave(placement.uri)
    if ('bid' in decision && input.givesWayTo) call.memory.gaveWayUnder = placement.placementKey
    if (this.underWay(placement.uri) === 'nothing')
      reservations.noteBid(placement.uri, this.#reserved(call, acknowledged?.value), request)
    return sooner(againInMs, decision.kind === 'wait' ? decision.againInMs : undefined)
  }

  /** The workload is gone, and with it all that was offered and kept for it. */
  forget(uri: string): void {
    const { own, reservations, waiting } = this.#options
    own.delete(COLLECTION.bid, recordKeyFor(uri), 'soon')
    reservations.releaseBid(uri)
    waiting.leave(uri)
  }

  /** What the bid should become, given that somebody else took over while this machine was down. */
  decideReplaced(call: BidCall, epoch: number): BidDecision {
    const { own } = this.#options
    const wanted = own.wanted<BidRecord>(COLLECTION.bid, recordKeyFor(call.placement.uri))
    // One of this very epoch was decided here before, and may be decided anew until it is acknowledged.
    if (this.underWay(call.placement.uri) !== 'nothing' && wanted?.epoch !== epoch)
      return { kind: 'wait', againInMs: 100, why: 'a bid is on its way' }
    const input = this.#input(call)
    return decideBid({ ...input, self: { ...input.self, epoch }, isReplaced: true })
  }

  /** Wants the records that follow from a decision. */
  write({ uri, record }: Placement, decision: BidDecision): void {
    const { own, reservations } = this.#options
    const rkey = recordKeyFor(uri)
    if (decision.kind === 'withdraw') own.delete(COLLECTION.bid, rkey, 'now')
    if (!('bid' in decision)) return
    own.put(COLLECTION.bid, rkey, this.#record(decision.bid), 'now')
    const slots = own.wanted<BidRecord>(COLLECTION.bid, rkey)?.slots ?? 0
    reservations.noteBid(uri, slots, requestOf(record.value))
  }

  /** This machine is to be empty, whatever is known of the workload: it offers nothing any more. */
  giveUp(uri: string): void {
    const { own } = this.#options
    const wanted = own.wanted<BidRecord>(COLLECTION.bid, recordKeyFor(uri))
    if (wanted && isOffer(wanted)) this.forget(uri)
  }

  /** For how many replicas there is room beside what is held for other workloads. */
  fits({ uri, record }: Placement): number {
    return slotsIn(this.#options.reservations.roomToKeep(uri), requestOf(record.value))
  }

  /**
   * Whether a new bid is on its way, and whether that one still offers to run the workload: until it
   * is acknowledged nothing new is started on the strength of the old one.
   */
  underWay(uri: string): 'nothing' | 'offer' | 'withdrawal' {
    const { own } = this.#options
    const rkey = recordKeyFor(uri)
    const wanted = own.wanted<BidRecord>(COLLECTION.bid, rkey)
    if (wanted === own.get<BidRecord>(COLLECTION.bid, rkey)?.value) return 'nothing'
    return wanted && isOffer(wanted) ? 'offer' : 'withdrawal'
  }

  /**
   * Whether this machine offers to run a workload that nobody ran before, in a round that is still open,
   * and will probably be chosen.
   */
  expectsToWin(placement: Placement, memory: WorkloadMemory): boolean {
    const { config, own, view, fairShare } = this.#options
    const wanted = own.wanted<BidRecord>(COLLECTION.bid, recordKeyFor(placement.uri))
    if (!wanted || !isOffer(wanted)) return false
    return expectsToWin({ self: config.did, bid: wanted, placement, memory, view, fairShare })
  }

  /**
   * Who has not read yet what others have bid would bid as if it were the first, and push out whom it
   * does not know of.
   */
  #isBlind({ unread }: Placement, own: BidRecord | undefined): boolean {
    return unread.length > 0 && own === undefined
  }

  /** What was offered before this program started stands until the walls are tried; nothing is added. */
  #awaitsTrial(placement: Placement, own: BidRecord | undefined): boolean {
    return !(own && isOffer(own)) && this.#options.obstacles.awaitsTrial(placement)
  }

  #reserved({ placement }: BidCall, own: BidRecord | undefined): number {
    if (!own) return 0
    const { placementKey, choice, rounds } = placement
    const selfMeshlet = this.#options.config.did
    const { decidedThrough } = rounds
    return reservedSlots({ selfMeshlet, own, placementKey, decidedThrough, choice })
  }

  #record(bid: BidDraft): BidRecord {
    const createdAt = new Date(this.#options.clock.wallMs()).toISOString() as BidRecord['createdAt']
    return { $type: COLLECTION.bid, ...bid, createdAt }
  }

  /** Takes its place in the line for room, or leaves it; says when what is kept from it may end. */
  #takeTurn(call: BidCall): { readonly input: BidInput; readonly againInMs: number | undefined } {
    const { waiting, reservations, callOf } = this.#options
    const { uri, ownerDid, record } = call.placement
    const input = this.#input(call)
    const request = requestOf(record.value)
    const slots = slotsWaitedFor(input)
    const priority = record.value.priority ?? 0
    if (slots > 0) waiting.enter({ uri, ownerDid, priority, request, slots })
    else waiting.leave(uri)
    const { room, keptFor, againInMs } = waiting.roomFor(uri, input.room, request)
    const free = reservations.freeBeside(undefined)
    return {
      input: {
        ...input,
        roomInLine: room,
        keptFor: keptFor?.uri,
        givesWayTo: givesWayTo({ call, input, line: waiting.line, free, callOf }),
      },
      againInMs,
    }
  }

  #input(call: BidCall): BidInput {
    const { config, own, obstacles, houseRules, facts, reservations, fairShare } = this.#options
    const { placement, memory, containers, now } = call
    const limit = houseRules.limitOf(placement.uri, placement.ownerDid)
    const free = within(reservations.freeBeside(placement.uri), limit?.amount ?? {})
    return {
      self: {
        meshletDid: config.did,
        ownerDid: config.ownerDid,
        epoch: this.#options.epoch(),
        labels: facts.labels(),
      },
      uri: placement.uri,
      workload: placement.record.value,
      placementKey: placement.placementKey,
      specHash: placement.specHash,
      replicas: placement.replicas,
      windowMs: placement.windowMs,
      membership: this.#membership(call),
      obstacles: obstacles.of(placement, memory),
      own: own.get<BidRecord>(COLLECTION.bid, recordKeyFor(placement.uri)),
      runsHere: containers.some(({ state }) => state === 'running'),
      capacity: facts.capacity(),
      room: free,
      roomInLine: free,
      roomToKeep: within(reservations.roomToKeep(placement.uri), limit?.amount ?? {}),
      limit,
      fairShare,
      rounds: placement.rounds,
      choice: placement.choice,
      prospect: placement.prospect,
      invited: placement.invited.includes(config.did),
      now,
    }
  }

  /** A positive no takes the bid back only when the notice is over. */
  #membership({ placement, memory, now }: BidCall): Verdict {
    const { membership } = placement
    if (membership !== 'no' || !isInNotice(memory.notCandidateSinceMs, now)) return membership
    return 'unknown'
  }

  #note({ memory, log }: BidCall, decision: BidDecision): void {
    const note = `${decision.kind}: ${decision.why}`
    if (note === memory.lastBidNote) return
    memory.lastBidNote = note
    const fields = { decision: decision.kind, reason: decision.why }
    this.#options.metrics.count('decisions', { kind: decision.kind })
    if (decision.kind === 'keep' || decision.kind === 'wait') log.debug('bid', fields)
    else log.info('bid', fields)
  }
}
