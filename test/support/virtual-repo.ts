import { createHash } from 'node:crypto'
import type { ParseViewValue, ViewValue } from '../../src/atproto/record-store-parse.ts'
import type { RawRecord } from '../../src/atproto/repo-walk.ts'
import { recordCid } from '../../src/model/record-cid.ts'
import { canonicalJson } from '../../src/model/canonical.ts'
import { base32Lower } from '../../src/model/hash.ts'
import type { Collection } from '../../src/model/nsid.ts'
import type { Cid, Did } from '../../src/model/records.ts'
import type { StoredRecord, Write } from '../../src/ports/records.ts'

/** What a commit did to one record. */
export interface VirtualChange {
  readonly collection: Collection
  readonly rkey: string
  /** Undefined: deleted. */
  readonly record: StoredRecord | undefined
  /** As it lies in the repo; `bytes` stands for the block and has about its length. */
  readonly raw: RawRecord | undefined
}

export interface VirtualCommit {
  readonly cid: Cid
  /** A revision as real ones are: the time on the PDS, later than the one before. */
  readonly rev: string
  /** The root of the tree: equal content, equal root. */
  readonly data: Cid
  /** Undefined: the first. */
  readonly since: string | undefined
  readonly prevData: Cid | undefined
  readonly signedBy: string
  readonly atMs: number
  readonly changes: readonly VirtualChange[]
}

/** Whether its PDS gives the repo out. */
export type AccountStatus = 'active' | 'deactivated' | 'taken down'

/** Of a moment: monotonic time, and the time that dates are made of. */
export interface Moment {
  readonly atMs: number
  readonly wallMs: number
}

/** A repo as its PDS holds it at this moment. */
export class VirtualRepo {
  readonly did: Did
  /** Its history, the first commit holding nothing. */
  readonly commits: VirtualCommit[] = []
  /** What it holds, by collection and key. */
  readonly content = new Map<string, VirtualChange>()
  /** What it held before its PDS lost it, and nobody has written or deleted since. */
  readonly lost = new Map<string, VirtualChange>()
  /** Origin of its PDS, as its DID says. */
  host: string
  /** The key that its DID names. */
  signingKey: string
  /** Its PDS answers nobody. */
  isDown = false
  status: AccountStatus = 'active'
  #root = 0n
  #lastMicros = 0
  #sorted: readonly RawRecord[] | undefined

  constructor(did: Did, host: string, now: Moment) {
    this.did = did
    this.host = host
    this.signingKey = `did:key:${did}#1`
    this.commit([], now)
  }

  get head(): VirtualCommit {
    const head = this.commits.at(-1)
    if (!head) throw new Error('a repo has a first commit')
    return head
  }

  /** Every record, sorted by key. */
  get records(): readonly RawRecord[] {
    this.#sorted ??= [...this.content.values()]
      .flatMap(({ raw }) => raw ?? [])
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    return this.#sorted
  }

  commit(writes: readonly Write[], { atMs, wallMs }: Moment): VirtualCommit {
    const before = this.commits.at(-1)
    this.#lastMicros = Math.max(Math.floor(wallMs * 1000), this.#lastMicros + 1)
    const rev = revOf(this.#lastMicros)
    const changes = writes.map(toChange)
    for (const { collection, rkey } of changes) this.lost.delete(pathOf(collection, rkey))
    this.#apply(changes)
    const data = `tree-${this.#root.toString(32)}`
    const commit: VirtualCommit = {
      cid: `commit-${this.did}-${rev}-${data}`,
      rev,
      data,
      since: before?.rev,
      prevData: before?.data,
      signedBy: this.signingKey,
      atMs,
      changes,
    }
    this.commits.push(commit)
    return commit
  }

  /** Back to what it was so many commits ago, as from a backup; what is written next is newer. */
  rollBack(commits: number): void {
    const kept = this.commits.slice(0, Math.max(1, this.commits.length - commits))
    this.#reset(kept)
  }

  /** As if it had been made a moment ago. */
  empty(now: Moment): VirtualCommit {
    this.#reset([])
    return this.commit([], now)
  }

  /** The last commit never was; in its place and under its revision is another one. */
  replaceHead(writes: readonly Write[], now: Moment): VirtualCommit {
    const { rev } = this.head
    this.rollBack(1)
    const commit = { ...this.commit(writes, now), rev }
    const renamed = { ...commit, cid: `commit-${this.did}-${rev}-${commit.data}` }
    this.commits[this.commits.length - 1] = renamed
    return renamed
  }

  #reset(commits: readonly VirtualCommit[]): void {
    for (const [path, change] of this.content) this.lost.set(path, change)
    this.content.clear()
    this.#root = 0n
    this.#sorted = undefined
    this.commits.splice(0, this.commits.length, ...commits)
    for (const { changes } of commits) this.#apply(changes)
  }

  #apply(changes: readonly VirtualChange[]): void {
    if (changes.length > 0) this.#sorted = undefined
    for (const change of changes) {
      const path = pathOf(change.collection, change.rkey)
      const before = this.content.get(path)
      if (before?.record) this.#root ^= leafOf(path, before.record.cid)
      if (change.record) {
        this.#root ^= leafOf(path, change.record.cid)
        this.content.set(path, change)
      } else this.content.delete(path)
    }
  }
}

export function pathOf(collection: Collection, rkey: string): string {
  return `${collection}/${rkey}`
}

/** Parses with `judge` what was never seen before, for all readers of all repos. */
export function createSharedParser(
  valueOf: (cid: Cid) => unknown,
  judge: (collection: Collection, rkey: string, value: unknown) => ViewValue,
): ParseViewValue {
  const parsed = new Map<string, ViewValue>()
  return (collection, rkey, { cid }) => {
    const name = `${cid} ${collection}/${rkey}`
    const known = parsed.get(name) ?? judge(collection, rkey, valueOf(cid))
    parsed.set(name, known)
    return known
  }
}

function toChange(write: Write): VirtualChange {
  const { collection, rkey } = write
  if (write.action === 'delete') return { collection, rkey, record: undefined, raw: undefined }
  const value = structuredClone(write.value)
  const bytes = Buffer.from(canonicalJson(value))
  const cid = cidOf(value)
  const raw = { key: pathOf(collection, rkey), cid, bytes }
  return { collection, rkey, record: { cid, value }, raw }
}

/** The CID of a record; something like it of what no record of ours holds. */
export function cidOf(value: unknown): Cid {
  const known = recordCid(value)
  if (known !== undefined) return known
  const digest = createHash('sha256').update(canonicalJson(value)).digest()
  return `b${base32Lower(Uint8Array.of(0x01, 0x71, 0x12, 0x20, ...digest))}`
}

/** What a record adds to the root: any order of the same records gives the same sum. */
function leafOf(path: string, cid: Cid): bigint {
  return BigInt(`0x${createHash('sha256').update(`${path} ${cid}`).digest('hex')}`)
}

/** The revision of a time in microseconds since 1970; the reverse of `revTimeMs`. */
function revOf(micros: number): string {
  const digits = '234567abcdefghijklmnopqrstuvwxyz'
  let text = ''
  for (let rest = micros; text.length < 11; rest = Math.floor(rest / 32))
    text = `${digits[rest % 32]}${text}`
  return `${text}22`
}
