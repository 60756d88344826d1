import { claimedOwner } from '../cluster/owned-meshlets.ts'
import type { AgreedCluster } from '../governance/agreement.ts'
import { memberState } from '../governance/member-state.ts'
import { CommuneError } from '../model/errors.ts'
import type { Did, ProposalRecord } from '../model/records.ts'
import { utcMinute } from '../model/utc-minute.ts'
import type { Governing } from './governing.ts'
import { idOf } from './record-id.ts'

/** What is to be proposed. */
export interface Asked extends Pick<ProposalRecord, 'claim'> {
  readonly action: string
  readonly subject: Did
}

/** The same is not asked twice at a time: votes for one of the two would be missing in the other. */
export function refuseOpenOne(
  { agreement, session, reading: { names } }: Governing,
  { roster }: AgreedCluster,
  { action, subject, claim }: Asked,
): void {
  const mayVote = (voters: readonly Did[]) => voters.includes(session.did)
  const open = agreement.decided.find(
    ({ state, tally, proposal: { author, value } }) =>
      state === 'open' &&
      value.cluster === roster.cluster &&
      value.action === action &&
      value.subject === subject &&
      value.claim?.uri === claim?.uri &&
      (author === session.did || mayVote(tally.voters)),
  )
  if (open === undefined) return
  const { uri, author, value } = open.proposal
  const id = idOf(uri)
  const by = author === session.did ? 'You have' : `${names.account(author)} has`
  const what = mayVote(open.tally.voters)
    ? `commune vote ${id} yes|no|abstain`
    : `commune describe proposal ${id}`
  throw new CommuneError('conflict', `${by} proposed that already; nothing was written.`, {
    hint: `${id} is open until ${utcMinute(value.closesAt)}:  ${what}`,
  })
}

/** Fails where another proposal, or one about somebody else, must be meant. */
export async function refuseUnfit(
  governing: Governing,
  { roster }: AgreedCluster,
  { action, subject }: Asked,
): Promise<void> {
  const { agreement, nowMs } = governing
  const { view, names, identity } = governing.reading
  const who = names.account(subject)
  const owner = claimedOwner(view, subject)
  if (owner !== undefined && owner !== subject)
    throw new CommuneError('usage', `${who} is a machine, and members are owners.`, {
      hint: `Whose it is:  commune propose ${action} ${names.account(owner)}`,
    })
  const state = memberState(agreement.decided, roster, subject, nowMs)
  if (action === 'admit' && state.kind === 'suspended')
    throw new CommuneError(
      'conflict',
      `${who} is a member already, suspended until ${utcMinute(state.untilMs)}.`,
      { hint: `To end that earlier:  commune propose reinstate ${who}` },
    )
  if (state.kind !== 'none' || view.dids.includes(subject)) return
  if (action !== 'admit')
    throw new CommuneError('not-found', `${who} is no member of ${roster.cluster}.`, {
      hint: `"commune get members" lists those. To let somebody in:  commune propose admit ${who}`,
    })
  try {
    await identity.resolve(subject)
  } catch (error) {
    if (!(error instanceof CommuneError) || error.retry) throw error
    throw new CommuneError('not-found', `Nobody has the DID ${subject}: it leads nowhere.`, {
      hint: 'Give her handle, or the DID that "commune whoami" tells her.',
      cause: error,
    })
  }
}
