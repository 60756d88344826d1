import { isLookedAt } from '../ledger/claims.ts'
import { ledgerTerms } from '../governance/ledger-terms.ts'
import type { BidClaim } from '../ledger/bid-claims.ts'
import { basisOf } from '../ledger/basis.ts'
import {
  communeBooks,
  ledgerMembers,
  type CommuneBooks,
  type MachineBooks,
} from '../ledger/books.ts'
import type { LedgerEntry } from '../ledger/entries.ts'
import { FAULTS } from '../ledger/faults.ts'
import type { LedgerDay } from '../ledger/ledger-day.ts'
import { ledgerOf, type LedgerAccount } from '../ledger/ledger.ts'
import { MACHINE_DAY } from '../ledger/rate.ts'
import { sequenceGapsOf } from '../ledger/sequence-gaps.ts'
import type { Flow } from '../ledger/settle.ts'
import { WEIGHT_BITS } from '../ledger/weight.ts'
import { canonicalJson } from '../model/canonical.ts'
import { sha256Hex } from '../model/hash.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import { offerClaims } from './offer-claims.ts'
import type { Reading } from './reading.ts'

/** Amounts are exact, as text: whole numbers that may be too large for JSON's numbers. */
export interface AccountRow {
  readonly owner: Did
  readonly name: string
  /** In machine-days, with three decimals, rounded towards zero. */
  readonly balance: string
  readonly given: string
  readonly taken: string
  readonly line: string
  readonly lent: string
  readonly borrowed: string
  readonly credit: string
  /** Of who has fewer sponsors than the rules ask for, and a smaller line for it. */
  readonly sponsorsMissing?: number
  /** Balance in units of 2^-16 of the unit of usage. */
  readonly exactBalance: string
}

/** One entry of one claim, from the side of the member who is explained. */
export interface EntryRow {
  readonly day: LedgerDay
  readonly side: 'gave' | 'took'
  readonly partner: Did
  readonly partnerName: string
  readonly machine: string
  readonly workload: string
  /** Machine-days. */
  readonly claimed: string
  readonly acknowledged: string
  readonly counted: string
  /** Why it is less than was claimed. */
  readonly reason?: string
  readonly usage: { readonly uri: string; readonly cid: string }
  readonly acknowledgement?: { readonly uri: string; readonly cid: string }
}

/** A day on which the taker's credit did not cover all that was counted. */
export interface ShortfallRow {
  readonly day: LedgerDay
  readonly taker: string
  readonly giver: string
  readonly counted: string
  readonly covered: string
}

/** Records that a machine must have written, by the numbers it gives them, and that are not there. */
export interface GapRow {
  readonly machine: string
  readonly afterDay: LedgerDay
  readonly beforeDay: LedgerDay
  readonly missing: number
}

/** Records of a machine that this ledger does not look at, by the days that they name. */
export interface OutsideRow {
  readonly machine: string
  /** Not closed yet, or never to come. */
  readonly later: number
  /** Too long ago to weigh anything. */
  readonly older: number
}

/** A record of the ledger that is not what its schema says, so that it is not read. */
export interface MalformedRow {
  readonly uri: string
  readonly reason: string
}

/** A bid whose claim is not what the ledger says. */
export interface BidRow {
  readonly machine: string
  readonly workload: string
  readonly claim: BidClaim
  readonly bid: { readonly uri: string; readonly cid: string }
}

export interface BalanceReport {
  readonly owner: Did
  readonly day: LedgerDay
  readonly accounts: readonly AccountRow[]
  readonly entries: readonly EntryRow[]
  readonly shortfalls: readonly ShortfallRow[]
  /** Of the machines of the member who is explained, and of those in her entries. */
  readonly gaps: readonly GapRow[]
  /** Of the same machines. */
  readonly outside: readonly OutsideRow[]
  /** Of the same machines, and of the member. */
  readonly malformed: readonly MalformedRow[]
  /** What was summed up, and a hash over all of it: two readers with the same hash read the same. */
  readonly checked: {
    readonly entries: number
    readonly bids: number
    /** Bids of which it can't be told: too old, or made before lists or rules changed. */
    readonly uncheckedBids: number
    readonly sum: string
    readonly hash: string
    /** A hash over the members, loans, disputes and rules that it was made of: as they are read now. */
    readonly basis: string
  }
  readonly differentBids: readonly BidRow[]
  /** Repos that count here and could not be read. */
  readonly unread: readonly string[]
}

export interface ReportOptions {
  readonly day: LedgerDay
  readonly nowMs: number
  /** Whose entries are listed; nobody’s when absent. */
  readonly member?: Did
}

/** The ledger of an owner's commune, computed from the repos that were read and from nothing else. */
export function balanceReport(reading: Reading, options: ReportOptions): BalanceReport {
  const { view, owner, names } = reading
  const { day, member } = options
  const books = communeBooks(view, owner)
  const entries: LedgerEntry[] = []
  const shortfalls: ShortfallRow[] = []
  const isHis = ({ giver, taker }: Pick<Flow, 'giver' | 'taker'>) =>
    giver === member || taker === member
  const terms = ledgerTerms(view, owner, day)
  const hashes: string[] = []
  const ledger = ledgerOf({
    day,
    members: books.members,
    ...terms,
    onEntry(entry) {
      hashes.push(sha256Hex(canonicalJson(entry)))
      if (isHis(entry)) entries.push(entry)
    },
    onSettled(on, flow, settled) {
      if (!isHis(flow) || settled === flow.amount) return
      shortfalls.push({
        day: on,
        taker: names.account(flow.taker),
        giver: names.account(flow.giver),
        counted: machineDays(flow.amount),
        covered: machineDays(settled),
      })
    },
  })
  const bids = checkBids(reading, books, options.nowMs)
  const concerned = machinesOf(books, entries, member)
  return {
    owner,
    day,
    accounts: ledger.accounts.map((account) => accountRow(account, names.account)),
    entries: entries.toSorted(byDay).map((entry) => entryRow(entry, member, reading)),
    shortfalls,
    gaps: gapRows(reading, concerned, day),
    outside: outsideRows(reading, concerned, day),
    malformed: malformedRows(reading, concerned, member),
    checked: {
      entries: hashes.length,
      bids: bids.length,
      uncheckedBids: bids.filter(({ claim }) => claim.kind === 'unknown').length,
      sum: ledger.accounts.reduce((sum, { balance }) => sum + balance, 0n).toString(),
      hash: sha256Hex(canonicalJson([...hashes].toSorted())),
      basis: basisOf(view, ledgerMembers(view, owner).members, terms),
    },
    differentBids: bids.filter(({ claim }) => claim.kind === 'different'),
    unread: books.unread.map((did) => names.meshlet(did)),
  }
}

