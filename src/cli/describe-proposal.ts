import type { SeenOtherwise } from '../governance/seen-otherwise.ts'
import { repoOf } from '../governance/ballots.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { AtUri, Did, DisputeRecord } from '../model/records.ts'
import { utcMinute } from '../model/utc-minute.ts'
import { EXIT } from './exit.ts'
import { findRecord } from './find-record.ts'
import { proposalData, proposalRows } from './get-proposals.ts'
import { idOf } from './record-id.ts'
import { answerTo } from './describe-dispute.ts'
import type { LabelerOptions } from './command-options.ts'
import type { Io } from './io.ts'
import { labelText, readLabels, type AccountLabel } from './labels.ts'
import { printData, type OutputFormat } from './output.ts'
import type { Reading } from './reading.ts'
import { printable } from './table.ts'

const IGNORED = {
  subject: 'it is about her',
  'not-eligible': 'she may not vote',
  'other-version': 'the proposal was changed after she had voted',
  late: 'it came after the close',
  equivocation: 'she voted for both sides',
  unknown: 'nobody knows what it means',
} as const

/** Everything about one proposal: who may vote, who did, what counts, and what follows. */
export async function describeProposal(
  io: Io,
  reading: Reading,
  { id, format, options }: DescribeProposal,
): Promise<number> {
  const row = findRecord(proposalRows(reading, io.clock.wallMs()), id, 'proposal')
  if (format === 'name') {
    io.out(`${row.id}\n`)
    return EXIT.done
  }
  const { subject } = row.proposal.value
  const accounts = [subject]
  const found = await readLabels(io, { options, identity: reading.identity, accounts })
  const labels = found.get(subject) ?? []
  if (format === 'json' || format === 'yaml')
    printData(io, format, { ...proposalData(row), ...(labels.length > 0 ? { labels } : {}) })
  else io.out(tell(row, reading, labels))
  return EXIT.done
}

interface DescribeProposal {
  readonly id: string
  readonly format: OutputFormat
  readonly options: LabelerOptions
}

function tell(
  row: ReturnType<typeof proposalRows>[number],
  { names, view }: Reading,
  labels: readonly AccountLabel[],
): string {
  const { proposal, tally, state, why, competesWith, attestedBy, binds, seenOtherwise } = row
  const { value, author } = proposal
  const called = names.account
  const choices = new Map(tally.counted.map(({ voter, choice }) => [voter, choice]))
  const about =
    value.action === 'uphold'
      ? `the dispute against ${called(value.subject)}`
      : called(value.subject)
  const votes = [
    ...tally.voters.map((did) => [called(did), choices.get(did) ?? 'not yet'] as const),
    ...tally.ignored.map(({ vote, reason }) => {
      const choice = printable(vote.value.choice)
      return [called(vote.voter), `${choice}, ignored: ${IGNORED[reason]}`] as const
    }),
  ].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const width = Math.max(0, ...votes.map(([who]) => who.length))
  const lines = [
    `${value.action} ${about}, in ${value.cluster}`,
    ...labels.map(
      (label) => `labelled:  ${labelText(label)}, by ${called(label.by as Did)}; advice only`,
    ),
    ...(value.dispute === undefined ? [] : [`dispute:   ${idOf(value.dispute.uri)}`]),
    ...(value.claim === undefined ? [] : [`claim:     ${value.claim.uri}`]),
    ...(value.dispute === undefined ? [] : sidesOf(view, value.dispute.uri, value.subject, called)),
    ...(value.reason === undefined ? [] : [`reason:    ${printable(value.reason)}`]),
    `proposed:  ${utcMinute(value.createdAt)} by ${called(author)}`,
    `closes:    ${utcMinute(value.closesAt)}`,
    ...(value.sponsorsMin === undefined
      ? []
      : [`sponsors:  ${value.sponsorsMin} of those who say yes have to lend her credit`]),
    ...(value.until === undefined ? [] : [`until:     ${utcMinute(value.until)}`]),
    `state:     ${state}: ${why}`,
    `binds you: ${binds ? 'yes' : 'no'}`,
    ...(attestedBy.length === 0 ? [] : [`on record: ${names.accounts(attestedBy)}`]),
    ...competesWith.map((uri) => `against:   ${idOf(uri)}`),
    ...(value.evidence ?? []).map(({ uri }) => `evidence:  ${uri}`),
    '',
    'VOTES',
    ...votes.map(([who, what]) => `${who.padEnd(width)}  ${what}`),
    ...(seenOtherwise.length === 0 ? [] : ['', 'SEEN OTHERWISE']),
    ...seenOtherwise.map((seen) => historyText(seen, called)),
  ]
  return `${lines.join('\n')}\n`
}

/** What the two sides of a dispute say, for those who are to decide between them. */
function sidesOf(
  view: Reading['view'],
  dispute: AtUri,
  claimant: Did,
  called: (did: Did) => string,
): readonly string[] {
  const by = repoOf(dispute)
  const raised = view.get<DisputeRecord>(by, COLLECTION.dispute, idOf(dispute))?.value
  const answer = answerTo(view, claimant, dispute)
  return [
    ...(raised === undefined ? [] : [`disputed:  ${printable(raised.reason)} (${called(by)})`]),
    ...(answer?.reason === undefined
      ? []
      : [`answered:  ${printable(answer.reason)} (${called(claimant)})`]),
  ]
}

/** Which of the two is wrong, records do not tell. */
function historyText(
  { by, voter, recorded, now }: SeenOtherwise,
  called: (did: Did) => string,
): string {
  const has = `${called(by)} has on record that`
  if (voter === undefined) return `${has} it ${printable(recorded)}; by what can be read it ${now}`
  const then = now === undefined ? 'her vote is gone' : `her vote says ${printable(now)}`
  return `${has} ${called(voter)} voted ${printable(recorded)}; now ${then}`
}
