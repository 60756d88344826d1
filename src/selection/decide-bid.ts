import type { Verdict } from '../cluster/verdict.ts'
import { isRebalance } from '../model/placement-key.ts'
import { formatBytes, formatCpu } from '../model/quantity.ts'
import { requestOf, type Amount } from '../model/request.ts'
import type { AtUri, BidRecord, Did, WorkloadRecord } from '../model/records.ts'
import type { StoredRecord } from '../ports/records.ts'
import { isConsentWithdrawn, isOffer, ROUND_MAX } from './bids.ts'
import { lackOf, minus, SLOTS_MAX, slotsIn, within } from './room.ts'
import { closesInMs, joinableRound, type Joinable, type Rounds } from './rounds.ts'
import { scoreBid, type FairShare } from './score.ts'
import { slotsOf, type Choice, type ReplicaCount } from './select.ts'

/** A word of the lexicon for why there are no slots. */
export type PassReason = NonNullable<BidRecord['reason']>

/** Something other than room that keeps this meshlet from running the workload. */
export interface Obstacle {
  readonly reason: PassReason
  /** The same for a person. */
  readonly message: string
}

/** Everything that one meshlet's decision about one workload depends on. */
export interface BidInput {
  readonly self: {
    readonly meshletDid: Did
    readonly ownerDid: Did
    readonly epoch: number
    readonly labels: Readonly<Record<string, string>>
  }
  readonly uri: AtUri
  readonly workload: WorkloadRecord
  readonly placementKey: string
  readonly specHash: string
  readonly replicas: ReplicaCount
  readonly windowMs: number
  /** Whether this meshlet is a candidate; `no` only once any grace is over. */
  readonly membership: Verdict
  /** The gravest first; empty when nothing is in the way. */
  readonly obstacles: readonly Obstacle[]
  /** The own bid record whatever its key, as the PDS acknowledged it. */
  readonly own: StoredRecord<BidRecord> | undefined
  /** Whether a replica runs here, under any key. */
  readonly runsHere: boolean
  /** All that the machine offers. */
  readonly capacity: Amount
  /** What is free for this workload: the offer less what others reserve; its own use counts as free. */
  readonly room: Amount
  /** What of that it may take anew: the rest is for those that go before it. */
  readonly roomInLine: Amount
  /** The workload for which that rest is kept. */
  readonly keptFor?: string | undefined
  /** What the machine’s policy lets it hold at most, and which rule says so; both are in the rooms. */
  readonly limit?: { readonly amount: Partial<Amount>; readonly by: string } | undefined
  /** What it may keep of what it won: less than `room` says when the machine offers less than before. */
  readonly roomToKeep: Amount
  /** Another workload that would be whole with what this one won here and has not begun to use. */
  readonly givesWayTo?: { readonly uri: string; readonly needs: Amount } | undefined
  readonly fairShare: FairShare
  readonly rounds: Rounds
  /** `select` through the decided rounds. */
  readonly choice: Choice
  /** `select` over all rounds: what the choice will be when the open ones close. */
  readonly prospect: Choice
  readonly invited: boolean
  /** True when this meshlet was down and somebody else runs in its stead (`replacedBy`). */
  readonly isReplaced?: boolean
  readonly now: number
}

/** A bid record without the fields that only the writer adds. */
export type BidDraft = Omit<BidRecord, '$type' | 'createdAt'>

/** What to do about the own bid record. `why` is a line for the log and for `explain`. */
export type BidDecision =
  | { readonly kind: 'offer'; readonly bid: BidDraft; readonly why: string }
  | { readonly kind: 'pass'; readonly bid: BidDraft; readonly why: string }
  | { readonly kind: 'refuse'; readonly bid: BidDraft; readonly why: string }
  /** Leave the record as it is, or absent. */
  | { readonly kind: 'keep'; readonly why: string }
  /** Delete the record. */
  | { readonly kind: 'withdraw'; readonly why: string }
  /** Nothing can be decided yet: look again then, or when anything changes. */
  | { readonly kind: 'wait'; readonly againInMs: number; readonly why: string }

