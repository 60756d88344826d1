import { type Cid, cidForCbor, type LexMap, parseCid } from '@atproto/lex'
import { decode, encode } from '@atproto/lex-cbor'
import { BlockMap, blocksToCarFile, def, readCar, signCommit } from '@atproto/repo'
import fc from 'fast-check'
import type { CommitEvent, ScriptedRepo } from '../support/scripted-repo.ts'

/** One change of an event: which of all, where, and by what; numbers count around what is there. */
export interface Change {
  readonly kind: (typeof KINDS)[number]
  readonly at: number
  readonly by: number
}

/** What somebody does to an event that is under way, who holds no key. */
const ON_THE_WAY = [
  'drop-block',
  'alter-block',
  'swap-blocks',
  'drop-operation',
  'repeat-operation',
  'move-operation',
  'other-cid',
  'other-prev',
  'other-path',
  'invent-operation',
  'other-root-before',
  'other-revision',
  'other-commit',
] as const
/** What only the owner of a repo can do, who signs a tree as no library makes it. */
const BY_OWNER = [
  'drop-entry',
  'repeat-entry',
  'swap-entries',
  'spell-out-key',
  'other-key',
  'other-value',
  'other-subtree',
  'drop-subtree',
  'lift-root',
  'order-of-fields',
] as const
const KINDS = [...ON_THE_WAY, ...BY_OWNER]

/** A few changes, one upon the other. */
export const someChanges: fc.Arbitrary<readonly Change[]> = fc.array(
  fc.record({ kind: fc.constantFrom(...KINDS), at: fc.nat(200), by: fc.nat(200) }),
  { minLength: 1, maxLength: 3 },
)

/** Whether the change needs the key of the repo. */
export function isByOwner({ kind }: Change): boolean {
  return BY_OWNER.some((each) => each === kind)
}

interface Draft {
  event: CommitEvent
  /** By CID. */
  readonly blocks: Map<string, Uint8Array>
}

/** The event with the changes; those that need what is not there change nothing. */
export async function changeEvent(
  event: CommitEvent,
  changes: readonly Change[],
  repo: ScriptedRepo,
): Promise<CommitEvent> {
  const { blocks } = await readCar(event.blocks)
  const draft: Draft = {
    event,
    blocks: new Map([...blocks].map(([cid, bytes]) => [cid.toString(), bytes])),
  }
  for (const change of changes) {
    if (isByOwner(change)) await changeByOwner(draft, change, repo)
    else changeOnTheWay(draft, change)
  }
  const held = new BlockMap()
  for (const [cid, bytes] of draft.blocks) held.set(parseCid(cid), bytes)
  return { ...draft.event, blocks: await blocksToCarFile(draft.event.commit, held) }
}

function changeOnTheWay(draft: Draft, { kind, at, by }: Change): void {
  const { event, blocks } = draft
  const names = [...blocks.keys()].toSorted()
  if (names.length === 0) return
  const [name, other] = [names[at % names.length] ?? '', names[by % names.length] ?? '']
  const someCid = parseCid(other)
  const ops = [...event.ops]
  const index = ops.length === 0 ? 0 : at % ops.length
  const op = ops[index]
  const withOps = (changed: CommitEvent['ops']) => (draft.event = { ...event, ops: changed })
  const withOp = (changed: Partial<CommitEvent['ops'][number]>) =>
    op && withOps(ops.with(index, { ...op, ...changed }))
  switch (kind) {
    case 'drop-block':
      blocks.delete(name)
      return
    case 'alter-block': {
      const bytes = Uint8Array.from(blocks.get(name) ?? [])
      bytes[by % bytes.length] = (bytes[by % bytes.length] ?? 0) ^ (1 + (at % 255))
      blocks.set(name, bytes)
      return
    }
    case 'swap-blocks': {
      const [one, two] = [blocks.get(name), blocks.get(other)]
      if (one && two) blocks.set(name, two).set(other, one)
      return
    }
    case 'drop-operation':
      withOps(ops.toSpliced(index, 1))
      return
    case 'repeat-operation':
      if (op) withOps([...ops, op])
      return
    case 'move-operation':
      if (op) withOps(ops.toSpliced(index, 1).toSpliced(by % ops.length, 0, op))
      return
    case 'other-cid':
      withOp({ cid: by % 3 === 0 ? null : someCid })
      return
    case 'other-prev': {
      const { prev: _, ...without } = op ?? {}
      if (by % 3 > 0) withOp({ prev: someCid })
      else if (op) withOps(ops.with(index, without as typeof op))
      return
    }
    case 'other-path':
      withOp({ path: pathOf(by) })
      return
    case 'invent-operation': {
      const path = pathOf(by)
      const invented =
        at % 2 === 0
          ? { action: 'delete', path, cid: null, prev: someCid }
          : { action: 'create', path, cid: someCid }
      withOps([...ops, invented])
      return
    }
    case 'other-root-before':
      draft.event = { ...event, prevData: someCid }
      return
    case 'other-revision':
      draft.event = { ...event, rev: event.since }
      return
    case 'other-commit':
      draft.event = { ...event, commit: someCid }
      return
    default:
      return
  }
}

/** A key that may be of the repo or not. */
export function pathOf(number: number): string {
  const collection = number % 2 === 0 ? 'commune.scheduler.cluster' : 'app.bsky.feed.post'
  return `${collection}/k${number}`
}

/** A node of the tree as it stands in its block. */
interface WireNode {
  l: Cid | null
  e: { p: number; k: Uint8Array; v: Cid; t: Cid | null }[]
}

