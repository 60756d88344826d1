import { compareText } from '../model/canonical.ts'
import type { Did } from '../model/records.ts'
import { requestOf, type Amount } from '../model/request.ts'
import type { BidInput } from './decide-bid.ts'
import { isOffer } from './bids.ts'
import { NOTHING, plus, SLOTS_MAX, slotsIn, times, within } from './room.ts'
import type { FairShare } from './score.ts'

/** A workload that this machine would offer to run if it had the room. */
export interface Waiting {
  readonly uri: string
  /** Record key of the uri: an order that favours nobody and is the same everywhere. */
  readonly key: string
  readonly ownerDid: Did
  /** Orders the work of one owner; higher goes first. */
  readonly priority: number
  /** Since when it waits, milliseconds of the local monotonic clock. */
  readonly sinceMs: number
  /** What one replica asks for. */
  readonly request: Amount
  /** Replicas that are missing and could run here. */
  readonly slots: number
}

export interface LineOptions {
  /** What the work of each owner holds on this machine; who is not named holds nothing. */
  readonly held: ReadonlyMap<Did, Amount>
  readonly fairShare: FairShare
  /** All that the machine offers. */
  readonly offer: Amount
}

const SHARE_UNITS = 1_000_000

/** Who began to wait in the same span of time is ordered by its key, alike on all machines. */
const SPAN_MS = 10_000

/**
 * The order in which waiting work is offered room. Of one owner: the higher priority first, then what
 * has waited longer. Between owners: whoever holds least here for the credit that the commune gives
 * her, so that what each holds comes to be in proportion to it; of several who hold nothing, who waits
 * longest. Who has no credit goes behind everybody who has. Nothing that runs is ever stopped by it.
 */
export function lineUp(waiting: readonly Waiting[], options: LineOptions): readonly Waiting[] {
  const { fairShare, held, offer } = options
  const queues = [...Map.groupBy(waiting, ({ ownerDid }) => ownerDid)].map(([owner, own]) => ({
    own: own.toSorted(comparePatience).toReversed(),
    credit: fairShare.creditOf(owner),
    held: held.get(owner) ?? NOTHING,
    share: shareOf(held.get(owner) ?? NOTHING, offer),
  }))
  const line: Waiting[] = []
  while (line.length < waiting.length) {
    const next = queues
      .filter(({ own }) => own.length > 0)
      .reduce((a, b) => (goesBefore(b, a) ? b : a))
    const [entry] = next.own.splice(-1)
    if (!entry) break
    next.held = plus(next.held, times(entry.request, entry.slots))
    next.share = shareOf(next.held, offer)
    line.push(entry)
  }
  return line
}

interface Queue {
  readonly own: readonly Waiting[]
  readonly credit: number
  readonly share: number
}

function goesBefore(a: Queue, b: Queue): boolean {
  const [hasCredit, otherHas] = [a.credit > 0, b.credit > 0]
  if (hasCredit !== otherHas) return hasCredit
  // Whole numbers, so that equal shares are equal.
  const [first, second] = [a.share * Math.max(1, b.credit), b.share * Math.max(1, a.credit)]
  if (first !== second) return first < second
  const [one, other] = [a.own.at(-1), b.own.at(-1)]
  return one !== undefined && other !== undefined && compareTimes(one, other) < 0
}

/** The scarcest part of the machine that this is, in whole millionths. */
function shareOf(amount: Amount, offer: Amount): number {
  const kinds = Object.keys(offer) as (keyof Amount)[]
  const shares = kinds
    .filter((kind) => offer[kind] > 0)
    .map((kind) => Math.ceil((amount[kind] * SHARE_UNITS) / offer[kind]))
  return Math.max(0, ...shares)
}

/**
 * The order between two workloads that does not depend on when a machine heard of them, so that all
 * machines agree on it.
 */
export function compareClaims(
  a: Pick<Waiting, 'ownerDid' | 'priority' | 'key'>,
  b: Pick<Waiting, 'ownerDid' | 'priority' | 'key'>,
): number {
  const byPriority = a.ownerDid === b.ownerDid ? b.priority - a.priority : 0
  return byPriority || compareText(a.key, b.key)
}

/**
 * Slots that this machine would offer if it had the room: 0 when something else than room is in the
 * way, when nobody is missing, or when it is not asked.
 */
export function slotsWaitedFor(input: BidInput): number {
  const { own, placementKey, prospect, replicas, membership, obstacles, invited } = input
  if (membership !== 'yes' || obstacles.length > 0 || prospect.missing === 0) return 0
  const mine = own?.value.placementKey === placementKey ? own.value : undefined
  if (mine?.refused?.specHash === input.specHash) return 0
  // Room that the machine’s policy keeps from it is nothing that it waits for.
  const granted = input.limit ? grantedSlots(input, input.limit.amount) : SLOTS_MAX
  if (mine && isOffer(mine)) {
    if (replicas === 'everywhere') return 0
    return Math.max(0, Math.min(prospect.missing, replicas - mine.slots, granted - mine.slots))
  }
  if (!invited) return 0
  return Math.min(granted, replicas === 'everywhere' ? 1 : Math.min(prospect.missing, replicas))
}

function grantedSlots({ capacity, workload }: BidInput, limit: Partial<Amount>): number {
  return slotsIn(within(capacity, limit), requestOf(workload))
}

function comparePatience(a: Waiting, b: Waiting): number {
  return b.priority - a.priority || compareTimes(a, b)
}

function compareTimes(a: Waiting, b: Waiting): number {
  return spanOf(a) - spanOf(b) || compareText(a.key, b.key)
}

function spanOf({ sinceMs }: Waiting): number {
  return Math.floor(sinceMs / SPAN_MS)
}
