import { COLLECTION } from '../model/nsid.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import type {
  BidRecord,
  ClusterRecord,
  Did,
  MeshletOwnerRecord,
  MeshletStatusRecord,
} from '../model/records.ts'
import type { Amount } from '../model/request.ts'
import { rememberByObject } from '../model/remember.ts'
import type { Clock } from '../ports/clock.ts'
import type { VersionedView } from '../ports/records.ts'
import { answersFor, suspectorsOf, type Answers } from '../selection/suspicions.ts'
import type { MeshletConfig } from './config.ts'
import type { ClusterLaw } from './cluster-law.ts'
import type { Duty } from './duty.ts'
import type { MachineFacts } from './machine-facts.ts'
import type { Objections } from './objections.ts'
import type { OwnRecords } from './own-records.ts'
import type { Reservations } from './reservations.ts'

export interface SelfRecordsOptions {
  readonly config: MeshletConfig
  readonly view: VersionedView
  readonly own: OwnRecords
  readonly law: Pick<ClusterLaw, 'policyOf'>
  readonly duty: Duty
  readonly facts: MachineFacts
  readonly reservations: Reservations
  readonly objections: Objections
  readonly epoch: () => number
  /** Everybody who may hold a suspicion against this machine. */
  readonly peers: () => readonly Did[]
  /** Before the status makes this machine's bids count again; says how long that has to wait. */
  readonly prepareComeback: () => number | undefined
  readonly clock: Clock
}

/** The status is written at least this often, so that readers see that it is meant. */
export const STATUS_REFRESH_MS = 15 * 60_000
/** As long as an answer is not acknowledged it is looked this often whether it is still right. */
const ANSWERING_MS = 500
/** Published room is rounded down to this share of the offer, so that it seldom changes. */
const ROOM_STEPS = 4

/** The records that say who this machine is, whom it works with and what it offers. */
export class SelfRecords {
  readonly #options: SelfRecordsOptions
  #writtenAtMs: number | undefined
  /** Who suspects this machine, by these records: nearly always nobody, and asked for at each turn. */
  #suspectors:
    | { readonly version: number; readonly peers: readonly Did[]; readonly found: readonly Did[] }
    | undefined

  constructor(options: SelfRecordsOptions) {
    this.#options = options
  }

  /** Writes what differs; says when to look again. */
  write(): number {
    this.#writeLinks()
    return this.#writeStatus()
  }

  /**
   * Whether this machine owes an answer to a suspicion, or a newer epoch, by what its PDS holds. While it
   * does, news of a workload is a reason to write: an answer under way is wrong once somebody took over.
   */
  isComingBack(): boolean {
    const published = this.#options.own.get<MeshletStatusRecord>(COLLECTION.meshletStatus, 'self')
    return this.#owesAnswer(this.#before()) || this.#owesAnswer(published?.value)
  }

