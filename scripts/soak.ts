/**
 * Floods a server and a log with what strangers can send, MINUTES long (1 when nothing is said), and
 * measures after each round what is still held when garbage was collected. The last line is
 * `soak: N rounds, heap F MiB to L MiB, S KiB a round`, the latter in the second half; exits 0 only when
 * the heap does not grow.
 */
import { collectGarbage } from '../test/soak/collect-garbage.ts'
import { floodServer, startFloodedServer } from '../test/soak/server-flood.ts'

/** Caches fill up and code is compiled in the first rounds. */
const WARM_ROUNDS = 5
const ROUNDS_MIN = 15
/** More than what a measurement varies by. */
const GROWTH_KIB_MAX = 32

const minutes = Number(process.env['MINUTES'] || 1)
if (!(minutes > 0 && minutes <= 10_080)) {
  process.stderr.write('soak: MINUTES: expected a number above 0, up to 10080\n')
  process.exitCode = 2
} else {
  process.exitCode = (await soak(minutes * 60_000)) ? 0 : 1
}

async function soak(limitMs: number): Promise<boolean> {
  await using server = await startFloodedServer()
  const startMs = performance.now()
  const heaps: number[] = []
  for (
    let round = 0;
    round < WARM_ROUNDS + ROUNDS_MIN || performance.now() - startMs < limitMs;
    round++
  ) {
    await floodServer(server)
    collectGarbage()
    if (round >= WARM_ROUNDS) heaps.push(process.memoryUsage().heapUsed / 1024)
  }
  // Pools and compiled code go on filling up for some rounds more.
  const slope = slopeOf(heaps.slice(Math.floor(heaps.length / 2)))
  const mib = (kib = 0) => (kib / 1024).toFixed(1)
  process.stdout.write(
    `soak: ${heaps.length} rounds, heap ${mib(heaps[0])} MiB to ${mib(heaps.at(-1))} MiB, ${slope.toFixed(1)} KiB a round\n`,
  )
  return slope <= GROWTH_KIB_MAX
}

/** Of the line with the least squares of distances, a step. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const over = values.reduce((sum, value, i) => sum + (i - middle) * (value - mean), 0)
  return over / values.reduce((sum, _, i) => sum + (i - middle) ** 2, 0)
}
