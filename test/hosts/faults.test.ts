import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { formatTable, type Result } from './figures.ts'
import { RESULTS, startRound, type Round } from './start-round.ts'

/** Longer than the time after which a silent machine is replaced; the long one is `make faults`. */
const PDS_AWAY_MS = 10_000
vi.setConfig({ testTimeout: 480_000 })
let round: Round
const results: Result[] = []

beforeAll(async () => {
  round = await startRound({ pdsAwayMs: PDS_AWAY_MS })
})
afterAll(async () => {
  await round?.[Symbol.asyncDispose]()
  console.log(`median / worst of one round\n${formatTable(results)}`)
})

it.each(RESULTS)('%s', async (fault) => {
  const result = await round.result(fault)
  results.push(result)
  expect(result.violation).toBeUndefined()
})
