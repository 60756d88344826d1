import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import {
  COUNTERS,
  GAUGES,
  HISTOGRAMS,
  type GaugeName,
  type Metrics,
  type Readings,
} from '../ports/metrics.ts'

/** Metrics in the text format of Prometheus. */
export interface PrometheusMetrics extends Metrics {
  /** Everything counted so far, and the gauges as they are now. */
  render(readings: Readings): Promise<string>
  readonly contentType: string
}

/** From a fifth of the fastest engine call seen to a slow pull, seconds. */
const BUCKETS = [0.001, 0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300]

/** Counts in a registry of its own, so that several meshlets in one process do not mix. */
export function createPrometheusMetrics(): PrometheusMetrics {
  const register = new Registry()
  collectDefaultMetrics({ register, prefix: 'meshlet_' })
  const counters = made(COUNTERS, ({ name, help, labels }) => {
    const counter = new Counter({ name, help, labelNames: [...labels], registers: [register] })
    // What has no labels is shown as 0 from the start, so that an alert has something to look at.
    if (labels.length === 0) counter.inc(0)
    return counter
  })
  const histograms = made(
    HISTOGRAMS,
    ({ name, help, labels }) =>
      new Histogram({
        name,
        help,
        labelNames: [...labels],
        buckets: BUCKETS,
        registers: [register],
      }),
  )
  const gauges = made(
    GAUGES,
    ({ name, help, labels }) =>
      new Gauge({ name, help, labelNames: [...labels], registers: [register] }),
  )
  return {
    contentType: register.contentType,
    count: (name, labels, by = 1) => counters[name].inc(labels, by),
    observe: (name, labels, seconds) => histograms[name].observe(labels, seconds),
    render(readings) {
      for (const [name, samples] of Object.entries(readings)) {
        const gauge = gauges[name as GaugeName]
        gauge.reset()
        for (const { labels, value } of samples) gauge.set(labels, value)
      }
      return register.metrics()
    },
  }
}

interface Description {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
}

function made<N extends string, M>(
  descriptions: Readonly<Record<N, Description>>,
  make: (description: Description) => M,
): Readonly<Record<N, M>> {
  const entries = Object.entries<Description>(descriptions)
  return Object.fromEntries(entries.map(([name, one]) => [name, make(one)])) as Record<N, M>
}
