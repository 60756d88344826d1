import { COLLECTION, type Collection } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import { sameContent } from '../model/same-content.ts'
import type { RecordChange, StoredRecord, VersionedView, Via } from '../ports/records.ts'
import type { HostCursor, RecordDisk, RepoWrite } from './record-store-disk.ts'
import { type ParseViewValue, parseViewValue } from './record-store-parse.ts'
import type {
  InvalidRecord,
  KeptRecord,
  RepoFacts,
  RepoSize,
  VersionedRecord,
} from './record-store-repo.ts'
import { NO_FACTS, RepoMirror, splitKey } from './record-store-repo.ts'

/** A change of one repo, stored and shown as a whole or not at all. */
export interface RepoUpdate {
  readonly did: Did
  readonly via: Via
  /** Replaces the facts that it names. */
  readonly facts?: Partial<RepoFacts>
  readonly put?: readonly VersionedRecord[]
  /** Keys, `collection/rkey`. */
  readonly remove?: readonly string[]
}

/** The records of repos on disk, and in memory for reading. */
export interface RecordStore extends VersionedView, Disposable {
  /** DIDs of which anything is stored, sorted. */
  dids(): Did[]
  facts(did: Did): RepoFacts
  raw(did: Did, key: string): KeptRecord | undefined
  raws(did: Did): Iterable<KeptRecord>
  /** How many records of the repo are stored, and how large they are together, bytes. */
  size(did: Did): RepoSize
  /** The bytes of a stored record, read from the disk. Throws code `io`. */
  bytes(did: Did, key: string): Uint8Array | undefined
  /** Records that don't count, with the reason; sorted by key. */
  invalid(did: Did): readonly InvalidRecord[]
  /** Why a record that is there does not count, as in `Feed`. */
  invalidReason(did: Did, collection: Collection, rkey: string): string | undefined
  cursor(host: string): number | undefined
  membershipVersion(): string
  /**
   * Durable when it returns: all updates, each of another repo, are one transaction. Gives their changes
   * in the order of the updates. Throws code `io`.
   */
  apply(...updates: readonly RepoUpdate[]): readonly RecordChange[]
  /** Durable when it returns; call it after what was read up to there has been applied. */
  saveCursors(cursors: Iterable<HostCursor>): void
  /** Removes all that is stored of a repo. */
  forget(did: Did): readonly RecordChange[]
}

export interface RecordStoreOptions {
  readonly disk: RecordDisk
  /** In the place of `parseViewValue`: for many stores that hold the same records. */
  readonly parse?: ParseViewValue
}

/** Reads what is on disk into memory. Closes the disk when it is disposed of. */
export function createRecordStore({ disk, parse }: RecordStoreOptions): RecordStore {
  return new MirroredStore(disk, parse ?? parseViewValue)
}

const NO_SIZE: RepoSize = { records: 0, bytes: 0 }
const NOTHING_LISTED = Object.freeze([])
/** What `membershipVersion` counts. */
const MEMBERSHIP: ReadonlySet<Collection> = new Set([
  COLLECTION.meshlet,
  COLLECTION.meshletOwner,
  COLLECTION.cluster,
])

class MirroredStore implements RecordStore {
  readonly #disk: RecordDisk
  readonly #parse: ParseViewValue
  readonly #repos = new Map<Did, RepoMirror>()
  readonly #cursors = new Map<string, number>()
  #membershipVersion = 0
  #version = 0
  #newsVersion = 0

  constructor(disk: RecordDisk, parse: ParseViewValue) {
    this.#disk = disk
    this.#parse = parse
    const { cursors, repos } = disk.load()
    for (const [host, cursor] of cursors) this.#cursors.set(host, cursor)
    for (const { did, facts, records } of repos) {
      const mirror = new RepoMirror(parse)
      mirror.facts = facts
      for (const record of records) mirror.put(record)
      this.#repos.set(did, mirror)
    }
  }

  version(): number {
    return this.#version
  }

  newsVersion(): number {
    return this.#newsVersion
  }

  repoState(did: Did): 'known' | 'unknown' {
    return this.facts(did).position ? 'known' : 'unknown'
  }

  repoProblem(did: Did): string | undefined {
    return this.facts(did).problem
  }

  get<T>(did: Did, collection: string, rkey: string): StoredRecord<T> | undefined {
    // The value was parsed with the lexicon of its collection; the caller names the matching type.
    return this.#repos.get(did)?.get(collection, rkey) as StoredRecord<T> | undefined
  }

