import { compareText } from '../model/canonical.ts'
import type { Did } from '../model/records.ts'
import type { Amount } from '../model/request.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import { lackOf, minus, NOTHING, plus, times } from '../selection/room.ts'

/**
 * What is spoken for on this machine: by bids that are undecided or won, by containers that are there,
 * and by those that are just being made. The largest counts, since all of it is the same work.
 */
export class Reservations {
  readonly #offer: () => Amount
  readonly #compare: (a: string, b: string) => number
  readonly #onFreed: () => void
  readonly #bids = new Map<string, Amount>()
  readonly #running = new Map<string, Amount>()
  readonly #making = new Map<string, Amount>()
  /** The sum over all workloads, kept up to date: it is asked for at every look at every workload. */
  #total: Amount = NOTHING
  /** The same by owner of the workloads; what names no workload has none. */
  readonly #byOwner = new Map<Did, Amount>()
  #version = 0

  /**
   * `onFreed` is called when something that was held is held no longer; `compare` says which of two
   * workloads keeps what it holds when the machine offers less than before.
   */
  constructor(
    offer: () => Amount,
    onFreed: () => void = () => undefined,
    compare: (a: string, b: string) => number = compareText,
  ) {
    this.#offer = offer
    this.#compare = compare
    this.#onFreed = onFreed
  }

  /** Slots that a bid holds, each for this much. */
  noteBid(uri: string, slots: number, request: Amount): void {
    const amount = times(request, slots)
    this.#change(uri, () => this.#bids.set(uri, amount))
  }

  /** What the containers of every workload may use; whoever is not named has none. */
  noteRunning(amounts: ReadonlyMap<string, Amount>): void {
    for (const uri of [...this.#running.keys()])
      if (!amounts.has(uri)) this.#change(uri, () => this.#running.delete(uri))
    for (const [uri, amount] of amounts) this.#change(uri, () => this.#running.set(uri, amount))
  }

  /**
   * What the workload's containers may use once those are made that are under way: a new revision
   * beside the old one is more than any bid, and images take their time. Undefined when all are made.
   */
  noteMaking(uri: string, amount: Amount | undefined): void {
    this.#change(uri, () =>
      amount === undefined ? this.#making.delete(uri) : this.#making.set(uri, amount),
    )
  }

  /** There is no bid any more. */
  releaseBid(uri: string): void {
    this.#change(uri, () => this.#bids.delete(uri))
  }

  /** The sum of what the workloads of the meant owners hold, beside this one. */
  heldBeside(uri: string, isMeant: (owner: Did) => boolean): Amount {
    let sum = NOTHING
    for (const [owner, held] of this.#byOwner) if (isMeant(owner)) sum = plus(sum, held)
    const own = parseWorkloadUri(uri)?.owner
    return own !== undefined && isMeant(own) ? minus(sum, this.#heldBy(uri)) : sum
  }

  /** What the workloads of each owner hold; another version whenever something changed. */
  held(): { readonly byOwner: ReadonlyMap<Did, Amount>; readonly version: number } {
    return { byOwner: this.#byOwner, version: this.#version }
  }

  /** What is free for this workload: its own reservation counts as free. May be negative. */
  freeBeside(uri: string | undefined): Amount {
    const taken = uri === undefined ? this.#total : minus(this.#total, this.#heldBy(uri))
    return minus(this.#offer(), taken)
  }

  /**
   * What this workload may keep. As much as is free beside the others, unless more is held than is
   * offered (the machine offers less than before, or took part in several biddings before it was
   * started again): then what runs keeps its place before what was only won, and both in their order,
   * as long as it fits, so that not all of them hand theirs back at once. May be negative.
   */
  roomToKeep(uri: string): Amount {
    if (!isOver(this.#total, this.#offer())) return this.freeBeside(uri)
    const holders = [...new Set([...this.#bids.keys(), ...this.#running.keys()])].toSorted(
      this.#compare,
    )
    let rest = this.#offer()
    const kept = new Map<string, Amount>()
    for (const other of holders) {
      const used = this.#usedBy(other)
      if (!lackOf(rest, used)) {
        rest = minus(rest, used)
        kept.set(other, used)
      } else if (other === uri) return rest
    }
    for (const other of holders) {
      const used = kept.get(other) ?? NOTHING
      if (other === uri) return plus(rest, used)
      const more = minus(this.#heldBy(other), used)
      if (kept.has(other) && !lackOf(rest, more)) rest = minus(rest, more)
    }
    return rest
  }

  #change(uri: string, change: () => void): void {
    const before = this.#heldBy(uri)
    change()
    const freed = minus(before, this.#heldBy(uri))
    if (isNothing(freed)) return
    this.#version++
    this.#total = minus(this.#total, freed)
    const owner = parseWorkloadUri(uri)?.owner
    if (owner !== undefined)
      this.#byOwner.set(owner, minus(this.#byOwner.get(owner) ?? NOTHING, freed))
    if (freed.cpuMilli > 0 || freed.memoryBytes > 0 || freed.storageBytes > 0) this.#onFreed()
  }

  #heldBy(uri: string): Amount {
    return most(this.#bids.get(uri) ?? NOTHING, this.#usedBy(uri))
  }

  /** By what is there and what is being made. */
  #usedBy(uri: string): Amount {
    return most(this.#running.get(uri) ?? NOTHING, this.#making.get(uri) ?? NOTHING)
  }
}

function most(a: Amount, b: Amount): Amount {
  return {
    cpuMilli: Math.max(a.cpuMilli, b.cpuMilli),
    memoryBytes: Math.max(a.memoryBytes, b.memoryBytes),
    storageBytes: Math.max(a.storageBytes, b.storageBytes),
  }
}

function isNothing({ cpuMilli, memoryBytes, storageBytes }: Amount): boolean {
  return cpuMilli === 0 && memoryBytes === 0 && storageBytes === 0
}

function isOver(held: Amount, offer: Amount): boolean {
  return lackOf(offer, held) !== undefined
}
