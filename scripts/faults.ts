/**
 * Several machines on this one, and everything that goes wrong with them: RUNS times in a row. Prints a
 * table (figures as JSON with JSON=1) and at last `faults: N runs, V failures`; exit 0 only when V is
 * 0.
 */
import { formatTable, summarise, type Result } from '../test/hosts/figures.ts'
import { RESULTS, startRound } from '../test/hosts/start-round.ts'

/** An outage that people notice. */
const PDS_AWAY_MS = 60_000

const runs = Number(process.env['RUNS'] || '1')
const asJson = process.env['JSON'] === '1'
const say = (text: string) => process.stderr.write(text)
const stopped = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => stopped.abort(new Error('interrupted')))

if (!Number.isInteger(runs) || runs < 1) {
  say(`faults: RUNS=${process.env['RUNS']} is no number of runs\n`)
  process.exitCode = 2
} else process.exitCode = await main()

async function main(): Promise<number> {
  const results: Result[] = []
  let failures = 0
  let done = 0
  while (done < runs && !stopped.signal.aborted) {
    const ofRun = await runOnce(done + 1)
    if (stopped.signal.aborted) break
    done += 1
    results.push(...ofRun)
    if (ofRun.some(({ violation }) => violation !== undefined)) failures += 1
  }
  if (asJson)
    process.stdout.write(
      `${JSON.stringify({ runs: done, failures, faults: summarise(results), results })}\n`,
    )
  else process.stdout.write(`\nmedian / worst\n${formatTable(results)}\n`)
  process.stdout.write(`faults: ${done} runs, ${failures} failures\n`)
  if (stopped.signal.aborted) return 130
  return failures === 0 ? 0 : 1
}

async function runOnce(run: number): Promise<readonly Result[]> {
  const results: Result[] = []
  try {
    await using round = await startRound({ pdsAwayMs: PDS_AWAY_MS })
    // The signal may have come while it was starting.
    stopped.signal.throwIfAborted()
    const onStop = () => void round[Symbol.asyncDispose]()
    stopped.signal.addEventListener('abort', onStop, { once: true })
    for (const fault of RESULTS) {
      const result = await round.result(fault)
      results.push(result)
      say(`faults: run ${run}: ${fault}: ${result.violation ?? 'ok'}\n`)
    }
    stopped.signal.removeEventListener('abort', onStop)
  } catch (error) {
    if (stopped.signal.aborted) return results
    const violation = error instanceof Error ? error.message : String(error)
    say(`faults: run ${run}: ${violation}\n`)
    results.push({ fault: 'the round itself', violation })
  }
  return results
}
