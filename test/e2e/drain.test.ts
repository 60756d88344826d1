import { afterAll, beforeAll, expect, it } from 'vitest'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { MeshletStatusRecord } from '../../src/model/records.ts'
import { startRealCommune, webWorkload, type RealCommune } from '../support/real-commune.ts'
import type { RealMachine } from '../support/real-machine.ts'

/** Bobby's machine has more room, so that it is chosen whenever it takes work. */
const OWNERS = ['alice', 'bobby'] as const

/** It ends once both have bid; nobody is late because the computer is busy. */
const WINDOW = 'placement: { bidWindow: 60s }'
let commune: RealCommune
let bobbys: RealMachine

beforeAll(async () => {
  commune = await startRealCommune(OWNERS)
  await Promise.all(OWNERS.map((owner) => commune.link(owner)))
  await commune.start('alice', { cpuMilli: 200 })
  bobbys = await commune.start('bobby', { cpuMilli: 2_000, asProcess: true })
  await commune.until('both machines see each other', async () => {
    const { out } = await commune.commune('alice', 'get', 'members', '-o', 'json')
    const rows = JSON.parse(out) as readonly { readonly verdict: string }[]
    return rows.filter(({ verdict }) => verdict === 'yes').length === OWNERS.length
  })
  // Alice's takes no work until it runs on Bobby's.
  await commune.commune('alice', 'cordon', 'box')
  await commune.sync('alice', { site: webWorkload(commune, 'site', WINDOW) })
  await commune.running('alice', 'site', 1)
  await commune.commune('alice', 'uncordon', 'box')
})
afterAll(() => commune?.[Symbol.asyncDispose]())

async function places(): Promise<readonly string[]> {
  const seen = await commune.engine.containers('site')
  return seen
    .filter(({ state }) => state === 'running')
    .map(({ meshlet }) => commune.ownerOf(meshlet))
}

async function state(owner: string): Promise<string | undefined> {
  const status = await commune.record<MeshletStatusRecord>(
    `${owner}-mesh`,
    COLLECTION.meshletStatus,
    'self',
  )
  return status?.value.state
}

it('a drained machine is empty, and the work never stopped; the bidding opened anew brings it back', async () => {
  expect(await places()).toEqual(['bobby'])
  const watch = await commune.engine.watchRunning(commune.uri('alice', 'site'))

  const cordoned = await commune.commune('bobby', 'cordon', 'box', '--reason', 'new disk')
  expect(cordoned).toMatchObject({ code: 0, out: 'bobby.test/box is cordoned\n' })
  await commune.until('others see it', async () => {
    const { out } = await commune.commune('alice', 'get', 'meshlets')
    return /bobby\.test\/box +cordoned .*new disk/.test(out)
  })
  expect(await places()).toEqual(['bobby'])

  const drained = await commune.commune('bobby', 'drain', 'box', '--wait', '--timeout', '10m')
  expect(drained).toMatchObject({ code: 0, out: 'bobby.test/box is empty\n' })
  expect(drained.err).toContain('What runs moves away; what is not replaced in 10m is stopped.')
  expect(await places()).toEqual(['alice'])
  const explained = await commune.commune('alice', 'explain', 'site')
  expect(explained.out).toMatch(/bobby\.test\/box +refused +the machine is being drained/)

  // Only its owner may.
  const refused = await commune.commune('alice', 'uncordon', commune.did('bobby-mesh'))
  expect(refused).toMatchObject({ code: 1 })
  const uncordoned = await commune.commune('bobby', 'uncordon', 'box')
  expect(uncordoned).toMatchObject({ code: 0, out: 'bobby.test/box is active\n' })
  await commune.until('it says so', async () => (await state('bobby')) === 'active')
  expect(await places()).toEqual(['alice'])

  const moved = await commune.commune('alice', 'rebalance', 'site', '--wait', '--timeout', '2m')
  expect(moved).toMatchObject({
    code: 0,
    out: 'site: ran on alice.test/box, runs on bobby.test/box\n',
  })
  await commune.until('the old one is gone', async () => (await places()).length === 1)
  expect(await places()).toEqual(['bobby'])
  expect(await watch.stop()).toBe(1)
})

it('a machine that is shut down moves its work first, then its program ends with 0', async () => {
  const watch = await commune.engine.watchRunning(commune.uri('alice', 'site'))
  const done = await commune.commune('bobby', 'drain', 'box', '--shutdown', '--wait')
  expect(done).toMatchObject({ code: 0, out: 'bobby.test/box is empty\n' })
  expect(done.err).toContain('and then the program ends')
  expect(await bobbys.ended()).toBe(0)
  expect(await places()).toEqual(['alice'])
  expect(await state('bobby')).toBe('stopped')
  expect(await watch.stop()).toBe(1)
})
