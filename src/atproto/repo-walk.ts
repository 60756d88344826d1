import { CommuneError, messageOf } from '../model/errors.ts'
import { COLLECTION, COLLECTION_PREFIX, type Collection } from '../model/nsid.ts'
import type { Cid, Did } from '../model/records.ts'
import { isCollection } from './validate.ts'
import type { VerifiedCommit } from './repo-walk-commit.ts'
import { verifyCommit } from './repo-walk-commit.ts'
import type { SignatureVerifier } from './repo-walk-signature.ts'
import {
  type Blocks,
  CIDS_PER_REQUEST_MAX,
  REQUESTS_AT_ONCE_MAX,
  type RepoSource,
} from './repo-walk-source.ts'
import type { Leaf } from './repo-walk-tree.ts'
import { prefixRange, walkTree } from './repo-walk-tree.ts'

/** How much of one repo is read. What is beyond is ignored, the same for everybody: last by key. */
export interface RepoQuota {
  readonly recordsMax: number
  /** A larger record counts as invalid. */
  readonly recordBytesMax: number
  readonly repoBytesMax: number
  /** Of a repo that is a machine's: one that names its owner, or that is followed as a machine only. */
  readonly machineBytesMax: number
}

/** Of a machine 419 bytes for each of its records: bids and workloads take 222 on average. */
export const REPO_QUOTA: RepoQuota = {
  recordsMax: 5_000,
  recordBytesMax: 64 * 1024,
  repoBytesMax: 16 * 1024 * 1024,
  machineBytesMax: 2 * 1024 * 1024,
}

/** With this record a repo says that it is a machine's. */
const OWNER_KEY = `${COLLECTION.meshletOwner}/self`

/** What people are told about a repo over its quota. */
export const OVER_QUOTA = 'the repo holds more than is read; the last records by key are left out'

/** A record as it stands in a repo; `bytes` is its block (DAG-CBOR), absent when over the quota. */
export interface RawRecord {
  /** `collection/rkey` */
  readonly key: string
  readonly cid: Cid
  readonly bytes: Uint8Array | undefined
}

/** Everything of ours in one repo at one revision, proven complete. */
export interface RepoListing {
  readonly commit: VerifiedCommit
  /** Sorted by key. */
  readonly records: readonly RawRecord[]
  /** True when the repo is over its quota, so that the last records by key are left out. */
  readonly truncated: boolean
}

export interface WalkRepoOptions {
  readonly did: Did
  readonly source: RepoSource
  /** `did:key:…` of the repo's owner. */
  readonly signingKey: string
  readonly verify: SignatureVerifier
  readonly nowMs: number
  /** Records that are at hand and need not be fetched again when their CID is the same. */
  readonly known?: (key: string) => KnownRecord | undefined
  /** A collection that nobody needs; its records don't count for the quota either. */
  readonly without?: Collection | undefined
  readonly quota?: RepoQuota
  readonly signal?: AbortSignal | undefined
}

/** A record that somebody read before. */
export interface KnownRecord {
  readonly cid: Cid
  bytes(): Uint8Array | undefined
}

/** A busy repo may drop the blocks of the revision that is being read. */
const ATTEMPTS_MAX = 5
/** As many as are asked for at once: what is beyond the quota is hardly read. */
const RECORDS_PER_BATCH = CIDS_PER_REQUEST_MAX * REQUESTS_AT_ONCE_MAX

/**
 * Lists the records of our collections in a repo, with proof: that each is in the signed tree, and
 * that there are no others. Costs one request a level of the tree and one a batch of new records,
 * however much else the repo holds. Fails with the codes of `RepoSource` and `verifyCommit`.
 */
export async function walkRepo(options: WalkRepoOptions): Promise<RepoListing> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await walkOnce(options)
    } catch (error) {
      if (!isMissingBlock(error)) throw error
      if (attempt >= ATTEMPTS_MAX) {
        const message = `its blocks can't be read (${messageOf(error)})`
        throw new CommuneError('bad-answer', message, { cause: error, retry: true })
      }
    }
  }
}

