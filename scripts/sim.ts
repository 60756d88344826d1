/**
 * Simulates communes in virtual time, one for each seed, on all cores. SEEDS says how many, SEED_FROM
 * the first, MINUTES for how long instead; SEED plays one and tells everything that happens in it.
 * The last line is `sim: N seeds, E events, F faults, V violations`; exits 0 only when V is 0.
 */
import { availableParallelism } from 'node:os'
import type { SeedResult } from '../test/simulation/play-story.ts'
import { parseOptions, seedAt, type SimOptions } from './sim/options.ts'
import { runJobs, type Outcome } from './sim/pool.ts'

/** Failing seeds that are shrunk; the others most likely tell of the same. */
const SHRUNK_MAX = 3

interface Totals {
  seeds: number
  events: number
  violations: number
  readonly faults: Map<string, number>
  readonly failing: number[]
}

const options = parseOptions(process.env)
if (typeof options === 'string') {
  process.stderr.write(`sim: ${options}\n`)
  process.exitCode = 2
} else {
  process.exitCode = (await simulate(options)) ? 0 : 1
}

async function simulate(sim: SimOptions): Promise<boolean> {
  const totals: Totals = { seeds: 0, events: 0, violations: 0, faults: new Map(), failing: [] }
  const startMs = performance.now()
  let started = 0
  const isOver = () =>
    started >= sim.count ||
    (sim.limitMs !== undefined && performance.now() - startMs >= sim.limitMs && started > 0)
  const kind = sim.isTraced ? 'trace' : 'play'
  const next = () => (isOver() ? undefined : ({ kind, seed: seedAt(sim, started++) } as const))
  const threads = Math.min(availableParallelism(), sim.count)
  await runJobs(threads, next, (outcome) => {
    note(totals, outcome, sim)
    showProgress(totals, sim)
  })
  clearProgress()
  await shrink(totals.failing.slice(0, SHRUNK_MAX))
  say(faultTable(totals))
  const faults = [...totals.faults.values()].reduce((sum, count) => sum + count, 0)
  const { seeds, events, violations } = totals
  say(`sim: ${seeds} seeds, ${events} events, ${faults} faults, ${violations} violations`)
  return violations === 0
}

function note(totals: Totals, outcome: Outcome, { isTraced }: SimOptions): void {
  if (outcome.kind === 'shrink') return
  totals.seeds++
  if (outcome.kind === 'lost') {
    totals.violations++
    return say(`seed ${outcome.job.seed}: ${outcome.why}\n${repeat(outcome.job.seed)}`)
  }
  const { result } = outcome
  totals.events += result.events
  totals.violations += result.violations.length
  for (const [name, count] of Object.entries(result.faults))
    totals.faults.set(name, (totals.faults.get(name) ?? 0) + count)
  if (result.violations.length > 0) totals.failing.push(result.seed)
  if (isTraced || result.violations.length > 0) tell(result)
}

function tell({ seed, violations, story }: SeedResult): void {
  clearProgress()
  say(`seed ${seed}:`)
  for (const line of story) say(`  ${line}`)
  for (const violation of violations) say(`  VIOLATION ${violation}`)
  say(`  ${repeat(seed)}`)
}

/** Prints each as the data that `test/simulation/regressions` keeps. */
async function shrink(seeds: number[]): Promise<void> {
  const jobs = seeds.map((seed) => ({ kind: 'shrink', seed }) as const)
  await runJobs(
    Math.min(availableParallelism(), jobs.length),
    () => jobs.shift(),
    (outcome) => {
      if (outcome.kind !== 'shrink') return
      const { story, violations } = outcome
      say(`seed ${story.seed} made shorter still fails: ${violations[0]}`)
      say(
        `keep it as test/simulation/regressions/NAME.json:\n${JSON.stringify(story, undefined, 2)}`,
      )
    },
  )
}

function repeat(seed: number): string {
  return `repeat it with: make sim SEED=${seed}`
}

function faultTable({ faults }: Totals): string {
  const rows = [...faults].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return rows.map(([name, count]) => `  ${String(count).padStart(7)} × ${name}`).join('\n')
}

function showProgress({ seeds, violations }: Totals, { count }: SimOptions): void {
  if (!process.stderr.isTTY) return
  const of = Number.isFinite(count) ? ` of ${count}` : ''
  process.stderr.write(`\r\u001b[K${seeds}${of} seeds, ${violations} violations`)
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
