import { messageOf } from '../model/errors.ts'
import type { Did, Grant, Hint, Lease } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { HeartbeatInput, HeartbeatOutput, Peers } from '../ports/peers.ts'
import type { AddressedHint } from './audience.ts'

export interface Peer {
  readonly did: Did
  /** Where it answers; undefined behind NAT: then it has to call us. */
  readonly endpoint: string | undefined
}

/** What heartbeats carry for those who hold leases and those who grant them. */
export interface LeaseTalk {
  /** What this machine asks of the peer as a witness. */
  asksOf(witness: Did): readonly Lease[]
  /** A witness answered. */
  learn(witness: Did, grants: readonly Grant[]): void
  /** Answers what a peer asked of this machine. */
  answer(asker: Did, asks: readonly Lease[]): readonly Grant[]
}

export interface HeartbeatsOptions {
  readonly self: Did
  readonly peers: Peers
  readonly clock: Clock
  readonly log: Log
  /** Time between two calls to the same peer, milliseconds. */
  readonly intervalMs: number
  /** Whom to call, at this moment. */
  readonly peersNow: () => readonly Peer[]
  /** One whom it may be worth calling although it is not among them; undefined when it is unknown. */
  readonly peerOf: (did: Did) => Peer | undefined
  /** Whether somebody's repo bears on anything here; who was heard is forgotten of all others. */
  readonly isFollowed: (did: Did) => boolean
  readonly epoch: () => number
  /** Somebody says that a repo moved on. */
  readonly onHint: (hint: Hint) => void
  /** What passes between holders and witnesses of leases. */
  readonly leases: LeaseTalk
  /** A peer was heard for the first time, or again after silence. */
  readonly onHeard: (did: Did) => void
}

/** Entries of `heard` and `hints` in one call; the lexicon's limits. */
const HEARD_MAX = 256
const HINTS_MAX = 64
const LEASES_MAX = 256
/** Of those who are to hear of one record no more are told; the others learn it by the stream. */
const TOLD_MAX = 128
/**
 * Of more, each call and each answer passes on the next so many. In a commune in which nobody calls all,
 * two machines have dozens of acquaintances in common, each of whom speaks to either every interval: that
 * all of them pass one over is as unlikely as it needs to be.
 */
const RELAYED_MAX = 64
/** Time for one call. */
const TIMEOUT_MS = 3_000

type Heard = NonNullable<HeartbeatInput['heard']>[number]

/** What a call carries beside the beat itself. */
interface Carried {
  /** Whom this machine heard, as of this moment: the same for all who are called now. */
  readonly heard: Heard[]
  readonly hints?: readonly Hint[]
  readonly grants?: readonly Grant[]
}

interface Hearing {
  /** On the local monotonic clock. */
  directMs: number
  anyMs: number
  /** Since when it has been heard without a gap. */
  sinceMs: number
  epoch: number
}

/**
 * Calls every peer that has an address, from time to time, and remembers who was heard when. A call
 * proves life in both directions, and passes on whom the caller has heard of lately.
 */
export class Heartbeats implements AsyncDisposable {
  readonly #options: HeartbeatsOptions
  readonly #heard = new Map<Did, Hearing>()
  /** Those of them who were heard without anybody between. */
  readonly #heardDirectly = new Map<Did, Hearing>()
  /** Where among these the next call begins to pass on. */
  #nextRelayed = 0
  readonly #acknowledged = new Map<Did, number>()
  readonly #calls = new Set<Promise<void>>()
  /** What ends the calls that are under way. */
  readonly #open = new Set<AbortController>()
  readonly #stop = new AbortController()
  readonly #startedMs: number
  #cancelTick: (() => void) | undefined
  #hints: AddressedHint[] = []
  #cancelHints: (() => void) | undefined

  constructor(options: HeartbeatsOptions) {
    this.#options = options
    this.#startedMs = options.clock.monotonicMs()
  }

  start(): void {
    this.#tick()
  }

  /**
   * Tells these, or everybody who is called anyway, soon that a repo moved on. Several hints of one
   * moment travel together.
   */
  hint(hint: Hint, to?: readonly Did[]): void {
    this.#hints.push({ hint, to: to?.slice(0, TOLD_MAX) })
    this.#cancelHints ??= this.#options.clock.schedule(1, () => this.#sendHints())
  }