/** These take an offer back only when somebody else can take over: the last one keeps trying. */
const FAILURES: ReadonlySet<PassReason> = new Set([
  'pull-failed',
  'create-failed',
  'start-failed',
  'crash-loop',
])
/** These stand until the meshlet's owner lifts them, or mends what is wrong with the machine. */
const STANDING: ReadonlySet<PassReason> = new Set([
  'consent-withdrawn',
  'policy',
  'walls',
  'cordoned',
  'standing',
  'draining',
])

/** What this meshlet should do about its bid for one workload. Pure; writes nothing. */
export function decideBid(input: BidInput): BidDecision {
  const { own, membership, placementKey } = input
  if (membership === 'unknown') return keep('it is not known yet whether this meshlet may run it')
  if (membership === 'no')
    return own ? { kind: 'withdraw', why: 'no longer a candidate' } : keep('not a candidate')
  if (own && isConsentWithdrawn(own.value)) return keep('consent was taken back')
  if (own?.value.placementKey !== placementKey) return answerFirst(input)
  return isOffer(own.value) ? reviewOffer(input, own) : reviewPass(input, own.value)
}

/** There is no bid under this key yet. */
function answerFirst(input: BidInput): BidDecision {
  if (input.replicas === 0) return keep('no replicas are wanted')
  if (!input.invited) return keepUninvited(input)
  const joinable = joinableRound(input.rounds, input.now, input.windowMs)
  const isFirstRound = joinable.kind === 'join' && joinable.round === 0
  if (!isFirstRound && !isUseful(input)) return keep('others offer enough')
  if (joinable.kind === 'wait') return wait(joinable, 'the open round can’t be joined any more')
  const inLine = takingTurns(input)
  const obstacle = obstacleOf(inLine)
  if (!obstacle) return offer(inLine, joinable.round, 'invited, and there is room')
  const isTold = isFirstRound || input.prospect.missing > 0
  return isTold ? pass(input, joinable.round, obstacle) : keep(obstacle.message)
}

/** An offer under this key stands. */
function reviewOffer(input: BidInput, own: StoredRecord<BidRecord>): BidDecision {
  const won = slotsOf(input.choice, input.self.meshletDid)
  const [obstacle] = input.obstacles
  if (obstacle && !staysDespite(obstacle, won, input.choice))
    return refuse(input, own.value, obstacle)
  const request = requestOf(input.workload)
  const fits = slotsIn(input.roomToKeep, request)
  if (won > fits) {
    const kept = { ...input, room: input.roomToKeep }
    return moveBid(kept, own.value, `chosen for ${won}, but there is room for ${fits}`)
  }
  if (obstacle) return keep(`goes on despite: ${obstacle.message}`)
  if (input.isReplaced) return moveBid(input, own.value, 'replaced while it was down')
  if (input.rounds.late.has(own.cid) || isOverruled(input))
    return moveBid(input, own.value, 'the bid came too late')
  const inLine = takingTurns(input)
  const more = Math.min(slotsIn(inLine.room, request), slotsWanted(input.replicas))
  if (input.prospect.missing > 0 && more > own.value.slots)
    return moveBid(inLine, own.value, 'replicas are missing, and there is room for more')
  const given = input.givesWayTo && giveWay(input, own.value, input.givesWayTo)
  if (given) return given
  return keep(won > 0 ? 'chosen' : 'standby')
}

/** A pass or a refusal under this key stands. */
function reviewPass(input: BidInput, own: BidRecord): BidDecision {
  if (own.refused?.specHash === input.specHash) return keep('refused this very container')
  const inLine = takingTurns(input)
  const obstacle = obstacleOf(inLine)
  // What stands is said even where there was no room before: it is what the owner has to know.
  if (obstacle && STANDING.has(obstacle.reason) && own.reason !== obstacle.reason)
    return refuse(input, own, obstacle)
  if (obstacle) return keep(obstacle.message)
  if (input.replicas === 0 || !isUseful(input)) return keepOrForget(own)
  if (!input.invited) return keepUninvited(input)
  return moveBid(inLine, own, 'room came free')
}

