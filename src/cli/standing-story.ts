import { agreementOf } from '../governance/agreement.ts'
import { standingsOf, type MemberStanding } from '../governance/member-standing.ts'
import { dayOf, DAY_MS } from '../ledger/ledger-day.ts'
import type { Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'

/** How an owner stands in those of her clusters that ask for something; `unknown` till all is read. */
export function ownStandings(
  view: RecordView,
  owner: Did,
  nowMs: number,
): readonly MemberStanding[] | 'unknown' {
  const all = standingsOf(view, owner, agreementOf(view, owner, nowMs), nowMs)
  return all === undefined ? 'unknown' : (all.get(owner) ?? [])
}

/** One line a cluster, ending with a newline; empty when no cluster asks for anything. */
export function standingText(standings: readonly MemberStanding[] | 'unknown'): string {
  if (standings === 'unknown') return 'not known: not all repos that count in it could be read\n'
  return standings
    .map(({ cluster, standing, why, nextDay }) => {
      const next = nextDay === undefined ? '' : `; the next step comes on ${dateOf(nextDay)}`
      return `${cluster}: ${standing}: ${why}${next}\n`
    })
    .join('')
}

/** A ledger is in use two days after its day. */
function dateOf(day: number): string {
  return dayOf((day + 2) * DAY_MS)
}
