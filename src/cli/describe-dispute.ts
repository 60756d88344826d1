import { agreementOf } from '../governance/agreement.ts'
import { claimsInLedger } from '../governance/claims-in-ledger.ts'
import type { Dispute } from '../governance/disputes.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { AnswerRecord, Did } from '../model/records.ts'
import { utcMinute } from '../model/utc-minute.ts'
import type { RecordView } from '../ports/records.ts'
import { bidCheckedAgain, isBid } from './disputed-bid.ts'
import { EXIT } from './exit.ts'
import { findRecord } from './find-record.ts'
import { countsText, disputeData } from './get-disputes.ts'
import type { Io } from './io.ts'
import { printData, type OutputFormat } from './output.ts'
import type { Reading } from './reading.ts'
import { idOf } from './record-id.ts'
import { printable } from './table.ts'

/** Everything about one dispute: what both sides say, how it stands, and what can be done. */
export function describeDispute(
  io: Io,
  reading: Reading,
  { id, format }: { readonly id: string; readonly format: OutputFormat },
): number {
  const { view, owner } = reading
  const nowMs = io.clock.wallMs()
  const { disputes, decided } = agreementOf(view, owner, nowMs)
  const dispute = findRecord(disputes, id, 'dispute')
  const inLedger = claimsInLedger(view, owner, nowMs)
  const { uri: claim } = dispute.value.claim
  const votes = decided
    .filter(({ proposal: { value } }) => value.action === 'uphold' && value.claim?.uri === claim)
    .map(({ proposal, state, why }) => ({ id: idOf(proposal.uri), state, why }))
  if (format === 'name') io.out(`${idOf(dispute.uri)}\n`)
  else if (format === 'json' || format === 'yaml')
    printData(io, format, { ...disputeData(dispute, inLedger), votes })
  else {
    const counts = isBid(claim)
      ? `found:     ${bidCheckedAgain(view, dispute.value, nowMs)}`
      : `counts:    ${countsText(inLedger(claim))}`
    io.out([...told(dispute, reading), counts, ...votes.map(voteLine), ''].join('\n'))
  }
  return EXIT.done
}

/** What whose claim it is says to a dispute; the first that stands in her repo. */
export function answerTo(view: RecordView, by: Did, dispute: string): AnswerRecord | undefined {
  return view
    .list<AnswerRecord>(by, COLLECTION.answer)
    .find(([, { value }]) => value.dispute.uri === dispute)?.[1].value
}

function told(dispute: Dispute, { view, names }: Reading): readonly string[] {
  const { by, claimant, value, uri, state, settledBy, why, deadlineMs } = dispute
  const [raiser, other] = [names.account(by), names.account(claimant)]
  const answer = answerTo(view, claimant, uri)
  const said = answer?.reason === undefined ? '' : `: ${printable(answer.reason)}`
  return [
    `dispute ${idOf(uri)}, against ${other}`,
    `claim:     ${value.claim.uri}`,
    `disputed:  ${utcMinute(value.createdAt)} by ${raiser}: ${printable(value.reason)}`,
    ...(value.evidence ?? []).map((one) => `evidence:  ${one.uri}`),
    ...(answer === undefined
      ? []
      : [`answered:  ${utcMinute(answer.createdAt)} by ${other}, ${answer.choice}${said}`]),
    ...(answer?.evidence ?? []).map((one) => `evidence:  ${one.uri}`),
    `state:     ${settledBy ?? state}: ${why}`,
    ...(deadlineMs === undefined ? [] : [`deadline:  ${utcMinute(deadlineMs)}`]),
  ]
}

function voteLine(vote: {
  readonly id: string
  readonly state: string
  readonly why: string
}): string {
  return `vote:      ${vote.id}, ${vote.state}: ${vote.why}`
}
