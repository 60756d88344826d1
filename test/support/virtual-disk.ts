import type {
  HostCursor,
  RecordDisk,
  RepoWrite,
  StoredRepo,
} from '../../src/atproto/record-store-disk.ts'
import type { RepoFacts, VersionedRecord } from '../../src/atproto/record-store-repo.ts'
import type { Did } from '../../src/model/records.ts'

interface Repo {
  readonly facts: RepoFacts
  readonly byKey: Map<string, VersionedRecord>
}

/** What the engine of a real disk keeps back at most, milliseconds. */
const FLUSH_MS = 5_000

/**
 * The records of one machine on its disk. They outlive the program; a power cut takes the last
 * transactions with it.
 */
export class VirtualDisk implements RecordDisk {
  readonly #repos = new Map<Did, Repo>()
  readonly #cursors = new Map<string, number>()
  /** As of the last write, whether a power cut would take it or not. */
  readonly #bytes = new Map<string, Uint8Array>()
  readonly #now: () => number
  /** Transactions that a power cut would take, with their time. */
  #young: { readonly atMs: number; readonly act: () => void }[] = []

  constructor(now: () => number) {
    this.#now = now
  }

  /** The last transactions never were. */
  powerCut(): void {
    this.#flush(this.#now() - FLUSH_MS)
    this.#young = []
  }

  load() {
    this.#flush(Number.POSITIVE_INFINITY)
    this.#bytes.clear()
    for (const [did, { byKey }] of this.#repos)
      for (const record of byKey.values()) this.#setBytes(did, record)
    const repos = [...this.#repos].map(([did, { facts, byKey }]): StoredRepo => ({
      did,
      facts,
      records: byKey.values(),
    }))
    return { cursors: [...this.#cursors], repos }
  }

  bytes(did: Did, key: string): Uint8Array | undefined {
    return this.#bytes.get(`${did} ${key}`)
  }

  write(changes: readonly RepoWrite[]): void {
    for (const { did, put, remove } of changes) {
      for (const key of remove) this.#bytes.delete(`${did} ${key}`)
      for (const record of put) this.#setBytes(did, record)
    }
    this.#transact(() => {
      for (const { did, facts, put, remove } of changes) {
        const byKey = this.#repos.get(did)?.byKey ?? new Map<string, VersionedRecord>()
        this.#repos.set(did, { facts, byKey })
        for (const key of remove) byKey.delete(key)
        for (const record of put) byKey.set(record.key, record)
      }
    })
  }

  writeCursors(cursors: readonly HostCursor[]): void {
    this.#transact(() => {
      for (const { host, cursor } of cursors) {
        if (cursor === undefined) this.#cursors.delete(host)
        else this.#cursors.set(host, cursor)
      }
    })
  }

  forget(did: Did): void {
    for (const key of this.#bytes.keys()) if (key.startsWith(`${did} `)) this.#bytes.delete(key)
    this.#transact(() => this.#repos.delete(did))
  }

  [Symbol.dispose](): void {}

  #setBytes(did: Did, { key, bytes }: VersionedRecord): void {
    if (bytes) this.#bytes.set(`${did} ${key}`, bytes)
    else this.#bytes.delete(`${did} ${key}`)
  }

  #transact(act: () => void): void {
    const atMs = this.#now()
    this.#flush(atMs - FLUSH_MS)
    this.#young.push({ atMs, act })
  }

  #flush(untilMs: number): void {
    const old = this.#young.findIndex(({ atMs }) => atMs > untilMs)
    for (const { act } of this.#young.splice(0, old < 0 ? this.#young.length : old)) act()
  }
}
