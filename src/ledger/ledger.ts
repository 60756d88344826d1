import { compareText } from '../model/canonical.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { Did } from '../model/records.ts'
import type { MemberBooks } from './books.ts'
import { timeFault } from './claims.ts'
import { ledgerEntries, type LedgerEntry } from './entries.ts'
import { addDays, dayOf, type LedgerDay } from './ledger-day.ts'
import { MACHINE_DAY } from './rate.ts'
import { settle, type CreditRules, type Flow, type Loan } from './settle.ts'
import { LEDGER_DAYS, WEIGHT_BITS } from './weight.ts'

/** A week of the reference machine: what a member may take before she has given anything. */
export const DEFAULT_RULES: CreditRules = {
  rootLine: 7n * BigInt(MACHINE_DAY),
  sponsorLimit: 7n * BigInt(MACHINE_DAY),
  sponsorsMin: 0,
  unsponsoredLine: BigInt(MACHINE_DAY),
}

/** What members agreed on that a ledger depends on. */
export interface LedgerTerms {
  readonly rules?: CreditRules
  /** Usage records, by uri, that are disputed and not settled. */
  readonly disputed?: ReadonlySet<string>
}

export interface LedgerInput extends LedgerTerms {
  /** The closed day: nothing later, and nothing that was written later than a day after it, counts. */
  readonly day: LedgerDay
  readonly members: readonly MemberBooks[]
  /** Told of each entry, for those who explain. */
  readonly onEntry?: (entry: LedgerEntry) => void
  /** Told what of a day's flow the taker's credit covered. */
  readonly onSettled?: (day: LedgerDay, flow: Flow, settled: bigint) => void
}

/** How one member stands. Decayed amounts are in units of 2^-16 of the unit of usage. */
export interface LedgerAccount {
  readonly ownerDid: Did
  /** Work of others on her machines, decayed. */
  readonly given: bigint
  /** Work of hers on machines of others, decayed. */
  readonly taken: bigint
  /** Given less taken. Over all accounts the sum is zero. */
  readonly balance: bigint
  /** What she may owe, in the unit of usage. */
  readonly line: bigint
  readonly lent: bigint
  readonly borrowed: bigint
  /** Members who would have to lend to her besides those who do before she has the full line. */
  readonly sponsorsMissing: number
  /** What she may still take, in the unit of usage: balance and line, never below 0. */
  readonly credit: bigint
}

export interface Ledger {
  readonly day: LedgerDay
  /** By DID of the owner. */
  readonly accounts: readonly LedgerAccount[]
}

/** The ledger of a commune as of a closed day; a function of the records alone, whatever their order. */
export function ledgerOf(input: LedgerInput): Ledger {
  const flows = new FlowSums()
  for (const entry of ledgerEntries(input)) {
    input.onEntry?.(entry)
    if (entry.counted > 0) flows.add(entry)
  }
  const first = addDays(input.day, 1 - LEDGER_DAYS)
  const days = Array.from({ length: LEDGER_DAYS }, (_, index) => {
    const day = addDays(first, index)
    return { day, flows: flows.of(day) }
  })
  const standings = settle({
    owners: input.members.map(({ ownerDid }) => ownerDid).toSorted(compareText),
    days,
    loans: loansOf(input.members, input.day),
    rules: input.rules ?? DEFAULT_RULES,
    ...(input.onSettled && { onSettled: input.onSettled }),
  })
  const accounts = standings.map((standing): LedgerAccount => {
    const balance = standing.given - standing.taken
    const credit = (balance >> WEIGHT_BITS) + standing.line
    return { ...standing, balance, credit: credit > 0n ? credit : 0n }
  })
  return { day: input.day, accounts }
}

/** Loans of all members that are to begin by the day. A record whose key is not its newcomer’s is none. */
function loansOf(members: readonly MemberBooks[], day: LedgerDay): readonly Loan[] {
  return members.flatMap(({ ownerDid, sponsors }) =>
    sponsors.flatMap(([rkey, { value }]): readonly Loan[] => {
      const { newcomer, credit, createdAt } = value
      if (rkey !== recordKeyFor(newcomer) || timeFault(createdAt, day)) return []
      if (!Number.isSafeInteger(credit) || credit <= 0) return []
      const since = dayOf(Date.parse(createdAt))
      return [{ giver: ownerDid, newcomer, credit: BigInt(credit), since }]
    }),
  )
}

/** What flowed between each two owners on each day. */
class FlowSums {
  readonly #byDay = new Map<LedgerDay, Map<string, Flow>>()

  add({ day, giver, taker, counted }: LedgerEntry): void {
    const flows = this.#byDay.get(day) ?? new Map<string, Flow>()
    this.#byDay.set(day, flows)
    const key = `${giver} ${taker}`
    const amount = (flows.get(key)?.amount ?? 0n) + BigInt(counted)
    flows.set(key, { giver, taker, amount })
  }

  /** By giver and taker. */
  of(day: LedgerDay): readonly Flow[] {
    const flows = [...(this.#byDay.get(day) ?? [])]
    return flows.toSorted(([a], [b]) => compareText(a, b)).map(([, flow]) => flow)
  }
}
