import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  startMachines,
  startRealCommune,
  webWorkload,
  type RealCommune,
} from '../support/real-commune.ts'

const OWNERS = ['alice', 'bobby', 'carol'] as const
/** Nothing listens there: neither hints nor heartbeats arrive. */
const NOWHERE = 'http://127.0.0.1:9'
let commune: RealCommune

beforeAll(async () => {
  commune = await startRealCommune(OWNERS)
  await startMachines(commune, OWNERS, { endpoint: NOWHERE })
})
afterAll(() => commune?.[Symbol.asyncDispose]())

it('does everything without hints and heartbeats, only slower', async () => {
  const began = performance.now()
  await commune.sync('alice', {
    site: webWorkload(commune, 'site', 'replicas: 2'),
    beside: webWorkload(commune, 'beside', 'replicas: 0'),
  })
  const two = await commune.running('alice', 'site', 2)
  console.log(
    `without hints two replicas ran ${Math.round(performance.now() - began)} ms after sync began`,
  )
  await commune.sync('alice', { site: webWorkload(commune, 'site', 'replicas: 3') })
  const three = await commune.running('alice', 'site', 3)
  expect(three.map(({ id }) => id)).toEqual(expect.arrayContaining(two.map(({ id }) => id)))
  await commune.engine.hand(two[0]).kill()
  await commune.until('it is repaired', async () => {
    const seen = await commune.running('alice', 'site', 3)
    return seen.some(({ id, startedAt }) => id === two[0]?.id && startedAt !== two[0].startedAt)
  })
  await commune.sync('alice', { site: undefined })
  await commune.until('it is gone', async () => (await commune.engine.containers()).length === 0)
})
