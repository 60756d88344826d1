import type { Amount } from '../model/request.ts'

interface Held {
  readonly slots: number
  readonly request: Amount
}

/**
 * What is spoken for on this machine: by bids that are undecided or won, and by containers that run.
 * Of both the larger counts, since a won bid and its containers are the same work.
 */
export class Reservations {
  readonly #offer: () => Amount
  readonly #bids = new Map<string, Held>()
  readonly #running = new Map<string, Held>()

  constructor(offer: () => Amount) {
    this.#offer = offer
  }

  noteBid(uri: string, slots: number, request: Amount): void {
    note(this.#bids, uri, slots, request)
  }

  noteRunning(uri: string, slots: number, request: Amount): void {
    note(this.#running, uri, slots, request)
  }

  release(uri: string): void {
    this.#bids.delete(uri)
    this.#running.delete(uri)
  }

  /** What is free for this workload: its own reservation counts as free. May be negative. */
  freeBeside(uri: string | undefined): Amount {
    const free = { ...this.#offer() }
    for (const other of new Set([...this.#bids.keys(), ...this.#running.keys()])) {
      if (other === uri) continue
      const amount = this.#heldBy(other)
      free.cpuMilli -= amount.cpuMilli
      free.memoryBytes -= amount.memoryBytes
      free.storageBytes -= amount.storageBytes
    }
    return free
  }

  #heldBy(uri: string): Amount {
    const bid = this.#bids.get(uri)
    const running = this.#running.get(uri)
    const held = (kind: keyof Amount) =>
      Math.max(times(bid, kind), times(running, kind))
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
