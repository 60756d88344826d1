import type { Random } from '../../src/ports/random.ts'

/** Chance that follows from a seed, by the generator sfc32 of Chris Doty-Humphrey. */
export class SeededRandom implements Random {
  readonly #state: Uint32Array

  /** Different names give streams that have nothing to do with each other. */
  constructor(seed: number, name = '') {
    this.#state = Uint32Array.of(seed, seed / 2 ** 32, hashOf(name), 1)
    for (let i = 0; i < 15; i++) this.#next32()
  }

  next(): number {
    return this.#next32() / 2 ** 32
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#next32() >>> 24)
  }

  /** An integer from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.next() * items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }

  /** True in this share of the cases. */
  chance(share: number): boolean {
    return this.next() < share
  }

  #next32(): number {
    const state = this.#state
    const [a = 0, b = 0, c = 0, counter = 0] = state
    const sum = (a + b + counter) >>> 0
    state[0] = b ^ (b >>> 9)
    state[1] = c + (c << 3)
    state[2] = ((c << 21) | (c >>> 11)) + sum
    state[3] = counter + 1
    return sum
  }
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
