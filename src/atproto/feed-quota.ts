import type { Did } from '../model/records.ts'
import { type KeptRecord, toKeptRecord, type VersionedRecord } from './record-store-repo.ts'
import type { RecordStore } from './record-store.ts'
import { countWithin, machineQuota, type RepoQuota } from './repo-walk.ts'

/** What of a change is stored so that a repo stays within its quota. */
export interface KeptRecords {
  readonly put: readonly VersionedRecord[]
  readonly remove: readonly string[]
  /** The repo holds more than the quota. */
  readonly truncated: boolean
  /** Keys of records that became smaller, so that others that were left out may fit now. */
  readonly shrunk: ReadonlySet<string>
}

interface QuotaOptions {
  readonly store: RecordStore
  readonly quotaOf: (did: Did) => RepoQuota
}

const NOTHING: ReadonlySet<string> = new Set()

/** What to store so that the repo stays within its quota: the first records by key. */
export function keepWithin(
  { store, quotaOf }: QuotaOptions,
  did: Did,
  put: readonly VersionedRecord[],
  remove: readonly string[],
): KeptRecords {
  if (put.length === 0 || fitsSurely(store, did, put, quotaOf(did)))
    return { put, remove, truncated: false, shrunk: NOTHING }
  const records = new Map<string, KeptRecord>()
  let last = ''
  for (const raw of store.raws(did)) {
    records.set(raw.key, raw)
    if (raw.key > last) last = raw.key
  }
  // Of what lies behind the last record of a repo over its quota nothing is known.
  const reachable = put.filter(({ key }) => !store.facts(did).truncated || key <= last)
  const shrunk = new Set<string>()
  for (const raw of reachable.map(toKeptRecord)) {
    if ((records.get(raw.key)?.size ?? 0) > raw.size) shrunk.add(raw.key)
    records.set(raw.key, raw)
  }
  for (const key of remove) records.delete(key)
  const surplus = surplusOf(records.values(), quotaOf(did))
  return {
    put: reachable.filter(({ key }) => !surplus.has(key)),
    remove: [...remove, ...[...surplus].filter((key) => store.raw(did, key))],
    truncated: surplus.size > 0,
    shrunk,
  }
}

/** Whether there is room for all, however it is counted: mostly there is, and none needs to be sorted. */
function fitsSurely(
  store: RecordStore,
  did: Did,
  put: readonly VersionedRecord[],
  quota: RepoQuota,
): boolean {
  if (store.facts(did).truncated) return false
  const size = store.size(did)
  const bytes = put.reduce((sum, record) => sum + (record.bytes?.length ?? 0), size.bytes)
  const { recordsMax, repoBytesMax } = machineQuota(quota)
  return size.records + put.length <= recordsMax && bytes <= repoBytesMax
}

/** Keys of the stored records that a quota which became smaller leaves out. */
export function findSurplus({ store, quotaOf }: QuotaOptions, did: Did): readonly string[] {
  return [...surplusOf(store.raws(did), quotaOf(did))]
}

function surplusOf(records: Iterable<KeptRecord>, quota: RepoQuota): ReadonlySet<string> {
  const sorted = [...records].toSorted((a, b) => (a.key < b.key ? -1 : 1))
  return new Set(sorted.slice(countWithin(sorted, quota)).map(({ key }) => key))
}
