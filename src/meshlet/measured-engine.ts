import type { Clock } from '../ports/clock.ts'
import type { Engine } from '../ports/engine.ts'
import type { Metrics } from '../ports/metrics.ts'

export interface MeasuredEngineOptions {
  readonly engine: Engine
  readonly metrics: Metrics
  readonly clock: Clock
}

/**
 * The same engine; how long each call takes and whether it fails is counted, by the name of the
 * call. What answers with a stream (logs, events) passes through.
 */
export function measuredEngine({ engine, metrics, clock }: MeasuredEngineOptions): Engine {
  const observe = async (
    operation: string,
    startedMs: number,
    args: unknown[],
    answer: unknown,
  ) => {
    try {
      await answer
    } catch {
      if (!isGivenUp(args)) metrics.count('engineErrors', { operation })
    }
    const seconds = (clock.monotonicMs() - startedMs) / 1000
    metrics.observe('engineSeconds', { operation }, seconds)
  }
  return new Proxy(engine, {
    get(_, name) {
      const member: unknown = Reflect.get(engine, name, engine)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        const startedMs = clock.monotonicMs()
        const answer: unknown = Reflect.apply(member, engine, args)
        if (answer instanceof Promise) void observe(String(name), startedMs, args, answer)
        return answer
      }
    },
  })
}

/** A call that the caller gave up did not fail. */
function isGivenUp(args: readonly unknown[]): boolean {
  return args.some((arg) => {
    const signal = arg instanceof AbortSignal ? arg : (arg as { signal?: unknown } | null)?.signal
    return signal instanceof AbortSignal && signal.aborted
  })
}
