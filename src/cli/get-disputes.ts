import { agreementOf } from '../governance/agreement.ts'
import { claimsInLedger, type ClaimInLedger } from '../governance/claims-in-ledger.ts'
import type { Dispute } from '../governance/disputes.ts'
import { utcMinute } from '../model/utc-minute.ts'
import type { GetInput } from './commands/get.ts'
import { bidCheckedAgain, isBid } from './disputed-bid.ts'
import { recordsCalled } from './find-record.ts'
import { idOf } from './record-id.ts'
import { printList, type Column } from './output.ts'

/** Claims that somebody says are wrong, and how that stands. */
export function printDisputes({ io, reading, format, name }: GetInput): void {
  const { view, owner, names } = reading
  const nowMs = io.clock.wallMs()
  const { disputes } = agreementOf(view, owner, nowMs)
  const inLedger = claimsInLedger(view, owner, nowMs)
  const items = name === undefined ? disputes : recordsCalled(disputes, name)
  const columns: readonly Column<Dispute>[] = [
    { header: 'dispute', cell: ({ uri }) => idOf(uri) },
    { header: 'by', cell: ({ by }) => names.account(by) },
    { header: 'against', cell: ({ claimant }) => names.account(claimant) },
    { header: 'claim', cell: ({ value }) => idOf(value.claim.uri) },
    { header: 'state', cell: ({ settledBy, state }) => settledBy ?? state },
    {
      header: 'claim counts',
      cell: ({ value }) =>
        isBid(value.claim.uri) ? undefined : countsText(inLedger(value.claim.uri)),
    },
    {
      header: 'deadline',
      cell: ({ deadlineMs }) => (deadlineMs === undefined ? undefined : utcMinute(deadlineMs)),
    },
    { header: 'claim uri', wide: true, cell: ({ value }) => value.claim.uri },
    {
      header: 'why',
      cell: ({ value, why }) =>
        isBid(value.claim.uri)
          ? `${value.reason} (${bidCheckedAgain(view, value, nowMs)})`
          : `${value.reason} (${why})`,
    },
  ]
  printList(io, format, {
    items,
    columns,
    nameOf: ({ uri }) => idOf(uri),
    dataOf: (dispute) => disputeData(dispute, inLedger),
    empty: 'Nothing is disputed.',
  })
}

/** For programs. */
export function disputeData(dispute: Dispute, inLedger: ReturnType<typeof claimsInLedger>): object {
  const { uri } = dispute.value.claim
  return isBid(uri) ? dispute : { ...dispute, inLedger: inLedger(uri) }
}

/** In the ledger that is used now, and what is known of the next one. */
export function countsText({ counts, changesOn }: ClaimInLedger): string {
  if (changesOn === undefined) return counts ? 'yes' : 'no'
  return counts ? `yes; no more from ${changesOn}` : `no; counts again from ${changesOn}`
}
