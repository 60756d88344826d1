import { invariant } from '../model/errors.ts'
import type { Did } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { RecordChange } from '../ports/records.ts'
import { AWAIT_STREAM_MS, type FeedChains } from './feed-chains.ts'
import { planListing } from './feed-listing.ts'
import type { RecordStore } from './record-store.ts'
import type { KeptRecord, RepoFacts, VersionedRecord } from './record-store-repo.ts'
import { OVER_QUOTA, type RepoListing } from './repo-walk.ts'

/** What people are told while deletions are held back. */
export const HELD = 'the repo lacks records that it had; they are kept until it is written again'
/** What people are told while an older state is held back. */
export const OLDER =
  'its PDS presents an older state of the repo than was read before; it is not applied'

interface ApplyOptions {
  readonly store: RecordStore
  readonly clock: Pick<Clock, 'wallMs'>
  readonly log: Log
  readonly notify: (changes: readonly RecordChange[]) => void
  readonly chains: FeedChains
  /** Called when the repo has to be checked again after this time. */
  readonly later: (did: Did, delayMs: number) => void
}

/**
 * Stores what a verified listing says, as far as it is to be believed. `startRev` is the revision that
 * the repo was read up to when the listing was begun. True when it brought something new.
 */
export function applyListing(
  options: ApplyOptions,
  did: Did,
  listing: RepoListing,
  startRev: string | undefined,
): boolean {
  const { store, clock, log, notify, chains, later } = options
  const { rev, data, cid } = listing.commit
  const { position, held } = store.facts(did)
  const lacking = findLacking([...store.raws(did)], listing)
  const verdict = planListing({
    position,
    held,
    startRev,
    listing: listing.commit,
    missing: countMissing(lacking, listing),
    chain: position ? chains.judge(did, position) : 'fresh',
    waitedRev: position && chains.waitedRev(did, position),
    nowMs: clock.wallMs(),
  })
  const base = { did, via: 'listing' } as const
  // The position stays behind, so each record has to remember that it is ahead of it.
  const ahead = () => listing.records.filter(isNotAhead(options, did, rev)).map(at(rev))
  switch (verdict.action) {
    case 'ignore':
      return false
    case 'hold-all':
      log.warn('The PDS of a repo went back to an older state', { did, rev, known: position?.rev })
      store.apply({ ...base, facts: { held: verdict.held, problem: OLDER } })
      return false
    case 'await-stream': {
      invariant(position, 'a first listing is accepted')
      const isNew = chains.waitsMs(did, position, cid) === undefined
      chains.wait(did, position, { rev, cid })
      later(did, AWAIT_STREAM_MS)
      notify(store.apply({ ...base, put: ahead() }))
      return isNew
    }
    case 'hold-deletions': {
      log.warn('Records vanished from a repo; keeping them for now', { did, rev })
      notify(store.apply({ ...base, facts: { held: verdict.held, problem: HELD }, put: ahead() }))
      return held?.rev !== rev
    }
    case 'accept':
    case 'accept-older': {
      const all = verdict.action === 'accept-older'
      const records = all ? listing.records : listing.records.filter(isNotAhead(options, did, rev))
      const changed = records.filter(
        (record) => all || store.raw(did, record.key)?.cid !== record.cid,
      )
      const gone = lacking.filter((raw) => all || raw.rev <= rev).map((raw) => raw.key)
      const facts: Partial<RepoFacts> = {
        position: { rev, data, commit: cid },
        held: undefined,
        truncated: listing.truncated,
        problem: listing.truncated ? OVER_QUOTA : undefined,
      }
      if (!position) chains.begin(did)
      notify(store.apply({ ...base, facts, put: changed.map(at(rev)), remove: gone }))
      return position?.rev !== rev
    }
  }
}

function findLacking(stored: readonly KeptRecord[], listing: RepoListing) {
  const listed = new Set(listing.records.map((record) => record.key))
  return stored.filter((raw) => !listed.has(raw.key))
}

/** What lies behind the last record of a repo over its quota was not deleted, only left out. */
function countMissing(lacking: readonly KeptRecord[], listing: RepoListing): number {
  const last = listing.records.at(-1)?.key ?? ''
  return lacking.filter(
    (raw) => raw.rev <= listing.commit.rev && (!listing.truncated || raw.key <= last),
  ).length
}

/** False for records that were read at a later revision already. */
function isNotAhead({ store }: ApplyOptions, did: Did, rev: string) {
  return ({ key }: { readonly key: string }) => (store.raw(did, key)?.rev ?? '') <= rev
}

function at(rev: string) {
  return (record: RepoListing['records'][number]): VersionedRecord => ({ ...record, rev })
}
