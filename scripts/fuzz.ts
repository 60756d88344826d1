/**
 * Lets what strangers could write into every surface: five minutes long, or MINUTES; ONLY takes the
 * surfaces with a part of their name, SEED repeats one batch of each, SEED_FROM says where seeds begin,
 * THREADS on how many cores. The last line is `fuzz: N inputs on M surfaces, F findings`; exits 0 only
 * when F is 0.
 */
import { randomInt } from 'node:crypto'
import { SURFACES } from '../test/fuzz/all-surfaces.ts'
import { isolate } from './fuzz/isolate.ts'
import { parseOptions, SEED_MAX, type FuzzOptions } from './fuzz/options.ts'
import { Trial } from './fuzz/trial.ts'

/** Inputs of a seed, and how long they may take at most. */
const BATCH = { inputs: 200, msMax: 4_000 }
/** After so many different findings a surface is left alone. */
const FINDINGS_MAX = 3
/** An input that is printed; longer ones are repeated by their seed. */
const INPUT_CHARACTERS_MAX = 4_000

interface Totals {
  inputs: number
  readonly bySurface: Map<string, number>
  /** What is said of each, so that the same is said once. */
  readonly findings: Map<string, Set<string>>
}

const options = parseOptions(process.env, randomInt(SEED_MAX))
if (typeof options === 'string') {
  process.stderr.write(`fuzz: ${options}\n`)
  process.exitCode = 2
} else {
  process.exitCode = (await fuzz(options)) ? 0 : 1
}

async function fuzz(options: FuzzOptions): Promise<boolean> {
  const names = SURFACES.map(({ name }) => name).filter((name) => name.includes(options.only))
  if (names.length === 0) {
    say(`fuzz: no surface has ${options.only} in its name`)
    return false
  }
  say(`fuzz: seeds from ${options.from}`)
  const totals: Totals = { inputs: 0, bySurface: new Map(), findings: new Map() }
  const startMs = performance.now()
  let begun = 0
  const next = () => {
    const isOver = performance.now() - startMs >= options.limitMs
    const round = Math.floor(begun / names.length)
    if (round > 0 && (isOver || options.isOnce)) return undefined
    const surface = names[begun++ % names.length] ?? ''
    return { surface, seed: (options.from + round) % (SEED_MAX + 1) }
  }
  await Promise.all(Array.from({ length: options.threads }, () => work(next, totals)))
  clearProgress()
  return tellTotals(totals)
}

type Next = () => { readonly surface: string; readonly seed: number } | undefined

async function work(next: Next, totals: Totals): Promise<void> {
  await using trial = new Trial()
  for (let batch = next(); batch; batch = next()) {
    const { surface, seed } = batch
    if ((totals.findings.get(surface)?.size ?? 0) >= FINDINGS_MAX) continue
    const outcome = await trial.run({ kind: 'batch', surface, seed, ...BATCH })
    if (outcome.kind === 'fed') continue
    totals.inputs += outcome.inputs
    totals.bySurface.set(surface, (totals.bySurface.get(surface) ?? 0) + outcome.inputs)
    showProgress(totals)
    if (outcome.kind === 'played') {
      if (outcome.failure !== undefined) tell(surface, seed, outcome.failure, totals)
      continue
    }
    // Inputs that can't even be made end the thread as well.
    const found = await isolate(surface, seed, BATCH.inputs).catch(() => undefined)
    const nowhere = { message: `${outcome.why}\nby no input alone`, input: 'null' }
    tell(surface, seed, found ?? nowhere, totals)
  }
}

function tell(
  surface: string,
  seed: number,
  { message, input }: { readonly message: string; readonly input: string },
  totals: Totals,
): void {
  const known = totals.findings.get(surface) ?? new Set<string>()
  totals.findings.set(surface, known)
  const kind = kindOf(message)
  if (known.has(kind)) return
  known.add(kind)
  clearProgress()
  say(`FINDING on ${surface}, seed ${seed}:\n  ${message.replaceAll('\n', '\n  ')}`)
  say(`  repeat it with: make fuzz ONLY=${surface} SEED=${seed}`)
  if (input.length > INPUT_CHARACTERS_MAX) return say(`  its input has ${input.length} characters`)
  say(`  keep it as test/fuzz/regressions/NAME.json:\n{"surface":"${surface}","input":${input}}`)
}

/** The same fault says other numbers and names of other inputs; the place in our code is the same. */
function kindOf(message: string): string {
  const place = /\((?:file:\/\/)?[^()]*\/(?:src|test)\/[^()]*\)/.exec(message)?.[0] ?? ''
  const [first = ''] = message.split('\n', 1)
  return place === '' ? first.replaceAll(/\d+/g, '0').slice(0, 80) : place
}

function tellTotals({ inputs, bySurface, findings }: Totals): boolean {
  for (const [surface, count] of [...bySurface].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    say(`  ${String(count).padStart(8)} × ${surface}`)
  const found = [...findings.values()].reduce((sum, { size }) => sum + size, 0)
  say(`fuzz: ${inputs} inputs on ${bySurface.size} surfaces, ${found} findings`)
  return found === 0
}

function showProgress({ inputs, findings }: Totals): void {
  if (!process.stderr.isTTY) return
  const found = [...findings.values()].reduce((sum, { size }) => sum + size, 0)
  process.stderr.write(`\r\u001b[K${inputs} inputs, ${found} findings`)
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
