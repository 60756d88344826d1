import { communeBooks } from '../ledger/books.ts'
import { closedDayOf, dayOf } from '../ledger/ledger-day.ts'
import type { Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import type { Agreement } from './agreement.ts'
import { struckClaims, type StruckClaim } from './disputes.ts'
import { dayNumber, memberAccounts } from './member-accounts.ts'
import { bearing } from './member-state.ts'
import { stepsSinceFor } from './policy-in-force.ts'
import { type MemberAccount, standingOf, STANDINGS, type StandingStep } from './standing.ts'
import { witnessedTime } from './witnessed-time.ts'

export interface MemberStanding extends StandingStep {
  readonly cluster: string
}

/**
 * How each member stands in each cluster of an owner that asks for something, worst last. Undefined
 * while a repo that decides something was never read. Clusters that ask for nothing are left out. Days
 * pass as far as other members bear them out, and steps no earlier than their policy came into force.
 * A dispute that is not settled lowers nobody; a claim that is struck lowers its owner from then on, by
 * one step after the other.
 */
export function standingsOf(
  view: RecordView,
  owner: Did,
  { clusters, decided, disputes }: Agreement,
  nowMs: number,
): ReadonlyMap<Did, readonly MemberStanding[]> | undefined {
  const asking = clusters.filter(({ policy }) => policy.rules.minimumContribution > 0)
  const standings = new Map<Did, readonly MemberStanding[]>()
  if (asking.length === 0) return standings
  const { members, unread } = communeBooks(view, owner)
  if (unread.length > 0) return undefined
  const owners = members.map(({ ownerDid }) => ownerDid)
  const day = closedDayOf(witnessedTime(view, owner, { members: owners, nowMs }))
  for (const { roster, policy } of asking) {
    const struck = struckClaims(disputes, bearing(decided, roster))
    const accountsWithout = (claims: readonly StruckClaim[]) =>
      memberAccounts({
        day,
        members,
        disputed: new Set(claims.map(({ uri }) => uri)),
        rules: policy.rules,
      })
    const accounts = accountsWithout(struck)
    const whole = struck.length === 0 ? accounts : accountsWithout([])
    for (const member of [owner, ...roster.members]) {
      const found = accounts.get(member)
      if (found === undefined) continue
      const own = struck.filter(({ claimant }) => claimant === member)
      const account = sinceStruck(found, whole.get(member), own, dayNumber(day))
      const sinceMs = stepsSinceFor(policy, member)
      const stepsSince = sinceMs === undefined ? undefined : dayNumber(dayOf(sinceMs))
      const inForce = stepsSince === undefined ? account : { ...account, stepsSince }
      const step = standingOf(inForce, policy.rules, dayNumber(day))
      const before = standings.get(member) ?? []
      standings.set(member, [...before, { cluster: roster.cluster, ...step }].toSorted(worstLast))
    }
  }
  return standings
}

/**
 * Days before a claim was struck count only if she was below the minimum with it, too: what was right
 * by the records of its day skips no step now.
 */
function sinceStruck(
  account: MemberAccount,
  whole: MemberAccount | undefined,
  own: readonly StruckClaim[],
  day: number,
): MemberAccount {
  const { belowSince } = account
  if (belowSince === undefined || own.length === 0) return account
  const latest = Math.max(...own.map(({ struckMs }) => struckMs))
  const struckDay = Math.min(day, dayNumber(dayOf(latest)))
  const byStriking = Math.max(belowSince, struckDay)
  return { ...account, belowSince: Math.min(byStriking, whole?.belowSince ?? byStriking) }
}

function worstLast(a: MemberStanding, b: MemberStanding): number {
  return STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing)
}
