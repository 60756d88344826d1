import type { WriteAllowance } from '../ports/records.ts'

/**
 * What a hosted PDS allows an account to write, in points, and how much of it we use. The limits are
 * those in `rate-limits.ts` of the PDS. It counts in fixed windows that begin with the first write;
 * a bucket whose burst and refill add up to the limit can't exceed it in any window whatever.
 */
export const POINTS = { create: 3, update: 2, delete: 1 } as const
export const POINTS_PER_HOUR = 5_000
export const POINTS_PER_DAY = 35_000
/**
 * What a relay takes of a small PDS, all its accounts together; one commit is one event. What others
 * write there is not seen here, so this bounds nothing by itself: it slows down what can wait.
 */
export const EVENTS_PER_HOUR = 2_600
export const EVENTS_PER_DAY = 21_000

const HOUR_MS = 60 * 60_000
const DAY_MS = 24 * HOUR_MS

interface Shape {
  readonly burst: number
  readonly perMs: number
}

const SHAPES = {
  hour: shape(3_000, POINTS_PER_HOUR, HOUR_MS),
  day: shape(11_000, POINTS_PER_DAY, DAY_MS),
  hourEvents: shape(1_500, EVENTS_PER_HOUR, HOUR_MS),
  dayEvents: shape(7_000, EVENTS_PER_DAY, DAY_MS),
} as const
type BucketName = keyof typeof SHAPES
const NAMES = Object.keys(SHAPES) as BucketName[]

interface Bucket {
  readonly points: number
  /** Moment of `points`, on the monotonic clock. */
  readonly atMs: number
  /** The PDS said that there is no more than this until then. */
  readonly ceiling?: { readonly points: number; readonly untilMs: number }
}

/** A value: each change makes a new one. All times are milliseconds of one monotonic clock. */
export interface WriteBudget {
  readonly buckets: Readonly<Record<BucketName, Bucket>>
  /** The PDS said that nothing goes before this moment. */
  readonly blockedUntilMs: number
}

export function newWriteBudget(nowMs: number): WriteBudget {
  const full = (name: BucketName): Bucket => ({ points: SHAPES[name].burst, atMs: nowMs })
  return { buckets: each(full), blockedUntilMs: nowMs }
}

/** Milliseconds until these points may be spent; 0 for now, Infinity for more than ever fits. */
export function delayFor(budget: WriteBudget, points: number, nowMs: number): number {
  return Math.max(
    0,
    budget.blockedUntilMs - nowMs,
    bucketDelay(budget, 'hour', points, nowMs),
    bucketDelay(budget, 'day', points, nowMs),
  )
}

/**
 * One commit of so many points. They are gone when they are asked for, whatever comes of it: the PDS
 * charges before it looks.
 */
export function spend(budget: WriteBudget, points: number, nowMs: number): WriteBudget {
  const taken = { hour: points, day: points, hourEvents: 1, dayEvents: 1 }
  return { ...budget, buckets: each((name) => take(budget, name, taken[name], nowMs)) }
}

/** Whole points that may be spent at once. */
export function pointsLeft(budget: WriteBudget, nowMs: number): number {
  if (budget.blockedUntilMs > nowMs) return 0
  return Math.min(leftIn(budget, 'hour', nowMs), leftIn(budget, 'day', nowMs))
}

/** The same for people and for who decides what can wait. */
export function allowanceOf(budget: WriteBudget, nowMs: number): WriteAllowance {
  const windowOf = (points: 'hour' | 'day', events: 'hourEvents' | 'dayEvents') => ({
    pointsLeft: leftIn(budget, points, nowMs),
    pointsMax: SHAPES[points].burst,
    eventsLeft: leftIn(budget, events, nowMs),
    eventsMax: SHAPES[events].burst,
  })
  return {
    hour: windowOf('hour', 'hourEvents'),
    day: windowOf('day', 'dayEvents'),
    pausedMs: Math.max(0, budget.blockedUntilMs - nowMs),
  }
}

/**
 * Corrects the count by what the PDS says in its `ratelimit-*` headers, which also cover what other
 * programs wrote with the account: until the window is reset, no more than what remains. A PDS shows
 * only the limit nearest to its end, often the one on requests per address, which has another window
 * and is left alone here.
 */
export function observeHeaders(
  budget: WriteBudget,
  headers: Readonly<Record<string, string | undefined>>,
  nowMs: number,
): WriteBudget {
  const remaining = headers['ratelimit-remaining']
  if (remaining === undefined || !/^\d{1,9}$/.test(remaining)) return budget
  const windowMs = Number(/;\s*w=(\d{1,9})/.exec(headers['ratelimit-policy'] ?? '')?.[1]) * 1000
  const name = windowMs === HOUR_MS ? 'hour' : windowMs === DAY_MS ? 'day' : undefined
  if (name === undefined) return budget
  const points = Math.min(pointsIn(budget, name, nowMs), Number(remaining))
  const resetMs = Math.min(untilReset(headers) ?? 0, windowMs)
  const ceiling = { points: Number(remaining), untilMs: nowMs + resetMs }
  const bucket = { points, atMs: nowMs, ...(resetMs > 0 ? { ceiling } : {}) }
  return { ...budget, buckets: { ...budget.buckets, [name]: bucket } }
}

