import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildImage } from '../../src/dev/stand-in.ts'
import {
  startMachines,
  startRealCommune,
  webWorkload,
  type RealCommune,
} from '../support/real-commune.ts'
import type { SeenContainer } from '../support/real-engine.ts'

const OWNERS = ['alice', 'bobby', 'carol'] as const
let commune: RealCommune

beforeAll(async () => {
  commune = await startRealCommune(OWNERS)
  await startMachines(commune, OWNERS)
  await commune.sync('alice', { site: site(2), beside: webWorkload(commune, 'beside') })
  await commune.running('alice', 'site', 2)
  await commune.running('alice', 'beside', 1)
})
afterAll(() => commune?.[Symbol.asyncDispose]())

function site(replicas: number, more = ''): string {
  return webWorkload(commune, 'site', `replicas: ${replicas}\n${more}`)
}

const ids = (containers: readonly SeenContainer[]) => containers.map(({ id }) => id).toSorted()
const machines = (containers: readonly SeenContainer[]) =>
  containers.map(({ meshlet }) => meshlet).toSorted()

/** Publishes a change of the container and waits until every replica has it. */
async function roll(yaml: string, count: number): Promise<readonly SeenContainer[]> {
  const before = new Set((await commune.running('alice', 'site', count)).map(({ spec }) => spec))
  await commune.sync('alice', { site: yaml })
  return commune.until('all replicas are of the new revision', async () => {
    const after = await commune.running('alice', 'site', count)
    return after.every(({ spec }) => !before.has(spec)) && after
  })
}

it('rolls a changed environment out in place, one machine after the other', async () => {
  const before = await commune.running('alice', 'site', 2)
  const watch = await commune.engine.watchRunning(commune.uri('alice', 'site'))
  const after = await roll(site(2, 'env: { GREETING: again }'), 2)
  expect(machines(after)).toEqual(machines(before))
  expect(new Set(after.map(({ spec }) => spec)).size).toBe(1)
  const [first, second] = after.toSorted((a, b) => a.startedAtMs - b.startedAtMs)
  expect(Date.parse(second?.inspected.Created ?? '')).toBeGreaterThan(
    first?.startedAtMs ?? Infinity,
  )
  expect(await watch.stop()).toBe(2)
})

it('rolls a new image out', async () => {
  const entrypoint = ['/bin/sh', '-c', 'echo two; exec sleep 3600']
  commune.registry.add('web', await buildImage({ entrypoint }), '2')
  const before = await commune.running('alice', 'site', 2)
  const after = await roll(site(2).replace('web:1', 'web:2'), 2)
  expect(machines(after)).toEqual(machines(before))
  expect(after[0]?.inspected.Image).not.toBe(before[0]?.inspected.Image)
})

it('changes limits by a new bidding that leaves the work where it is', async () => {
  const before = await commune.running('alice', 'site', 2)
  const after = await roll(site(2).replace('16Mi', '24Mi'), 2)
  expect(machines(after)).toEqual(machines(before))
  expect(after.map(({ inspected }) => inspected.HostConfig.Memory)).toEqual(
    [24, 24].map((mi) => mi * 1024 ** 2),
  )
})

it('scales up and down without touching the others', async () => {
  const memory = (yaml: string) => yaml.replace('16Mi', '24Mi')
  const two = ids(await commune.running('alice', 'site', 2))
  await commune.sync('alice', { site: memory(site(3)) })
  const three = ids(await commune.running('alice', 'site', 3))
  expect(three).toEqual(expect.arrayContaining(two))
  await commune.sync('alice', { site: memory(site(1)) })
  const one = ids(await commune.running('alice', 'site', 1))
  expect(three).toEqual(expect.arrayContaining(one))
  await commune.sync('alice', { site: memory(site(0)) })
  await commune.until(
    'nothing of it runs',
    async () => (await commune.engine.containers('site')).length === 0,
  )
  await commune.sync('alice', { site: memory(site(2)) })
  await commune.running('alice', 'site', 2)
})

it('leaves nothing of a deleted workload: no container, network, bid or status', async () => {
  const beside = ids(await commune.running('alice', 'beside', 1))
  await commune.sync('alice', { site: undefined })
  await commune.until('everything of it is gone', async () => {
    if ((await commune.engine.containers('site')).length > 0) return false
    if ((await commune.engine.networks('site')).length > 0) return false
    for (const owner of OWNERS) {
      if (await commune.bid(`${owner}-mesh`, 'alice', 'site')) return false
      if (await commune.status(`${owner}-mesh`, 'alice', 'site')) return false
    }
    return true
  })
  expect(ids(await commune.running('alice', 'beside', 1))).toEqual(beside)
})
