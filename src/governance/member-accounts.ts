import type { MemberBooks } from '../ledger/books.ts'
import { addDays, DAY_MS, type LedgerDay } from '../ledger/ledger-day.ts'
import { ledgerOf } from '../ledger/ledger.ts'
import { LEDGER_DAYS, WEIGHT_BITS, weightOf } from '../ledger/weight.ts'
import type { Did } from '../model/records.ts'
import type { ClusterRules } from './cluster-rules.ts'
import { creditRules } from './ledger-terms.ts'
import { belowSince, type MemberAccount } from './standing.ts'

export interface MemberAccountsInput {
  /** The closed day. */
  readonly day: LedgerDay
  readonly members: readonly MemberBooks[]
  readonly disputed: ReadonlySet<string>
  readonly rules: ClusterRules
}

/** Longer than any grace: the ledger does not go back to when an old member came. */
const LONG_AGO_DAYS = 10_000

interface Flows {
  readonly given: bigint[]
  readonly taken: bigint[]
}

/**
 * What each member gave and took up to the closed day, by the ledger: settled amounts, decaying with
 * its half-life, in one pass over its days. Whoever is in none of them is not in the answer.
 */
export function memberAccounts(input: MemberAccountsInput): ReadonlyMap<Did, MemberAccount> {
  const flows = settledFlows(input)
  const lastDay = dayNumber(input.day)
  const firstDay = lastDay - LEDGER_DAYS + 1
  return new Map(
    [...flows].map(([owner, own]) => {
      const first = firstWithFlow(own)
      const days = Array.from({ length: LEDGER_DAYS - first }, (_, index) => ({
        day: firstDay + first + index,
        given: decayed(own.given, first + index),
        taken: decayed(own.taken, first + index),
      }))
      const last = days.at(-1)
      const below = belowSince(days, input.rules)
      const account: MemberAccount = {
        given: last?.given ?? 0,
        taken: last?.taken ?? 0,
        since: first === 0 ? firstDay - LONG_AGO_DAYS : firstDay + first,
        ...(below === undefined ? {} : { belowSince: below }),
      }
      return [owner, account] as const
    }),
  )
}

/** Days since 1970. */
export function dayNumber(day: LedgerDay): number {
  return Math.floor(Date.parse(`${day}T00:00:00Z`) / DAY_MS)
}

function settledFlows({
  day,
  members,
  disputed,
  rules,
}: MemberAccountsInput): ReadonlyMap<Did, Flows> {
  const flows = new Map<Did, Flows>()
  const first = addDays(day, 1 - LEDGER_DAYS)
  const flowsOf = (owner: Did) => {
    const known = flows.get(owner) ?? { given: [], taken: [] }
    flows.set(owner, known)
    return known
  }
  const add = (amounts: bigint[], index: number, amount: bigint) => {
    amounts[index] = (amounts[index] ?? 0n) + amount
  }
  ledgerOf({
    day,
    members,
    disputed,
    rules: creditRules(rules),
    onSettled(flowDay, { giver, taker }, settled) {
      const index = dayNumber(flowDay) - dayNumber(first)
      add(flowsOf(giver).given, index, settled)
      add(flowsOf(taker).taken, index, settled)
    },
  })
  return flows
}

function firstWithFlow({ given, taken }: Flows): number {
  const first = Array.from({ length: LEDGER_DAYS }).findIndex(
    (_, index) => (given[index] ?? 0n) > 0n || (taken[index] ?? 0n) > 0n,
  )
  return first < 0 ? LEDGER_DAYS - 1 : first
}

function decayed(amounts: readonly bigint[], index: number): number {
  const sum = amounts.reduce(
    (total, amount, at) => total + (at > index ? 0n : (amount ?? 0n) * weightOf(index - at)),
    0n,
  )
  const whole = sum >> WEIGHT_BITS
  return Number(whole < MOST ? whole : MOST)
}

const MOST = BigInt(Number.MAX_SAFE_INTEGER)
