import type { Collection } from '../../src/model/nsid.ts'
import type { Did } from '../../src/model/records.ts'
import type { RecordView, StoredRecord } from '../../src/ports/records.ts'
import type { VirtualRepos } from '../support/virtual-repos.ts'

/** What all repos hold at this moment: nobody in the world sees this, only whoever judges it. */
export class TrueView implements RecordView {
  readonly #repos: VirtualRepos

  constructor(repos: VirtualRepos) {
    this.#repos = repos
  }

  repoState(): 'known' {
    return 'known'
  }

  repoProblem(): undefined {
    return undefined
  }

  get<T>(did: Did, collection: Collection, rkey: string): StoredRecord<T> | undefined {
    return this.#repos.get<T>(did, collection, rkey)
  }

  list<T>(did: Did, collection: Collection): readonly (readonly [string, StoredRecord<T>])[] {
    return [...this.#repos.of(did).content.values()]
      .filter((change) => change.collection === collection)
      .flatMap(({ rkey, record }) => (record ? [[rkey, record as StoredRecord<T>] as const] : []))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
  }
}

/** The same with all that PDSs acknowledged and lost later, in place of what is there now. */
export class RememberedView extends TrueView {
  readonly #repos: VirtualRepos

  constructor(repos: VirtualRepos) {
    super(repos)
    this.#repos = repos
  }

  override get<T>(did: Did, collection: Collection, rkey: string): StoredRecord<T> | undefined {
    return this.#repos.getAcknowledged<T>(did, collection, rkey)
  }

  override list<T>(did: Did, collection: Collection) {
    const changes = [...this.#repos.of(did).lost.values()]
    const lost = changes
      .filter((change) => change.collection === collection)
      .flatMap(({ rkey, record }) => (record ? [[rkey, record as StoredRecord<T>] as const] : []))
    const all = new Map([...super.list<T>(did, collection), ...lost])
    return [...all].toSorted(([a], [b]) => (a < b ? -1 : 1))
  }
}
