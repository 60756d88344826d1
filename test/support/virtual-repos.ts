import { canonicalJson } from '../../src/model/canonical.ts'
import { base32Lower, sha256Bytes } from '../../src/model/hash.ts'
import type { Collection } from '../../src/model/nsid.ts'
import type { Cid, Did } from '../../src/model/records.ts'
import type { StoredRecord, Write } from '../../src/ports/records.ts'

/** What a commit did to one record. */
export interface VirtualChange {
  readonly collection: Collection
  readonly rkey: string
  /** Undefined: deleted. */
  readonly record: StoredRecord | undefined
  /** Why readers do not let the record count. */
  readonly invalid?: string
}

export interface VirtualCommit {
  /** From 1, one more with each commit. */
  readonly rev: number
  readonly atMs: number
  readonly changes: readonly VirtualChange[]
}

export interface VirtualRepo {
  readonly did: Did
  readonly commits: VirtualCommit[]
  /** What the repo holds, by collection and key; deletions are kept with their revision. */
  readonly content: Map<string, VirtualChange & { readonly rev: number }>
  /** Its PDS answers nobody. */
  isDown: boolean
}

export type CommitListener = (repo: VirtualRepo, commit: VirtualCommit) => void

/** The repos of everybody, each on a PDS of its own. */
export class VirtualRepos {
  readonly #repos = new Map<Did, VirtualRepo>()
  readonly #listeners = new Set<CommitListener>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** The repo, made on first use. */
  of(did: Did): VirtualRepo {
    const known = this.#repos.get(did)
    if (known) return known
    const repo: VirtualRepo = { did, commits: [], content: new Map(), isDown: false }
    this.#repos.set(did, repo)
    return repo
  }

  get<T>(did: Did, collection: Collection, rkey: string): StoredRecord<T> | undefined {
    return this.of(did).content.get(pathOf(collection, rkey))?.record as StoredRecord<T> | undefined
  }

  list<T>(did: Did, collection: Collection): readonly StoredRecord<T>[] {
    return [...this.of(did).content.values()]
      .filter((change) => change.collection === collection)
      .flatMap(({ record }) => (record ? [record as StoredRecord<T>] : []))
  }

  /** Writes as the PDS does, at once; tells the readers. */
  commit(did: Did, writes: readonly Write[], invalid?: string): VirtualCommit {
    const repo = this.of(did)
    const changes = writes.map((write): VirtualChange => {
      const { collection, rkey } = write
      const value = write.action === 'put' ? structuredClone(write.value) : undefined
      const record = value && { cid: cidOf(value), value }
      return { collection, rkey, record, ...(invalid === undefined ? {} : { invalid }) }
    })
    const commit = { rev: repo.commits.length + 1, atMs: this.#now(), changes }
    repo.commits.push(commit)
    for (const change of changes)
      repo.content.set(pathOf(change.collection, change.rkey), { ...change, rev: commit.rev })
    for (const listener of this.#listeners) listener(repo, commit)
    return commit
  }

  onCommit(listener: CommitListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

export function pathOf(collection: Collection, rkey: string): string {
  return `${collection}/${rkey}`
}

/** A CID as real ones are: of the content alone, so that equal records have equal CIDs. */
export function cidOf(value: unknown): Cid {
  const digest = sha256Bytes(canonicalJson(value))
  return `b${base32Lower(Uint8Array.of(0x01, 0x71, 0x12, 0x20, ...digest))}`
}
