import { type Cid, isCidForBytes } from '@atproto/lex'
import {
  cborToLexRecord,
  def,
  MemoryBlockstore,
  MST,
  readCar,
  verifyCommitSig,
} from '@atproto/repo'
import type { CommitBody } from '../../src/atproto/feed-frame.ts'
import { splitKey } from '../../src/atproto/record-store-repo.ts'

/** What the library's own tree says of an event. */
export type LibraryVerdict =
  /** Records of ours by key: the CIDs that were put, undefined for what was deleted. */
  | { readonly ok: true; readonly records: ReadonlyMap<string, string | undefined> }
  | { readonly ok: false; readonly why: string; readonly undone?: Cid }

interface Expected {
  readonly did: string
  readonly signingKey: string
  /** Content that the reader has already. */
  readonly known: (cid: Cid) => Uint8Array | undefined
}

/**
 * Judges an event with the trees, signatures and CAR files of `@atproto/repo`: signed, each operation in
 * the tree, and with all of them undone the tree before. A block counts when it is read, as with us.
 */
export async function libraryVerdict(
  event: CommitBody,
  expected: Expected,
): Promise<LibraryVerdict> {
  let undone: Cid | undefined
  try {
    const store = new CheckedBlocks((await readCar(event.blocks, UNCHECKED)).blocks)
    const commit = await commitOf(event, store, expected)
    undone = await undo(event, MST.load(store, commit.data))
    if (!event.prevData || !undone.equals(event.prevData)) throw new Error('another tree before')
    // Last, since it takes longest.
    if (!(await verifyCommitSig(commit, expected.signingKey))) throw new Error('not signed')
    return { ok: true, records: await recordsOf(event, store, expected) }
  } catch (error) {
    return { ok: false, why: String(error), ...(undone && { undone }) }
  }
}

const UNCHECKED = { skipCidVerification: true }

class CheckedBlocks extends MemoryBlockstore {
  override async getBytes(cid: Cid): Promise<Uint8Array | null> {
    const bytes = await super.getBytes(cid)
    if (bytes && !(await isCidForBytes(cid, bytes))) throw new Error('a block of another hash')
    return bytes
  }
}

async function commitOf(event: CommitBody, store: MemoryBlockstore, { did }: Expected) {
  const bytes = await store.getBytes(event.commit)
  if (!bytes) throw new Error('no commit')
  const commit = def.commit.schema.parse(cborToLexRecord(bytes))
  if (commit.did !== did || commit.rev !== event.rev) throw new Error('another commit')
  return commit
}

async function undo({ ops }: CommitBody, after: MST): Promise<Cid> {
  let tree = after
  if (new Set(ops.map(({ path }) => path)).size < ops.length) throw new Error('two operations')
  for (const { path, cid } of ops) {
    const found = await tree.get(path)
    if (cid ? !found?.equals(cid) : found) throw new Error('not what the tree holds')
  }
  for (const { path, cid, prev } of ops.toReversed()) {
    if (cid) tree = prev ? await tree.update(path, prev) : await tree.delete(path)
    else if (prev) tree = await tree.add(path, prev)
    else throw new Error('deletes nothing')
  }
  return tree.getPointer()
}

async function recordsOf({ ops }: CommitBody, store: MemoryBlockstore, { known }: Expected) {
  const records = new Map<string, string | undefined>()
  for (const { path, cid } of ops) {
    if (!splitKey(path)) continue
    if (cid && !((await store.getBytes(cid)) ?? known(cid))) throw new Error('a record is missing')
    records.set(path, cid?.toString())
  }
  return records
}
