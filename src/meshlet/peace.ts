import type { Candidate } from '../cluster/membership.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { Did } from '../model/records.ts'
import type { Desired } from '../reconcile/actions.ts'
import type { Outcome } from '../reconcile/outcome.ts'
import { isAtMostOne } from '../selection/lease.ts'
import { slotsOf } from '../selection/select.ts'
import type { Clock } from '../ports/clock.ts'
import { isInNotice } from './desire.ts'
import { shareOf, type EngineSnapshot } from './engine-state.ts'
import type { ImageRefusals } from './image-refusals.ts'
import type { Placement } from './observe.ts'
import type { OwnRecords } from './own-records.ts'
import type { WorkloadMemory } from './workload-memory.ts'
import type { WorldStamp, WorldStamps } from './world-stamp.ts'

export interface PeaceOptions {
  readonly self: Did
  readonly world: WorldStamps
  readonly own: OwnRecords
  readonly imageRefusals: ImageRefusals
  /** Whether any of these machines is suspected by anybody, however lately. */
  readonly isAnySuspected: (candidates: readonly Candidate[]) => boolean
  readonly clock: Clock
  /**
   * Given by tests: what would be left out is looked at all the same, and this is told when something
   * came of it.
   */
  readonly onBroken?: ((uri: string, how: string) => void) | undefined
}

/** A workload of which the last look found nothing to do, and what that followed from. */
export interface AtPeace {
  readonly stamp: WorldStamp
  readonly ownerDid: Did
  readonly law: string
  /** Of every so many resyncs the one that looks at it all the same. */
  readonly turn: number
  /** It would have been left out, and is looked at to see whether that would have been right. */
  readonly isDoubted?: boolean
}

/** What there was when a look began. */
export interface Beginning {
  readonly uri: string
  readonly ownerDid: Did
  readonly memory: WorkloadMemory
  readonly stamp: WorldStamp | undefined
  readonly law: string
  readonly decided: string | undefined
  readonly written: readonly unknown[]
  /** That there would be nothing to do. */
  claim: AtPeace | undefined
}

/** What came of it. */
export interface Ending {
  readonly placement: Placement
  readonly desired: Desired
  readonly snapshot: EngineSnapshot
  readonly outcome: Outcome
}

/** Resyncs, once a minute each, in which everything has been looked at whatever is known of it. */
export const TURNS = 10
/** Of a record key, which is drawn evenly: as many characters as tell when its turn is. */
const TURN_CHARACTERS = 6

/**
 * Knows of which workloads the next look would come to the same as the last one, so that a resync may
 * leave them out: those that others run or nobody wants, of which nothing is here, and nothing waits for
 * a time. What runs here is always looked at.
 */
export class Peace {
  readonly #options: PeaceOptions
  #resyncs = 0

  constructor(options: PeaceOptions) {
    this.#options = options
  }

