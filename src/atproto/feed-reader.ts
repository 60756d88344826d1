import { CommuneError } from '../model/errors.ts'
import type { Collection } from '../model/nsid.ts'
import type { Cid, Did } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import { createGuardedFetch } from './guarded-fetch.ts'
import { verifyCommit, type VerifiedCommit } from './repo-walk-commit.ts'
import type { SignatureVerifier } from './repo-walk-signature.ts'
import { createRepoSource, type RepoSource } from './repo-walk-source.ts'
import { walkTree } from './repo-walk-tree.ts'
import {
  type KnownRecord,
  type RawRecord,
  REPO_QUOTA,
  type RepoListing,
  type RepoQuota,
  toRawRecord,
  walkRepo,
} from './repo-walk.ts'

/** Where a repo is, and whose signatures count in it. */
export interface ResolvedIdentity {
  readonly did: Did
  /** Origin of the PDS. */
  readonly pdsUrl: string
  /** `did:key:…` */
  readonly signingKey: string
}

/** The part of identity resolution that reading needs; it caches, unless it is forced. */
export interface FeedIdentity {
  resolve(
    did: Did,
    options?: { readonly force?: boolean; readonly signal?: AbortSignal },
  ): Promise<ResolvedIdentity>
}

export interface RepoReaderOptions {
  readonly identity: FeedIdentity
  readonly verify: SignatureVerifier
  readonly clock: Pick<Clock, 'wallMs'>
  /** For tests; otherwise one that keeps to public addresses unless private ones are allowed. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Allows PDSes on http, loopback and private networks. */
  readonly allowPrivateAddresses?: boolean | undefined
  readonly quota?: RepoQuota | undefined
}

/** One record, proven to stand in a repo as of a signed commit. */
export interface ProvenRecord {
  readonly commit: VerifiedCommit
  /** Undefined: proven not to exist. */
  readonly record: RawRecord | undefined
}

/** Reads repos with proof, wherever their DIDs say that they are. */
export interface RepoReader {
  resolve(did: Did, options?: { force?: boolean; signal?: AbortSignal }): Promise<ResolvedIdentity>
  /** The commit that the PDS calls its latest; not verified. */
  latestCommit(at: ResolvedIdentity, signal?: AbortSignal): Promise<{ cid: Cid; rev: string }>
  listing(
    at: ResolvedIdentity,
    options: {
      known?: (key: string) => KnownRecord | undefined
      /** A collection that is not read. */
      without?: Collection | undefined
      /** In the place of the one that holds for all repos. */
      quota?: RepoQuota
      signal?: AbortSignal
    },
  ): Promise<RepoListing>
  record(at: ResolvedIdentity, key: string, signal?: AbortSignal): Promise<ProvenRecord>
}

/** Whole answers of a PDS are cut off far below this; it only keeps the guard from being in the way. */
const GUARD_BYTES_MAX = 64 * 1024 * 1024
const GUARD_TIMEOUT_MS = 30_000

/** Makes a reader of repos. */
export function createRepoReader(options: RepoReaderOptions): RepoReader {
  const { verify, clock } = options
  const quota = options.quota ?? REPO_QUOTA
  const fetch =
    options.fetch ??
    createGuardedFetch({
      allowPrivateAddresses: options.allowPrivateAddresses ?? false,
      allowCustomPort: true,
      timeoutMs: GUARD_TIMEOUT_MS,
      responseBytesMax: GUARD_BYTES_MAX,
    })
  const sourceAt = (at: ResolvedIdentity): RepoSource =>
    createRepoSource({ pdsUrl: at.pdsUrl, fetch })

  return {
    resolve: (did, how) => options.identity.resolve(did, how),
    latestCommit: (at, signal) => sourceAt(at).latestCommit(at.did, signal),
    listing: (at, { known, without, signal, ...own }) =>
      walkRepo({
        ...at,
        source: sourceAt(at),
        verify,
        nowMs: clock.wallMs(),
        quota: own.quota ?? quota,
        without,
        signal,
        ...(known && { known }),
      }),
    record: (at, key, signal) =>
      proveRecord(at, key, { source: sourceAt(at), verify, nowMs: clock.wallMs(), quota, signal }),
  }
}

/**
 * Runs `read`; when the signature does not fit the key, or the PDS does not give the repo out (any
 * more), resolves the DID anew, past all caches, and tries once more if that says something new: both
 * happen when an account moves to another PDS.
 */
export async function readWithCurrentKey<T>(
  reader: RepoReader,
  did: Did,
  how: { force?: boolean; signal?: AbortSignal },
  read: (at: ResolvedIdentity) => Promise<T>,
): Promise<T> {
  const at = await reader.resolve(did, how)
  try {
    return await read(at)
  } catch (error) {
    if (!(error instanceof CommuneError) || how.force) throw error
    if (error.code !== 'identity' && error.code !== 'unavailable') throw error
    const now = await reader.resolve(did, { ...how, force: true })
    if (now.pdsUrl === at.pdsUrl && now.signingKey === at.signingKey) throw error
    return read(now)
  }
}

interface ProveOptions {
  readonly source: RepoSource
  readonly verify: SignatureVerifier
  readonly nowMs: number
  readonly quota: RepoQuota
  readonly signal: AbortSignal | undefined
}

async function proveRecord(
  at: ResolvedIdentity,
  key: string,
  { source, verify, nowMs, quota, signal }: ProveOptions,
): Promise<ProvenRecord> {
  const slash = key.indexOf('/')
  const [collection, rkey] = [key.slice(0, slash), key.slice(slash + 1)]
  const proof = await source.record(at.did, collection, rkey, signal)
  const bytes = proof.blocks.get(proof.commit) ?? new Uint8Array()
  const { commit } = verifyCommit(proof.commit, bytes, { ...at, verify, nowMs })
  const { leaves } = await walkTree({
    root: commit.data,
    range: { start: key, end: `${key}\0` },
    leavesMax: 1,
    fetchBlocks: async () => proof.blocks,
  })
  const cid = leaves[0]?.[1]
  if (cid === undefined) return { commit, record: undefined }
  const block = proof.blocks.get(cid)
  if (!block) throw new CommuneError('bad-answer', 'the proof lacks the record', { retry: true })
  return { commit, record: toRawRecord(key, cid, block, quota.recordBytesMax) }
}
