import type { BidRecord, Did, WorkloadRecord } from '../../src/model/records.ts'
import type { CountedBid } from '../../src/selection/bids.ts'
import { decideBid, slotsWanted } from '../../src/selection/decide-bid.ts'
import { holdsGround } from '../../src/selection/displacement.ts'
import { invited } from '../../src/selection/invitation.ts'
import {
  decision,
  observeBids,
  openRounds,
  settleRounds,
  shortWindows,
  type Rounds,
} from '../../src/selection/rounds.ts'
import { NO_FAIR_SHARE } from '../../src/selection/score.ts'
import { select, slotsOf, type Choice, type SelectInput } from '../../src/selection/select.ts'
import { did } from './memory-view.ts'
import { cidOf, KEY } from './sample-bids.ts'

const TICK_MS = 500
const MIB = 1024 ** 2

export interface BiddingOptions {
  readonly replicas: number
  readonly windowMs: number
  /** Room of each meshlet, in slots, and when it first sees the workload. */
  readonly meshlets: readonly { readonly slots: number; readonly joinsAtMs: number }[]
  /** Delay of the next record on its way to one reader. */
  readonly nextDelayMs: () => number
  readonly untilMs: number
}

export interface BiddingResult {
  /** The choice as each meshlet sees it at the end. */
  readonly choices: readonly Choice[]
  /** Replicas that run on each meshlet at the end. */
  readonly running: readonly number[]
  /** Replicas that were stopped. */
  readonly stops: number
  readonly writes: number
  /** Writes in the last quarter of the time. */
  readonly lateWrites: number
}

interface Mind {
  readonly self: Did
  readonly owner: Did
  readonly slots: number
  readonly joinsAtMs: number
  readonly clockOffsetMs: number
  readonly bids: Map<Did, CountedBid>
  readonly seenRunning: Map<Did, number>
  rounds: Rounds | undefined
  running: number
  surplusSinceMs: number | undefined
  pendingWrite: boolean
}

interface Delivery {
  readonly atMs: number
  readonly order: number
  readonly apply: () => void
}

