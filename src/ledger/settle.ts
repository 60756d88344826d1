import { compareText } from '../model/canonical.ts'
import type { Did } from '../model/records.ts'
import type { LedgerDay } from './ledger-day.ts'
import { WEIGHT_BITS, weightOf } from './weight.ts'

/** What one owner's machines held for another on one day; both agree on the amount. */
export interface Flow {
  readonly giver: Did
  readonly taker: Did
  readonly amount: bigint
}

/** Credit that one member lends another. */
export interface Loan {
  readonly giver: Did
  readonly newcomer: Did
  readonly credit: bigint
  /** The first day on which it is lent. */
  readonly since: LedgerDay
}

/** How much each member may owe, in the unit of usage. */
export interface CreditRules {
  readonly rootLine: bigint
  /** The most that one member lends. */
  readonly sponsorLimit: bigint
  /** Members who have to lend to a member before she has the root line. */
  readonly sponsorsMin: number
  /** What a member may owe until then; never more than the root line. */
  readonly unsponsoredLine: bigint
}

export interface SettleInput {
  readonly owners: readonly Did[]
  /** Oldest first, the closed day last; each with what flowed on it. */
  readonly days: readonly { readonly day: LedgerDay; readonly flows: readonly Flow[] }[]
  readonly loans: readonly Loan[]
  readonly rules: CreditRules
  /** Told of each flow what of it the taker's credit covered. */
  readonly onSettled?: (day: LedgerDay, flow: Flow, settled: bigint) => void
}

/** How one member stands. Decayed amounts are in units of 2^-16 of the unit of usage. */
export interface Standing {
  readonly ownerDid: Did
  /** Decayed. */
  readonly given: bigint
  /** Decayed. */
  readonly taken: bigint
  /** What may be owed, in the unit of usage: the root line, and what was borrowed, less what was lent. */
  readonly line: bigint
  readonly lent: bigint
  readonly borrowed: bigint
  /** Members who would have to lend to her besides those who do before she has the root line. */
  readonly sponsorsMissing: number
}

interface Account {
  readonly net: bigint[]
  /** Who has lent something to her. */
  readonly sponsors: Set<Did>
  given: bigint
  taken: bigint
  lent: bigint
  borrowed: bigint
}

/**
 * Goes through the days, oldest first. On each day loans begin, what two owners did for each other is
 * offset, and what is left counts as far as the taker had the credit for it in the morning; where that
 * is too little, all her givers get the same amount at most, rounded down. So nobody owes more than
 * her line, and who works for somebody without credit earns nothing: credit can't be made by a
 * partner who never pays, nor be kept from others by claiming much of it.
 */
export function settle(input: SettleInput): readonly Standing[] {
  const accounts = new Map(input.owners.map((owner) => [owner, emptyAccount()]))
  const begun = new Set<Loan>()
  for (const [index, { day, flows }] of input.days.entries()) {
    const lineOf = (account: Account) => lineOfAccount(account, input.rules)
    const creditOf = (owner: Did) => {
      const account = accounts.get(owner)
      if (!account) return 0n
      return atLeastNothing((balanceAt(account, index) >> WEIGHT_BITS) + lineOf(account))
    }
    const starting = input.loans.filter((loan) => loan.since <= day && !begun.has(loan))
    for (const loan of starting) begun.add(loan)
    lend(starting, accounts, input.rules, creditOf)
    const credit = new Map(input.owners.map((owner) => [owner, creditOf(owner)]))
    const weight = weightOf(input.days.length - 1 - index)
    for (const [flow, settled] of settleDay(flows, credit)) {
      input.onSettled?.(day, flow, settled)
      post({ accounts, flow, settled, index, weight })
    }
  }
  return [...accounts].map(([ownerDid, account]) => {
    const { given, taken, lent, borrowed } = account
    const line = lineOfAccount(account, input.rules)
    const sponsorsMissing = Math.max(0, input.rules.sponsorsMin - account.sponsors.size)
    return { ownerDid, given, taken, lent, borrowed, line, sponsorsMissing }
  })
}

function lineOfAccount(account: Account, rules: CreditRules): bigint {
  return startOf(account, rules) + account.borrowed - account.lent
}

/** What she may owe by herself: less than the others until enough of them have lent to her. */
function startOf({ sponsors }: Account, rules: CreditRules): bigint {
  const { rootLine, sponsorsMin, unsponsoredLine } = rules
  return sponsors.size < sponsorsMin ? least(rootLine, unsponsoredLine) : rootLine
}