/** What is taken anew is taken in line; what was won is kept. */
function takingTurns(input: BidInput): BidInput {
  return { ...input, room: input.roomInLine }
}

/**
 * Of two workloads that are both short, one hands back what it has not begun to use if that makes the
 * other whole. Undefined when that would not help, or can't be said in a bid yet.
 */
function giveWay(
  input: BidInput,
  own: BidRecord,
  { uri, needs }: NonNullable<BidInput['givesWayTo']>,
): BidDecision | undefined {
  const rest = { ...input, room: minus(input.room, needs), keptFor: uri }
  if (!lackOf(rest.room, requestOf(input.workload))) return undefined
  const moved = moveBid(rest, own, `gives way to ${uri}, which is whole with it`)
  return moved.kind === 'wait' ? undefined : moved
}

/** What stood until it was lifted is not left standing when it has been, even if nothing is missing. */
function keepOrForget(own: BidRecord): BidDecision {
  if (own.refused?.standing !== true) return keep('others offer enough')
  return { kind: 'withdraw', why: 'what was in the way is gone, and others offer enough' }
}

/** Bids again in a round after that of the own bid, which is immutable within its round. */
function moveBid(input: BidInput, own: BidRecord, why: string): BidDecision {
  const joinable = joinableRound(input.rounds, input.now, input.windowMs)
  if (joinable.kind === 'wait') return wait(joinable, why)
  if (joinable.round <= own.round) {
    const againInMs = closesInMs(input.rounds, own.round, input.now, input.windowMs)
    if (againInMs === 0 && own.round >= ROUND_MAX) return changeInLastRound(input, own, why)
    return { kind: 'wait', againInMs, why }
  }
  const obstacle = obstacleOf(input)
  return obstacle ? pass(input, joinable.round, obstacle) : offer(input, joinable.round, why)
}

/**
 * Nothing comes after the last round, to which a member who means ill can push everybody. There a bid
 * changes within its round: it becomes smaller, or offers what is missing, which displaces nobody.
 */
function changeInLastRound(input: BidInput, own: BidRecord, why: string): BidDecision {
  const obstacle = obstacleOf(input)
  if (obstacle) return isOffer(own) ? pass(input, own.round, obstacle) : keep(obstacle.message)
  const fits = slotsIn(input.room, requestOf(input.workload))
  const slots = Math.min(own.slots + input.prospect.missing, fits, slotsWanted(input.replicas))
  if (slots === own.slots) return keep(`${why}, but no round comes after this one`)
  return { kind: 'offer', bid: { ...offerIn(input, own.round), slots }, why }
}

function staysDespite({ reason }: Obstacle, won: number, choice: Choice): boolean {
  if (reason === 'cordoned' || reason === 'standing') return won > 0
  return FAILURES.has(reason) && won > 0 && choice.standbys.length === 0
}

function isOverruled({ choice, self }: BidInput): boolean {
  return choice.ignored.some(
    ({ meshletDid, reason }) => meshletDid === self.meshletDid && reason === 'late',
  )
}

function isUseful({ replicas, prospect }: BidInput): boolean {
  return replicas === 'everywhere' || prospect.missing > 0 || prospect.standbys.length === 0
}

function obstacleOf(input: BidInput): Obstacle | undefined {
  if (input.obstacles[0]) return input.obstacles[0]
  const request = requestOf(input.workload)
  const lack = lackOf(input.room, request)
  if (!lack) return undefined
  const kept = input.keptFor === undefined ? '' : ` beside what is kept for ${input.keptFor}`
  const limited = isLimited(input, request) ? ` under ${input.limit?.by}` : ''
  return { reason: lack, message: `${lackMessage(lack, input.room, request)}${limited}${kept}` }
}

