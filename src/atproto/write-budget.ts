/**
 * What a hosted PDS allows an account to write, in points, and how much of it we use. The limits are
 * those in `rate-limits.ts` of the PDS. It counts in fixed windows that begin with the first write;
 * a bucket whose burst and refill add up to the limit can't exceed it in any window whatever.
 */
export const POINTS = { create: 3, update: 2, delete: 1 } as const
export const POINTS_PER_HOUR = 5_000
export const POINTS_PER_DAY = 35_000

const HOUR_MS = 60 * 60_000
const DAY_MS = 24 * HOUR_MS
const HOUR_BURST = 3_000
const DAY_BURST = 11_000

interface Bucket {
  readonly points: number
  /** Moment of `points`, on the monotonic clock. */
  readonly atMs: number
}

/** A value: each change makes a new one. All times are milliseconds of one monotonic clock. */
export interface WriteBudget {
  readonly hour: Bucket
  readonly day: Bucket
  /** The PDS said that nothing goes before this moment. */
  readonly blockedUntilMs: number
}

interface Shape {
  readonly burst: number
  readonly perMs: number
}

const HOUR_SHAPE: Shape = { burst: HOUR_BURST, perMs: (POINTS_PER_HOUR - HOUR_BURST) / HOUR_MS }
const DAY_SHAPE: Shape = { burst: DAY_BURST, perMs: (POINTS_PER_DAY - DAY_BURST) / DAY_MS }

export function newWriteBudget(nowMs: number): WriteBudget {
  return {
    hour: { points: HOUR_BURST, atMs: nowMs },
    day: { points: DAY_BURST, atMs: nowMs },
    blockedUntilMs: nowMs,
  }
}

/** Milliseconds until these points may be spent; 0 for now, Infinity for more than ever fits. */
export function delayFor(budget: WriteBudget, points: number, nowMs: number): number {
  return Math.max(
    0,
    budget.blockedUntilMs - nowMs,
    bucketDelay(budget.hour, HOUR_SHAPE, points, nowMs),
    bucketDelay(budget.day, DAY_SHAPE, points, nowMs),
  )
}

/** Points are gone when they are asked for, whatever comes of it: the PDS charges before it looks. */
export function spend(budget: WriteBudget, points: number, nowMs: number): WriteBudget {
  return {
    ...budget,
    hour: { points: pointsIn(budget.hour, HOUR_SHAPE, nowMs) - points, atMs: nowMs },
    day: { points: pointsIn(budget.day, DAY_SHAPE, nowMs) - points, atMs: nowMs },
  }
}

/** Whole points that may be spent at once. */
export function pointsLeft(budget: WriteBudget, nowMs: number): number {
  if (budget.blockedUntilMs > nowMs) return 0
  const left = Math.min(
    pointsIn(budget.hour, HOUR_SHAPE, nowMs),
    pointsIn(budget.day, DAY_SHAPE, nowMs),
  )
  return Math.max(0, Math.floor(left))
}

/**
 * Corrects the count by what the PDS says in its `ratelimit-*` headers, which also cover what other
 * programs wrote with the account. A PDS shows only the limit nearest to its end, often the one on
 * requests per address, which has another window and is left alone here.
 */
export function observeHeaders(
  budget: WriteBudget,
  headers: Readonly<Record<string, string | undefined>>,
  nowMs: number,
): WriteBudget {
  const remaining = headers['ratelimit-remaining']
  if (remaining === undefined || !/^\d{1,9}$/.test(remaining)) return budget
  const windowMs = Number(/;\s*w=(\d{1,9})/.exec(headers['ratelimit-policy'] ?? '')?.[1]) * 1000
  const cap = (bucket: Bucket, shape: Shape): Bucket => ({
    points: Math.min(pointsIn(bucket, shape, nowMs), Number(remaining)),
    atMs: nowMs,
  })
  if (windowMs === HOUR_MS) return { ...budget, hour: cap(budget.hour, HOUR_SHAPE) }
  if (windowMs === DAY_MS) return { ...budget, day: cap(budget.day, DAY_SHAPE) }
  return budget
}

/** Nothing goes for this long: the PDS refused, and each further try would cost points as well. */
export function block(budget: WriteBudget, delayMs: number, nowMs: number): WriteBudget {
  return { ...budget, blockedUntilMs: Math.max(budget.blockedUntilMs, nowMs + delayMs) }
}

function pointsIn(bucket: Bucket, shape: Shape, nowMs: number): number {
  const grown = bucket.points + Math.max(0, nowMs - bucket.atMs) * shape.perMs
  return Math.min(shape.burst, grown)
}

function bucketDelay(bucket: Bucket, shape: Shape, points: number, nowMs: number): number {
  if (points > shape.burst) return Number.POSITIVE_INFINITY
  return Math.ceil((points - pointsIn(bucket, shape, nowMs)) / shape.perMs)
}