function emptyAccount(): Account {
  return { net: [], sponsors: new Set(), given: 0n, taken: 0n, lent: 0n, borrowed: 0n }
}

/** The balance in the morning of the day with this index, before anything of that day. */
function balanceAt({ net }: Account, index: number): bigint {
  return net.reduce((sum, amount, at) => sum + (amount ?? 0n) * weightOf(index - at), 0n)
}

/** Both sides in one step: the sum over all accounts stays zero. */
function post({
  accounts,
  flow,
  settled,
  index,
  weight,
}: {
  readonly accounts: ReadonlyMap<Did, Account>
  readonly flow: Flow
  readonly settled: bigint
  readonly index: number
  readonly weight: bigint
}): void {
  const giver = accounts.get(flow.giver)
  const taker = accounts.get(flow.taker)
  if (!giver || !taker) return
  giver.net[index] = (giver.net[index] ?? 0n) + settled
  taker.net[index] = (taker.net[index] ?? 0n) - settled
  giver.given += settled * weight
  taker.taken += settled * weight
}

/**
 * What of each flow of a day counts: all that is offset by the other direction, and of the rest what
 * the taker's credit covers. Where it covers less than all, her givers get the same amount each, and
 * who is owed less than that gets all of it: by claiming more nobody takes from what others are owed.
 */
function settleDay(
  flows: readonly Flow[],
  credit: ReadonlyMap<Did, bigint>,
): readonly (readonly [Flow, bigint])[] {
  const amounts = new Map(flows.map((flow) => [pairKey(flow.giver, flow.taker), flow.amount]))
  const owed = flows.map((flow) => {
    const back = amounts.get(pairKey(flow.taker, flow.giver)) ?? 0n
    return { flow, rest: atLeastNothing(flow.amount - back) }
  })
  const byTaker = Map.groupBy(owed, ({ flow }) => flow.taker)
  const most = new Map(
    [...byTaker].map(([taker, own]) => {
      return [
        taker,
        equalShare(
          own.map(({ rest }) => rest),
          credit.get(taker) ?? 0n,
        ),
      ] as const
    }),
  )
  return owed.map(({ flow, rest }) => {
    const offset = flow.amount - rest
    return [flow, offset + least(rest, most.get(flow.taker) ?? 0n)]
  })
}

/** The amount up to which all of these can be paid; rounded down, so that equal ones stay equal. */
function equalShare(amounts: readonly bigint[], covered: bigint): bigint {
  let left = covered
  let unpaid = BigInt(amounts.length)
  for (const amount of amounts.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))) {
    if (amount * unpaid > left) return left / unpaid
    left -= amount
    unpaid--
  }
  return covered
}

/**
 * Lends from what the giver may owe at the start, so that what is lent does not decay while it is
 * spent; never more than she has credit for, nor than the rules allow. Of loans that begin together
 * and are too much together, each gets the same share.
 */
function lend(
  loans: readonly Loan[],
  accounts: ReadonlyMap<Did, Account>,
  rules: CreditRules,
  creditOf: (owner: Did) => bigint,
): void {
  const known = loans.filter(({ giver, newcomer }) => {
    return giver !== newcomer && accounts.has(giver) && accounts.has(newcomer)
  })
  const limits = new Map(
    known.map(({ giver }) => {
      const account = accounts.get(giver) ?? emptyAccount()
      const { lent } = account
      const limit = least(
        startOf(account, rules) - lent,
        rules.sponsorLimit - lent,
        creditOf(giver),
      )
      return [giver, atLeastNothing(limit)] as const
    }),
  )
  const byGiver = Map.groupBy(known, ({ giver }) => giver)
  for (const giver of [...byGiver.keys()].toSorted(compareText)) {
    const own = byGiver.get(giver) ?? []
    const limit = limits.get(giver) ?? 0n
    const all = own.reduce((sum, { credit }) => sum + credit, 0n)
    for (const { newcomer, credit } of own) {
      const lent = all <= limit ? credit : (credit * limit) / all
      const [from, to] = [accounts.get(giver), accounts.get(newcomer)]
      if (!from || !to) continue
      from.lent += lent
      to.borrowed += lent
      if (lent > 0n) to.sponsors.add(giver)
    }
  }
}

function pairKey(giver: Did, taker: Did): string {
  return `${giver} ${taker}`
}

function least(...values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (b < a ? b : a))
}

function atLeastNothing(value: bigint): bigint {
  return value > 0n ? value : 0n
}
