import type { Did } from '../model/records.ts'
import type { Policy } from '../policy/policy.ts'
import type { Refusal } from '../policy/judge.ts'
import type { Clock } from '../ports/clock.ts'

export interface ImageRefusalsOptions {
  readonly policy: () => Policy
  readonly clock: Pick<Clock, 'monotonicMs'>
}

/** After so long it is tried again: a signature may have come, or room. */
const REFUSAL_MS = 60 * 60_000
const REFUSALS_MAX = 1_000

interface Noted {
  readonly refusal: Refusal
  readonly policy: Policy
  readonly atMs: number
}

/** What the policy says of images only once they were looked at, so that nobody fetches them in vain. */
export class ImageRefusals {
  readonly #options: ImageRefusalsOptions
  readonly #noted = new Map<string, Noted>()
  #version = 0

  constructor(options: ImageRefusalsOptions) {
    this.#options = options
  }

  /** Grows with each refusal that is noted. */
  get version(): number {
    return this.#version
  }

  note(image: string, owner: Did, message: string): void {
    const { policy, clock } = this.#options
    this.#version++
    const [oldest] = this.#noted.keys()
    if (this.#noted.size >= REFUSALS_MAX && oldest !== undefined) this.#noted.delete(oldest)
    const refusal = { reason: 'policy', message } as const
    this.#noted.set(keyOf(image, owner), { refusal, policy: policy(), atMs: clock.monotonicMs() })
  }

  /** Undefined when nothing is known against it under the policy that holds now. */
  of(image: string, owner: Did): Refusal | undefined {
    const { policy, clock } = this.#options
    const noted = this.#noted.get(keyOf(image, owner))
    if (noted === undefined) return undefined
    const isFresh = clock.monotonicMs() - noted.atMs < REFUSAL_MS
    if (isFresh && noted.policy === policy()) return noted.refusal
    this.#noted.delete(keyOf(image, owner))
    return undefined
  }
}

function keyOf(image: string, owner: Did): string {
  return `${owner} ${image}`
}
