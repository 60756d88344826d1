import type { Mutant } from './mutant.ts'

/** Wrong ways to read what others wrote. */
export const FEED_MUTANTS: readonly Mutant[] = [
  {
    name: 'commits are applied out of order',
    why: 'A commit that is not newer than what was read changes nothing.',
    file: 'src/atproto/feed-repos.ts',
    find: "if (event.rev <= position.rev) return 'known'",
    replace: "if (event.rev !== position.rev) return 'next'",
    first: ['what is sent again is not done again'],
  },
  {
    name: 'a gap between commits is passed over',
    why: 'Commits that are missing in the stream are read from the PDS.',
    file: 'src/atproto/feed-repos.ts',
    find: 'const links = event.since === position.rev && event.prevData === position.data',
    replace: 'const links = true',
    first: ['what the stream lost is read'],
  },
  {
    name: 'a single record advances the repo',
    why: 'Who has read one record of a commit has not read the commits before it.',
    file: 'src/atproto/feed-repos.ts',
    find: "notify(store.apply({ did, via: 'record', put }))",
    replace:
      "notify(store.apply({ did, via: 'record', put, facts: { position: { rev: commit.rev, data: commit.data, commit: commit.cid } } }))",
    first: ['a hint tells of one record only'],
  },
  {
    name: 'an older state is believed at once',
    why: 'A PDS that was restored from a backup has deleted nothing.',
    file: 'src/atproto/feed-listing.ts',
    find: 'if (same && nowMs - held.sinceMs >= HOLD_MS)',
    replace: 'if (nowMs > 0)',
    first: ['what a backup lacks was not deleted'],
  },
  {
    name: 'a stale cursor is trusted',
    why: 'What a host has forgotten is read from the repos.',
    file: 'src/atproto/feed-hosts.ts',
    find: "if (frame.name === 'OutdatedCursor') this.#doubt(host)",
    replace: '',
    first: ['what a host has forgotten is read'],
  },
]
