import type { CountedBid } from '../../src/selection/bids.ts'
import { select, slotsOf, type Choice, type SelectInput } from '../../src/selection/select.ts'

/**
 * What must hold of every choice, whoever is chosen: it follows from the records and from nothing
 * else, and an offer of a later round takes nothing from an earlier one.
 */
export function judgeChoice(uri: string, input: SelectInput): string[] {
  const chosen = textOf(select(input))
  const faults: string[] = []
  if (textOf(select({ ...input, bids: input.bids.toReversed() })) !== chosen)
    faults.push(`order decides: of ${uri} others are chosen when the bids come the other way round`)
  if (textOf(select({ ...input, bids: withOtherTimes(input.bids) })) !== chosen)
    faults.push(`a clock decides: of ${uri} others are chosen when the bidders’ clocks differ`)
  return [...faults, ...judgeRounds(uri, input)]
}

/** The same bids, with the times in them the other way round. */
function withOtherTimes(bids: readonly CountedBid[]): CountedBid[] {
  const times = bids.map(({ value }) => value.createdAt)
  return bids.map((bid, i) => {
    const createdAt = times[bids.length - 1 - i] ?? bid.value.createdAt
    return { ...bid, value: { ...bid.value, createdAt } }
  })
}

function judgeRounds(uri: string, input: SelectInput): string[] {
  const all = select(input)
  const rounds = [...new Set(input.bids.map(({ value }) => value.round))]
  return rounds.flatMap((round) =>
    select({ ...input, throughRound: round })
      .winners.filter(({ meshletDid, slots }) => slotsOf(all, meshletDid) < slots)
      .map(
        ({ meshletDid }) => `a late bid wins: ${meshletDid} loses ${uri} to a round after ${round}`,
      ),
  )
}

function textOf({ winners, missing }: Choice): string {
  return JSON.stringify([winners, missing])
}
