/** Exponential delays between tries, as the work queues of Kubernetes space them. */
export interface Backoff {
  /** Delay after the first failure, milliseconds. */
  readonly initialMs: number
  /** Longest delay, milliseconds. */
  readonly maxMs: number
}

/** Part of the delay that chance decides, so that many who failed together do not return together. */
const JITTER = 0.2

/**
 * Milliseconds to wait after `failures` failures in a row (from 1), between 80 % and 100 % of
 * `initialMs · 2^(failures − 1)`, capped at `maxMs`.
 *
 * @param chance a number in [0, 1)
 */
export function backoffMs(backoff: Backoff, failures: number, chance: number): number {
  const exponent = Math.min(Math.max(failures - 1, 0), 40)
  const full = Math.min(backoff.initialMs * 2 ** exponent, backoff.maxMs)
  return Math.round(full * (1 - JITTER * chance))
}
