import { recordKeyFor } from '../model/record-key.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { AtUri, Cid, Did, UsageRecord } from '../model/records.ts'
import type { StoredRecord } from '../ports/records.ts'
import type { MachineBooks } from './books.ts'
import type { LedgerFault } from './faults.ts'
import { addDays, DAY_MS, DAY_SECONDS, type LedgerDay, parseDay } from './ledger-day.ts'
import { rateMaxOf } from './rate.ts'
import { LEDGER_DAYS } from './weight.ts'

/** A record in the version that was looked at. */
export interface Reference {
  readonly uri: AtUri
  readonly cid: Cid
}

/** What a machine says that it held on one day, and what is wrong with that as a whole. */
export interface Claim {
  readonly day: LedgerDay
  readonly usage: Reference
  /** Record key of its acknowledgements. */
  readonly key: string
  readonly entries: UsageRecord['entries']
  readonly fault?: LedgerFault
}

/** A record may be written so long before its day is over, by its own clock: clocks differ. */
const EARLY_MS = 3_600_000
/** More replicas than a workload can have. */
const SECONDS_MAX = 1_000 * DAY_SECONDS

/**
 * The claims of one machine that the ledger of this day looks at: of the days that still weigh
 * something, written by the end of the day after. Whoever writes later counts in a later ledger, so
 * that what was closed stays as it was.
 */
export function claimsOf(machine: MachineBooks, ledgerDay: LedgerDay): readonly Claim[] {
  const records = machine.usage.filter(([rkey]) => isLookedAt(rkey.slice(0, 10), ledgerDay))
  const numbers = numbersOf(records, ledgerDay)
  let above = -1
  return records.map(([rkey, record]): Claim => {
    const { sequence, entries } = record.value
    const fault = faultOf(rkey, record, ledgerDay) ?? numberFault(sequence, above, numbers)
    if (fault !== 'late') above = Math.max(above, sequence ?? -1)
    const usage = { uri: usageUri(machine.meshletDid, rkey), cid: record.cid }
    const claim = { day: rkey.slice(0, 10), usage, key: recordKeyFor(usage.uri), entries }
    return fault ? { ...claim, fault } : claim
  })
}

/** Whether a record of this day still weighs something in the ledger, and its day is closed. */
export function isLookedAt(day: LedgerDay, ledgerDay: LedgerDay): boolean {
  return day <= ledgerDay && day >= addDays(ledgerDay, 1 - LEDGER_DAYS)
}

/** Where a machine's usage record of this key stands. */
export function usageUri(meshletDid: Did, rkey: string): AtUri {
  return `at://${meshletDid}/${COLLECTION.usage}/${rkey}` as AtUri
}

/** Whether a record was there when the day was closed, by its own word. */
export function timeFault(createdAt: string, ledgerDay: LedgerDay): 'no-time' | 'late' | undefined {
  const writtenMs = Date.parse(createdAt)
  if (Number.isNaN(writtenMs)) return 'no-time'
  return writtenMs >= Date.parse(addDays(ledgerDay, 2)) ? 'late' : undefined
}

/** How often each number is used by records that were there when the day was closed. */
function numbersOf(records: MachineBooks['usage'], ledgerDay: LedgerDay) {
  const numbers = new Map<number, number>()
  for (const [, { value }] of records) {
    const { sequence } = value
    if (sequence === undefined || timeFault(value.createdAt, ledgerDay)) continue
    numbers.set(sequence, (numbers.get(sequence) ?? 0) + 1)
  }
  return numbers
}

function numberFault(
  sequence: number | undefined,
  above: number,
  numbers: ReadonlyMap<number, number>,
): LedgerFault | undefined {
  if (sequence === undefined) return 'no-sequence'
  if ((numbers.get(sequence) ?? 0) > 1) return 'sequence-reused'
  return sequence <= above ? 'sequence-backwards' : undefined
}

function faultOf(
  rkey: string,
  { value }: StoredRecord<UsageRecord>,
  ledgerDay: LedgerDay,
): LedgerFault | undefined {
  const startMs = parseDay(rkey)
  if (startMs === undefined || value.period !== rkey) return 'not-a-day'
  const fault = timeFault(value.createdAt, ledgerDay)
  if (fault) return fault
  const writtenMs = Date.parse(value.createdAt)
  if (writtenMs < startMs + DAY_MS - EARLY_MS) return 'unfinished'
  return contentFault(value)
}

/** What can be told from the record alone. */
function contentFault({ entries, capacity }: UsageRecord): LedgerFault | undefined {
  if (!entries.every(isSound)) return 'bad-amount'
  if (new Set(entries.map(({ workload }) => workload)).size < entries.length)
    return 'duplicate-workload'
  if (!capacity) return 'no-capacity'
  const { cpuMilli = 0, memoryBytes = 0, storageBytes = 0 } = capacity
  const most = BigInt(rateMaxOf({ cpuMilli, memoryBytes, storageBytes })) * BigInt(DAY_SECONDS)
  const claimed = entries.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
  return claimed > most ? 'over-capacity' : undefined
}

function isSound({ amount, seconds = 0 }: UsageRecord['entries'][number]): boolean {
  return (
    Number.isSafeInteger(amount) &&
    amount > 0 &&
    Number.isSafeInteger(seconds) &&
    seconds > 0 &&
    seconds <= SECONDS_MAX
  )
}
