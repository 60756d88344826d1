import { COLLECTION, type Collection } from '../../src/model/nsid.ts'
import type { AtUri, Did, WorkloadRecord } from '../../src/model/records.ts'
import { sha256Hex } from '../../src/model/hash.ts'
import type { Write } from '../../src/ports/records.ts'
import { previousSpec } from '../../src/sync/previous-spec.ts'
import { undo, withPause } from '../../src/sync/rollout-record.ts'
import type { VirtualRepos } from './virtual-repos.ts'

export type WorkloadFields = Partial<Omit<WorkloadRecord, '$type'>>

/** An owner, who writes workloads and says which machines are hers. */
export class VirtualOwner {
  readonly did: Did
  readonly #repos: VirtualRepos
  readonly #wallMs: () => number

  constructor(did: Did, repos: VirtualRepos, wallMs: () => number) {
    this.did = did
    this.#repos = repos
    this.#wallMs = wallMs
  }

  /** Publishes a workload: one small replica, but for what is stated. */
  publish(name: string, fields: WorkloadFields = {}): this {
    const value: WorkloadRecord = {
      $type: COLLECTION.workload,
      kind: 'Workload',
      name,
      image: imageOf(name),
      replicas: 1,
      createdAt: this.#now(),
      ...fields,
    }
    return this.#put(COLLECTION.workload, name, value)
  }

  /** Changes some fields of a workload that is there. */
  edit(name: string, fields: WorkloadFields): this {
    const before = this.#recordOf(name)
    const after: WorkloadRecord = { ...before, ...fields }
    const previous = previousSpec(before, after, () => undefined)
    return this.#put(COLLECTION.workload, name, { ...after, ...(previous && { previous }) })
  }

  /** Takes the newest container of a workload back, as `commune rollout undo` does. */
  undo(name: string): this {
    const result = undo(this.#recordOf(name), { now: this.#now(), isProven: () => undefined })
    if (result.kind === 'nothing') throw new Error(result.reason)
    return this.#put(COLLECTION.workload, name, result.record)
  }

  /** Holds a roll-out, or lets it go on. */
  pause(name: string, isPaused: boolean): this {
    return this.#put(COLLECTION.workload, name, withPause(this.#recordOf(name), isPaused))
  }

  remove(name: string): this {
    this.#commit([{ action: 'delete', collection: COLLECTION.workload, rkey: name }])
    return this
  }

  /** Says that this machine is hers. */
  link(meshletDid: Did): this {
    const value = { $type: COLLECTION.meshlet, meshletDid, createdAt: this.#now() }
    return this.#put(COLLECTION.meshlet, keyOf(meshletDid), value)
  }

  unlink(meshletDid: Did): this {
    this.#commit([{ action: 'delete', collection: COLLECTION.meshlet, rkey: keyOf(meshletDid) }])
    return this
  }

  /** Writes a record of another kind, such as a vote; says where it stands and with what content. */
  write(collection: Collection, rkey: string, value: object): { uri: AtUri; cid: string } {
    const record = { $type: collection, createdAt: this.#now(), ...value }
    this.#put(collection, rkey, record)
    const stored = this.#repos.get(this.did, collection, rkey)
    return { uri: `at://${this.did}/${collection}/${rkey}` as AtUri, cid: stored?.cid ?? '' }
  }

  /** Her PDS stops answering, or answers again. */
  set isDown(isDown: boolean) {
    this.#repos.of(this.did).isDown = isDown
  }

  #recordOf(name: string): WorkloadRecord {
    const record = this.#repos.get<WorkloadRecord>(this.did, COLLECTION.workload, name)?.value
    if (!record) throw new Error(`there is no workload ${name}`)
    return record
  }

  #put(collection: Write['collection'], rkey: string, value: object): this {
    this.#commit([{ action: 'put', collection, rkey, value }])
    return this
  }

  #commit(writes: readonly Write[]): void {
    this.#repos.commit(this.did, writes)
  }

  #now(): WorkloadRecord['createdAt'] {
    return new Date(this.#wallMs()).toISOString() as WorkloadRecord['createdAt']
  }
}

/** A reference by digest; different texts are different images. */
export function imageOf(text: string): string {
  return `registry.example/app@sha256:${sha256Hex(text)}`
}

function keyOf(did: Did): string {
  return did.slice(did.lastIndexOf(':') + 1)
}
