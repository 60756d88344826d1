import type { VerifiedEvent } from '../../src/atproto/feed-commit.ts'
import type { RepoReader, ResolvedIdentity } from '../../src/atproto/feed-reader.ts'
import type { EventReader } from '../../src/atproto/feed-transport.ts'
import { REV_AHEAD_MS_MAX, revTimeMs } from '../../src/atproto/repo-walk-commit.ts'
import { countWithin, REPO_QUOTA } from '../../src/atproto/repo-walk.ts'
import { CommuneError } from '../../src/model/errors.ts'
import type { Did } from '../../src/model/records.ts'
import { sleep, type Clock } from '../../src/ports/clock.ts'
import type { VirtualCommit, VirtualRepo } from './virtual-repo.ts'
import type { CommitEvent, VirtualRepos } from './virtual-repos.ts'

export interface VirtualReaderOptions {
  readonly repos: VirtualRepos
  /** Of the machine that reads. */
  readonly clock: Clock
  /** How long a request takes. */
  readonly nextDelayMs: () => number
  /** Whether this reader reaches the PDS of that repo now. */
  readonly canReach: (did: Did) => boolean
}

/**
 * Reads repos from their PDSs. What a PDS answers is whole and signed by construction; whose
 * signature it is, and of when, is checked as it is on real ones.
 */
export function createVirtualReader(options: VirtualReaderOptions): RepoReader {
  const { repos, clock, nextDelayMs, canReach } = options
  const resolved = new Map<Did, ResolvedIdentity>()

  const ask = async (at: ResolvedIdentity, signal: AbortSignal | undefined) => {
    await sleep(clock, nextDelayMs(), signal)
    const repo = repos.of(at.did)
    if (!canReach(at.did))
      throw new CommuneError('unreachable', 'its PDS does not answer', { retry: true })
    if (repo.host !== at.pdsUrl)
      throw new CommuneError('unavailable', 'its PDS does not have this repo', { retry: true })
    if (repo.status !== 'active')
      throw new CommuneError('unavailable', `its PDS says that the account was ${repo.status}`, {
        retry: true,
      })
    return repo
  }
  const askVerified = async (at: ResolvedIdentity, signal: AbortSignal | undefined) => {
    const repo = await ask(at, signal)
    verify(repo.head, at, clock.wallMs())
    return repo
  }

  return {
    async resolve(did, { force = false } = {}) {
      const known = resolved.get(did)
      if (known && !force) return known
      if (repos.directoryIsDown && known) return known
      if (repos.directoryIsDown)
        throw new CommuneError('unreachable', 'the directory does not answer', { retry: true })
      const { host, signingKey } = repos.of(did)
      const found = { did, pdsUrl: host, signingKey }
      resolved.set(did, found)
      return found
    },
    latestCommit: async (at, signal) => (await ask(at, signal)).head,
    async listing(at, { signal, quota = REPO_QUOTA }) {
      const repo = await askVerified(at, signal)
      const { records } = repo
      const kept = countWithin(
        records.map(({ key, bytes }) => ({ key, size: bytes?.length ?? 0 })),
        quota,
      )
      const isTruncated = kept < records.length
      return {
        commit: repo.head,
        records: isTruncated ? records.slice(0, kept) : records,
        truncated: isTruncated,
      }
    },
    async record(at, key, signal) {
      const repo = await askVerified(at, signal)
      return { commit: repo.head, record: recordAt(repo, key) }
    },
  }
}

/** Reads the events of this world. */
export function createVirtualEventReader(clock: Pick<Clock, 'wallMs'>): EventReader {
  return {
    commit(body) {
      const { commit, isTooBig } = body as CommitEvent
      return {
        rev: commit.rev,
        since: commit.since,
        prevData: commit.prevData,
        tooBig: isTooBig,
        prove: async (at) => {
          verify(commit, at, clock.wallMs())
          return toEvent(commit)
        },
      }
    },
    sync: async (body) => body as string,
  }
}

function verify({ signedBy, rev }: VirtualCommit, at: ResolvedIdentity, nowMs: number): void {
  if (signedBy !== at.signingKey)
    throw new CommuneError('identity', 'the commit is not signed with the key of its DID')
  if (revTimeMs(rev) > nowMs + REV_AHEAD_MS_MAX)
    throw new CommuneError('bad-answer', `its revision ${rev} lies in the future`, { retry: true })
}

function toEvent(commit: VirtualCommit): VerifiedEvent {
  return {
    commit,
    put: commit.changes.flatMap(({ raw }) => raw ?? []),
    remove: commit.changes
      .filter(({ raw }) => !raw)
      .map(({ collection, rkey }) => `${collection}/${rkey}`),
  }
}

function recordAt(repo: VirtualRepo, key: string) {
  return repo.content.get(key)?.raw
}
