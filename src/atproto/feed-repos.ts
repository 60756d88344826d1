import { messageOf } from '../model/errors.ts'
import type { Cid, Did } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { RecordChange } from '../ports/records.ts'
import { verifyCommitEvent, type VerifiedEvent } from './feed-commit.ts'
import { type CommitBody, parseCommitBody } from './feed-frame.ts'
import { applyListing, HELD, OLDER } from './feed-listing-apply.ts'
import { HOLD_MS } from './feed-listing.ts'
import type { RepoReader, ResolvedIdentity } from './feed-reader.ts'
import { type RepoFacts, splitKey, type VersionedRecord } from './record-store-repo.ts'
import type { HostCursor, RecordStore } from './record-store.ts'
import { REV_AHEAD_MS_MAX, revTimeMs } from './repo-walk-commit.ts'
import type { SignatureVerifier } from './repo-walk-signature.ts'
import { countWithin, OVER_QUOTA, type RepoListing, type RepoQuota } from './repo-walk.ts'

export interface FeedReposOptions {
  readonly store: RecordStore
  readonly reader: RepoReader
  readonly verify: SignatureVerifier
  readonly quota: RepoQuota
  readonly clock: Pick<Clock, 'wallMs'>
  readonly log: Log
  /** Called after a durable change of the view. */
  readonly notify: (changes: readonly RecordChange[]) => void
  /** Aborted when the feed ends. */
  readonly signal: AbortSignal
  /** Called when it is known where a repo is, before the repo is read. */
  readonly located: (did: Did, host: string) => void
}

/** What became of a commit of the stream. */
export type CommitOutcome =
  | 'applied'
  | 'known'
  /** Applied, but what the quota left out so far may have its place now: list the repo. */
  | 'applied-in-part'
  /** Not applied: list the repo. */
  | { readonly inDoubt: string }

/** Brings repos into the store in the order of their revisions, whatever arrives in whatever order. */
export interface FeedRepos {
  /** Takes a `#commit` of the repo's own PDS. The cursor is stored with its effect; see `moveCursor`. */
  commit(did: Did, body: unknown, cursor: HostCursor): Promise<CommitOutcome>
  /**
   * Compares the repo with its PDS and lists it anew if it moved. True when there was something new.
   * Fails when it can't be read, after noting the problem.
   */
  check(did: Did, options: { force: boolean; signal: AbortSignal }): Promise<boolean>
  /** Reads one record with proof and advances that record alone. True when it was new. */
  record(did: Did, key: string, signal: AbortSignal): Promise<boolean>
}

/** Makes the part of the feed that knows neither sockets nor timers. */
export function createFeedRepos(options: FeedReposOptions): FeedRepos {
  const { store, reader, notify } = options
  /** Repos over their quota of which all that may be read was read, by this process. */
  const complete = new Set<Did>()

  return {
    async commit(did, body, cursor) {
      const event = parseCommitBody(body)
      if (!event) return { inDoubt: 'a commit of the stream can’t be read' }
      const outcome = judgeEvent(store.facts(did), event, options)
      if (outcome !== 'next') return outcome
      let verified: VerifiedEvent
      try {
        const at = await reader.resolve(did, { signal: options.signal })
        const expected = { ...at, verify: options.verify, nowMs: options.clock.wallMs() }
        const known = (cid: Cid) => findBytes(store.raws(did), cid)
        verified = await verifyCommitEvent(event, expected, options.quota, known)
      } catch (error) {
        // An event that was not judged must not be passed over.
        if (options.signal.aborted) throw error
        return { inDoubt: messageOf(error) }
      }
      // Meanwhile a listing may have been stored.
      const still = judgeEvent(store.facts(did), event, options)
      return still === 'next' ? applyEvent(options, complete, did, verified, cursor) : still
    },

    async check(did, { force, signal }) {
      const startRev = store.facts(did).position?.rev
      try {
        const found = await reader.withCurrentKey(did, { force, signal }, (at) =>
          look(options, complete, at, signal),
        )
        signal.throwIfAborted()
        if (!found) return false
        if (found.truncated) complete.add(did)
        return applyListing(options, did, found, startRev)
      } catch (error) {
        if (!signal.aborted) setProblem(store, did, messageOf(error))
        throw error
      }
    },

    async record(did, key, signal) {
      if (!splitKey(key)) return false
      const proven = await reader.withCurrentKey(did, { signal }, (at) =>
        reader.record(at, key, signal),
      )
      const { record, commit } = proven
      const facts = store.facts(did)
      // Absence is left to the stream and to listings, which can tell a deletion from a loss. A repo
      // that was never listed is listed first: `known` means completely.
      if (!record || !facts.position || facts.truncated) return false
      const stored = store.raw(did, key)
      const newest = [facts.position.rev, stored?.rev ?? ''].toSorted().at(-1) ?? ''
      if (commit.rev <= newest || stored?.cid === record.cid) return false
      const put = [{ ...record, rev: commit.rev }]
      if (keepWithin(options, did, put, []).truncated) return false
      notify(store.apply({ did, via: 'record', put }))
      return true
    },
  }
}

