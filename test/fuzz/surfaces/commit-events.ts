import { type Cid, parseCid } from '@atproto/lex'
import fc from 'fast-check'
import { type VerifiedEvent, verifyCommitEvent } from '../../../src/atproto/feed-commit.ts'
import { type CommitBody, parseCommitBody } from '../../../src/atproto/feed-frame.ts'
import { createSignatureVerifier } from '../../../src/atproto/repo-walk-signature.ts'
import { rememberLayers } from '../../../src/atproto/repo-key-layers.ts'
import { layerOf } from '../../../src/atproto/repo-tree-node.ts'
import { REPO_QUOTA } from '../../../src/atproto/repo-walk.ts'
import { CommuneError } from '../../../src/model/errors.ts'
import type { Did } from '../../../src/model/records.ts'
import { type CommitEvent, type RepoWrite, ScriptedRepo } from '../../support/scripted-repo.ts'
import { type Change, changeEvent, isByOwner, pathOf, someChanges } from '../changed-event.ts'
import { libraryVerdict } from '../library-verdict.ts'
import { expectThat, type Surface } from '../surface.ts'

const did: Did = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const verify = createSignatureVerifier()
const remembered = rememberLayers()
const NOW_MS = Date.parse('2026-01-02')

/** A record's key by its number, and its content; 0: it is deleted where there is one. */
type Step = readonly [key: number, content: number]

interface Story {
  readonly start: readonly Step[]
  readonly commits: readonly (readonly Step[])[]
  /** Each list is tried on each commit. */
  readonly changes: readonly (readonly Change[])[]
}

/** Few of all keys stand high in the tree. */
const HIGH = Array.from({ length: 20_000 }, (_, i) => i).filter((i) => layerOf(pathOf(i)) > 3)
const step: fc.Arbitrary<Step> = fc.tuple(
  fc.oneof({ weight: 6, arbitrary: fc.nat(149) }, fc.constantFrom(...HIGH)),
  fc.nat(4),
)

/**
 * Commits that `@atproto/repo` made, and the same changed by who passes them on or by a repo's owner.
 * What the library proves we prove, and nothing else; where we are stricter, it is on how a tree is
 * written down (decision 0011).
 */
export const commitEventSurface: Surface = {
  name: 'commit-event',
  inputs: fc.record({
    start: fc.array(step, { maxLength: 60, size: 'max' }),
    commits: fc.array(fc.array(step, { minLength: 1, maxLength: 12 }), {
      minLength: 1,
      maxLength: 3,
    }),
    changes: fc.array(someChanges, { minLength: 1, maxLength: 12, size: 'max' }),
  }),
  open: () =>
    Promise.resolve({
      feed: (input) => compare(input as Story),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
}

async function compare({ start, commits, changes }: Story): Promise<void> {
  const repo = await ScriptedRepo.create(did)
  await repo.write(...(await writesOf(repo, start)))
  for (const steps of commits) {
    const leaves = await repo.repo.data.list()
    const event = await repo.write(...(await writesOf(repo, steps)))
    const held = new Set(leaves.map(({ value }) => value.toString()))
    const known = (cid: Cid) => (held.has(cid.toString()) ? repo.store.blocks.get(cid) : undefined)
    expectThat(await compareOn(event, repo, known, []), 'an honest commit is proven')
    for (const list of changes) {
      const reasons = list.some(isByOwner) ? [...STRICTER, SEARCHED] : STRICTER
      const changed = await changeEvent(event, list, repo)
      await compareOn(changed, repo, known, reasons)
    }
  }
}

/** Whether the event was proven. */
async function compareOn(
  event: CommitEvent,
  repo: ScriptedRepo,
  known: (cid: Cid) => Uint8Array | undefined,
  stricter: readonly string[],
): Promise<boolean> {
  const body = parseCommitBody({ seq: 1, time: '2026-01-01T00:00:00Z', ...event })
  if (!body) return false
  const signingKey = repo.key.did()
  const theirs = await libraryVerdict(body, { did, signingKey, known })
  const ours = await ourVerdict(body, signingKey, known)
  if (theirs.ok) {
    if (ours.ok) expectSame(ours.event, theirs.records)
    else
      expectThat(
        stricter.some((why) => ours.why.endsWith(why)),
        `it is proven, but refused: ${ours.why}`,
      )
    return ours.ok
  }
  expectThat(!ours.ok, `it is not proven, but taken: ${theirs.why}`)
  // Who tells us the tree before as well may tell the one to which the changed operations lead.
  if (theirs.undone && !body.prevData?.equals(theirs.undone))
    await compareOn({ ...event, prevData: theirs.undone }, repo, known, stricter)
  return false
}

type OurVerdict =
  | { readonly ok: true; readonly event: VerifiedEvent }
  | { readonly ok: false; readonly why: string }

async function ourVerdict(
  body: CommitBody,
  signingKey: string,
  known: (cid: Cid) => Uint8Array | undefined,
): Promise<OurVerdict> {
  const byText = (text: string) => known(parseCid(text))
  try {
    const expected = { did, signingKey, verify, nowMs: NOW_MS, layerOf: remembered }
    return { ok: true, event: await verifyCommitEvent(body, expected, REPO_QUOTA, byText) }
  } catch (error) {
    if (error instanceof CommuneError && error.code !== 'internal')
      return { ok: false, why: error.message }
    throw error
  }
}

/** A search goes by layers: in a tree that only its owner can have made so it may find less. */
const SEARCHED = 'the event does not match its tree'
/** Where we are stricter; what an honest event brings keeps to all of it. */
const STRICTER = [
  // What undoing has no need to see must be there all the same, so that its place is seen.
  'a node of the tree is not in its place',
  'a node of the tree is missing',
  'a block does not match its hash',
  // A tree and a commit are written down in one way.
  'a block is malformed',
  'a node of the tree is too large',
  'a CID is of a kind that repos don’t have',
  'an operation is on what can be no record',
]

function expectSame(
  { put, remove }: VerifiedEvent,
  records: ReadonlyMap<string, string | undefined>,
): void {
  const ours = new Map<string, string | undefined>(put.map(({ key, cid }) => [key, cid]))
  for (const key of remove) ours.set(key, undefined)
  const isSame = [...records].every(([key, cid]) => ours.has(key) && ours.get(key) === cid)
  expectThat(isSame && ours.size === records.size, 'the same records come of it')
}

async function writesOf(repo: ScriptedRepo, steps: readonly Step[]): Promise<RepoWrite[]> {
  const writes: RepoWrite[] = []
  for (const [key, content] of new Map(steps)) {
    const [collection = '', rkey = ''] = pathOf(key).split('/')
    const isThere = (await repo.repo.data.get(`${collection}/${rkey}`)) !== null
    const value = { $type: collection, content }
    if (content > 0) writes.push({ collection, rkey, value })
    else if (isThere) writes.push({ collection, rkey })
  }
  return writes
}