  list<T>(did: Did, collection: string): readonly (readonly [string, StoredRecord<T>])[] {
    const listed = this.#repos.get(did)?.list(collection) ?? NOTHING_LISTED
    return listed as readonly (readonly [string, StoredRecord<T>])[]
  }

  dids(): Did[] {
    return [...this.#repos.keys()].toSorted()
  }

  facts(did: Did): RepoFacts {
    return this.#repos.get(did)?.facts ?? NO_FACTS
  }

  raw(did: Did, key: string): KeptRecord | undefined {
    return this.#repos.get(did)?.raw(key)
  }

  raws(did: Did): Iterable<KeptRecord> {
    return this.#repos.get(did)?.raws() ?? []
  }

  size(did: Did): RepoSize {
    return this.#repos.get(did)?.size ?? NO_SIZE
  }

  bytes(did: Did, key: string): Uint8Array | undefined {
    return this.#disk.bytes(did, key)
  }

  invalid(did: Did): readonly InvalidRecord[] {
    return this.#repos.get(did)?.invalid() ?? []
  }

  invalidReason(did: Did, collection: string, rkey: string): string | undefined {
    return this.#repos.get(did)?.reason(`${collection}/${rkey}`)
  }

  membershipVersion(): string {
    return String(this.#membershipVersion)
  }

  cursor(host: string): number | undefined {
    return this.#cursors.get(host)
  }

  apply(...updates: readonly RepoUpdate[]): readonly RecordChange[] {
    const writes = updates.map(({ did, facts, put = [], remove = [] }): RepoWrite => {
      return { did, facts: { ...this.facts(did), ...facts }, put, remove }
    })
    this.#disk.write(writes)
    return updates.flatMap(({ via }, index) => this.#show(via, writes[index] as RepoWrite))
  }

  saveCursors(cursors: Iterable<HostCursor>): void {
    const all = [...cursors]
    this.#disk.writeCursors(all)
    for (const { host, cursor } of all) {
      if (cursor === undefined) this.#cursors.delete(host)
      else this.#cursors.set(host, cursor)
    }
  }

  forget(did: Did): readonly RecordChange[] {
    const mirror = this.#repos.get(did)
    if (!mirror) return []
    this.#disk.forget(did)
    this.#version++
    this.#newsVersion++
    const keys = [...mirror.raws()].map((raw) => raw.key)
    const changes = withChanges(mirror, { did, via: 'listing' }, keys, () => {
      for (const key of keys) mirror.remove(key)
    })
    this.#repos.delete(did)
    this.#membershipVersion++
    return changes
  }

  [Symbol.dispose](): void {
    this.#disk[Symbol.dispose]()
  }

  #show(via: Via, { did, facts, put, remove }: RepoWrite): readonly RecordChange[] {
    this.#version++
    const mirror = this.#repos.get(did) ?? new RepoMirror(this.#parse)
    this.#repos.set(did, mirror)
    const keys = [...remove, ...put.map((record) => record.key)]
    const wasRead = mirror.facts.position !== undefined
    const before = mirror.get(COLLECTION.meshletStatus, 'self')?.value
    const changes = withChanges(mirror, { did, via }, keys, () => {
      mirror.facts = facts
      for (const key of remove) mirror.remove(key)
      for (const record of put) mirror.put(record)
    })
    const isRead = facts.position !== undefined
    const isNews = ({ collection, rkey, cid }: RecordChange) =>
      collection !== COLLECTION.meshletStatus ||
      rkey !== 'self' ||
      cid === undefined ||
      !sameContent(before, mirror.get(collection, rkey)?.value)
    if (isRead !== wasRead || changes.some(isNews)) this.#newsVersion++
    if (isRead !== wasRead || changes.some(({ collection }) => MEMBERSHIP.has(collection)))
      this.#membershipVersion++
    return changes
  }
}

/** Runs `change` and tells how the view differs afterwards. */
function withChanges(
  mirror: RepoMirror,
  { did, via }: Pick<RepoUpdate, 'did' | 'via'>,
  keys: readonly string[],
  change: () => void,
): readonly RecordChange[] {
  const before = new Map(keys.map((key) => [key, mirror.visibleCid(key)]))
  change()
  const changes: RecordChange[] = []
  for (const key of [...before.keys()].toSorted()) {
    const name = splitKey(key)
    const cid = mirror.visibleCid(key)
    if (!name || cid === before.get(key)) continue
    changes.push(Object.freeze({ did, ...name, ...(cid === undefined ? {} : { cid }), via }))
  }
  return changes
}
