import type { Did } from '../model/records.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import { MemberAcknowledgements } from './acknowledgements.ts'
import type { MachineBooks, MemberBooks } from './books.ts'
import { claimsOf, isLookedAt, type Claim, type Reference } from './claims.ts'
import type { LedgerFault } from './faults.ts'
import type { LedgerDay } from './ledger-day.ts'

/** One workload in one claim, and what of it counts. */
export interface LedgerEntry {
  readonly day: LedgerDay
  /** Owner of the machine. */
  readonly giver: Did
  /** Owner of the workload. */
  readonly taker: Did
  readonly meshletDid: Did
  readonly workload: string
  readonly usage: Reference
  readonly acknowledgement?: Reference
  readonly claimed: number
  readonly acknowledged: number
  /** What claim and acknowledgement agree on; the taker's credit may cover less of it. */
  readonly counted: number
  /** Why it is less than was claimed. */
  readonly fault?: LedgerFault
}

export interface EntriesInput {
  readonly day: LedgerDay
  readonly members: readonly MemberBooks[]
  /** Usage records, by uri, that are disputed and not settled. */
  readonly disputed?: ReadonlySet<string>
}

/**
 * Every entry of every claim that the ledger of the day looks at, one at a time: nothing is collected
 * here, so a long history costs time and no memory.
 */
export function* ledgerEntries(input: EntriesInput): Generator<LedgerEntry> {
  const acknowledgements = new Map(
    input.members.map((books) => [books.ownerDid, new MemberAcknowledgements(books, input.day)]),
  )
  const claimed = new Set<string>()
  for (const { ownerDid, machines } of input.members)
    for (const machine of machines)
      for (const claim of claimsOf(machine, input.day)) {
        claimed.add(claim.usage.uri)
        yield* entriesOf({ claim, machine, giver: ownerDid, acknowledgements, input })
      }
  for (const [taker, books] of acknowledgements)
    yield* unclaimedEntries(taker, books, input, claimed)
}

/** What was acknowledged and stands in no claim, or in none that is looked at. */
function* unclaimedEntries(
  taker: Did,
  books: MemberAcknowledgements,
  { day: ledgerDay, members }: EntriesInput,
  claimed: ReadonlySet<string>,
): Generator<LedgerEntry> {
  for (const { reference: acknowledgement, value } of books.all()) {
    const { uri, cid } = value.usage
    const [meshletDid, day] = [uri.split('/')[2] as Did, uri.split('/')[4] ?? '']
    const giver = members.find(({ machines }) =>
      machines.some((one) => one.meshletDid === meshletDid),
    )
    if (!giver || claimed.has(uri) || !isLookedAt(day, ledgerDay)) continue
    for (const { workload, amount: acknowledged } of value.entries)
      yield {
        ...{ day, giver: giver.ownerDid, taker, meshletDid, workload, usage: { uri, cid } },
        ...{ acknowledgement, claimed: 0, acknowledged, counted: 0, fault: 'no-claim' },
      }
  }
}

interface EntryOptions {
  readonly claim: Claim
  readonly machine: MachineBooks
  readonly giver: Did
  readonly acknowledgements: ReadonlyMap<Did, MemberAcknowledgements>
  readonly input: EntriesInput
}

function* entriesOf(options: EntryOptions): Generator<LedgerEntry> {
  const { claim, machine, giver } = options
  const { day, usage } = claim
  for (const { workload, amount } of claim.entries) {
    const taker = parseWorkloadUri(workload)?.owner
    if (!taker) continue
    const { meshletDid } = machine
    const fixed = { day, giver, taker, meshletDid, workload, usage, claimed: amount }
    yield { ...fixed, ...judge(options, taker, workload, amount) }
  }
}

type Judgement = Pick<LedgerEntry, 'acknowledged' | 'counted' | 'acknowledgement' | 'fault'>

function judge(
  { claim, giver, acknowledgements, input }: EntryOptions,
  taker: Did,
  workload: string,
  claimed: number,
): Judgement {
  const nothing = (fault: LedgerFault): Judgement => ({ acknowledged: 0, counted: 0, fault })
  if (claim.fault) return nothing(claim.fault)
  if (taker === giver) return nothing('own-work')
  const books = acknowledgements.get(taker)
  if (!books) return nothing('stranger')
  const said = books.of(claim, workload)
  if (said === 'changed') return nothing('changed')
  if (!said) return nothing('unacknowledged')
  const { amount: acknowledged, by: acknowledgement } = said
  if (input.disputed?.has(claim.usage.uri))
    return { acknowledged, acknowledgement, counted: 0, fault: 'disputed' }
  const counted = Math.min(claimed, acknowledged)
  const cut: Pick<LedgerEntry, 'fault'> = counted < claimed ? { fault: 'cut' } : {}
  return { acknowledged, acknowledgement, counted, ...cut }
}
