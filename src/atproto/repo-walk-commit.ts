import { CommuneError, messageOf } from '../model/errors.ts'
import type { Cid, Did } from '../model/records.ts'
import { type CommitBlock, readCommitBlock } from './repo-commit-block.ts'
import { type Link, linkText } from './repo-link.ts'
import type { SignatureVerifier } from './repo-walk-signature.ts'

/** A signed commit of a repo: which revision, and the root of the tree of its records. */
export interface VerifiedCommit {
  readonly cid: Cid
  readonly rev: string
  readonly data: Cid
}

/** A commit, and its `data` once more in the form in which trees are read. */
export interface SignedTree {
  readonly commit: VerifiedCommit
  readonly root: Link
}

export interface CommitExpectation {
  readonly did: Did
  /** `did:key:…` of the repo's owner. */
  readonly signingKey: string
  readonly verify: SignatureVerifier
  /** Now, in milliseconds since 1970, for revisions from the future. */
  readonly nowMs: number
}

/**
 * Revisions are times, and a clock may be this much ahead of ours. Our own may be the wrong one, and
 * must not make us blind; who dates ahead harms nobody but the readers of that one repo.
 */
export const REV_AHEAD_MS_MAX = 24 * 60 * 60_000
/** A commit is some 250 bytes. */
const COMMIT_BYTES_MAX = 4096

/**
 * Checks shape, DID, signature and revision of a commit whose bytes match `cid`. Fails with code
 * `identity` when the signature is not by this key (it may have changed), else with `bad-answer`.
 */
export function verifyCommit(cid: Cid, bytes: Uint8Array, expected: CommitExpectation): SignedTree {
  const { signed, signature, rev, data } = parseCommit(bytes, expected.did)
  if (!expected.verify(expected.signingKey, signed, signature)) {
    throw new CommuneError('identity', 'the commit is not signed with the key of its DID')
  }
  if (revTimeMs(rev) > expected.nowMs + REV_AHEAD_MS_MAX) {
    throw bad(`its revision ${rev} lies in the future`)
  }
  return { commit: { cid, rev, data: linkText(data) }, root: data }
}

/** The time that a revision stands for, in milliseconds since 1970; NaN when it is none. */
export function revTimeMs(rev: string): number {
  if (!/^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$/.test(rev)) return Number.NaN
  const digits = '234567abcdefghijklmnopqrstuvwxyz'
  let micros = 0
  // The last two of the thirteen digits are a clock id; the others are microseconds.
  for (const digit of rev.slice(0, 11)) micros = micros * 32 + digits.indexOf(digit)
  return micros / 1000
}

function parseCommit(bytes: Uint8Array, did: Did): CommitBlock {
  if (bytes.length > COMMIT_BYTES_MAX) throw bad('its commit is too large')
  try {
    const commit = readCommitBlock(bytes)
    if (commit.did !== did) throw bad('its commit names another DID')
    if (Number.isNaN(revTimeMs(commit.rev))) throw bad('its commit has no proper revision')
    return commit
  } catch (cause) {
    if (cause instanceof CommuneError) throw cause
    throw bad(`its commit can't be read: ${messageOf(cause).slice(0, 200)}`, cause)
  }
}

function bad(message: string, cause?: unknown): CommuneError {
  return new CommuneError('bad-answer', message, { cause, retry: true })
}