/** Whether the event is the one that comes next, judged by what it says of itself. */
function judgeEvent(
  { position }: RepoFacts,
  event: CommitBody,
  { clock }: FeedReposOptions,
): CommitOutcome | 'next' {
  if (!position) return { inDoubt: 'not read yet' }
  if (event.rev <= position.rev) return 'known'
  if (revTimeMs(event.rev) > clock.wallMs() + REV_AHEAD_MS_MAX) {
    return { inDoubt: 'a commit of the stream lies in the future' }
  }
  if (event.tooBig) return { inDoubt: 'a commit was too big for the stream' }
  const links = event.since === position.rev && event.prevData?.toString() === position.data
  return links ? 'next' : { inDoubt: 'commits are missing between the last known one and this' }
}

function applyEvent(
  options: FeedReposOptions,
  complete: Set<Did>,
  did: Did,
  event: VerifiedEvent,
  cursor: HostCursor,
): CommitOutcome {
  const { store, notify } = options
  const { rev, data, cid } = event.commit
  const isNotAhead = (key: string) => (store.raw(did, key)?.rev ?? '') <= rev
  const put = event.put.filter(({ key }) => isNotAhead(key)).map((record) => ({ ...record, rev }))
  const remove = event.remove.filter(isNotAhead)
  const before = store.facts(did)
  const kept = keepWithin(options, did, put, remove)
  const truncated = before.truncated || kept.truncated
  const held = before.held && before.held.rev > rev ? before.held : undefined
  const facts: Partial<RepoFacts> = {
    position: { rev, data, commit: cid },
    held,
    truncated,
    problem: held ? before.problem : truncated ? OVER_QUOTA : undefined,
  }
  notify(store.apply({ did, via: 'stream', facts, put: kept.put, remove: kept.remove }, cursor))
  if (!before.truncated) {
    if (truncated) complete.add(did)
    return 'applied'
  }
  // There is room now for records that were left out.
  if (remove.length === 0 && put.every(({ key }) => !kept.shrunk.has(key))) return 'applied'
  complete.delete(did)
  return 'applied-in-part'
}

/** What to store so that the repo stays within its quota: the first records by key. */
function keepWithin(
  { store, quota }: FeedReposOptions,
  did: Did,
  put: readonly VersionedRecord[],
  remove: readonly string[],
) {
  if (put.length === 0) return { put, remove, truncated: false, shrunk: new Set<string>() }
  const records = new Map<string, VersionedRecord>()
  let last = ''
  for (const raw of store.raws(did)) {
    records.set(raw.key, raw)
    if (raw.key > last) last = raw.key
  }
  // Of what lies behind the last record of a repo over its quota nothing is known.
  const reachable = put.filter(({ key }) => !store.facts(did).truncated || key <= last)
  const shrunk = new Set<string>()
  for (const raw of reachable) {
    if ((records.get(raw.key)?.bytes?.length ?? 0) > (raw.bytes?.length ?? 0)) shrunk.add(raw.key)
    records.set(raw.key, raw)
  }
  for (const key of remove) records.delete(key)
  const sorted = [...records.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1))
  const surplus = new Set(sorted.slice(countWithin(sorted, quota)).map((raw) => raw.key))
  return {
    put: reachable.filter(({ key }) => !surplus.has(key)),
    remove: [...remove, ...[...surplus].filter((key) => store.raw(did, key))],
    truncated: surplus.size > 0,
    shrunk,
  }
}

/** Asks the PDS where the repo is, and lists it unless that is known. */
async function look(
  { store, reader, clock, located }: FeedReposOptions,
  complete: ReadonlySet<Did>,
  at: ResolvedIdentity,
  signal: AbortSignal,
): Promise<RepoListing | undefined> {
  const { did } = at
  signal.throwIfAborted()
  if (store.facts(did).host !== at.pdsUrl) {
    store.apply({ did, via: 'listing', facts: { host: at.pdsUrl } })
    located(did, at.pdsUrl)
  }
  const latest = await reader.latestCommit(at, signal)
  signal.throwIfAborted()
  const { position, held, truncated } = store.facts(did)
  if (latest.cid === position?.commit && (!truncated || complete.has(did))) {
    setProblem(store, did, truncated ? OVER_QUOTA : undefined)
    if (held) store.apply({ did, via: 'listing', facts: { held: undefined } })
    return undefined
  }
  const waiting = latest.cid === held?.commit && clock.wallMs() - held.sinceMs < HOLD_MS
  if (waiting) {
    setProblem(store, did, held.rev < (position?.rev ?? '') ? OLDER : HELD)
    return undefined
  }
  return reader.listing(at, { known: (key) => store.raw(did, key), signal })
}

function findBytes(raws: Iterable<VersionedRecord>, cid: Cid): Uint8Array | undefined {
  for (const raw of raws) if (raw.cid === cid) return raw.bytes
  return undefined
}

function setProblem(store: RecordStore, did: Did, problem: string | undefined): void {
  if (store.repoProblem(did) === problem) return
  store.apply({ did, via: 'listing', facts: { problem } })
}
