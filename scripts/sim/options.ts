import { SEED_MAX } from '../../test/simulation/run-seed.ts'

/** What is to be simulated. */
export interface SimOptions {
  readonly from: number
  /** How many seeds; Infinity when time is the limit. */
  readonly count: number
  /** Milliseconds; undefined when the number of seeds is the limit. */
  readonly limitMs?: number
  /** One seed, with everything that happens in it. */
  readonly isTraced: boolean
}

const SEEDS = 1_000
const SEEDS_MAX = 2 ** 31
const MINUTES_MAX = 7 * 24 * 60

type Env = Readonly<Record<string, string | undefined>>

/** Reads SEEDS, SEED_FROM, SEED and MINUTES; a text says what is wrong with them. */
export function parseOptions(env: Env): SimOptions | string {
  const given = (name: string) => (env[name] === undefined || env[name] === '' ? undefined : name)
  const seed = integer(env, 'SEED', 0, SEED_MAX)
  const from = integer(env, 'SEED_FROM', 0, SEED_MAX)
  const count = integer(env, 'SEEDS', 1, SEEDS_MAX)
  const minutes = amount(env, 'MINUTES', MINUTES_MAX)
  const wrong = [seed, from, count, minutes].find((value) => typeof value === 'string')
  if (typeof wrong === 'string') return wrong
  const others = ['SEED_FROM', 'SEEDS', 'MINUTES'].flatMap((name) => given(name) ?? [])
  if (seed !== undefined && others.length > 0)
    return `SEED is one seed: leave ${others.join(' and ')} out`
  if (count !== undefined && minutes !== undefined)
    return 'give SEEDS or MINUTES, not both: each says when to stop'
  if (typeof seed === 'number') return { from: seed, count: 1, isTraced: true }
  return {
    from: Number(from ?? 1),
    count: minutes === undefined ? Number(count ?? SEEDS) : Infinity,
    isTraced: false,
    ...(minutes !== undefined && { limitMs: Number(minutes) * 60_000 }),
  }
}

/** The seed that comes so many after the first; after the last comes 0. */
export function seedAt({ from }: SimOptions, index: number): number {
  return (from + index) % (SEED_MAX + 1)
}

function integer(env: Env, name: string, least: number, most: number): number | string | undefined {
  const text = env[name]
  if (text === undefined || text === '') return undefined
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  return `${name}=${text}: expected a whole number from ${least} to ${most}`
}

function amount(env: Env, name: string, most: number): number | string | undefined {
  const text = env[name]
  if (text === undefined || text === '') return undefined
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (value > 0 && value <= most) return value
  return `${name}=${text}: expected a number above 0, up to ${most}`
}
