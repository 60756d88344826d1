import { CommuneError } from '../../src/model/errors.ts'
import { namesFrom } from '../../src/cli/names.ts'
import type { Reading } from '../../src/cli/reading.ts'
import { workloadView, type WorkloadView } from '../../src/cli/workload-view.ts'
import { COLLECTION, type Collection } from '../../src/model/nsid.ts'
import { placementKey } from '../../src/model/placement-key.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import type {
  BidRecord,
  Did,
  ReplicaStatus,
  WorkloadRecord,
  WorkloadStatusRecord,
} from '../../src/model/records.ts'
import { specHash } from '../../src/model/spec-hash.ts'
import { workloadUri } from '../../src/model/workload-uri.ts'
import { did, MemoryView } from './memory-view.ts'

const OWNERS = ['alice', 'bob', 'carol']

/**
 * What a command reads: three owners who all work together, with a machine `NAME-mesh` each, and a
 * workload `web` of alice, published ten minutes before `nowMs`.
 */
export class ReadingWorld {
  readonly nowMs = Date.parse('2026-01-01T01:00:00.000Z')
  readonly view = new MemoryView()
  readonly uri = workloadUri(did('alice'), 'web')
  #changedAtMs = this.nowMs - 600_000

  constructor(workload: Partial<WorkloadRecord> = {}) {
    for (const name of OWNERS) {
      const others = OWNERS.filter((other) => other !== name).map(did)
      this.view.own(did(name), did(`${name}-mesh`), others)
      this.put(`${name}-mesh`, COLLECTION.meshletStatus, 'self', { epoch: 1, capacity: {} })
    }
    this.publish(workload)
  }

  /** ISO 8601, so many seconds ago. */
  ago(seconds: number): string {
    return new Date(this.nowMs - seconds * 1000).toISOString()
  }

  put(repo: string, collection: Collection, rkey: string, value: object): string {
    return this.view.put(did(repo), collection, rkey, { createdAt: this.ago(600), ...value })
  }

  publish(change: Partial<WorkloadRecord> = {}, secondsAgo = 600): void {
    const image = `registry.example/web@sha256:${'1'.repeat(64)}`
    this.put('alice', COLLECTION.workload, 'web', {
      kind: 'Workload',
      name: 'web',
      image,
      replicas: 1,
      ...change,
    })
    this.#changedAtMs = this.nowMs - secondsAgo * 1000
  }

  get workload(): WorkloadRecord {
    const stored = this.view.get<WorkloadRecord>(did('alice'), COLLECTION.workload, 'web')
    if (!stored) throw new Error('there is no workload')
    return stored.value
  }

  bid(machine: string, change: Partial<BidRecord> = {}): string {
    return this.put(machine, COLLECTION.bid, recordKeyFor(this.uri), {
      workload: this.uri,
      placementKey: placementKey(did('alice'), this.workload),
      round: 0,
      epoch: 1,
      slots: 1,
      score: 0,
      ...change,
    })
  }

  status(
    machine: string,
    replicas: readonly Partial<ReplicaStatus>[],
    change: Partial<WorkloadStatusRecord> = {},
  ): string {
    return this.put(machine, COLLECTION.workloadStatus, recordKeyFor(this.uri), {
      workload: this.uri,
      phase: 'running',
      specHash: specHash(this.workload),
      replicas: replicas.map((replica, index) => ({
        index,
        phase: 'running',
        specHash: specHash(this.workload),
        ...replica,
      })),
      ...change,
    })
  }

  suspect(writer: string, suspect: string, epoch = 1): string {
    return this.put(writer, COLLECTION.suspicion, recordKeyFor(did(suspect)), {
      suspect: did(suspect),
      epoch,
      since: this.ago(620),
    })
  }

  reading(): Reading {
    const { view } = this
    const machines = OWNERS.map((name) => [did(`${name}-mesh`), { owner: did(name), host: 'box' }])
    return {
      owner: did('alice'),
      identity: {
        resolve: () => Promise.reject(new CommuneError('identity', 'no directory is there')),
        resolveHandle: () => Promise.reject(new CommuneError('identity', 'no directory is there')),
      },
      names: namesFrom(
        new Map(OWNERS.map((name) => [did(name), `${name}.test`])),
        new Map(machines as [Did, { owner: Did; host: string }][]),
      ),
      view: {
        dids: [...OWNERS, ...OWNERS.map((name) => `${name}-mesh`), 'stranger'].map(did).toSorted(),
        changedAtMs: () => this.#changedAtMs,
        invalid: () => [],
        repoState: (one) => view.repoState(one),
        repoProblem: (one) => view.repoProblem(one),
        get: (one, collection, rkey) => view.get(one, collection, rkey),
        list: (one, collection) => view.list(one, collection),
        [Symbol.dispose]: () => undefined,
      },
      [Symbol.dispose]: () => undefined,
    }
  }

  workloadView(): WorkloadView {
    return workloadView(this.reading().view, did('alice'), 'web')
  }
}
