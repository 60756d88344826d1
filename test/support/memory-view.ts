import { COLLECTION, type Collection } from '../../src/model/nsid.ts'
import type { Did } from '../../src/model/records.ts'
import type { RecordView, RepoState, StoredRecord } from '../../src/ports/records.ts'

const CREATED_AT = '2026-01-01T00:00:00.000Z'

/** Records in memory. A repo is known once something was put into it or it was marked as read. */
export class MemoryView implements RecordView {
  readonly #repos = new Map<Did, Map<string, StoredRecord>>()
  readonly #problems = new Map<Did, string>()
  #writes = 0

  repoState(did: Did): RepoState {
    return this.#repos.has(did) ? 'known' : 'unknown'
  }

  repoProblem(did: Did): string | undefined {
    return this.#problems.get(did)
  }

  get<T>(did: Did, collection: Collection, rkey: string): StoredRecord<T> | undefined {
    return this.#repos.get(did)?.get(`${collection}/${rkey}`) as StoredRecord<T> | undefined
  }

  list<T>(did: Did, collection: Collection): readonly (readonly [string, StoredRecord<T>])[] {
    return [...(this.#repos.get(did) ?? [])]
      .filter(([path]) => path.startsWith(`${collection}/`))
      .map(
        ([path, record]) => [path.slice(collection.length + 1), record as StoredRecord<T>] as const,
      )
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
  }

  /** Marks the repo as read, with whatever was put into it. */
  read(did: Did): this {
    if (!this.#repos.has(did)) this.#repos.set(did, new Map())
    return this
  }

  fail(did: Did, problem: string): this {
    this.#problems.set(did, problem)
    return this
  }

  /** Returns the CID: new for each write. */
  put(did: Did, collection: Collection, rkey: string, value: object): string {
    const cid = `bafy${++this.#writes}`
    this.read(did)
    const record = { $type: collection, createdAt: CREATED_AT, ...value }
    this.#repos.get(did)?.set(`${collection}/${rkey}`, { cid, value: record })
    return cid
  }

  remove(did: Did, collection: Collection, rkey: string): void {
    this.#repos.get(did)?.delete(`${collection}/${rkey}`)
  }

  /** Both links between an owner and a machine, and whom the machine lists in its cluster. */
  own(owner: Did, meshlet: Did, members: readonly Did[] = [], cluster = 'home'): this {
    this.put(owner, COLLECTION.meshlet, meshlet.replaceAll(':', '-'), { meshletDid: meshlet })
    this.put(meshlet, COLLECTION.meshletOwner, 'self', { ownerDid: owner })
    this.put(meshlet, COLLECTION.cluster, cluster, { members })
    return this
  }
}

/** `did:plc:NAME`. */
export function did(name: string): Did {
  return `did:plc:${name}`
}