/** Several meshlets that bid for one workload and learn of each other by delayed records only. */
export function runBidding(options: BiddingOptions): BiddingResult {
  const deliveries: Delivery[] = []
  const latest = new Map<string, number>()
  const minds = options.meshlets.map(({ slots, joinsAtMs }, i): Mind => ({
    self: did(`m${i}`),
    owner: did(`owner${i}`),
    slots,
    joinsAtMs,
    clockOffsetMs: i * 3_600_000,
    bids: new Map(),
    seenRunning: new Map(),
    rounds: undefined,
    running: 0,
    surplusSinceMs: undefined,
    pendingWrite: false,
  }))
  let writes = 0
  let lateWrites = 0
  let stops = 0
  let order = 0

  /** Records of one repo reach one reader in their order. */
  function deliver(now: number, from: Did, to: Did, apply: () => void): void {
    const path = `${from} ${to}`
    const atMs = Math.max(now + options.nextDelayMs(), latest.get(path) ?? 0)
    latest.set(path, atMs)
    deliveries.push({ atMs, order: order++, apply })
  }

  function publish(now: number, mind: Mind, record: BidRecord): void {
    writes++
    if (now > options.untilMs * 0.75) lateWrites++
    mind.pendingWrite = true
    const bid: CountedBid = {
      meshletDid: mind.self,
      ownerDid: mind.owner,
      cid: cidOf(mind.self, record),
      value: record,
    }
    deliver(now, mind.self, mind.self, () => {
      mind.bids.set(mind.self, bid)
      mind.pendingWrite = false
    })
    const ackMs = latest.get(`${mind.self} ${mind.self}`) ?? now
    for (const other of minds)
      if (other !== mind)
        deliver(ackMs, mind.self, other.self, () => other.bids.set(mind.self, bid))
  }

  function run(now: number, mind: Mind, count: number): void {
    if (count === mind.running) return
    stops += Math.max(0, mind.running - count)
    mind.running = count
    for (const other of minds)
      if (other !== mind)
        deliver(now, mind.self, other.self, () => other.seenRunning.set(mind.self, count))
  }

  function step(now: number, mind: Mind): Choice {
    const localNow = now + mind.clockOffsetMs
    const first = mind.rounds === undefined
    const bids = [...mind.bids.values()]
    const via = first ? 'listing' : 'stream'
    const seen = observeBids(mind.rounds ?? openRounds(KEY, localNow), bids, {
      now: localNow,
      via,
      self: mind.self,
    })
    const { windowMs, replicas } = options
    const guests = invited({
      placementKey: KEY,
      replicas,
      candidates: minds.map(({ self }) => self),
      hasRoom: () => true,
      doublings: shortWindows(seen, localNow, windowMs),
    })
    const { decidedThrough } = decision(seen, {
      bids,
      invited: guests,
      now: localNow,
      windowMs,
      slotsWanted: slotsWanted(replicas),
      overruled: new Set(),
    })
    const input: SelectInput = {
      placementKey: KEY,
      replicas,
      bids,
      candidates: new Set(minds.map(({ self }) => self)),
      down: new Set(),
    }
    const acting = { ...input, throughRound: decidedThrough }
    const choice = select(acting)
    mind.rounds = settleRounds(seen, { decidedThrough, missing: choice.missing, now: localNow })
    const isSurplus = mind.running > slotsOf(choice, mind.self)
    mind.surplusSinceMs = isSurplus ? (mind.surplusSinceMs ?? now) : undefined
    actOn(now, mind, choice, acting)
    const own = mind.bids.get(mind.self)
    const result = decideBid({
      self: { meshletDid: mind.self, ownerDid: mind.owner, epoch: 1, labels: {} },
      uri: 'at://did:plc:alice/commune.scheduler.workload/hello',
      workload: WORKLOAD,
      placementKey: KEY,
      specHash: 'spec',
      replicas,
      windowMs,
      membership: 'yes',
      obstacles: [],
      own,
      runsHere: mind.running > 0,
      capacity: roomFor(4),
      room: roomFor(mind.slots),
      roomInLine: roomFor(mind.slots),
      roomToKeep: roomFor(mind.slots),
      fairShare: NO_FAIR_SHARE,
      rounds: mind.rounds,
      choice,
      prospect: select(input),
      invited: guests.includes(mind.self),
      now: localNow,
    })
    if (!mind.pendingWrite && 'bid' in result)
      publish(now, mind, {
        $type: 'commune.scheduler.bid',
        createdAt: '2026-01-01T00:00:00.000Z',
        ...result.bid,
      })
    return choice
  }

  /** Starts what it was chosen for; stops the rest once as many run elsewhere as were chosen there. */
  function actOn(now: number, mind: Mind, choice: Choice, acting: SelectInput): void {
    const chosen = slotsOf(choice, mind.self)
    if (chosen >= mind.running) return run(now, mind, chosen)
    const isReplaced = choice.winners.every(
      ({ meshletDid, slots }) =>
        meshletDid === mind.self || (mind.seenRunning.get(meshletDid) ?? 0) >= slots,
    )
    const surplusForMs = now - (mind.surplusSinceMs ?? now)
    const keeps =
      mind.rounds !== undefined && holdsGround(acting, mind.rounds, mind.self, surplusForMs)
    if (isReplaced && choice.missing === 0 && !keeps) run(now, mind, chosen)
    return undefined
  }

  const choices = new Map<Did, Choice>()
  for (let now = 0; now <= options.untilMs; now += TICK_MS) {
    for (const { apply } of takeDue(deliveries, now)) apply()
    for (const mind of minds) if (now >= mind.joinsAtMs) choices.set(mind.self, step(now, mind))
  }
  return {
    choices: [...choices.values()],
    running: minds.map((mind) => mind.running),
    stops,
    writes,
    lateWrites,
  }
}

/** Takes what has arrived out of the list, in its order. */
function takeDue(deliveries: Delivery[], now: number): readonly Delivery[] {
  const due = deliveries.filter(({ atMs }) => atMs <= now)
  const rest = deliveries.filter(({ atMs }) => atMs > now)
  deliveries.splice(0, deliveries.length, ...rest)
  return due.toSorted((a, b) => a.atMs - b.atMs || a.order - b.order)
}

const WORKLOAD: WorkloadRecord = {
  $type: 'commune.scheduler.workload',
  kind: 'Workload',
  name: 'hello',
  image: 'registry.example/hello@sha256:00',
  resources: { cpuMilli: 100, memoryBytes: 100 * MIB },
  createdAt: '2026-01-01T00:00:00.000Z',
}

function roomFor(slots: number) {
  return { cpuMilli: 4_000, memoryBytes: slots * 100 * MIB, storageBytes: 0 }
}
