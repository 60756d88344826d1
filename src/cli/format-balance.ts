import type { AccountRow, BalanceReport, EntryRow, GapRow, OutsideRow } from './balance-report.ts'
import { formatTable, printable } from './table.ts'

/** One line a member, by name; amounts in machine-days. */
export function formatAccounts(accounts: readonly AccountRow[], wide: boolean): string {
  return formatTable(
    [
      ...['owner', 'balance', 'given', 'taken', 'line', 'credit'],
      ...(wide ? ['lent', 'borrowed', 'did'] : []),
    ],
    accounts
      .toSorted(byName)
      .map((row) => [
        ...[row.name, row.balance, row.given, row.taken, row.line, row.credit],
        ...(wide ? [row.lent, row.borrowed, row.owner] : []),
      ]),
  )
}

function byName(a: AccountRow, b: AccountRow): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

/** What one member's balance is made of, down to the records. */
export function formatEntries({
  entries,
  shortfalls,
  gaps,
  outside,
  malformed,
}: Pick<BalanceReport, 'entries' | 'shortfalls' | 'gaps' | 'outside' | 'malformed'>): string {
  const lines = entries.flatMap((entry) => [
    entryLine(entry),
    `    ${entry.usage.uri} ${entry.usage.cid}`,
    ...(entry.acknowledgement
      ? [`    ${entry.acknowledgement.uri} ${entry.acknowledgement.cid}`]
      : []),
  ])
  const covered = shortfalls.map(
    ({ day, taker, giver, counted, covered: paid }) =>
      `${day}  the credit of ${taker} covered ${paid} of ${counted} for ${giver}`,
  )
  const notes = [
    ...gaps.map(gapLine),
    ...outside.flatMap(outsideLines),
    ...malformed.map(({ uri, reason }) => `note: ${uri} is not read: ${reason}`),
  ]
  return [...lines, ...covered, ...notes].map((line) => `${printable(line)}\n`).join('')
}

function outsideLines({ machine, later, older }: OutsideRow): readonly string[] {
  const count = (records: number) => (records === 1 ? '1 record' : `${records} records`)
  return [
    ...(later > 0 ? [`note: left out of ${machine}: ${count(later)} of later days`] : []),
    ...(older > 0
      ? [`note: left out of ${machine}: ${count(older)} too old to weigh anything`]
      : []),
  ]
}

function gapLine({ machine, afterDay, beforeDay, missing }: GapRow): string {
  const records = missing === 1 ? '1 record is' : `${missing} records are`
  return `note: by its numbers ${machine} wrote more: ${records} missing between those of ${afterDay} and ${beforeDay}; this changes no balance by itself`
}

function entryLine(entry: EntryRow): string {
  const { day, side, partnerName, machine, workload, claimed, acknowledged, counted } = entry
  const to = side === 'gave' ? `gave ${partnerName}` : `took from ${partnerName}`
  const name = workload.split('/').at(-1) ?? workload
  const sums = `counted ${counted} (claimed ${claimed}, acknowledged ${acknowledged})`
  const why = entry.reason === undefined ? '' : `: ${entry.reason}`
  return `${day}  ${to}  ${name} on ${machine}  ${sums}${why}`
}

/** What was computed again, so that two readers can compare what they got. */
export function formatVerdict({
  owner,
  day,
  checked,
  differentBids,
  accounts,
}: BalanceReport): string {
  const lines = [
    `ledger of ${owner}, closed day ${day}`,
    ...accounts.map(({ owner: did, exactBalance }) => `${did} ${exactBalance}`),
    `sum ${checked.sum}`,
    `${checked.entries} entries, hash ${checked.hash}`,
    `members, loans, disputes and rules as read, hash ${checked.basis}`,
    `offers checked: ${checked.bids}, with another balance than the ledger: ${differentBids.length}`,
    ...(checked.uncheckedBids === 0
      ? []
      : [
          `  of ${checked.uncheckedBids} it can't be told: too old, or from before members, loans or rules changed`,
        ]),
    ...differentBids.flatMap(({ machine, claim, bid }) => [
      `  ${machine} claims ${claim.claimed}${'reason' in claim ? `: ${claim.reason}` : ''}`,
      `    ${bid.uri} ${bid.cid}`,
    ]),
  ]
  return lines.map((line) => `${printable(line)}\n`).join('')
}
