import type { Did } from '../model/records.ts'
import { utcMinute } from '../model/utc-minute.ts'
import type { RecordView } from '../ports/records.ts'
import { ballotsOf } from './ballots.ts'
import { decide, type Decided } from './decide.ts'
import { disputesOf, type Dispute } from './disputes.ts'
import { bearing, memberState, type MemberState, type Roster } from './member-state.ts'
import { policyInForce, type PolicyInForce } from './policy-in-force.ts'
import { neighboursOf, rostersOf } from './roster.ts'

/** One cluster of an owner, with the rules that hold in it. */
export interface AgreedCluster {
  readonly roster: Roster
  readonly policy: PolicyInForce
}

/** All that was decided around one owner, as her records and those of the others say it. */
export interface Agreement {
  readonly clusters: readonly AgreedCluster[]
  /** Every proposal that can be read. */
  readonly decided: readonly Decided[]
  readonly disputes: readonly Dispute[]
}

/** What holds for an owner now. A function of the records and the time. */
export function agreementOf(view: RecordView, owner: Did, nowMs: number): Agreement {
  const owners = neighboursOf(view, owner)
  const decided = decide(ballotsOf(view, owners), nowMs)
  const clusters = rostersOf(view, owner).map((roster) => ({
    roster,
    policy: policyInForce(view, roster),
  }))
  const binding = clusters.flatMap(({ roster }) => bearing(decided, roster))
  const rules = {
    disputeDays: Math.max(...clusters.map(({ policy }) => policy.rules.disputeDays), 1),
  }
  const listed = new Set([owner, ...clusters.flatMap(({ roster }) => roster.members)])
  const disputes = disputesOf(view, owners, { decided: binding, rules, listed, nowMs })
  return { clusters, decided, disputes }
}

/** What her clusters have decided about somebody, by cluster; those that say nothing are left out. */
export function decisionsAbout(
  { clusters, decided }: Pick<Agreement, 'clusters' | 'decided'>,
  subject: Did,
  nowMs: number,
): readonly { readonly cluster: string; readonly state: MemberState }[] {
  return clusters
    .map(({ roster }) => ({
      cluster: roster.cluster,
      state:
        subject === roster.owner
          ? stateOfOwner(decided, roster, nowMs)
          : memberState(decided, roster, subject, nowMs),
    }))
    .filter(({ state }) => state.kind !== 'none')
}

/**
 * What the others decided about the owner herself. She has no vote on it and is not bound by it, so it is
 * what a member sees who lists whom she lists.
 */
function stateOfOwner(decided: readonly Decided[], roster: Roster, nowMs: number): MemberState {
  const { cluster, owner, members } = roster
  for (const member of members) {
    const others = members.filter((other) => other !== member)
    const theirs = { cluster, owner: member, members: [...others, owner] }
    const state = memberState(decided, theirs, owner, nowMs)
    if (state.kind !== 'none') return state
  }
  return { kind: 'none' }
}

/** One state in a few words. */
export function describeState(state: MemberState): string {
  if (state.kind !== 'suspended') return STATES[state.kind]
  return `suspended until ${utcMinute(state.untilMs)}`
}

const STATES = {
  none: 'nothing was decided',
  admitted: 'admitted',
  reinstated: 'reinstated',
  expelled: 'expelled',
  lifted: 'suspension over',
  frozen: 'frozen: decisions contradict each other',
} as const
