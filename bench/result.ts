/** One line of the table, in the shape of `bench/results.json`. */
export interface Result {
  /** The id of a row, or `id/variant`. */
  readonly id: string
  readonly name: string
  readonly unit: string
  /** The median, in `unit`. */
  readonly value: number
  readonly p95: number
  readonly samples: number
  /** What was measured beside it in the same run. */
  readonly baseline: { readonly name: string; readonly value: number } | null
  /** `value` by the baseline's value. */
  readonly ratio: number | null
  /** In words; null for a row that only gives context. */
  readonly target: string | null
  readonly met: boolean
  /** What was warm, and for a row that is not met why, with the measured floor. */
  readonly explained: string
}

/** A limit that a row has to keep; `of` says whether the value is held against it, or the ratio. */
export interface Target {
  readonly of: 'value' | 'ratio'
  readonly relation: 'at most' | 'at least'
  readonly limit: number
}

export interface Measured {
  readonly id: string
  readonly name: string
  readonly unit: string
  /** In `unit`. */
  readonly samples: readonly number[]
  readonly baseline?: { readonly name: string; readonly samples: readonly number[] }
  /** All of them have to hold; none: the row only gives context. */
  readonly targets?: readonly Target[]
  readonly warm: string
  /** Why it falls short, when it does; with the measured floor. */
  readonly whenNotMet?: string
}

export const atMost = (of: Target['of'], limit: number): Target => ({
  of,
  relation: 'at most',
  limit,
})
export const atLeast = (of: Target['of'], limit: number): Target => ({
  of,
  relation: 'at least',
  limit,
})

/** Works out medians, ratio and verdict. */
export function resultOf(measured: Measured): Result {
  const { id, name, unit, samples, baseline, targets = [], warm, whenNotMet } = measured
  const value = median(samples)
  const beside = baseline && { name: baseline.name, value: round(median(baseline.samples)) }
  const ratio = baseline ? value / median(baseline.samples) : null
  const met = targets.every((target) => holds(target, target.of === 'value' ? value : ratio))
  const reason = met ? '' : ` Not met: ${whenNotMet ?? 'see docs/performance.md.'}`
  return {
    id,
    name,
    unit,
    value: round(value),
    p95: round(percentile(samples, 0.95)),
    samples: samples.length,
    baseline: beside ?? null,
    ratio: ratio === null ? null : round(ratio),
    target: targets.length === 0 ? null : targets.map((one) => inWords(one, unit)).join(', '),
    met,
    explained: `${warm}${reason}`,
  }
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5)
}

/** The smallest sample that at least this share of all does not exceed; NaN without samples. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

function holds({ relation, limit }: Target, found: number | null): boolean {
  if (found === null || Number.isNaN(found)) return false
  return relation === 'at most' ? found <= limit : found >= limit
}

function inWords({ of, relation, limit }: Target, unit: string): string {
  const sign = relation === 'at most' ? '≤' : '≥'
  return of === 'value' ? `${sign} ${limit} ${unit}` : `${sign} ${limit} × baseline`
}

/** Three significant digits are more than a busy machine repeats. */
function round(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3))
}
