import { availableParallelism } from 'node:os'

/** What is to be tried, and for how long. */
export interface FuzzOptions {
  /** Milliseconds. */
  readonly limitMs: number
  /** Seed of the first batch of every surface. */
  readonly from: number
  /** One batch of each surface, to repeat what was found. */
  readonly isOnce: boolean
  /** A part of the names of the surfaces. */
  readonly only: string
  readonly threads: number
}

export const SEED_MAX = 2 ** 31 - 1
const MINUTES = 5
const MINUTES_MAX = 7 * 24 * 60
const THREADS_MAX = 64

type Env = Readonly<Record<string, string | undefined>>

/**
 * Reads MINUTES, SEED, SEED_FROM, ONLY and THREADS; a text says what is wrong with them. Seeds begin at
 * 1 where CI is set, so that the same commit gives the same answer there; elsewhere at `chance`.
 */
export function parseOptions(env: Env, chance: number): FuzzOptions | string {
  const minutes = number(env, 'MINUTES', 0.01, MINUTES_MAX, /^\d+(\.\d+)?$/)
  const seed = number(env, 'SEED', 0, SEED_MAX, /^\d{1,10}$/)
  const from = number(env, 'SEED_FROM', 0, SEED_MAX, /^\d{1,10}$/)
  const threads = number(env, 'THREADS', 1, THREADS_MAX, /^\d{1,2}$/)
  for (const value of [minutes, seed, from, threads]) if (typeof value === 'string') return value
  if (seed !== undefined && from !== undefined) return 'SEED is one seed: leave SEED_FROM out'
  return {
    limitMs: Number(minutes ?? MINUTES) * 60_000,
    from: Number(seed ?? from ?? (env['CI'] ? 1 : chance)),
    isOnce: seed !== undefined,
    only: env['ONLY'] ?? '',
    threads: Number(threads ?? availableParallelism()),
  }
}

function number(
  env: Env,
  name: string,
  least: number,
  most: number,
  written: RegExp,
): number | string | undefined {
  const text = env[name]
  if (text === undefined || text === '') return undefined
  const value = written.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  return `${name}=${text}: expected a number from ${least} to ${most}`
}
