/** What is measured; gives its own measure, usually milliseconds. */
export type Subject = () => number | Promise<number>

export interface AlternateOptions {
  readonly runs: number
  /** Runs of each subject before the first that counts. */
  readonly warmUp: number
}

/**
 * Measures several things in turn, so that whatever else the machine does at the time falls on all of
 * them alike. Every other turn goes the other way round.
 */
export async function alternate<Name extends string>(
  subjects: Readonly<Record<Name, Subject>>,
  { runs, warmUp }: AlternateOptions,
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const names = Object.keys(subjects) as Name[]
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
    Name,
    number[]
  >
  for (let run = -warmUp; run < runs; run++) {
    for (const name of run % 2 === 0 ? names : names.toReversed()) {
      const sample = await subjects[name]()
      if (run >= 0) samples[name].push(sample)
    }
  }
  return samples
}

/** Milliseconds that this takes. */
export async function timed(act: () => unknown): Promise<number> {
  const startMs = performance.now()
  await act()
  return performance.now() - startMs
}

/** Milliseconds of processor time that this takes, whatever else the machine does meanwhile. */
export function busyMs(act: () => void): number {
  const start = process.cpuUsage()
  act()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1_000
}

/** The same for what takes its time. */
export async function busyMsOf(act: () => unknown): Promise<number> {
  const start = process.cpuUsage()
  await act()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1_000
}

/**
 * The same with the collection of the garbage that it makes, and without that of others': V8 collects
 * when the event loop turns, and so at the cost of whoever lets it turn. Needs a node with
 * `--expose-gc`.
 */
export async function busyMsAndGarbageOf(act: () => unknown): Promise<number> {
  const collect = () => globalThis.gc?.({ execution: 'sync', type: 'minor' })
  collect()
  await new Promise((resume) => setImmediate(resume))
  return busyMsOf(async () => {
    await act()
    collect()
  })
}