/** Whether what the policy grants is too little, whatever the machine has. */
function isLimited({ limit, capacity }: BidInput, request: Amount): boolean {
  return limit !== undefined && lackOf(within(capacity, limit.amount), request) !== undefined
}

const KIND_OF = {
  'no-cpu': ['cpuMilli', 'CPU', formatCpu],
  'no-memory': ['memoryBytes', 'memory', formatBytes],
  'no-storage': ['storageBytes', 'storage', formatBytes],
} as const

/** In Kubernetes quantities, as the owner wrote them. */
function lackMessage(lack: keyof typeof KIND_OF, room: Amount, request: Amount): string {
  const [kind, what, format] = KIND_OF[lack]
  return `asks for ${format(request[kind])} ${what}, ${format(Math.max(0, room[kind]))} free`
}

/** The most that one machine offers. */
export function slotsWanted(replicas: ReplicaCount): number {
  return replicas === 'everywhere' ? 1 : Math.min(replicas, SLOTS_MAX)
}

function offer(input: BidInput, round: number, why: string): BidDecision {
  return { kind: 'offer', bid: offerIn(input, round), why }
}

function offerIn(input: BidInput, round: number): BidDraft {
  const { self, capacity, room, fairShare, workload } = input
  const request = requestOf(workload)
  const { score, parts } = scoreBid({ ownerDid: self.ownerDid, capacity, room, request, fairShare })
  const { ledgerDay } = fairShare
  const replaces = replacedBid(input, round)
  return {
    ...draft(input, round),
    slots: Math.min(slotsIn(room, request), slotsWanted(input.replicas)),
    score,
    scoreParts: [...parts],
    ...(workload.spread !== undefined && { domain: domainOf(self, workload.spread) }),
    ...(ledgerDay !== undefined && { ledgerDay }),
    ...(replaces !== undefined && { replaces }),
  }
}

/** A holder goes first in round 0, unless the owner asked for new bids and nothing else. */
function replacedBid({ own, runsHere, placementKey }: BidInput, round: number): string | undefined {
  if (!own || !runsHere || round !== 0) return undefined
  const keyBefore = own.value.placementKey
  return keyBefore === placementKey || isRebalance(keyBefore, placementKey) ? undefined : own.cid
}

function domainOf(self: BidInput['self'], spread: string): string {
  if (spread === 'owner') return self.ownerDid
  if (spread === 'meshlet') return self.meshletDid
  return self.labels[spread] ?? ''
}

function pass(input: BidInput, round: number, { reason, message }: Obstacle): BidDecision {
  // The record is what remembers that consent was taken back.
  const refused = reason === 'consent-withdrawn' && { refused: { standing: true } }
  return {
    kind: 'pass',
    bid: { ...draft(input, round), reason, message, ...refused },
    why: message,
  }
}

/** Takes an offer back. It stays in its round: a refusal opens none. */
function refuse(input: BidInput, own: BidRecord, { reason, message }: Obstacle): BidDecision {
  const refused = {
    ...(FAILURES.has(reason) && { specHash: input.specHash }),
    ...(STANDING.has(reason) && { standing: true }),
  }
  const bid = { ...draft(input, own.round), reason, message, refused }
  return { kind: 'refuse', bid, why: message }
}

function draft({ uri, placementKey, self }: BidInput, round: number): BidDraft {
  return { workload: uri, placementKey, round, epoch: self.epoch, slots: 0, score: 0 }
}

function keep(why: string): BidDecision {
  return { kind: 'keep', why }
}

/** The invitation widens with each window that ends short. */
function keepUninvited({ rounds, now, windowMs, prospect }: BidInput): BidDecision {
  const { shortSinceMs } = rounds
  if (prospect.missing === 0 || shortSinceMs === undefined) return keep('not invited')
  const againInMs = windowMs - ((now - shortSinceMs) % windowMs)
  return { kind: 'wait', againInMs, why: 'not invited yet' }
}

function wait(joinable: Joinable & { kind: 'wait' }, why: string): BidDecision {
  return { kind: 'wait', againInMs: joinable.againInMs, why }
}
