import { setTimeout as pause } from 'node:timers/promises'
import type { ManualClock } from './manual-clock.ts'

const TIMEOUT_MS = 15_000
/** On a busy machine a turn takes long; whoever had fewer than these has not had a chance. */
const TURNS_MIN = 3_000
/** Slow enough for answers over loopback to keep up with timers in the tens of seconds. */
const STEP_MS = 20

/**
 * Resolves once `condition` holds; fails with `what` when it does not come true. A manual clock is
 * moved on meanwhile, so that whatever waits for a timer gets it; `stepMs` is for what takes minutes.
 */
export async function eventually(
  what: string,
  condition: () => boolean,
  clock?: ManualClock,
  stepMs = STEP_MS,
): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS
  for (let turns = 0; !condition(); turns++) {
    const late = performance.now() > deadline
    if (late && turns >= TURNS_MIN) throw new Error(`Waited in vain: ${what}`)
    clock?.advance(stepMs)
    await pause(1)
  }
}

/** Numbers in [0, 1) that follow from the seed. */
export function seededRandom(seed: number) {
  let state = seed >>> 0
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  return { next, bytes: (length: number) => Uint8Array.from({ length }, () => next() * 256) }
}
