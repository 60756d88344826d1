/** What a probe does that does not say otherwise; `schemas/workload.schema.json` says the same. */
export const PROBE_DEFAULTS = {
  /** Time between two probes, milliseconds. */
  intervalMs: 10_000,
  /** Time after which one counts as failed, milliseconds. */
  timeoutMs: 5_000,
  /** Failures in a row that count. */
  retries: 3,
  /** Time after the start in which failures do not count, milliseconds. */
  startPeriodMs: 0,
} as const