async function changeByOwner(draft: Draft, change: Change, repo: ScriptedRepo): Promise<void> {
  const { blocks } = draft
  const names = [...blocks.keys()].filter((cid) => nodeIn(blocks.get(cid))).toSorted()
  const name = names[change.at % Math.max(1, names.length)]
  const node = nodeIn(blocks.get(name ?? ''))
  const root = nodeRoot(draft)
  if (name === undefined || !node || root === undefined) return
  const others = names.map((cid) => parseCid(cid))
  const keys = keysOf(node)
  const bytes =
    change.kind === 'lift-root'
      ? encode({ l: parseCid(root), e: [] })
      : change.kind === 'order-of-fields'
        ? Buffer.concat([LATER, encode(node.l), ENTRIES, encode(node.e)])
        : change.kind === 'spell-out-key'
          ? encode(spelledOut(node, keys))
          : encode(changeNode(node, keys, change, others))
  await replaceBlock(draft, change.kind === 'lift-root' ? root : name, bytes, repo)
}

/** A map of two, its fields in the order that DAG-CBOR does not allow. */
const LATER = Buffer.from([0xa2, 0x61, 0x6c])
const ENTRIES = Buffer.from([0x61, 0x65])

function changeNode(
  { l, e }: WireNode,
  keys: readonly string[],
  { kind, at, by }: Change,
  others: readonly Cid[],
): LexMap {
  const index = e.length === 0 ? 0 : by % e.length
  const entry = e[index]
  const other = others[by % others.length] as Cid
  const full = e.map(({ v, t }, i) => ({ key: keys[i] ?? '', v, t }))
  const whole = full[index]
  if (kind === 'drop-subtree' && (by % 2 === 0 || !entry)) return packed(null, full)
  if (kind === 'other-subtree' && (by % 2 === 0 || !entry)) return packed(other, full)
  if (!entry || !whole) return packed(l, full)
  switch (kind) {
    case 'drop-entry':
      return packed(l, full.toSpliced(index, 1))
    case 'repeat-entry':
      return packed(l, full.toSpliced(index, 0, whole))
    case 'swap-entries':
      return packed(l, full.toSpliced(index, 1).toSpliced(at % full.length, 0, whole))
    case 'other-key':
      return packed(l, full.with(index, { ...whole, key: pathOf(at) }))
    case 'other-value':
      return packed(l, full.with(index, { ...whole, v: other }))
    case 'other-subtree':
      return packed(l, full.with(index, { ...whole, t: other }))
    case 'drop-subtree':
      return packed(l, full.with(index, { ...whole, t: null }))
    default:
      return packed(l, full)
  }
}

type Entries = readonly { readonly key: string; readonly v: Cid; readonly t: Cid | null }[]

function packed(l: Cid | null, entries: Entries): LexMap {
  let before = ''
  const e = entries.map(({ key, v, t }) => {
    let p = 0
    while (p < key.length && key[p] === before[p]) p++
    before = key
    return { p, k: Buffer.from(key.slice(p), 'latin1'), v, t }
  })
  return { l, e }
}

/** Each key in full, though it begins as the one before. */
function spelledOut({ l, e }: WireNode, keys: readonly string[]): LexMap {
  return {
    l,
    e: e.map(({ v, t }, i) => ({ p: 0, k: Buffer.from(keys[i] ?? '', 'latin1'), v, t })),
  }
}

function keysOf({ e }: WireNode): readonly string[] {
  let key = ''
  return e.map(({ p, k }) => (key = key.slice(0, p) + Buffer.from(k).toString('latin1')))
}

function nodeIn(bytes: Uint8Array | undefined): WireNode | undefined {
  const value = decoded(bytes)
  if (!value || !('e' in value && 'l' in value && Array.isArray(value.e))) return undefined
  const node = value as WireNode
  // A block that was altered may still look like one.
  return node.e.every(({ p, k }) => Number.isInteger(p) && k instanceof Uint8Array)
    ? node
    : undefined
}

function decoded(bytes: Uint8Array | undefined): object | undefined {
  try {
    const value = bytes && decode(bytes)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function commitIn({ event, blocks }: Draft) {
  const value = decoded(blocks.get(event.commit.toString()))
  const parsed = value && def.commit.schema.safeParse(value)
  return parsed?.success ? parsed.data : undefined
}

function nodeRoot(draft: Draft): string | undefined {
  return commitIn(draft)?.data.toString()
}

/** Puts other bytes in the place of a node, names them in all that lead there, and signs the commit. */
async function replaceBlock(
  draft: Draft,
  before: string,
  bytes: Uint8Array,
  repo: ScriptedRepo,
  /** Not replaced so far: blocks that were swapped may lead to each other. */
  nodes = new Map(draft.blocks),
): Promise<void> {
  const { blocks } = draft
  nodes.delete(before)
  const cid = await cidForCbor(bytes)
  const name = cid.toString()
  const commit = commitIn(draft)
  if (name === before) return
  const isLifted = nodeIn(bytes)?.l?.toString() === before
  blocks.set(name, bytes)
  if (commit?.data.toString() === before) {
    const { sig: _, ...unsigned } = commit
    const signed = await signCommit({ ...unsigned, data: cid }, repo.key)
    const held = new BlockMap()
    const commitCid = await held.add(signed)
    blocks.set(commitCid.toString(), held.get(commitCid) ?? bytes)
    draft.event = { ...draft.event, commit: commitCid }
  }
  if (isLifted) return
  for (const [parent, block] of nodes) {
    const node = nodeIn(block)
    if (!node) continue
    const swap = (link: Cid | null) => (link?.toString() === before ? cid : link)
    const e = node.e.map((entry) => ({ ...entry, t: swap(entry.t) }))
    const changed = encode({ l: swap(node.l), e })
    if (!Buffer.from(changed).equals(encode(node as unknown as LexMap)))
      await replaceBlock(draft, parent, changed, repo, nodes)
  }
}
