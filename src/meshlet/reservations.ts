import type { Amount } from '../model/request.ts'

interface Held {
  readonly slots: number
  readonly request: Amount
}

const NOTHING: Amount = { cpuMilli: 0, memoryBytes: 0, storageBytes: 0 }

/**
 * What is spoken for on this machine: by bids that are undecided or won, and by containers that run.
 * Of both the larger counts, since a won bid and its containers are the same work.
 */
export class Reservations {
  readonly #offer: () => Amount
  readonly #onFreed: () => void
  readonly #bids = new Map<string, Held>()
  readonly #running = new Map<string, Held>()
  /** The sum over all workloads, kept up to date: it is asked for at every look at every workload. */
  #total: Amount = NOTHING

  /** `onFreed` is called when something that was held is held no longer. */
  constructor(offer: () => Amount, onFreed: () => void = () => undefined) {
    this.#offer = offer
    this.#onFreed = onFreed
  }

  noteBid(uri: string, slots: number, request: Amount): void {
    this.#change(uri, () => note(this.#bids, uri, slots, request))
  }

  noteRunning(uri: string, slots: number, request: Amount): void {
    this.#change(uri, () => note(this.#running, uri, slots, request))
  }

  release(uri: string): void {
    this.#change(uri, () => {
      this.#bids.delete(uri)
      this.#running.delete(uri)
    })
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
    const bid = this.#bids.get(uri)
    const running = this.#running.get(uri)
    const held = (kind: keyof Amount) => Math.max(times(bid, kind), times(running, kind))
    return {
      cpuMilli: held('cpuMilli'),
      memoryBytes: held('memoryBytes'),
      storageBytes: held('storageBytes'),
    }
  }
}

function note(map: Map<string, Held>, uri: string, slots: number, request: Amount): void {
  if (slots > 0) map.set(uri, { slots, request })
  else map.delete(uri)
}

function times(held: Held | undefined, kind: keyof Amount): number {
  return held ? held.slots * held.request[kind] : 0
}

function minus(a: Amount, b: Amount): Amount {
  return {
    cpuMilli: a.cpuMilli - b.cpuMilli,
    memoryBytes: a.memoryBytes - b.memoryBytes,
    storageBytes: a.storageBytes - b.storageBytes,
  }
}
