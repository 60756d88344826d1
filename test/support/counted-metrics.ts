import type { CounterName, Metrics } from '../../src/ports/metrics.ts'

/** Counts, so that a test can ask how often something happened. */
export class CountedMetrics implements Metrics {
  readonly #counts = new Map<string, number>()

  count(counter: CounterName, labels: Readonly<Record<string, string>>, by = 1): void {
    for (const key of new Set([counter, keyOf(counter, labels)]))
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + by)
  }

  observe(): void {}

  /** How often it was counted; with labels, exactly with these. */
  of(counter: CounterName, labels: Readonly<Record<string, string>> = {}): number {
    return this.#counts.get(keyOf(counter, labels)) ?? 0
  }
}

function keyOf(counter: string, labels: Readonly<Record<string, string>>): string {
  return [counter, ...Object.values(labels)].join(' ')
}
