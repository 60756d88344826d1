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
import { shareOf, type EngineShare, type EngineSnapshot } from './engine-state.ts'
import type { Exposure } from './exposure.ts'
import type { ImageRefusals } from './image-refusals.ts'
import type { Placement } from './observe.ts'
import type { OwnRecords } from './own-records.ts'
import { isCalm } from './replica-notes.ts'
import type { WorkloadMemory } from './workload-memory.ts'
import type { WorldStamp, WorldStamps } from './world-stamp.ts'

export interface PeaceOptions {
  readonly self: Did
  readonly world: WorldStamps
  readonly own: OwnRecords
  readonly imageRefusals: ImageRefusals
  readonly exposure: Pick<Exposure, 'isWhole'>
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
  /** What the engine had of it. */
  readonly share: EngineShare
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
export const TURNS = 60
/** Of a record key, which is drawn evenly: as many characters as tell when its turn is. */
const TURN_CHARACTERS = 6

/**
 * Knows of which workloads the next look would come to the same as the last one, so that a resync may
 * leave them out: those that run here as they should, and those that others run or nobody wants, of
 * which nothing is here; of either only while nothing waits for a time.
 */
export class Peace {
  readonly #options: PeaceOptions
  #resyncs = 0

  constructor(options: PeaceOptions) {
    this.#options = options
  }

  /**
   * Whether a look can be left out, at one resync, while the engine has what was `seen` of it; costs next
   * to nothing for each workload.
   */
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
        peace.share === shareOf(seen, uri) &&
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
    const share = shareOf(ending.snapshot, uri)
    const unrest = this.#unrest(begun, ending)
    const how = claim && claim.share === share && (unrest ?? this.#news(begun))
    if (typeof how === 'string') onBroken?.(uri, how)
    if (unrest !== undefined || stamp === undefined) return
    if (world.now() !== stamp || world.lawOn(ownerDid) !== law) return
    memory.peace = { stamp, ownerDid, law, share, turn: turnOf(uri) }
  }

  /** Why the next look may come to something although nothing changes; undefined when it can't. */
  #unrest(begun: Beginning, ending: Ending): string | undefined {
    const { imageRefusals, isAnySuspected } = this.#options
    const { uri, ownerDid, memory } = begun
    const { placement, outcome } = ending
    const { record, candidates } = placement
    if (outcome.kind !== 'done') return `the outcome is ${outcome.kind}`
    if (!placement.isLasting) return 'time changes who is to run it'
    if (isAnySuspected(candidates)) return 'a candidate is suspected'
    if (!this.#isDecided(placement, memory)) return 'it is not decided who may run it'
    if (isAtMostOne(record.value)) return 'it needs a lease'
    if (memory.lastBidNote?.startsWith('keep: ') !== true) return 'its bid changes'
    if (this.#isWriting(uri)) return 'a bid or a status is on its way'
    if (imageRefusals.of(record.value.image, ownerDid)) return 'its image is refused for a time'
    const share = shareOf(ending.snapshot, uri)
    const isHere = share.containers.length + share.networks.length > 0
    return (
      remembered(memory) ??
      (isHere ? this.#unrestHere(uri, ending, share) : this.#unrestElsewhere(uri, ending))
    )
  }

  /** The same of a workload of which something is here. */
  #unrestHere(uri: string, ending: Ending, { containers }: EngineShare): string | undefined {
    const { self, exposure } = this.#options
    const { placement, desired } = ending
    const { choice, prospect, record } = placement
    const slots = slotsOf(choice, self)
    if (desired.kind !== 'run') return `what is wanted is ${desired.kind}`
    if (slotsOf(prospect, self) !== slots) return 'another number is to run here'
    if (containers.length !== slots) return `${containers.length} of ${slots} are here`
    if (containers.some(({ state }) => state !== 'running')) return 'not all of it runs'
    if (record.value.placement?.onPartition === 'stop') return 'it needs contact with others'
    return exposure.isWhole(uri) ? undefined : 'a port is not open'
  }

  /** The same where nothing of it is here. */
  #unrestElsewhere(uri: string, { placement, desired }: Ending): string | undefined {
    const { self, own } = this.#options
    const { choice, prospect } = placement
    if (desired.kind !== 'none') return `what is wanted is ${desired.kind}`
    if (slotsOf(choice, self) + slotsOf(prospect, self) > 0) return 'this machine is chosen'
    return own.get(COLLECTION.workloadStatus, recordKeyFor(uri)) && 'it has a status'
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

/** What is remembered of failures, and since when something holds, matters after a time. */
function remembered(memory: WorkloadMemory): string | undefined {
  const isWaiting =
    memory.startFailures !== undefined ||
    memory.pulling ||
    memory.surplusSinceMs !== undefined ||
    memory.lateSinceMs !== undefined ||
    memory.statusBehindSinceMs !== undefined ||
    memory.putOffs > 0
  const areCalm = [...memory.replicas.values()].every(isCalm)
  return isWaiting || !areCalm ? 'something is remembered that has its time' : undefined
}

/** Turns of workloads are spread over the resyncs. */
function turnOf(uri: string): number {
  return Number.parseInt(recordKeyFor(uri).slice(-TURN_CHARACTERS), 36) % TURNS
}
