import type { Amount } from '../model/request.ts'
import { DAY_SECONDS } from './ledger-day.ts'

const GIB = 1024 ** 3

/**
 * What amounts are measured against, published so that everybody measures alike: a small server. It
 * may change only with the meaning of all usage records.
 */
export const REFERENCE_MACHINE: Amount = {
  cpuMilli: 4_000,
  memoryBytes: 8 * GIB,
  storageBytes: 100 * GIB,
}

/** Shares of the reference machine are counted in millionths. */
const WHOLE = 1_000_000

/** The reference machine for a day, in the unit of usage: millionths of it, times seconds. */
export const MACHINE_DAY = WHOLE * DAY_SECONDS

const KINDS = Object.keys(REFERENCE_MACHINE) as (keyof Amount)[]

/**
 * The dominant share of a request: `max over kinds of ceil(request · 10^6 / reference)`, millionths
 * of the reference machine. What was asked for counts, not what was used: it is kept from others
 * either way.
 */
export function rateOf(request: Amount): number {
  return Math.max(...KINDS.map((kind) => shareOf(request, kind)))
}

/**
 * No set of requests that fit a machine together has a greater sum of dominant shares than this: the
 * sum of the machine's shares over all kinds.
 */
export function rateMaxOf(capacity: Amount): number {
  return KINDS.reduce((sum, kind) => sum + shareOf(capacity, kind), 0)
}

function shareOf(amount: Amount, kind: keyof Amount): number {
  const asked = BigInt(Math.max(0, Math.trunc(amount[kind])))
  const reference = BigInt(REFERENCE_MACHINE[kind])
  const share = (asked * BigInt(WHOLE) + reference - 1n) / reference
  return share > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(share)
}