  /** Calls these peers now, those of them that have an address. */
  callNow(dids: readonly Did[]): void {
    const heard = this.#relayable()
    for (const peer of this.#known(new Set(dids))) this.#call(peer, { heard })
  }

  #sendHints(): void {
    this.#cancelHints = undefined
    const all = this.#hints
    this.#hints = []
    const isForAll = all.some(({ to }) => to === undefined)
    const called = isForAll ? this.#options.peersNow() : []
    const isCalled = new Set(called.map(({ did }) => did))
    const named = new Set(all.flatMap(({ to = [] }) => to).filter((did) => !isCalled.has(did)))
    const heard = this.#relayable()
    for (const peer of [...called, ...this.#known(named)]) {
      const isFor = ({ to }: AddressedHint) =>
        to === undefined ? isCalled.has(peer.did) : to.includes(peer.did)
      const hints = all.filter(isFor).map(({ hint }) => hint)
      for (let from = 0; from < hints.length; from += HINTS_MAX)
        this.#call(peer, { heard, hints: hints.slice(from, from + HINTS_MAX) })
    }
  }

  #known(dids: ReadonlySet<Did>): readonly Peer[] {
    return [...dids].flatMap((did) => this.#options.peerOf(did) ?? [])
  }

  /** Answers a call. The caller has proved who it is. */
  receive(from: Did, body: HeartbeatInput): HeartbeatOutput {
    if (body.epoch !== undefined) this.#learn(from, body.epoch)
    this.#learnRelayed(body.heard ?? [])
    this.#learnOwn(from, body.heard ?? [])
    for (const hint of (body.hints ?? []).slice(0, HINTS_MAX)) this.#options.onHint(hint)
    const { leases } = this.#options
    leases.learn(from, body.grants ?? [])
    const grants = leases.answer(from, body.leases ?? [])
    const asks = leases.asksOf(from).slice(0, LEASES_MAX)
    const now = new Date(this.#options.clock.wallMs()).toISOString()
    return {
      ...(grants.length > 0 ? { grants: [...grants] } : {}),
      ...(asks.length > 0 ? { leases: [...asks] } : {}),
      epoch: this.#options.epoch(),
      now: now as HeartbeatOutput['now'],
      heard: this.#relayable(),
    }
  }

  /** When it was last heard, directly or through others, on the monotonic clock; undefined: never. */
  lastHeardMs(did: Did): number | undefined {
    return this.#heard.get(did)?.anyMs
  }

  /** For how long it has been heard without a gap, milliseconds. */
  heardForMs(did: Did): number {
    const heard = this.#heard.get(did)
    return heard ? heard.anyMs - heard.sinceMs : 0
  }

  /**
   * When the newest of our heartbeats was sent that the peer is known to have received, on the
   * monotonic clock; undefined: none.
   */
  acknowledgedMs(did: Did): number | undefined {
    return this.#acknowledged.get(did)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('shutting down'))
    for (const end of this.#open) end.abort(this.#stop.signal.reason)
    this.#cancelTick?.()
    this.#cancelHints?.()
    await Promise.allSettled(this.#calls)
  }

  #tick(): void {
    if (this.#stop.signal.aborted) return
    this.#forgetStrangers()
    this.#forgetChanceCallers()
    const heard = this.#relayable()
    for (const peer of this.#options.peersNow()) this.#call(peer, { heard })
    this.#cancelTick = this.#options.clock.schedule(this.#options.intervalMs, () => this.#tick())
  }

  #call(peer: Peer, carried: Carried): void {
    if (peer.endpoint === undefined || this.#stop.signal.aborted) return
    const call = this.#callOnce({ did: peer.did, endpoint: peer.endpoint }, carried)
    this.#calls.add(call)
    void call.finally(() => this.#calls.delete(call))
  }

  async #callOnce(
    peer: { did: Did; endpoint: string },
    { heard, hints = [], grants = [] }: Carried,
  ): Promise<void> {
    const asks = this.#options.leases.asksOf(peer.did).slice(0, LEASES_MAX)
    const sentMs = this.#options.clock.monotonicMs()
    const body: HeartbeatInput = {
      epoch: this.#options.epoch(),
      sentAt: new Date(this.#options.clock.wallMs()).toISOString() as NonNullable<
        HeartbeatInput['sentAt']
      >,
      heard: this.#toldTo(peer.did, heard),
      ...(hints.length > 0 ? { hints: [...hints] } : {}),
      ...(asks.length > 0 ? { leases: [...asks] } : {}),
      ...(grants.length > 0 ? { grants: [...grants] } : {}),
    }
    const end = new AbortController()
    this.#open.add(end)
    const cancel = this.#options.clock.schedule(TIMEOUT_MS, () => end.abort(new Error('no answer')))
    try {
      const answer = await this.#options.peers.heartbeat(peer, body, end.signal)
      this.#learn(peer.did, answer.epoch)
      this.#acknowledge(peer.did, sentMs)
      this.#learnRelayed(answer.heard ?? [])
      for (const hint of answer.hints ?? []) this.#options.onHint(hint)
      this.#options.leases.learn(peer.did, answer.grants ?? [])
      // Who can't call us asks in her answer, and gets ours with a call of its own; but only once.
      if (grants.length === 0) this.#grant(peer, answer.leases ?? [])
    } catch (error) {
      if (this.#stop.signal.aborted) return
      this.#options.log.debug('no heartbeat', { peer: peer.did, error: messageOf(error) })
    } finally {
      cancel()
      this.#open.delete(end)
    }
  }

  #grant(peer: Peer, asks: readonly Lease[]): void {
    const grants = this.#options.leases.answer(peer.did, asks)
    if (grants.length > 0) this.#call(peer, { heard: this.#relayable(), grants })
  }

  /** Somebody whom we can't call tells in her own call when she heard us. */
  #learnOwn(from: Did, heard: readonly Heard[]): void {
    const { self } = this.#options
    const own = heard.slice(0, HEARD_MAX).find(({ did }) => did === self)
    if (own) this.#acknowledge(from, this.#options.clock.monotonicMs() - own.agoMs)
  }

  #acknowledge(did: Did, sentMs: number): void {
    const known = this.#acknowledged.get(did) ?? Number.NEGATIVE_INFINITY
    if (sentMs >= this.#startedMs) this.#acknowledged.set(did, Math.max(known, sentMs))
  }

  #learn(did: Did, epoch: number): void {
    const nowMs = this.#options.clock.monotonicMs()
    const before = this.#heard.get(did)
    const wasSilent = !before || this.#isGap(before.anyMs, nowMs)
    const isNews = wasSilent || before.epoch !== epoch
    const sinceMs = wasSilent ? nowMs : before.sinceMs
    const hearing = before ?? { directMs: nowMs, anyMs: nowMs, sinceMs, epoch }
    if (before) {
      before.directMs = nowMs
      before.anyMs = nowMs
      before.sinceMs = sinceMs
      before.epoch = epoch
    }
    this.#heard.set(did, hearing)
    this.#heardDirectly.set(did, hearing)
    if (isNews) this.#options.onHeard(did)
  }

  /** Most of what is passed on is no news: in a large commune it is most of what this program does. */
  #learnRelayed(heard: readonly Heard[]): void {
    const nowMs = this.#options.clock.monotonicMs()
    for (const { did, agoMs, epoch = 0 } of heard.slice(0, HEARD_MAX)) {
      const known = this.#heard.get(did)
      const atMs = Math.max(nowMs - agoMs, this.#startedMs)
      if (known && known.anyMs >= atMs) continue
      if (!this.#options.isFollowed(did)) continue
      if (known) {
        if (this.#isGap(known.anyMs, atMs)) known.sinceMs = atMs
        known.anyMs = atMs
        known.epoch = Math.max(known.epoch, epoch)
        continue
      }
      const directMs = Number.NEGATIVE_INFINITY
      this.#heard.set(did, { directMs, anyMs: atMs, sinceMs: atMs, epoch })
      this.#options.onHeard(did)
    }
  }

  #forgetStrangers(): void {
    for (const known of [this.#heard, this.#heardDirectly, this.#acknowledged])
      for (const did of known.keys()) if (!this.#options.isFollowed(did)) known.delete(did)
  }

  /** Who called for once, to tell of a record, is soon no news, and would crowd out those who are. */
  #forgetChanceCallers(): void {
    const nowMs = this.#options.clock.monotonicMs()
    for (const [did, { directMs }] of this.#heardDirectly)
      if (this.#isGap(directMs, nowMs)) this.#heardDirectly.delete(did)
  }

  #isGap(beforeMs: number, afterMs: number): boolean {
    return afterMs - beforeMs > 3 * this.#options.intervalMs
  }

  /** Whom we heard ourselves; in turn where these are many. */
  #relayable(): Heard[] {
    const nowMs = this.#options.clock.monotonicMs()
    const all = [...this.#heardDirectly]
    const from = this.#nextRelayed < all.length ? this.#nextRelayed : 0
    this.#nextRelayed = from + RELAYED_MAX
    const chosen = all.slice(from, this.#nextRelayed)
    if (all.length > RELAYED_MAX) chosen.push(...all.slice(0, RELAYED_MAX - chosen.length))
    return chosen.map(([did, hearing]) => toHeard(did, hearing, nowMs))
  }

  /** What this machine tells a peer whom it calls: also when it heard the peer itself. */
  #toldTo(peer: Did, heard: Heard[]): Heard[] {
    if (heard.length < RELAYED_MAX || heard.some(({ did }) => did === peer)) return heard
    const hearing = this.#heardDirectly.get(peer)
    if (!hearing) return heard
    return [toHeard(peer, hearing, this.#options.clock.monotonicMs()), ...heard]
  }
}

function toHeard(did: Did, { directMs, epoch }: Hearing, nowMs: number): Heard {
  return { did, agoMs: Math.max(0, Math.round(nowMs - directMs)), epoch }
}
