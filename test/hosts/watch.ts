import { setTimeout as pause } from 'node:timers/promises'
import { SERVICES, type CommuneOfHosts, type Placed } from './commune-of-hosts.ts'

/** How exact times of overlap are, and what is too short to be seen missing. */
const SAMPLE_EVERY_MS = 200

/** What was seen from the first sample to the last. */
export interface Seen {
  /** Containers that did not run at the beginning. */
  readonly started: readonly Placed[]
  /** Containers of the beginning that did not run at some time. */
  readonly stopped: readonly Placed[]
  /** Time in which more replicas of a service ran than are wanted, of the worst service. */
  readonly overlapMs: number
  /** Services of which too few ran at some time after `expectWhole`. */
  readonly short: readonly string[]
}

export interface Watch extends AsyncDisposable {
  /** From now on as many replicas run as are wanted, or more. */
  expectWhole(): void
  stop(): Promise<Seen>
}

/** Looks at all engines again and again until it is stopped. */
export function startWatch(commune: CommuneOfHosts, before: readonly Placed[]): Watch {
  const started = new Map<string, Placed>()
  const stopped = new Map<string, Placed>()
  const overlap = new Map<string, number>()
  const short = new Set<string>()
  let isWhole = false
  let ended = false
  let previous: readonly Placed[] = before
  const sample = (now: readonly Placed[], sinceMs: number, wasWhole: boolean) => {
    const ids = new Set(now.map(({ id }) => id))
    // The engines are not asked at the very same moment: what moves between two may be seen on neither,
    // but not twice in a row.
    const lately = [...now, ...previous.filter(({ id }) => !ids.has(id))]
    previous = now
    for (const one of before) if (!ids.has(one.id)) stopped.set(one.id, one)
    for (const one of now) if (!before.some(({ id }) => id === one.id)) started.set(one.id, one)
    for (const { name, replicas } of SERVICES) {
      const countIn = (placed: readonly Placed[]) =>
        placed.filter(({ workload }) => workload === name).length
      if (countIn(now) > replicas) overlap.set(name, (overlap.get(name) ?? 0) + sinceMs)
      if (wasWhole && countIn(lately) < replicas) short.add(name)
    }
  }
  const watching = (async () => {
    let last = performance.now()
    while (!ended) {
      const wasWhole = isWhole
      const now = await commune.placed()
      const at = performance.now()
      if (now) sample(now, at - last, wasWhole)
      last = at
      await pause(SAMPLE_EVERY_MS)
    }
  })()
  const end = () => {
    ended = true
    return watching
  }
  return {
    expectWhole() {
      isWhole = true
    },
    [Symbol.asyncDispose]: end,
    async stop() {
      await end()
      return {
        started: [...started.values()],
        stopped: [...stopped.values()],
        overlapMs: Math.max(0, ...overlap.values()),
        short: [...short],
      }
    },
  }
}
