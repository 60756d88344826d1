import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { Did } from '../model/records.ts'
import type { EngineContainer } from '../ports/engine.ts'
import type { EventEvidence } from '../ports/journal.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { RecordView } from '../ports/records.ts'
import type { Action } from '../reconcile/actions.ts'
import { replicaOf } from '../reconcile/plan-workload.ts'
import { select, slotsOf } from '../selection/select.ts'
import { suspicionsInForce } from '../selection/suspicions.ts'
import type { Chronicle } from './chronicle.ts'
import type { Placement } from './observe.ts'

export interface MovesOptions {
  readonly self: Did
  readonly view: RecordView
  readonly metrics: Metrics
  readonly chronicle: Chronicle
}

export interface MoveInput {
  readonly placement: Placement
  readonly actions: readonly Action[]
  readonly containers: readonly EngineContainer[]
  readonly log: Log
}

/** Says why work comes here or goes away, where that follows from others. */
export class Moves {
  readonly #options: MovesOptions
  /**
   * Takeovers that were noted, by workload, each a replica and from whom: what is tried again is no other
   * one.
   */
  readonly #taken = new Map<string, readonly (readonly [replica: number, from: readonly Did[]])[]>()

  constructor(options: MovesOptions) {
    this.#options = options
  }

  /** Before the actions are done. */
  note(input: MoveInput): void {
    const { uri, record, down } = input.placement
    this.#options.chronicle.noteRevision(uri, record.cid)
    if (down.size === 0) this.#taken.delete(uri)
    if (input.actions.length === 0) return
    this.#noteTakeover(input)
    this.#noteReplaced(input)
  }

  #noteTakeover({ placement, actions, containers, log }: MoveInput): void {
    const { self, metrics, chronicle } = this.#options
    const taken = takenOver(placement, self)
    const present = new Set(containers.map(replicaOf))
    const noted = (this.#taken.get(placement.uri) ?? []).filter(([, from]) =>
      from.every((did) => placement.down.has(did)),
    )
    const fresh = actions
      .flatMap((a) => (a.kind === 'create' && !present.has(a.replica) ? a.replica : []))
      .filter((replica) => !noted.some(([before]) => before === replica))
      .slice(0, Math.max(0, taken.slots - noted.length))
    const replicas = fresh.length
    if (replicas === 0) return
    const also = fresh.map((replica) => [replica, taken.from] as const)
    this.#taken.set(placement.uri, [...noted, ...also])
    const evidence = taken.from.flatMap((did) => this.#suspicionsOf(placement, did))
    const writers = [...new Set(evidence.map(({ uri }) => uri.split('/')[2] ?? ''))]
    const reason = `${taken.from.join(', ')} is down: suspected by ${writers.join(', ')}, and has not answered`
    metrics.count('takeovers', {}, replicas)
    log.warn('taking over from who is down', { from: taken.from, replicas, reason })
    chronicle.note('takeover', {
      workload: placement.uri,
      reason,
      evidence,
      ...(taken.from[0] === undefined ? {} : { subject: taken.from[0] }),
    })
  }

  #noteReplaced({ placement, actions, containers, log }: MoveInput): void {
    const { self, metrics, chronicle } = this.#options
    const slots = slotsOf(placement.choice, self)
    const others = placement.choice.winners.filter(({ meshletDid }) => meshletDid !== self)
    const removed = new Set(
      actions.flatMap((a) => (a.kind === 'remove' && a.graceMs > 0 ? a.id : [])),
    )
    const gone = containers.filter((one) => removed.has(one.id) && replicaOf(one) >= slots)
    if (gone.length === 0 || others.length === 0) return
    const to = others.map(({ meshletDid }) => meshletDid)
    const reason = `it runs on ${to.join(', ')}`
    metrics.count('moves', {}, gone.length)
    log.info('giving way to who was chosen', { to, replicas: gone.length, reason })
    chronicle.note('gave-way', {
      workload: placement.uri,
      reason,
      evidence: to.flatMap((did) => this.#recordOf(did, COLLECTION.bid, placement.uri)),
    })
  }

  #suspicionsOf({ candidates }: Placement, suspect: Did): readonly EventEvidence[] {
    const dids = candidates.map(({ meshletDid }) => meshletDid)
    return suspicionsInForce(this.#options.view, dids)
      .filter((one) => one.suspect === suspect)
      .flatMap(({ writer }) => this.#recordOf(writer, COLLECTION.suspicion, suspect))
  }

  #recordOf(
    did: Did,
    collection: typeof COLLECTION.bid | typeof COLLECTION.suspicion,
    about: string,
  ): readonly EventEvidence[] {
    const rkey = recordKeyFor(about)
    const cid = this.#options.view.get(did, collection, rkey)?.cid
    return cid === undefined ? [] : [{ uri: `at://${did}/${collection}/${rkey}`, cid }]
  }
}

/** The slots that are ours only because others are down, and those others. */
export function takenOver(
  { selectInput, choice, down }: Pick<Placement, 'selectInput' | 'choice' | 'down'>,
  self: Did,
): { readonly slots: number; readonly from: readonly Did[] } {
  if (down.size === 0) return { slots: 0, from: [] }
  const before = select({ ...selectInput, down: new Set() })
  const slots = Math.max(0, slotsOf(choice, self) - slotsOf(before, self))
  const lost = before.winners.filter(({ meshletDid }) => down.has(meshletDid))
  return { slots, from: slots > 0 ? lost.map(({ meshletDid }) => meshletDid) : [] }
}
