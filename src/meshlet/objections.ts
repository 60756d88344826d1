import { COLLECTION } from '../model/nsid.ts'
import { placementKey } from '../model/placement-key.ts'
import type { Did, MeshletStatusRecord, WorkloadRecord } from '../model/records.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import type { Log } from '../ports/log.ts'
import type { RecordView } from '../ports/records.ts'
import type { CountedBid } from '../selection/bids.ts'
import { OBJECT_AFTER_MS, objectionable, type Objection } from '../selection/objections.ts'
import { runningReplicas, statusOf, type Placement } from './observe.ts'
import type { OwnRecords } from './own-records.ts'
import type { WorkloadMemory } from './workload-memory.ts'

export interface ObjectionsOptions {
  readonly self: Did
  readonly view: RecordView
  readonly own: OwnRecords
  readonly log: Log
  /** There is something new to publish. */
  readonly onNew: () => void
}

/** As in the lexicon; the oldest go first. */
const OBJECTIONS_MAX = 64

/** What this machine holds against offers that came too late and would push out what runs. */
export class Objections {
  readonly #options: ObjectionsOptions
  #fresh: readonly Objection[] = []

  constructor(options: ObjectionsOptions) {
    this.#options = options
  }

  /** Objects to late offers that have stood for a while; says when to look again. */
  consider(placement: Placement, memory: WorkloadMemory, now: number): number | undefined {
    const { uri } = placement
    const late = this.#lateOffers(placement)
    if (late.length === 0) {
      memory.lateSinceMs = undefined
      return undefined
    }
    memory.lateSinceMs ??= now
    const waitMs = memory.lateSinceMs + OBJECT_AFTER_MS - now
    if (waitMs > 0) return waitMs
    for (const { meshletDid, value } of late)
      this.#add({
        workload: uri,
        placementKey: placement.placementKey,
        meshletDid,
        round: value.round,
      })
    return undefined
  }

  #lateOffers({ uri, selectInput, rounds, candidates }: Placement): readonly CountedBid[] {
    const { self, view } = this.#options
    if (rounds.late.size === 0) return []
    const running = new Map(
      candidates.map(({ meshletDid }) => [
        meshletDid,
        runningReplicas(statusOf(view, meshletDid, uri)),
      ]),
    )
    return objectionable(selectInput, rounds, running).filter(
      ({ meshletDid }) => meshletDid !== self,
    )
  }

  /** All that are of use, published before or not: those about placement keys that still hold. */
  list(): readonly Objection[] {
    const before = this.#options.own.wanted<MeshletStatusRecord>(COLLECTION.meshletStatus, 'self')
    const all = new Map(
      [...(before?.objections ?? []), ...this.#fresh].map((about) => [subjectOf(about), about]),
    )
    return [...all.values()].filter((about) => this.#isOfUse(about)).slice(-OBJECTIONS_MAX)
  }

  #add(about: Objection): void {
    const known = this.list().find((before) => subjectOf(before) === subjectOf(about))
    if (known && known.round >= about.round) return
    this.#fresh = [...this.#fresh, about].slice(-OBJECTIONS_MAX)
    const { meshletDid, ...fields } = about
    this.#options.log.warn('objecting to an offer', {
      ...fields,
      bidder: meshletDid,
      reason: 'it came too late, and would push out what runs',
    })
    this.#options.onNew()
  }

  /** Of an owner who can't be read nothing is known, so nothing is dropped. */
  #isOfUse({ workload, placementKey: key }: Objection): boolean {
    const { view } = this.#options
    const parsed = parseWorkloadUri(workload)
    if (!parsed) return false
    if (view.repoState(parsed.owner) === 'unknown') return true
    const record = view.get<WorkloadRecord>(parsed.owner, COLLECTION.workload, parsed.name)
    return record !== undefined && placementKey(parsed.owner, record.value) === key
  }
}

function subjectOf({ workload, placementKey: key, meshletDid }: Objection): string {
  return `${workload} ${key} ${meshletDid}`
}
