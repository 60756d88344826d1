import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { BidRecord, Did, UsageRecord, WorkloadRecord } from '../model/records.ts'
import { requestOf } from '../model/request.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import type { RecordView } from '../ports/records.ts'
import { communeBooks } from './books.ts'
import type { Reference } from './claims.ts'
import { ledgerEntries, type LedgerEntry } from './entries.ts'
import { DAY_MS, dayOf, parseDay, type LedgerDay } from './ledger-day.ts'
import { rateOf } from './rate.ts'

type Entry = UsageRecord['entries'][number]

/** A claim of somebody's machine about an owner's work, on which nobody on her side has a word yet. */
export interface WaitingClaim {
  readonly day: LedgerDay
  readonly giver: Did
  readonly meshletDid: Did
  readonly usage: Reference
  /** With what speaks against it, where something does. */
  readonly entries: readonly (Entry & { readonly doubt?: string })[]
}

/** Her machines saw more than she can read afterwards: so long after the day they go first. */
const MACHINES_FIRST_MS = DAY_MS / 2
/** More than is possible by so much is taken for clocks that differ. */
const SLACK_PERCENT = 102n

/**
 * Claims that wait for the owner's own word, by day and uri. What speaks against one is what can be
 * told afterwards from records: that the workload could not have taken so much in that day, on all
 * machines together, or that nothing shows that it ever was on that machine.
 */
export function waitingClaims(
  view: RecordView,
  owner: Did,
  nowMs: number,
): readonly WaitingClaim[] {
  const newest = dayOf(nowMs - DAY_MS - MACHINES_FIRST_MS)
  const { members } = communeBooks(view, owner)
  const all = [...ledgerEntries({ day: dayOf(nowMs - DAY_MS), members })]
  const hers = all.filter(({ taker, giver }) => taker === owner && giver !== owner)
  const sums = sumsOf(hers)
  const waiting = hers.filter(({ fault, day }) => fault === 'unacknowledged' && day <= newest)
  const claims = Map.groupBy(waiting, ({ day, usage }) => `${day} ${usage.uri}`)
  return [...claims]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, entries]): readonly WaitingClaim[] => {
      const [first] = entries
      if (first === undefined) return []
      const { day, giver, meshletDid, usage } = first
      const said = entries.flatMap((entry) => entryOf(view, entry, sums.get(keyOf(entry)) ?? 0n))
      return [{ day, giver, meshletDid, usage, entries: said }]
    })
}

/** The entry as the machine wrote it, and what speaks against it. */
function entryOf(view: RecordView, entry: LedgerEntry, claimedInAll: bigint) {
  const { meshletDid, workload, day } = entry
  const record = view.get<UsageRecord>(meshletDid, COLLECTION.usage, day)
  const written = record?.value.entries.find((one) => one.workload === workload)
  if (written === undefined) return []
  const doubt = doubtOf(view, entry, claimedInAll)
  return [{ ...written, ...(doubt !== undefined && { doubt }) }]
}

function doubtOf(
  view: RecordView,
  { meshletDid, workload, day, claimed }: LedgerEntry,
  claimedInAll: bigint,
): string | undefined {
  const { owner, name } = parseWorkloadUri(workload) ?? {}
  if (owner === undefined || name === undefined) return 'it names no workload'
  const record = view.get<WorkloadRecord>(owner, COLLECTION.workload, name)?.value
  if (record === undefined) return 'there is no such workload now'
  const rkey = recordKeyFor(workload)
  const wasThere = [COLLECTION.workloadStatus, COLLECTION.bid].some(
    (collection) => view.get<BidRecord>(meshletDid, collection, rkey)?.value.workload === workload,
  )
  if (!wasThere) return 'no record shows that it ran there'
  // Where it runs everywhere, each machine has one replica.
  const claimedHere = record.everywhere === true ? BigInt(claimed) : claimedInAll
  return claimedHere * 100n > mostOf(record, day) * SLACK_PERCENT
    ? 'the claims of that day are more than it asks for'
    : undefined
}

/** All that its replicas together could take in a day. */
function mostOf(record: WorkloadRecord, day: LedgerDay): bigint {
  const startMs = parseDay(day) ?? 0
  const fromMs = Math.max(startMs, Date.parse(record.createdAt) || 0)
  const seconds = Math.max(0, Math.ceil((startMs + DAY_MS - fromMs) / 1_000))
  return BigInt(rateOf(requestOf(record))) * BigInt(record.replicas ?? 1) * BigInt(seconds)
}

/** What all machines of others claim of each workload and day. */
function sumsOf(entries: readonly LedgerEntry[]): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const entry of entries)
    sums.set(keyOf(entry), (sums.get(keyOf(entry)) ?? 0n) + BigInt(entry.claimed))
  return sums
}

function keyOf({ day, workload }: LedgerEntry): string {
  return `${day} ${workload}`
}
