import { CommuneError } from '../model/errors.ts'
import { sleep, type Clock } from '../ports/clock.ts'
import { PIDS_LIMIT, type Engine, type EngineStats } from '../ports/engine.ts'

export interface StartedContainer {
  readonly id: string
  /** Asked for. */
  readonly memoryBytes: number
  /** Absent for what was found running. */
  readonly cpu?: {
    /** Asked for, thousandths of a core. */
    readonly milli: number
    /** When its start began, on the monotonic clock. */
    readonly sinceMs: number
  }
}

export interface LimitCheckOptions {
  readonly engine: Engine
  readonly clock: Clock
}

/** A start is not slowed down by the look at it. */
const LOOK_AFTER_MS = 1_000
/** Of an engine that does not answer; then the next start is looked at. */
const TRIES_MAX = 3
const TRY_AGAIN_MS = 10_000
/** What a runtime uses to start a container counts too, and the kernel hands out tenths of a second. */
const CPU_FACTOR_MAX = 2
const CPU_MS_FREE = 500
/** The kernel counts memory in pages, of 64 KiB at most. */
const PAGE_BYTES_MAX = 64 * 1024

/**
 * Reads back, once after a start, whether the limits of a container are in force; some engines take
 * them and ignore them. That of the processor shows by what was used of it. The answer says which are not; undefined when all are, when the container does
 * not run any more, or when the engine does not say. Rejects only when the signal is aborted.
 */
export async function findLooseLimits(
  { engine, clock }: LimitCheckOptions,
  started: StartedContainer,
  signal: AbortSignal,
): Promise<string | undefined> {
  await sleep(clock, LOOK_AFTER_MS, signal)
  for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
    try {
      const look = async () =>
        looseLimits(await engine.stats(started.id, signal), started, clock.monotonicMs())
      if ((await look()) === undefined) return undefined
      // What has ended has no limits in force either: they are missing only where one and the same
      // run is there before a second look and after it.
      const before = await engine.findContainer(started.id, signal)
      if (before?.state !== 'running') return undefined
      const loose = await look()
      const after = await engine.findContainer(started.id, signal)
      const isSameRun = after?.state === 'running' && after.startedAtMs === before.startedAtMs
      return isSameRun ? loose : undefined
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof CommuneError && error.code === 'not-found') return undefined
      await sleep(clock, TRY_AGAIN_MS, signal)
    }
  }
  return undefined
}

/** In words, or undefined. 0 means that there is none. */
function looseLimits(
  { memoryLimitBytes, pidsLimit, cpuNanos }: EngineStats,
  { memoryBytes, cpu }: StartedContainer,
  nowMs: number,
): string | undefined {
  const cpuMsMax =
    cpu === undefined
      ? Infinity
      : (cpu.milli / 1000) * (nowMs - cpu.sinceMs) * CPU_FACTOR_MAX + CPU_MS_FREE
  const loose = [
    ...(isHeld(memoryLimitBytes, memoryBytes + PAGE_BYTES_MAX) ? [] : ['memory']),
    ...(isHeld(pidsLimit, PIDS_LIMIT) ? [] : ['processes']),
    ...(cpuNanos / 1_000_000 <= cpuMsMax ? [] : ['CPU']),
  ]
  return loose.length === 0 ? undefined : loose.join(' and ')
}

function isHeld(found: number, most: number): boolean {
  return found > 0 && found <= most
}

/** What to say of it to people. */
export function looseLimitsMessage(loose: string): string {
  return `stopped: the engine of this machine does not enforce its limit of ${loose} (meshlet doctor says more)`
}
