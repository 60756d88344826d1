import type { Cid as CidObject } from '@atproto/lex'
import { CommuneError, messageOf } from '../model/errors.ts'
import type { Cid } from '../model/records.ts'
import { type EventBlocks, findBlocks } from './feed-commit-blocks.ts'
import { EventTree } from './feed-commit-tree.ts'
import type { CommitBody } from './feed-frame.ts'
import { splitKey } from './record-store-repo.ts'
import { cidText, type Link, linkOf } from './repo-link.ts'
import { type CommitExpectation, type VerifiedCommit, verifyCommit } from './repo-walk-commit.ts'
import { isTreeKey, type LayerOf } from './repo-tree-node.ts'
import { type RawRecord, type RepoQuota, toRawRecord } from './repo-walk.ts'

/** A commit of the stream of which everything was proven. */
export interface VerifiedEvent {
  readonly commit: VerifiedCommit
  /** Records of ours that were created or changed. */
  readonly put: readonly RawRecord[]
  /** Keys of ours that were deleted. */
  readonly remove: readonly string[]
}

export interface EventExpectation extends CommitExpectation {
  /** For the keys of the tree. */
  readonly layerOf: LayerOf
}

/**
 * Proves what a `#commit` event says: that its commit is signed and of this revision, that each record
 * stands in its tree or does not, and, by undoing its operations, that they are all that changed since
 * `prevData`. So a host can neither invent, change nor leave out an operation. Fails with code
 * `identity` on a signature that does not fit, else with `bad-answer`.
 */
export async function verifyCommitEvent(
  event: CommitBody,
  expected: EventExpectation,
  quota: RepoQuota,
  /** The bytes of a block that is at hand: content that a repo holds twice may be sent once only. */
  known: (cid: Cid) => Uint8Array | undefined,
): Promise<VerifiedEvent> {
  const blocks = parseBlocks(event.blocks)
  const bytes = blockOf(blocks, event.commit)
  if (!bytes) throw bad('the event does not hold its commit')
  const { commit, root } = verifyCommit(cidText(event.commit), bytes, expected)
  if (commit.rev !== event.rev) throw bad('the event and its commit differ in their revision')
  proveOperations(event, root, { blocks, layerOf: expected.layerOf })
  const bytesOf = (each: CidObject) => blockOf(blocks, each) ?? known(cidText(each))
  return { commit, ...ourOperations(event, bytesOf, quota) }
}

function parseBlocks(car: Uint8Array): EventBlocks {
  try {
    return findBlocks(car)
  } catch (cause) {
    throw bad(`the blocks can't be read: ${messageOf(cause).slice(0, 200)}`, cause)
  }
}

function blockOf(blocks: EventBlocks, cid: CidObject): Uint8Array | undefined {
  try {
    return blocks.get(linkOf(cid))
  } catch (cause) {
    throw bad(`the blocks can't be read: ${messageOf(cause).slice(0, 200)}`, cause)
  }
}

function proveOperations(event: CommitBody, data: Link, at: Parameters<typeof undo>[2]): void {
  const { ops, prevData } = event
  if (!prevData) throw bad('the event does not say what it follows')
  if (new Set(ops.map((op) => op.path)).size < ops.length) throw bad('one record, two operations')
  try {
    if (undo(ops, data, at) === linkOf(prevData)) return
  } catch (cause) {
    if (cause instanceof CommuneError) throw cause
    throw bad(`the event can't be proven: ${messageOf(cause).slice(0, 200)}`, cause)
  }
  throw bad('the event leaves out what changed')
}

/** The root of the tree before the operations. */
function undo(
  ops: CommitBody['ops'],
  data: Link,
  { blocks, layerOf }: { readonly blocks: EventBlocks; readonly layerOf: LayerOf },
): Link {
  // A commit that changes nothing brings no node either.
  if (ops.length === 0) return data
  const tree = new EventTree(data, blocks, layerOf)
  for (const { path, cid } of ops) {
    if (!isTreeKey(path)) throw bad('an operation is on what can be no record')
    if (tree.get(path) !== (cid ? linkOf(cid) : undefined))
      throw bad('the event does not match its tree')
  }
  for (const { path, cid, prev } of ops.toReversed()) {
    if (prev) tree.set(path, linkOf(prev))
    else if (cid) tree.remove(path)
    else throw bad('a deletion does not say what it deletes')
  }
  return tree.root()
}

function ourOperations(
  event: CommitBody,
  bytesOf: (cid: CidObject) => Uint8Array | undefined,
  quota: RepoQuota,
) {
  const put: RawRecord[] = []
  const remove: string[] = []
  for (const { path, cid } of event.ops) {
    if (!splitKey(path)) continue
    if (!cid) {
      remove.push(path)
      continue
    }
    const block = bytesOf(cid)
    if (!block) throw bad('the event lacks a record')
    put.push(toRawRecord(path, cidText(cid), block, quota.recordBytesMax))
  }
  return { put, remove }
}

function bad(message: string, cause?: unknown): CommuneError {
  return new CommuneError('bad-answer', message, { cause, retry: true })
}
