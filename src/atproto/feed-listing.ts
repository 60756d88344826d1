import type { Cid } from '../model/records.ts'
import type { Chain } from './feed-chains.ts'
import type { HeldListing, RepoPosition } from './record-store-repo.ts'

/** What to do with a verified listing of a repo. */
export type ListingVerdict =
  /** Take all of it: what it lacks was deleted. */
  | { readonly action: 'accept' }
  /** The same, though it is of an older revision than what is stored. */
  | { readonly action: 'accept-older' }
  /** Take what it adds and changes; the stream is about to tell what became of what it lacks. */
  | { readonly action: 'await-stream' }
  /** Take what it adds and changes, and keep for now what it lacks. */
  | { readonly action: 'hold-deletions'; readonly held: HeldListing }
  /** Take nothing for now. */
  | { readonly action: 'hold-all'; readonly held: HeldListing }
  /** The repo moved on while it was read. */
  | { readonly action: 'ignore' }

export interface ListingFacts {
  /** How far the repo was read; undefined: never. */
  readonly position: RepoPosition | undefined
  readonly held: HeldListing | undefined
  /** The revision of the position when the listing was begun. */
  readonly startRev: string | undefined
  readonly listing: { readonly rev: string; readonly data: Cid; readonly cid: Cid }
  /** How many of the stored records the listing lacks. */
  readonly missing: number
  readonly chain: Chain
  /** The revision of an earlier listing that lacked records too, for which the stream was waited. */
  readonly waitedRev?: string | undefined
  /** Milliseconds since 1970. */
  readonly nowMs: number
}

/** After so long a repo is believed to mean what it says. */
export const HOLD_MS = 24 * 60 * 60_000

/**
 * Judges a listing against what was read before. A listing proves what a repo holds, not how it came
 * to hold that: a PDS that was restored from a backup presents an old state, even under a new
 * revision, and what it lost must not stop containers. So records that vanished without a commit that
 * links to the last known one stay until the repo was written once more, or for a day; but while the
 * stream may still bring that commit, it is left to the stream; a commit after a listing for which the
 * stream was waited is such a write, too. A repo that was read for the first
 * time a moment ago has lost nothing that anybody relied on. An older revision is held back altogether, since revisions of one repo are applied in their order only.
 */
export function planListing(facts: ListingFacts): ListingVerdict {
  const { position, held, listing, missing, chain, nowMs } = facts
  if (!position) return { action: 'accept' }
  const older = listing.rev < position.rev
  const contradicts = listing.rev === position.rev && listing.data !== position.data
  if (older || contradicts) return judgeOlder(facts, position)
  if (missing === 0 || chain === 'fresh') return { action: 'accept' }
  const lackedAt = held?.rev ?? facts.waitedRev
  const writtenSince = lackedAt !== undefined && lackedAt < listing.rev
  const longAgo = held !== undefined && nowMs - held.sinceMs >= HOLD_MS
  if (writtenSince || longAgo) return { action: 'accept' }
  if (held === undefined && chain === 'pending') return { action: 'await-stream' }
  const sinceMs = held?.sinceMs ?? nowMs
  return { action: 'hold-deletions', held: { rev: listing.rev, commit: listing.cid, sinceMs } }
}

function judgeOlder(facts: ListingFacts, position: RepoPosition): ListingVerdict {
  const { held, startRev, listing, nowMs } = facts
  // The stream delivered newer commits while this was on its way.
  const overtaken = startRev !== undefined && startRev < position.rev && listing.rev >= startRev
  if (overtaken) return { action: 'ignore' }
  const same = held?.commit === listing.cid
  if (same && nowMs - held.sinceMs >= HOLD_MS) return { action: 'accept-older' }
  const sinceMs = same ? held.sinceMs : nowMs
  return { action: 'hold-all', held: { rev: listing.rev, commit: listing.cid, sinceMs } }
}