/** Machines of the member who is explained, and those in her entries. */
function machinesOf(
  { members }: CommuneBooks,
  entries: readonly LedgerEntry[],
  member: Did | undefined,
): readonly MachineBooks[] {
  const concerned = new Set(entries.map(({ meshletDid }) => meshletDid))
  return members.flatMap(({ ownerDid, machines }) =>
    machines.filter(({ meshletDid }) => ownerDid === member || concerned.has(meshletDid)),
  )
}

function gapRows(
  { names }: Reading,
  machines: readonly MachineBooks[],
  day: LedgerDay,
): readonly GapRow[] {
  return machines
    .flatMap((machine) => sequenceGapsOf(machine, day))
    .map(({ meshletDid, after, before, missing }) => ({
      machine: names.meshlet(meshletDid),
      afterDay: after.day,
      beforeDay: before.day,
      missing,
    }))
}

function outsideRows(
  { names }: Reading,
  machines: readonly MachineBooks[],
  day: LedgerDay,
): readonly OutsideRow[] {
  return machines
    .map(({ meshletDid, usage }) => {
      const days = usage.map(([rkey]) => rkey.slice(0, 10)).filter((one) => !isLookedAt(one, day))
      const later = days.filter((one) => one > day).length
      return { machine: names.meshlet(meshletDid), later, older: days.length - later }
    })
    .filter(({ later, older }) => later + older > 0)
}

const BOOKS: ReadonlySet<string> = new Set([
  COLLECTION.usage,
  COLLECTION.acknowledgement,
  COLLECTION.sponsor,
])

function malformedRows(
  { view }: Reading,
  machines: readonly MachineBooks[],
  member: Did | undefined,
): readonly MalformedRow[] {
  const repos = [...(member ? [member] : []), ...machines.map(({ meshletDid }) => meshletDid)]
  return repos.flatMap((did) =>
    view
      .invalid(did)
      .filter(({ collection }) => BOOKS.has(collection))
      .map(({ collection, rkey, reason }) => ({
        uri: `at://${did}/${collection}/${rkey}`,
        reason,
      })),
  )
}

function checkBids(reading: Reading, { members }: CommuneBooks, nowMs: number): readonly BidRow[] {
  const machines = members.flatMap(({ ownerDid, machines: own }) =>
    own.map(({ meshletDid }) => ({ ownerDid, meshletDid })),
  )
  return offerClaims(reading, machines, nowMs).map(({ meshletDid, ...row }) => ({
    machine: reading.names.meshlet(meshletDid),
    ...row,
  }))
}

function accountRow(account: LedgerAccount, nameOf: (did: Did) => string): AccountRow {
  const { ownerDid, balance, given, taken, line, lent, borrowed, credit } = account
  const { sponsorsMissing } = account
  return {
    owner: ownerDid,
    name: nameOf(ownerDid),
    balance: machineDays(balance, WEIGHT_BITS),
    given: machineDays(given, WEIGHT_BITS),
    taken: machineDays(taken, WEIGHT_BITS),
    line: machineDays(line),
    lent: machineDays(lent),
    borrowed: machineDays(borrowed),
    credit: machineDays(credit),
    ...(sponsorsMissing > 0 && { sponsorsMissing }),
    exactBalance: balance.toString(),
  }
}

function entryRow(entry: LedgerEntry, member: Did | undefined, { names }: Reading): EntryRow {
  const { day, giver, taker, meshletDid, workload, usage, acknowledgement, fault } = entry
  const partner = giver === member ? taker : giver
  return {
    day,
    side: giver === member ? 'gave' : 'took',
    partner,
    partnerName: names.account(partner),
    machine: names.meshlet(meshletDid),
    workload,
    claimed: machineDays(BigInt(entry.claimed)),
    acknowledged: machineDays(BigInt(entry.acknowledged)),
    counted: machineDays(BigInt(entry.counted)),
    ...(fault && { reason: FAULTS[fault] }),
    usage,
    ...(acknowledgement && { acknowledgement }),
  }
}

/** Machine-days with three decimals, rounded towards zero. */
function machineDays(amount: bigint, bits = 0n): string {
  const thousandths = (amount * 1_000n) / (BigInt(MACHINE_DAY) << bits)
  const size = thousandths < 0n ? -thousandths : thousandths
  const sign = thousandths < 0n ? '-' : ''
  return `${sign}${size / 1_000n}.${(size % 1_000n).toString().padStart(3, '0')}`
}

function byDay(a: LedgerEntry, b: LedgerEntry): number {
  return textOf(a) < textOf(b) ? -1 : 1
}

function textOf({ day, usage, workload }: LedgerEntry): string {
  return `${day} ${usage.uri} ${workload}`
}
