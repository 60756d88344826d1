import { usageUri } from '../../src/ledger/claims.ts'
import { addDays, closedDayOf, type LedgerDay } from '../../src/ledger/ledger-day.ts'
import { MACHINE_DAY, REFERENCE_MACHINE } from '../../src/ledger/rate.ts'
import { COLLECTION, type Collection } from '../../src/model/nsid.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import type { BidRecord, Did } from '../../src/model/records.ts'
import { workloadUri } from '../../src/model/workload-uri.ts'
import { BALANCE_PART } from '../../src/selection/score.ts'
import { did, MemoryView } from './memory-view.ts'
import type { VirtualRepos } from './virtual-repos.ts'

/** Writes a record and tells its CID. */
type Put = (repo: Did, collection: Collection, rkey: string, value: object) => string | undefined

/** What a machine held on a day for each of these, in machine-days, acknowledged by herself. */
export function writeHeld(
  put: Put,
  { machine, day, takers }: { machine: Did; day: LedgerDay; takers: ReadonlyMap<Did, number> },
): void {
  const entriesFor = (taker: Did) => {
    const workload = workloadUri(taker, 'old')
    return [{ workload, amount: (takers.get(taker) ?? 0) * MACHINE_DAY, seconds: 86_400 }]
  }
  const createdAt = `${addDays(day, 1)}T00:05:00Z`
  const capacity = { ...REFERENCE_MACHINE, cpuMilli: 16 * REFERENCE_MACHINE.cpuMilli }
  const entries = [...takers.keys()].flatMap(entriesFor)
  const usage = { period: day, sequence: 1, capacity, entries, createdAt }
  const cid = put(machine, COLLECTION.usage, day, { $type: COLLECTION.usage, ...usage })
  const uri = usageUri(machine, day)
  for (const taker of takers.keys()) {
    const said = { usage: { uri, cid }, entries: entriesFor(taker), createdAt }
    const value = { $type: COLLECTION.acknowledgement, ...said }
    put(taker, COLLECTION.acknowledgement, recordKeyFor(uri), value)
  }
}

/** Into the repos of a virtual commune. */
export function intoRepos(repos: VirtualRepos): Put {
  return (repo, collection, rkey, value) => {
    const { changes } = repos.commit(repo, [{ action: 'put', collection, rkey, value }])
    return changes.find((change) => change.rkey === rkey)?.record?.cid
  }
}

export const LEDGER_NAMES = ['alice', 'bob', 'carol'] as const

/**
 * Three owners with a machine each (`a1`, `b1`, `c1`) who all list each other, and have for a month;
 * Alice’s machine held a machine-day for each of the others on the last closed day.
 */
export function ledgerView<T extends MemoryView>(view: T, nowMs: number): T {
  const day = closedDayOf(nowMs)
  for (const name of LEDGER_NAMES) {
    const others = LEDGER_NAMES.filter((other) => other !== name).map(did)
    view.own(did(name), did(`${name[0]}1`), others)
  }
  const takers = new Map([
    [did('bob'), 1],
    [did('carol'), 1],
  ])
  writeHeld((...record) => view.put(...record), { machine: did('a1'), day, takers })
  return view
}

/** An offer for Alice’s workload whose part `balance` is as stated. */
export function offerClaiming(
  balance: number,
  { ledgerDay, createdAt }: Pick<BidRecord, 'ledgerDay'> & { readonly createdAt: string },
): BidRecord {
  return {
    $type: COLLECTION.bid,
    workload: workloadUri(did('alice'), 'web'),
    placementKey: 'key',
    round: 0,
    epoch: 1,
    slots: 1,
    score: 500 + balance,
    scoreParts: [
      { name: 'room', value: 500 },
      { name: BALANCE_PART, value: balance },
    ],
    ...(ledgerDay === undefined ? {} : { ledgerDay }),
    createdAt: createdAt as BidRecord['createdAt'],
  }
}
