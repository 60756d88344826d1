import { communeBooks } from '../ledger/books.ts'
import { closedDayOf, dayOf } from '../ledger/ledger-day.ts'
import type { Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import type { Agreement } from './agreement.ts'
import { claimsThatDontCount } from './disputes.ts'
import { dayNumber, memberAccounts } from './member-accounts.ts'
import { bearing } from './member-state.ts'
import { stepsSinceFor } from './policy-in-force.ts'
import { standingOf, STANDINGS, type StandingStep } from './standing.ts'
import { witnessedTime } from './witnessed-time.ts'

export interface MemberStanding extends StandingStep {
  readonly cluster: string
}

/**
 * How each member stands in each cluster of an owner that asks for something, worst last. Undefined
 * while a repo that decides something was never read. Clusters that ask for nothing are left out. Days
 * pass as far as other members bear them out, and steps no earlier than their policy came into force.
 */
export function standingsOf(
  view: RecordView,
  owner: Did,
  { clusters, decided, disputes }: Agreement,
  nowMs: number,
): ReadonlyMap<Did, readonly MemberStanding[]> | undefined {
  const asking = clusters.filter(({ policy }) => policy.rules.minimumContribution > 0)
  const found = new Map<Did, readonly MemberStanding[]>()
  if (asking.length === 0) return found
  const { members, unread } = communeBooks(view, owner)
  if (unread.length > 0) return undefined
  const owners = members.map(({ ownerDid }) => ownerDid)
  const day = closedDayOf(witnessedTime(view, owner, { members: owners, nowMs }))
  for (const { roster, policy } of asking) {
    const disputed = claimsThatDontCount(disputes, bearing(decided, roster))
    const accounts = memberAccounts({ day, members, disputed, rules: policy.rules })
    for (const member of [owner, ...roster.members]) {
      const account = accounts.get(member)
      if (account === undefined) continue
      const sinceMs = stepsSinceFor(policy, member)
      const stepsSince = sinceMs === undefined ? undefined : dayNumber(dayOf(sinceMs))
      const inForce = stepsSince === undefined ? account : { ...account, stepsSince }
      const step = standingOf(inForce, policy.rules, dayNumber(day))
      const before = found.get(member) ?? []
      found.set(member, [...before, { cluster: roster.cluster, ...step }].toSorted(worstLast))
    }
  }
  return found
}

function worstLast(a: MemberStanding, b: MemberStanding): number {
  return STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing)
}