/** Nothing goes for this long: the PDS refused, and each further try would cost points as well. */
export function block(budget: WriteBudget, delayMs: number, nowMs: number): WriteBudget {
  return { ...budget, blockedUntilMs: Math.max(budget.blockedUntilMs, nowMs + delayMs) }
}

/** For the next run of the program, which has another monotonic clock. */
export function saveBudget(budget: WriteBudget, nowMs: number, wallMs: number): string {
  const points = each((name) => Math.floor(pointsIn(budget, name, nowMs)))
  return JSON.stringify({ points, blockedMs: Math.max(0, budget.blockedUntilMs - nowMs), wallMs })
}

/**
 * What the last run left, and what has grown back since. Text that is none of ours is a new budget; a
 * wall clock that went back lets nothing grow.
 */
export function restoreBudget(text: string, nowMs: number, wallMs: number): WriteBudget {
  const saved = parseSaved(text)
  if (saved === undefined) return newWriteBudget(nowMs)
  const awayMs = Math.max(0, wallMs - saved.wallMs)
  return {
    buckets: each((name) => {
      const points = saved.points[name] ?? SHAPES[name].burst
      return { points: Math.min(points, SHAPES[name].burst), atMs: nowMs - awayMs }
    }),
    blockedUntilMs: nowMs + Math.min(DAY_MS, Math.max(0, saved.blockedMs - awayMs)),
  }
}

interface Saved {
  readonly points: Readonly<Partial<Record<BucketName, number>>>
  readonly blockedMs: number
  readonly wallMs: number
}

function parseSaved(text: string): Saved | undefined {
  try {
    const { points, blockedMs, wallMs } = JSON.parse(text) as Saved
    const numbers = [blockedMs, wallMs, ...Object.values(points)]
    return numbers.every(Number.isFinite) ? { points, blockedMs, wallMs } : undefined
  } catch {
    return undefined
  }
}

/** Milliseconds until the window begins anew, by the server's own clock; undefined when not said. */
function untilReset(headers: Readonly<Record<string, string | undefined>>): number | undefined {
  const reset = headers['ratelimit-reset'] ?? ''
  const serverNowMs = Date.parse(headers['date'] ?? '')
  if (!/^\d{1,12}$/.test(reset) || Number.isNaN(serverNowMs)) return undefined
  return Number(reset) * 1000 - serverNowMs
}

function shape(burst: number, perWindow: number, windowMs: number): Shape {
  return { burst, perMs: (perWindow - burst) / windowMs }
}

function each<T>(make: (name: BucketName) => T): Readonly<Record<BucketName, T>> {
  return Object.fromEntries(NAMES.map((name) => [name, make(name)])) as Record<BucketName, T>
}

function take(budget: WriteBudget, name: BucketName, points: number, nowMs: number): Bucket {
  const { ceiling } = budget.buckets[name]
  return {
    points: pointsIn(budget, name, nowMs) - points,
    atMs: nowMs,
    ...(ceiling === undefined
      ? {}
      : { ceiling: { ...ceiling, points: Math.max(0, ceiling.points - points) } }),
  }
}

function leftIn(budget: WriteBudget, name: BucketName, nowMs: number): number {
  return Math.max(0, Math.floor(pointsIn(budget, name, nowMs)))
}

function pointsIn({ buckets }: WriteBudget, name: BucketName, nowMs: number): number {
  const { points, atMs, ceiling } = buckets[name]
  const { burst, perMs } = SHAPES[name]
  const grown = Math.min(burst, points + Math.max(0, nowMs - atMs) * perMs)
  return ceiling !== undefined && nowMs < ceiling.untilMs ? Math.min(grown, ceiling.points) : grown
}

function bucketDelay(budget: WriteBudget, name: BucketName, points: number, nowMs: number): number {
  const { burst, perMs } = SHAPES[name]
  if (points > burst) return Number.POSITIVE_INFINITY
  const bucket = budget.buckets[name]
  const grown = Math.min(burst, bucket.points + Math.max(0, nowMs - bucket.atMs) * perMs)
  const growMs = Math.ceil((points - grown) / perMs)
  const { ceiling } = bucket
  const isHeld = ceiling !== undefined && nowMs < ceiling.untilMs && points > ceiling.points
  return isHeld ? Math.max(growMs, ceiling.untilMs - nowMs) : growMs
}
