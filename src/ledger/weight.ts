/** Days that are looked at, the last one included: eight half-lives. Older ones weigh nothing. */
export const LEDGER_DAYS = 56

/** A weight of 1, as a power of two: weights are integers in units of 2^-16. */
export const WEIGHT_BITS = 16n

const HALF_LIFE_DAYS = 7

/**
 * `T[i] = round(2^16 · 2^(-i/7))`, by days of age modulo 7. As integers, so that every reader rounds
 * alike.
 */
const FIRST_WEEK = [65_536n, 59_358n, 53_761n, 48_693n, 44_102n, 39_945n, 36_179n] as const

/**
 * What a day of this age counts, in units of 2^-16: `T[age mod 7] >> floor(age / 7)`, so half as much
 * a week later; 0 from an age of 56 days on. The youngest day has the age 0.
 */
export function weightOf(ageDays: number): bigint {
  if (ageDays < 0 || ageDays >= LEDGER_DAYS) return 0n
  const first = FIRST_WEEK[ageDays % HALF_LIFE_DAYS] ?? 0n
  return first >> BigInt(Math.floor(ageDays / HALF_LIFE_DAYS))
}