async function walkOnce(options: WalkRepoOptions): Promise<RepoListing> {
  const { did, source, without, signal } = options
  const fetchBlocks = (cids: readonly Cid[]) => source.blocks(did, cids, signal)
  const latest = await source.latestCommit(did, signal)
  const bytes = (await fetchBlocks([latest.cid])).get(latest.cid)
  const { commit } = verifyCommit(latest.cid, bytes ?? new Uint8Array(), options)
  const quota = options.quota ?? REPO_QUOTA
  const tree = await walkTree({
    root: commit.data,
    range: prefixRange(COLLECTION_PREFIX),
    without: without && prefixRange(`${without}/`),
    accept: (key) => isCollection(collectionOf(key)),
    leavesMax: quota.recordsMax,
    fetchBlocks,
  })
  const records = await readRecords(tree.leaves, options, quota)
  const truncated = tree.truncated || records.length < tree.leaves.length
  return { commit, records, truncated }
}

async function readRecords(
  leaves: readonly Leaf[],
  options: WalkRepoOptions,
  quota: RepoQuota,
): Promise<RawRecord[]> {
  const records: RawRecord[] = []
  for (let start = 0; start < leaves.length; start += RECORDS_PER_BATCH) {
    const batch = leaves.slice(start, start + RECORDS_PER_BATCH)
    const blocks = await fetchUnknown(batch, options)
    for (const [key, cid] of batch) {
      const known = options.known?.(key)
      const block = known?.cid === cid ? known.bytes() : blocks.get(cid)
      records.push(toRawRecord(key, cid, block, quota.recordBytesMax))
    }
    const kept = countWithin(records.map(sized), quota)
    if (kept < records.length) return records.slice(0, kept)
  }
  return records
}

async function fetchUnknown(batch: readonly Leaf[], options: WalkRepoOptions): Promise<Blocks> {
  const unknown = batch.filter(([key, cid]) => options.known?.(key)?.cid !== cid)
  if (unknown.length === 0) return new Map()
  const cids = [...new Set(unknown.map(([, cid]) => cid))]
  return options.source.blocks(options.did, cids, options.signal)
}

/** A record with its bytes, unless they are more than the quota allows. */
export function toRawRecord(
  key: string,
  cid: Cid,
  bytes: Uint8Array | undefined,
  bytesMax: number,
): RawRecord {
  return { key, cid, bytes: bytes && bytes.length <= bytesMax ? bytes : undefined }
}

/** A record by its key, and the size of its bytes. */
export interface SizedRecord {
  readonly key: string
  readonly size: number
}

function sized({ key, bytes }: RawRecord): SizedRecord {
  return { key, size: bytes?.length ?? 0 }
}

/**
 * How many of these records, sorted by key, a repo of this quota may have. From the record on that
 * names its owner, a repo has the quota of a machine's, for whatever reason it is followed: so all who
 * take it for somebody's machine have read the same of it.
 */
export function countWithin(records: readonly SizedRecord[], quota: RepoQuota): number {
  let bytes = 0
  let bytesMax = quota.repoBytesMax
  const over = records.findIndex(({ key, size }, index) => {
    bytes += size
    if (key === OWNER_KEY) bytesMax = machineQuota(quota).repoBytesMax
    return index >= quota.recordsMax || bytes > bytesMax
  })
  return over < 0 ? records.length : over
}

/** The quota of a repo that is followed as a machine's only, whatever it says itself. */
export function machineQuota(quota: RepoQuota): RepoQuota {
  return { ...quota, repoBytesMax: Math.min(quota.repoBytesMax, quota.machineBytesMax) }
}

/** The collection of `collection/rkey`. */
function collectionOf(key: string): string {
  return key.slice(0, key.indexOf('/'))
}

function isMissingBlock(error: unknown): boolean {
  return error instanceof CommuneError && error.code === 'not-found'
}
