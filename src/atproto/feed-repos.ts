import { messageOf } from '../model/errors.ts'
import type { Cid, Did } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { RecordChange } from '../ports/records.ts'
import { FeedChains } from './feed-chains.ts'
import type { VerifiedEvent } from './feed-commit.ts'
import { type Decided, GroupCommit } from './feed-group-commit.ts'
import { applyListing, HELD, OLDER } from './feed-listing-apply.ts'
import { HOLD_MS } from './feed-listing.ts'
import { findSurplus, keepWithin } from './feed-quota.ts'
import { type RepoReader, type ResolvedIdentity, readWithCurrentKey } from './feed-reader.ts'
import type { CommitClaim, EventReader } from './feed-transport.ts'
import { UnprovenCommits } from './feed-unproven.ts'
import { type RepoFacts, splitKey } from './record-store-repo.ts'
import type { RecordStore } from './record-store.ts'
import { REV_AHEAD_MS_MAX, revTimeMs } from './repo-walk-commit.ts'
import { OVER_QUOTA, type RepoListing, type RepoQuota } from './repo-walk.ts'

export interface FeedReposOptions {
  readonly store: RecordStore
  readonly reader: RepoReader
  readonly events: EventReader
  readonly quotaOf: (did: Did) => RepoQuota
  readonly clock: Pick<Clock, 'wallMs' | 'monotonicMs'>
  readonly log: Log
  /** Called after a durable change of the view. */
  readonly notify: (changes: readonly RecordChange[]) => void
  /** Aborted when the feed ends. */
  readonly signal: AbortSignal
  /** Called when it is known where a repo is, before the repo is read. */
  readonly located: (did: Did, host: string) => void
  /** Called when a repo has to be checked again after this time. */
  readonly later: (did: Did, delayMs: number) => void
}

/** The options, and what this process remembers besides what is stored. */
interface Context extends FeedReposOptions {
  readonly chains: FeedChains
  /** Repos over their quota of which all that may be read was read, by this process. */
  readonly complete: Set<Did>
  readonly unproven: UnprovenCommits
  /** What the stream brings is stored through it. */
  readonly commits: GroupCommit<CommitOutcome>
}

/** What became of a commit of the stream. */
export type CommitOutcome =
  | 'applied'
  | 'known'
  /** Applied, but what the quota left out so far may have its place now: list the repo. */
  | 'applied-in-part'
  /** Kept until the DID of the repo resolves: check the repo. */
  | 'unproven'
  /** Not applied: list the repo. */
  | { readonly inDoubt: string }

/** Brings repos into the store in the order of their revisions, whatever arrives in whatever order. */
export interface FeedRepos {
  /** Takes a `#commit` of the repo's own PDS; what it does is durable when this resolves. */
  commit(did: Did, body: unknown): Promise<CommitOutcome>
  /**
   * Compares the repo with its PDS and lists it anew if it moved. True when there was something new.
   * Fails when it can't be read, after noting the problem.
   */
  check(did: Did, options: { force: boolean; signal: AbortSignal }): Promise<boolean>
  /** Reads one record with proof and advances that record alone. True when it was new. */
  record(did: Did, key: string, signal: AbortSignal): Promise<boolean>
  /** Another quota holds for the repo: leaves out what is beyond it. True when more may be read now. */
  refit(did: Did): boolean
  /** The repo is followed no longer. */
  forget(did: Did): void
}

