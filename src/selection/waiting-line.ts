import { compareText } from '../model/canonical.ts'
import type { Did } from '../model/records.ts'
import { requestOf, type Amount } from '../model/request.ts'
import type { BidInput } from './decide-bid.ts'
import { isOffer } from './bids.ts'
import { SLOTS_MAX, slotsIn, within } from './room.ts'
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
  /** When each owner's turn was last, on the same clock; who is not named was never served. */
  readonly turns: ReadonlyMap<Did, number>
  readonly fairShare: FairShare
}

/** Who began to wait in the same span of time is ordered by its key, alike on all machines. */
const SPAN_MS = 10_000

/**
 * The order in which waiting work is offered room. Of one owner: the higher priority first, then what
 * has waited longer. Between owners: to whom the commune owes most, then by turns, whoever was served
 * longest ago first. Nothing that runs is ever stopped by it.
 */
export function lineUp(waiting: readonly Waiting[], options: LineOptions): readonly Waiting[] {
  const { turns, fairShare } = options
  const queues = [...Map.groupBy(waiting, ({ ownerDid }) => ownerDid)]
    .map(([owner, own]) => ({ owner, own: own.toSorted(comparePatience) }))
    .toSorted((a, b) => {
      const [first, second] = [a.own[0], b.own[0]]
      return (
        fairShare.balanceOf(b.owner) - fairShare.balanceOf(a.owner) ||
        (turns.get(a.owner) ?? -1) - (turns.get(b.owner) ?? -1) ||
        (first && second ? compareTimes(first, second) : 0)
      )
    })
  const longest = Math.max(0, ...queues.map(({ own }) => own.length))
  return Array.from({ length: longest }, (_, place) =>
    queues.flatMap(({ own }) => own[place] ?? []),
  ).flat()
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
