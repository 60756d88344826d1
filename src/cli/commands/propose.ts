import { electorateOf } from '../../governance/roster.ts'
import { memberState } from '../../governance/member-state.ts'
import type { AgreedCluster } from '../../governance/agreement.ts'
import { faultOfProposal } from '../../governance/proposal-faults.ts'
import { votersOf } from '../../governance/tally.ts'
import { CommuneError } from '../../model/errors.ts'
import { COLLECTION } from '../../model/nsid.ts'
import { recordKeyFor } from '../../model/record-key.ts'
import type { Did, ProposalRecord, VoteRecord } from '../../model/records.ts'
import { utcMinute } from '../../model/utc-minute.ts'
import { nearest } from '../../spec/suggest.ts'
import type { ConnectionOptions, LabelerOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { findRecord } from '../find-record.ts'
import {
  attestationsDue,
  checkText,
  clusterOf,
  findOwner,
  openGoverning,
  strongRef,
  timeOf,
  type Governing,
} from '../governing.ts'
import type { Io } from '../io.ts'
import { refuseOpenOne, refuseUnfit } from '../fitting-proposal.ts'
import { labelText, readLabels } from '../labels.ts'
import { drawNonce } from '../planning.ts'

interface ProposeOptions extends ConnectionOptions, LabelerOptions {
  readonly cluster?: string
  readonly reason?: string
  readonly days?: string
  readonly evidence?: readonly string[]
}

const ACTIONS = ['admit', 'suspend', 'reinstate', 'expel', 'uphold'] as const
type Action = (typeof ACTIONS)[number]
const DAY_MS = 86_400_000

/** Asks the owners of a cluster to decide about a member, or about a dispute. */
export async function runPropose(
  context: CommandContext,
  [word = '', who = '']: readonly string[],
  options: ProposeOptions,
): Promise<number> {
  const { io } = context
  const action = parseAction(word)
  const reason = checkText(options.reason, '--reason')
  const days = parseDays(options.days, action)
  await using governing = await openGoverning(context, options)
  const cluster = clusterOf(governing.agreement, options.cluster)
  const about =
    action === 'uphold'
      ? aboutDispute(governing, who)
      : { subject: await findOwner(governing, who, io.signal) }
  if (about.subject === governing.session.did)
    throw new CommuneError('forbidden', 'Nobody proposes anything about herself.', {
      hint:
        action === 'uphold'
          ? 'Ask another member to: whoever raised the dispute, or one who is no party to it.'
          : 'Ask another member to.',
    })
  if (action !== 'uphold') await refuseUnfit(governing, cluster, { action, ...about })
  refuseOpenOne(governing, cluster, { action, ...about })
  await noteLabels(io, governing, about.subject, options)
  const value: ProposalRecord = {
    ...draft(governing, cluster, { action, days, ...about }),
    ...(reason === undefined ? {} : { reason }),
    ...(options.evidence === undefined
      ? {}
      : { evidence: options.evidence.map((uri) => strongRef(governing.reading, uri)) }),
  }
  if (action === 'uphold' && votersOf({ value }).length === 0)
    throw new CommuneError('usage', `Nobody in ${value.cluster} is neutral, so nobody can vote.`, {
      hint: 'The claim does not count until one of the two gives in: "commune answer" says how.',
    })
  const fault = faultOfProposal({ author: governing.session.did, value })
  if (fault !== undefined) throw new CommuneError('usage', `Nothing can come of this: it ${fault}.`)
  const rkey = recordKeyFor(drawNonce())
  await governing.write([{ action: 'put', collection: COLLECTION.proposal, rkey, value }])
  io.out(`proposed ${rkey}\n`)
  const voters = governing.reading.names.accounts(votersOf({ value }))
  io.note(
    `${voters} may vote until ${utcMinute(value.closesAt)}:  commune vote ${rkey} yes|no|abstain\n`,
  )
  if (value.sponsorsMin !== undefined)
    io.note(
      `${value.sponsorsMin} of those who say yes must lend her credit:  commune sponsor ${who} --credit DAYS\n`,
    )
  return EXIT.done
}

/** What labelers say of whoever is decided about, for whoever decides. */
async function noteLabels(
  io: Io,
  { reading: { identity, names } }: Governing,
  subject: Did,
  options: LabelerOptions,
): Promise<void> {
  const found = await readLabels(io, { options, identity, accounts: [subject] })
  for (const label of found.get(subject) ?? []) {
    const by = names.account(label.by as Did)
    io.note(`${names.account(subject)} is labelled ${labelText(label)}, by ${by}; advice only.\n`)
  }
}

/** Votes, or, without a choice, says how it stands; keeps on record what has ended. */
export async function runVote(
  context: CommandContext,
  [text = '', choice]: readonly string[],
  options: ConnectionOptions,
): Promise<number> {
  const { io } = context
  if (choice !== undefined && !CHOICES.includes(choice))
    throw new CommuneError('usage', `"${choice}" is no vote.`, {
      hint: `Use one of ${CHOICES.join(', ')}.`,
    })
  await using before = await openGoverning(context, options)
  const { uri } = findRecord(
    before.agreement.decided.map(({ proposal }) => proposal),
    text,
    'proposal',
  )
  if (choice !== undefined) await cast(before, uri, choice)
  await using after = await openGoverning(context, options)
  const due = attestationsDue(after.agreement.decided, after)
  if (due.length > 0) await after.write(due)
  const found = after.agreement.decided.find(({ proposal }) => proposal.uri === uri)
  if (choice !== undefined) io.out(`voted ${choice}\n`)
  if (found !== undefined) io.note(`It is ${found.state}: ${found.why}.\n`)
  if (due.length > 0) io.note('The result is on record in your repo, too.\n')
  return EXIT.done
}

const CHOICES: readonly string[] = ['yes', 'no', 'abstain']

async function cast(governing: Governing, uri: string, choice: string): Promise<void> {
  const { session, reading, agreement, nowMs } = governing
  const decided = agreement.decided.find(({ proposal }) => proposal.uri === uri)
  if (decided === undefined) return
  const { proposal, state, tally, why } = decided
  if (proposal.value.subject === session.did)
    throw new CommuneError('forbidden', 'Nobody votes about herself.')
  if (!tally.voters.includes(session.did))
    throw new CommuneError('forbidden', 'You may not vote on this proposal.', {
      hint: `Only ${reading.names.accounts(tally.voters)} may.`,
    })
  if (state !== 'open')
    throw new CommuneError('conflict', `The vote has ended: it is ${state}. ${why}.`)
  const value: VoteRecord = {
    $type: COLLECTION.vote,
    proposal: { uri: proposal.uri, cid: proposal.cid },
    choice,
    createdAt: timeOf(nowMs),
  }
  const rkey = recordKeyFor(proposal.uri)
  await governing.write([{ action: 'put', collection: COLLECTION.vote, rkey, value }])
}

function draft(
  { agreement, reading, nowMs }: Governing,
  { roster, policy: { rules } }: AgreedCluster,
  about: { readonly action: Action; readonly days: number | undefined } & About,
): ProposalRecord {
  const { action, subject, claim, dispute } = about
  const closesAtMs = nowMs + rules.voteDays * DAY_MS
  const before = memberState(agreement.decided, roster, subject, nowMs)
  const follows =
    action !== 'uphold' && before.kind !== 'none' ? before.decision.proposal : undefined
  const untilMs = closesAtMs + (about.days ?? rules.suspensionDays) * DAY_MS
  return {
    $type: COLLECTION.proposal,
    cluster: roster.cluster,
    action,
    subject,
    electorate: [...electorateOf(reading.view, roster, subject)],
    quorumMillionths: rules.quorumMillionths,
    majorityMillionths: rules.majorityMillionths,
    ...(follows === undefined ? {} : { previous: { uri: follows.uri, cid: follows.cid } }),
    ...(claim === undefined ? {} : { claim }),
    ...(dispute === undefined ? {} : { dispute }),
    ...(action === 'admit' && rules.sponsorsMin > 0 ? { sponsorsMin: rules.sponsorsMin } : {}),
    ...(action === 'suspend' ? { until: timeOf(untilMs) } : {}),
    closesAt: timeOf(closesAtMs),
    createdAt: timeOf(nowMs),
  }
}

type About = { readonly subject: Did } & Pick<ProposalRecord, 'claim' | 'dispute'>

function aboutDispute({ agreement }: Governing, text: string): About {
  const { claimant, value, uri, cid } = findRecord(agreement.disputes, text, 'dispute')
  return { subject: claimant, claim: value.claim, dispute: { uri, cid } }
}

function parseAction(word: string): Action {
  const action = ACTIONS.find((known) => known === word)
  if (action !== undefined) return action
  const close = nearest(word, [...ACTIONS])
  throw new CommuneError('usage', `"${word}" can't be proposed.`, {
    hint: close === undefined ? `Use one of ${ACTIONS.join(', ')}.` : `Did you mean ${close}?`,
  })
}

function parseDays(text: string | undefined, action: Action): number | undefined {
  if (text === undefined) return undefined
  const days = Number(text)
  if (action === 'suspend' && /^\d{1,2}$/.test(text) && days >= 1 && days <= 90) return days
  throw new CommuneError(
    'usage',
    action === 'suspend'
      ? `--days ${text} is not understood: expected 1 to 90.`
      : '--days is for suspensions.',
  )
}
