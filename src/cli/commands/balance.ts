import { addDays, closedDayOf, parseDay, type LedgerDay } from '../../ledger/ledger-day.ts'
import { waitingClaims } from '../../ledger/waiting-claims.ts'
import { CommuneError } from '../../model/errors.ts'
import type { Did } from '../../model/records.ts'
import { balanceReport, type BalanceReport } from '../balance-report.ts'
import type { ReadingOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { VERIFY_EXIT } from '../exit.ts'
import { formatAccounts, formatEntries, formatVerdict } from '../format-balance.ts'
import { machineDays } from '../format-waiting.ts'
import { parseOutput, printData, type OutputFormat } from '../output.ts'
import { openReader, type Reading } from '../reading.ts'
import { requireReadable } from '../workload-view.ts'

interface BalanceOptions extends ReadingOptions {
  readonly at?: string
  readonly explain?: boolean
  readonly member?: string
  readonly verify?: boolean
}

/** Records are kept for so much longer than they weigh anything. */
const KEPT_LONGER_DAYS = 7

/** Shows who gave and took how much, computed from public records alone. */
export async function runBalance(
  context: CommandContext,
  [owner]: readonly string[],
  options: BalanceOptions,
): Promise<number> {
  const { io } = context
  const format = parseOutput(options.output)
  const nowMs = io.clock.wallMs()
  const day = dayAt(options.at, nowMs)
  const reader = await openReader(context, owner === undefined ? options : { ...options, owner })
  using reading = await reader.read()
  requireReadable(reading.view, reading.owner)
  const isExplained = options.explain === true || options.member !== undefined
  const member = isExplained ? memberOf(reading, options.member) : undefined
  const report = balanceReport(reading, { day, nowMs, ...(member && { member }) })
  if (member !== undefined && !report.accounts.some((row) => row.owner === member))
    throw notAMember(options.member ?? member, report)
  for (const name of report.unread)
    io.note(`${name} could not be read: what it wrote is not in these numbers.\n`)
  if (day < addDays(closedDayOf(nowMs), -KEPT_LONGER_DAYS))
    io.note(
      'A balance rests on eight weeks of records, and they are kept for nine: some may be gone.\n',
    )
  print(context, format, report, { member, isVerified: options.verify === true })
  if (options.verify !== true && options.at === undefined) noteWaiting(context, reading, nowMs)
  if (options.verify !== true) return VERIFY_EXIT.same
  const isSound = report.unread.length === 0 && report.checked.sum === '0'
  return isSound && report.differentBids.length === 0 ? VERIFY_EXIT.same : VERIFY_EXIT.different
}

function explain(io: CommandContext['io'], report: BalanceReport, member: Did): void {
  const name = report.accounts.find(({ owner }) => owner === member)?.name ?? member
  const text = formatEntries(report)
  if (report.entries.length > 0) return io.out(`\nWhat the balance of ${name} is made of\n${text}`)
  if (text !== '') io.out(`\n${text}`)
  io.note(
    `No machine has claimed anything of or for ${name} in the eight weeks to ${report.day}.\n`,
  )
}

/** Machines that acknowledge for her are there, as a rule; where they are not, work is not paid. */
function noteWaiting({ io }: CommandContext, { view, owner }: Reading, nowMs: number): void {
  const claims = waitingClaims(view, owner, nowMs)
  if (claims.length === 0) return
  const count = claims.length === 1 ? '1 claim waits' : `${claims.length} claims wait`
  io.note(
    `${count} for the owner's word, ${machineDays(claims)} machine-days: "commune acknowledge".\n`,
  )
}

function print(
  { io }: CommandContext,
  format: OutputFormat,
  report: BalanceReport,
  { member, isVerified }: { readonly member: Did | undefined; readonly isVerified: boolean },
): void {
  switch (format) {
    case 'json':
    case 'yaml':
      return printData(io, format, { unit: 'machine-days', ...report })
    case 'name':
      return io.out(report.accounts.map((row) => `${row.name}\n`).join(''))
    case 'table':
    case 'wide':
      if (isVerified) io.out(formatVerdict(report))
      else {
        io.note(`Closed day ${report.day}; amounts in machine-days, halved each week.\n`)
        for (const { name, sponsorsMissing: missing } of report.accounts)
          if (missing !== undefined)
            io.note(
              `${name} lacks ${missing} ${missing === 1 ? 'sponsor' : 'sponsors'}, so her line is that of a newcomer.\n`,
            )
        io.out(formatAccounts(report.accounts, format === 'wide'))
      }
      if (member !== undefined) explain(io, report, member)
  }
}

function dayAt(text: string | undefined, nowMs: number): LedgerDay {
  const newest = closedDayOf(nowMs)
  if (text === undefined) return newest
  if (parseDay(text) === undefined)
    throw new CommuneError('usage', `--at ${text} is no day.`, {
      hint: `Give a UTC day such as ${newest}.`,
    })
  if (text > newest)
    throw new CommuneError('usage', `The ledger of ${text} is not closed yet.`, {
      hint: `The newest is that of ${newest}: a day is closed when another one has passed.`,
    })
  return text
}

function memberOf({ view, owner, names }: Reading, text: string | undefined): Did {
  if (text === undefined) return owner
  const wanted = text.replace(/^@/, '')
  const found = view.dids.find((did) => did === wanted || names.account(did) === wanted)
  return found ?? (wanted as Did)
}

function notAMember(text: string, { accounts }: BalanceReport): CommuneError {
  return new CommuneError('usage', `${text} is no member of this commune.`, {
    hint: `Members are ${accounts.map(({ name }) => name).join(', ')}.`,
  })
}
