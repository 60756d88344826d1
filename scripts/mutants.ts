/**
 * Changes the production code in one place after the other, and simulates communes that run it until
 * a rule is broken. SEEDS says on how many seeds each is tried at most, ONLY which mutants, by a part
 * of their name. The same plays are then done with the code as it is: a kill counts only when that
 * breaks no rule. The last line is `mutants: K of M killed`; exits 0 only when K is M.
 */
import { availableParallelism } from 'node:os'
import { readFileSync } from 'node:fs'
import { MUTANTS } from '../test/simulation/mutants/mutant-table.ts'
import { mutate, type Mutant } from '../test/simulation/mutants/mutant.ts'
import { nameOf, playsOf, type Play } from './mutants/plays.ts'
import { Trial, type Outcome } from './mutants/trial.ts'

/** How a mutant fared. */
interface Fate {
  readonly mutant: Mutant
  readonly tried: readonly Play[]
  /** What happened at the last play. */
  readonly outcome: Outcome
}

const SEEDS = 60

const seeds = Number(process.env['SEEDS'] || SEEDS)
const only = process.env['ONLY'] ?? ''
if (!Number.isInteger(seeds) || seeds < 1 || seeds > 10_000) {
  process.stderr.write('mutants: SEEDS: expected a whole number from 1 to 10000\n')
  process.exitCode = 2
} else {
  process.exitCode = (await run(MUTANTS.filter(({ name }) => name.includes(only)))) ? 0 : 1
}

async function run(mutants: readonly Mutant[]): Promise<boolean> {
  // One that can't be made would pass for a crash.
  for (const mutant of mutants)
    mutate(mutant, readFileSync(new URL(`../${mutant.file}`, import.meta.url), 'utf8'))
  const fates = await sideBySide(mutants, async (mutant) => {
    const fate = await tryOut(mutant)
    say(describe(fate))
    return fate
  })
  const faults = await control(fates.flatMap(({ tried }) => tried))
  for (const [play, what] of faults) say(`WITHOUT ANY MUTANT ${play}: ${what}`)
  const isKilled = ({ tried, outcome }: Fate) =>
    outcome.kind !== 'fine' && !faults.has(nameOf(tried.at(-1) as Play))
  const survivors = fates.filter((fate) => !isKilled(fate))
  for (const { mutant, tried } of survivors)
    say(`SURVIVES: ${mutant.name} (${mutant.file}), tried on ${tried.length} plays`)
  say(`mutants: ${fates.length - survivors.length} of ${fates.length} killed`)
  return survivors.length === 0 && faults.size === 0
}

async function tryOut(mutant: Mutant): Promise<Fate> {
  await using trial = new Trial(mutant)
  const tried: Play[] = []
  let outcome: Outcome = { kind: 'fine' }
  for (const play of playsOf(mutant, seeds)) {
    tried.push(play)
    outcome = await trial.play(play)
    if (outcome.kind !== 'fine') break
  }
  return { mutant, tried, outcome }
}

/** What the code as it is does wrong in these plays, by the play. */
async function control(plays: readonly Play[]): Promise<ReadonlyMap<string, string>> {
  const distinct = [...new Map(plays.map((play) => [nameOf(play), play])).values()]
  const faults = new Map<string, string>()
  const threads = availableParallelism()
  const shares = Array.from({ length: threads }, (_, i) =>
    distinct.filter((_, index) => index % threads === i),
  )
  await sideBySide(shares, async (share) => {
    let trial = new Trial(undefined)
    for (const play of share) {
      const outcome = await trial.play(play)
      if (outcome.kind === 'fine') continue
      faults.set(nameOf(play), outcome.what)
      await trial[Symbol.asyncDispose]()
      trial = new Trial(undefined)
    }
    await trial[Symbol.asyncDispose]()
  })
  say(`without any mutant: ${distinct.length} plays, ${faults.size} of them break a rule`)
  return faults
}

/** As many at a time as there are cores; the results in the order of the items. */
async function sideBySide<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const left = [...items.entries()]
  const workers = Array.from({ length: availableParallelism() }, async () => {
    for (let next = left.shift(); next; next = left.shift()) results[next[0]] = await work(next[1])
  })
  await Promise.all(workers)
  return results
}

function describe({ mutant, tried, outcome }: Fate): string {
  if (outcome.kind === 'fine') return `survives ${tried.length} plays: ${mutant.name}`
  const how = outcome.kind === 'violation' ? '' : `${outcome.kind}: `
  const where = nameOf(tried.at(-1) as Play)
  return `killed after ${tried.length}, at ${where}: ${mutant.name} (${how}${outcome.what})`
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