/** Makes the part of the feed that knows neither sockets nor timers. */
export function createFeedRepos(options: FeedReposOptions): FeedRepos {
  const { store, reader, notify } = options
  const context: Context = {
    ...options,
    chains: new FeedChains(options.clock),
    complete: new Set<Did>(),
    unproven: new UnprovenCommits(),
    commits: new GroupCommit<CommitOutcome>(store, notify),
  }

  return {
    forget(did) {
      context.chains.forget(did)
      context.complete.delete(did)
    },

    refit(did) {
      const remove = findSurplus(options, did)
      if (remove.length > 0) {
        context.complete.add(did)
        const facts = { truncated: true, problem: OVER_QUOTA }
        notify(store.apply({ did, via: 'listing', facts, remove }))
        return false
      }
      context.complete.delete(did)
      return store.facts(did).truncated
    },

    async commit(did, body) {
      const outcome = await takeCommit(context, did, body)
      const { position } = store.facts(did)
      if (typeof outcome === 'object' && position) context.chains.break(did, position.rev)
      return outcome
    },

    async check(did, { force, signal }) {
      const startRev = store.facts(did).position?.rev
      try {
        const found = await readWithCurrentKey(reader, did, { force, signal }, (at) =>
          look(context, at, signal),
        )
        signal.throwIfAborted()
        if (!found) return false
        if (found.truncated) context.complete.add(did)
        return applyListing(context, did, found, startRev)
      } catch (error) {
        if (!signal.aborted) setProblem(store, did, messageOf(error))
        throw error
      }
    },

    async record(did, key, signal) {
      if (!splitKey(key)) return false
      const proven = await readWithCurrentKey(reader, did, { signal }, (at) =>
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

async function takeCommit(context: Context, did: Did, body: unknown): Promise<CommitOutcome> {
  const { store, reader, events, signal, unproven } = context
  const event = events.commit(body)
  if (!event) return { inDoubt: 'a commit of the stream can’t be read' }
  if (unproven.isNext(did, event) && unproven.keep(did, event)) return 'unproven'
  const outcome = judgeEvent(store.facts(did), event, context)
  if (outcome !== 'next') return outcome
  let at: ResolvedIdentity
  try {
    at = await reader.resolve(did, { signal })
  } catch (error) {
    if (signal.aborted) throw error
    return unproven.keep(did, event) ? 'unproven' : { inDoubt: messageOf(error) }
  }
  return proveCommit(context, at, event)
}

async function proveCommit(
  context: Context,
  at: ResolvedIdentity,
  event: CommitClaim,
): Promise<CommitOutcome> {
  const { store, signal } = context
  const { did } = at
  let verified: VerifiedEvent
  try {
    verified = await event.prove(at, (cid: Cid) => findBytes(store, did, cid))
  } catch (error) {
    // An event that was not judged must not be passed over.
    if (signal.aborted) throw error
    return { inDoubt: messageOf(error) }
  }
  return context.commits.run(did, () => {
    // Meanwhile a listing may have been stored.
    const still = judgeEvent(store.facts(did), event, context)
    return still === 'next' ? planEvent(context, did, verified) : { outcome: still }
  })
}

/** Now that its DID resolves, the commits are taken in that were kept till then. */
async function takeUnproven(context: Context, at: ResolvedIdentity): Promise<void> {
  const { store, unproven, chains } = context
  const { did } = at
  for (let event = unproven.first(did); event; event = unproven.first(did)) {
    const judged = judgeEvent(store.facts(did), event, context)
    const outcome = judged === 'next' ? await proveCommit(context, at, event) : judged
    if (typeof outcome !== 'object') {
      unproven.dropFirst(did)
      continue
    }
    unproven.drop(did)
    const { position } = store.facts(did)
    if (position) chains.break(did, position.rev)
  }
}

/** Whether the event is the one that comes next, judged by what it says of itself. */
function judgeEvent(
  { position }: RepoFacts,
  event: CommitClaim,
  { clock }: FeedReposOptions,
): CommitOutcome | 'next' {
  if (!position) return { inDoubt: 'not read yet' }
  if (event.rev <= position.rev) return 'known'
  if (revTimeMs(event.rev) > clock.wallMs() + REV_AHEAD_MS_MAX) {
    return { inDoubt: 'a commit of the stream lies in the future' }
  }
  if (event.tooBig) return { inDoubt: 'a commit was too big for the stream' }
  const links = event.since === position.rev && event.prevData === position.data
  return links ? 'next' : { inDoubt: 'commits are missing between the last known one and this' }
}

/** The update that an event brings which is the next one. */
function planEvent(context: Context, did: Did, event: VerifiedEvent): Decided<CommitOutcome> {
  const { store, complete } = context
  const { rev, data, cid } = event.commit
  const isNotAhead = (key: string) => (store.raw(did, key)?.rev ?? '') <= rev
  const put = event.put.filter(({ key }) => isNotAhead(key)).map((record) => ({ ...record, rev }))
  const remove = event.remove.filter(isNotAhead)
  const before = store.facts(did)
  const kept = keepWithin(context, did, put, remove)
  const truncated = before.truncated || kept.truncated
  const held = before.held && before.held.rev > rev ? before.held : undefined
  const facts: Partial<RepoFacts> = {
    position: { rev, data, commit: cid },
    held,
    truncated,
    problem: held ? before.problem : truncated ? OVER_QUOTA : undefined,
  }
  const stored = (): CommitOutcome => {
    if (!before.truncated) {
      if (truncated) complete.add(did)
      return 'applied'
    }
    // There is room now for records that were left out.
    if (remove.length === 0 && put.every(({ key }) => !kept.shrunk.has(key))) return 'applied'
    complete.delete(did)
    return 'applied-in-part'
  }
  return { update: { did, via: 'stream', facts, put: kept.put, remove: kept.remove }, stored }
}

/** Asks the PDS where the repo is, and lists it unless that is known. */
async function look(
  context: Context,
  at: ResolvedIdentity,
  signal: AbortSignal,
): Promise<RepoListing | undefined> {
  const { store, reader, clock, located, later, chains, complete } = context
  const { did } = at
  signal.throwIfAborted()
  if (store.facts(did).host !== at.pdsUrl) {
    store.apply({ did, via: 'listing', facts: { host: at.pdsUrl } })
    located(did, at.pdsUrl)
  }
  await takeUnproven(context, at)
  const latest = await reader.latestCommit(at, signal)
  signal.throwIfAborted()
  const { position, held, truncated } = store.facts(did)
  if (latest.cid === position?.commit && (!truncated || complete.has(did))) {
    setProblem(store, did, truncated ? OVER_QUOTA : undefined)
    if (held) store.apply({ did, via: 'listing', facts: { held: undefined } })
    return undefined
  }
  const awaitedMs = position && chains.waitsMs(did, position, latest.cid)
  if (awaitedMs !== undefined) {
    later(did, awaitedMs)
    return undefined
  }
  const waiting = latest.cid === held?.commit && clock.wallMs() - held.sinceMs < HOLD_MS
  if (waiting) {
    setProblem(store, did, held.rev < (position?.rev ?? '') ? OLDER : HELD)
    return undefined
  }
  return reader.listing(at, {
    known: (key) => {
      const raw = store.raw(did, key)
      return raw && { cid: raw.cid, bytes: () => store.bytes(did, key) }
    },
    quota: context.quotaOf(did),
    signal,
  })
}

function findBytes(store: RecordStore, did: Did, cid: Cid): Uint8Array | undefined {
  for (const raw of store.raws(did)) if (raw.cid === cid) return store.bytes(did, raw.key)
  return undefined
}

function setProblem(store: RecordStore, did: Did, problem: string | undefined): void {
  if (store.repoProblem(did) === problem) return
  store.apply({ did, via: 'listing', facts: { problem } })
}
