import type { Amount } from '../model/request.ts'

const NOTHING: Amount = { cpuMilli: 0, memoryBytes: 0, storageBytes: 0 }

/**
 * What is spoken for on this machine: by bids that are undecided or won, and by containers that run.
 * Of both the larger counts, since a won bid and its containers are the same work.
 */
export class Reservations {
  readonly #offer: () => Amount
  readonly #onFreed: () => void
  readonly #bids = new Map<string, Amount>()
  readonly #running = new Map<string, Amount>()
  /** The sum over all workloads, kept up to date: it is asked for at every look at every workload. */
  #total: Amount = NOTHING

  /** `onFreed` is called when something that was held is held no longer. */
  constructor(offer: () => Amount, onFreed: () => void = () => undefined) {
    this.#offer = offer
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

  /** There is no bid any more. */
  releaseBid(uri: string): void {
    this.#change(uri, () => this.#bids.delete(uri))
  }

  /** What is free for this workload: its own reservation counts as free. May be negative. */
  freeBeside(uri: string | undefined): Amount {
    const taken = uri === undefined ? this.#total : minus(this.#total, this.#heldBy(uri))
    return minus(this.#offer(), taken)
  }

  #change(uri: string, change: () => void): void {
    const before = this.#heldBy(uri)
    change()
    const freed = minus(before, this.#heldBy(uri))
    this.#total = minus(this.#total, freed)
    if (freed.cpuMilli > 0 || freed.memoryBytes > 0 || freed.storageBytes > 0) this.#onFreed()
  }

  #heldBy(uri: string): Amount {
    const bid = this.#bids.get(uri) ?? NOTHING
    const running = this.#running.get(uri) ?? NOTHING
    return {
      cpuMilli: Math.max(bid.cpuMilli, running.cpuMilli),
      memoryBytes: Math.max(bid.memoryBytes, running.memoryBytes),
      storageBytes: Math.max(bid.storageBytes, running.storageBytes),
    }
  }
}

function times({ cpuMilli, memoryBytes, storageBytes }: Amount, count: number): Amount {
  return {
    cpuMilli: cpuMilli * count,
    memoryBytes: memoryBytes * count,
    storageBytes: storageBytes * count,
  }
}

function minus(a: Amount, b: Amount): Amount {
  return {
    cpuMilli: a.cpuMilli - b.cpuMilli,
    memoryBytes: a.memoryBytes - b.memoryBytes,
    storageBytes: a.storageBytes - b.storageBytes,
  }
}
