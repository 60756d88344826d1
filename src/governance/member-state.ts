import type { Did } from '../model/records.ts'
import { refKey } from './attested.ts'
import type { Decided } from './decide.ts'
import { partiesOf } from './tally.ts'

/** Whom one owner’s machines list under the name of a cluster. */
export interface Roster {
  readonly cluster: string
  readonly owner: Did
  /** Without the owner. */
  readonly members: readonly Did[]
}

/** What the cluster has decided about a member, as one of its owners has to see it. */
export type MemberState =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'admitted' | 'reinstated' | 'expelled' | 'lifted'
      readonly decision: Decided
    }
  | { readonly kind: 'suspended'; readonly decision: Decided; readonly untilMs: number }
  /** Decisions that contradict each other: none holds. */
  | { readonly kind: 'frozen'; readonly decision: Decided }

/** What holds about a member: the last decision that bears on this owner, as far as it still holds. */
export function memberState(
  decided: readonly Decided[],
  roster: Roster,
  subject: Did,
  nowMs: number,
): MemberState {
  const about = decided.filter(
    ({ proposal: { value } }) =>
      value.subject === subject && value.cluster === roster.cluster && value.action !== 'uphold',
  )
  const followed = new Set(
    about
      .filter(({ state }) => state === 'passed' || state === 'frozen')
      .flatMap(({ proposal: { value } }) => (value.previous ? [refKey(value.previous)] : [])),
  )
  const heads = about.filter(
    (one) =>
      (one.state === 'passed' || one.state === 'frozen') &&
      !followed.has(refKey(one.proposal)) &&
      bearsOn(one, roster),
  )
  const last = heads.toSorted((a, b) => (b.decidedAtMs ?? 0) - (a.decidedAtMs ?? 0))[0]
  return last === undefined ? { kind: 'none' } : stateAfter(last, nowMs)
}

/**
 * Whether a decision of this cluster binds an owner as a member: she could vote on it, more than two
 * thirds of those who could are on her own list, and so are most of her list who are no party to it.
 * So with the standard shares more than half of the voters whom she knows have agreed, however many
 * she does not know. The two parties of a dispute have no vote on it and are bound by it all the same:
 * of three members the third one decides between the others, if both list her.
 */
export function bearsOn({ proposal, tally: { voters } }: Decided, roster: Roster): boolean {
  const { cluster, action } = proposal.value
  const parties = partiesOf(proposal)
  const listed = new Set([roster.owner, ...roster.members])
  for (const party of parties) listed.delete(party)
  const known = voters.filter((did) => listed.has(did)).length
  const isParty = action === 'uphold' && parties.includes(roster.owner)
  const isConcerned = cluster === roster.cluster && (isParty || voters.includes(roster.owner))
  return isConcerned && known * 3 > voters.length * 2 && known * 2 > listed.size
}

/** Those of the decisions that bind this owner. */
export function bearing(decided: readonly Decided[], roster: Roster): readonly Decided[] {
  return decided.filter((one) => bearsOn(one, roster))
}

const AFTER = { admit: 'admitted', reinstate: 'reinstated', expel: 'expelled' } as const

function stateAfter(decision: Decided, nowMs: number): MemberState {
  if (decision.state === 'frozen') return { kind: 'frozen', decision }
  const { action, until } = decision.proposal.value
  if (action === 'suspend') {
    const untilMs = Date.parse(until ?? '')
    return nowMs < untilMs ? { kind: 'suspended', decision, untilMs } : { kind: 'lifted', decision }
  }
  const kind = AFTER[action as keyof typeof AFTER]
  return kind === undefined ? { kind: 'none' } : { kind, decision }
}