  #owesAnswer(status: MeshletStatusRecord | undefined): boolean {
    if (!status) return false
    return status.epoch !== this.#options.epoch() || this.#answers(status).isDue
  }

  #writeLinks(): void {
    const { config, own } = this.#options
    const createdAt = this.#now()
    const link: MeshletOwnerRecord = {
      $type: COLLECTION.meshletOwner,
      ownerDid: config.ownerDid,
      createdAt,
    }
    own.put(COLLECTION.meshletOwner, 'self', link, 'now')
    for (const [name, members] of config.clusters) {
      const read = this.#options.view.get<ClusterRecord>(config.did, COLLECTION.cluster, name)
      const before = own.wanted<ClusterRecord>(COLLECTION.cluster, name) ?? read?.value
      const cluster: ClusterRecord = {
        $type: COLLECTION.cluster,
        members: [...members],
        ...this.#options.law.policyOf(name, before),
        createdAt,
      }
      own.put(COLLECTION.cluster, name, cluster, 'now')
    }
    for (const [name] of own.list(COLLECTION.cluster))
      if (!config.clusters.has(name)) own.delete(COLLECTION.cluster, name, 'now')
  }

  #writeStatus(): number {
    const { own, clock } = this.#options
    // What was right when it was first wanted may be wrong by the time at which it can be written.
    const isComingBack = this.isComingBack()
    const waitMs = isComingBack ? this.#options.prepareComeback() : undefined
    if (waitMs !== undefined) return waitMs
    const now = clock.monotonicMs()
    // Asked in one way only: with parts of milliseconds two would differ, and nothing would be waited for.
    const isStale = this.#refreshInMs(now) <= 0
    const status = this.#status()
    if (isStale) this.#writtenAtMs = now
    const before = this.#before()
    // Others wait for an answer, an epoch, an objection, and for whether this machine takes work.
    const isAwaited =
      before?.state !== status.state ||
      JSON.stringify(before?.objections) !== JSON.stringify(status.objections) ||
      this.isComingBack()
    const urgency = isAwaited ? 'now' : 'prompt'
    own.put(COLLECTION.meshletStatus, 'self', status, urgency, { evenIfSame: isStale })
    return isComingBack ? ANSWERING_MS : this.#refreshInMs(now)
  }

  #refreshInMs(now: number): number {
    return this.#writtenAtMs === undefined ? 0 : this.#writtenAtMs + STATUS_REFRESH_MS - now
  }

  #before(): MeshletStatusRecord | undefined {
    return this.#options.own.wanted<MeshletStatusRecord>(COLLECTION.meshletStatus, 'self')
  }

  #answers(before: MeshletStatusRecord | undefined): Answers {
    const { view, config, epoch } = this.#options
    const given = { epoch: epoch(), answers: before?.answers ?? [] }
    return answersFor(view, config.did, given, this.#suspectorsNow())
  }

  #suspectorsNow(): readonly Did[] {
    const { view, config } = this.#options
    const version = view.version()
    const peers = this.#options.peers()
    const before = this.#suspectors
    if (before?.version === version && before.peers === peers) return before.found
    const found = suspectorsOf(view, config.did, peers)
    this.#suspectors = { version, peers, found }
    return found
  }

  #status(): MeshletStatusRecord {
    const { config, duty, facts, epoch } = this.#options
    const objections = this.#options.objections.list()
    const before = this.#before()
    const { answers } = this.#answers(before)
    const labels = Object.entries(facts.labels()).toSorted(([a], [b]) => (a < b ? -1 : 1))
    const now = this.#now()
    return {
      $type: COLLECTION.meshletStatus,
      epoch: epoch(),
      state: duty.state,
      ...(duty.reason === undefined ? {} : { stateReason: duty.reason }),
      capacity: facts.capacity(),
      available: this.#available(),
      labels: labels.map(([name, value]) => ({ name, value })),
      liveness: config.liveness,
      softwareVersion: config.softwareVersion,
      ...(config.heartbeatKey === undefined ? {} : { heartbeatKey: config.heartbeatKey }),
      ...(config.publicKey === undefined ? {} : { publicKey: config.publicKey }),
      ...(answers.length > 0 ? { answers: [...answers] } : {}),
      ...(objections.length > 0 ? { objections: [...objections] } : {}),
      ...(config.endpoint === undefined
        ? {}
        : { endpoint: config.endpoint as NonNullable<MeshletStatusRecord['endpoint']> }),
      updatedAt: now,
      createdAt: before?.createdAt ?? now,
    }
  }

  #available(): Amount {
    const capacity = this.#options.facts.capacity()
    const free = this.#options.reservations.freeBeside(undefined)
    return {
      cpuMilli: quantised(free.cpuMilli, capacity.cpuMilli),
      memoryBytes: quantised(free.memoryBytes, capacity.memoryBytes),
      storageBytes: quantised(free.storageBytes, capacity.storageBytes),
    }
  }

  #now(): MeshletStatusRecord['createdAt'] {
    return new Date(this.#options.clock.wallMs()).toISOString() as MeshletStatusRecord['createdAt']
  }
}

function quantised(free: number, capacity: number): number {
  const step = Math.max(1, Math.floor(capacity / ROOM_STEPS))
  return Math.max(0, Math.min(capacity, Math.floor(free / step) * step))
}

/** Uris of the workloads that we have bid for, and of those whose status we wrote; some stand twice. */
export function ownWorkloads(own: OwnRecords): readonly string[] {
  const [bids, statuses] = [COLLECTION.bid, COLLECTION.workloadStatus].map((collection) =>
    namedBy(own.list<Pick<BidRecord, 'workload'>>(collection)),
  )
  return [...(bids ?? []), ...(statuses ?? [])]
}

const namedBy = rememberByObject(
  (records: readonly (readonly [string, Pick<BidRecord, 'workload'>])[]): readonly string[] =>
    records.map(([, { workload }]) => workload).filter((uri) => parseWorkloadUri(uri)),
)
