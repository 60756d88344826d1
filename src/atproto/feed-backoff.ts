import type { Random } from '../ports/random.ts'

export interface Backoff {
  readonly initialMs: number
  readonly maxMs: number
}

/** How long to wait after the n-th failure in a row (from 0): doubling, capped, half of it by chance. */
export function backoffMs({ initialMs, maxMs }: Backoff, failures: number, random: Random): number {
  const full = Math.min(maxMs, initialMs * 2 ** Math.min(failures, 30))
  return full * (0.5 + random.next() / 2)
}

/** A time around `ms`, a fifth more or less, so that timers that were set together drift apart. */
export function jitteredMs(ms: number, random: Random): number {
  return ms * (0.8 + random.next() * 0.4)
}