  /** Whether a look can be left out, at one resync; costs next to nothing for each workload. */
  atResync(
    seen: EngineSnapshot | undefined,
  ): (uri: string, memory: WorkloadMemory | undefined) => boolean {
    const { world, own, onBroken } = this.#options
    const turn = this.#resyncs++ % TURNS
    const stamp = world.now()
    const isWriting = own.hasPending
    return (uri, memory) => {
      const peace = memory?.peace
      if (memory === undefined || peace === undefined || stamp === undefined) return false
      const isSame =
        peace.stamp === stamp &&
        world.lawOn(peace.ownerDid) === peace.law &&
        seen?.byWorkload.has(uri) !== true &&
        !(isWriting && this.#isWriting(uri))
      if (!isSame || peace.turn === turn) return false
      if (onBroken !== undefined) memory.peace = { ...peace, isDoubted: true }
      return onBroken === undefined
    }
  }

  /** Before anything is read. */
  begin(uri: string, ownerDid: Did, memory: WorkloadMemory): Beginning {
    const { world } = this.#options
    const claim = memory.peace?.isDoubted === true ? memory.peace : undefined
    memory.peace = undefined
    return {
      ...{ uri, ownerDid, memory, claim },
      stamp: world.now(),
      law: world.lawOn(ownerDid),
      decided: memory.lastBidNote,
      written: this.#writtenOf(uri),
    }
  }

  /** What is claimed is no more when something changed before it was looked at. */
  recheck(begun: Beginning): void {
    const { claim, ownerDid } = begun
    if (claim === undefined) return
    const { world } = this.#options
    const isSame = claim.stamp === world.now() && claim.law === world.lawOn(ownerDid)
    if (!isSame) begun.claim = undefined
  }

  /** After all is done. */
  end(begun: Beginning, ending: Ending): void {
    const { world, onBroken } = this.#options
    const { uri, ownerDid, memory, stamp, law, claim } = begun
    const unrest = this.#unrest(begun, ending)
    const how = claim && (unrest ?? this.#news(begun))
    if (how !== undefined && !isHere(begun, ending)) onBroken?.(uri, how)
    if (unrest !== undefined || stamp === undefined) return
    if (world.now() !== stamp || world.lawOn(ownerDid) !== law) return
    memory.peace = { stamp, ownerDid, law, turn: turnOf(uri) }
  }

  /** Why the next look may come to something although nothing changes; undefined when it can't. */
  #unrest(begun: Beginning, ending: Ending): string | undefined {
    const { self, imageRefusals, isAnySuspected, own } = this.#options
    const { uri, ownerDid, memory } = begun
    const { placement, desired, outcome } = ending
    const { choice, prospect, record, candidates } = placement
    if (outcome.kind !== 'done') return `the outcome is ${outcome.kind}`
    if (isHere(begun, ending)) return 'something of it is here'
    if (desired.kind !== 'none') return `what is wanted is ${desired.kind}`
    if (slotsOf(choice, self) + slotsOf(prospect, self) > 0) return 'this machine is chosen'
    if (!placement.isLasting) return 'time changes who is to run it'
    if (isAnySuspected(candidates)) return 'a candidate is suspected'
    if (!this.#isDecided(placement, memory)) return 'it is not decided who may run it'
    if (isAtMostOne(record.value)) return 'it needs a lease'
    if (memory.lastBidNote?.startsWith('keep: ') !== true) return 'its bid changes'
    if (this.#isWriting(uri)) return 'a bid or a status is on its way'
    if (own.get(COLLECTION.workloadStatus, recordKeyFor(uri))) return 'it has a status'
    if (imageRefusals.of(record.value.image, ownerDid)) return 'its image is refused for a time'
    return remembered(memory)
  }

  /** A membership that ended has its notice before anything follows from it. */
  #isDecided({ membership }: Placement, { notCandidateSinceMs }: WorkloadMemory): boolean {
    if (membership === 'no')
      return !isInNotice(notCandidateSinceMs, this.#options.clock.monotonicMs())
    return membership === 'yes'
  }

  /** What the look changed. */
  #news({ uri, memory, decided, written }: Beginning): string | undefined {
    if (memory.lastBidNote !== decided) return `its bid was judged anew: ${memory.lastBidNote}`
    const isSame = this.#writtenOf(uri).every((record, index) => record === written[index])
    return isSame ? undefined : 'it wrote something'
  }

  #writtenOf(uri: string): readonly unknown[] {
    const { own, onBroken } = this.#options
    if (onBroken === undefined) return []
    const rkey = recordKeyFor(uri)
    return WRITTEN.map((collection) => own.wanted(collection, rkey))
  }

  #isWriting(uri: string): boolean {
    const { own } = this.#options
    const rkey = recordKeyFor(uri)
    return WRITTEN.some(
      (collection) => own.wanted(collection, rkey) !== own.get(collection, rkey)?.value,
    )
  }
}

const WRITTEN = [COLLECTION.bid, COLLECTION.workloadStatus] as const

function isHere({ uri }: Beginning, { snapshot }: Ending): boolean {
  const { containers, networks } = shareOf(snapshot, uri)
  return containers.length + networks.length > 0
}

/** What is remembered of failures, and since when something holds, matters after a time. */
function remembered(memory: WorkloadMemory): string | undefined {
  const isWaiting =
    memory.startFailures !== undefined ||
    memory.pulling ||
    memory.surplusSinceMs !== undefined ||
    memory.lateSinceMs !== undefined ||
    memory.statusBehindSinceMs !== undefined ||
    memory.putOffs > 0
  const isCalm = [...memory.replicas.values()].every(({ recentRestarts }) => recentRestarts === 0)
  return isWaiting || !isCalm ? 'something is remembered that has its time' : undefined
}

/** Turns of workloads are spread over the resyncs. */
function turnOf(uri: string): number {
  return Number.parseInt(recordKeyFor(uri).slice(-TURN_CHARACTERS), 36) % TURNS
}
