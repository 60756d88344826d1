import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Container } from 'dockerode'
import { LABEL } from '../../src/model/nsid.ts'
import {
  startMachines,
  startRealCommune,
  webWorkload,
  type RealCommune,
} from '../support/real-commune.ts'
import type { SeenContainer } from '../support/real-engine.ts'

const OWNERS = ['alice', 'bobby', 'carol'] as const

/** What a careless hand does, by the name of the workload that it is done to. */
const FAULTS: Readonly<Record<string, (container: Container) => Promise<unknown>>> = {
  stopped: (container) => container.stop({ t: 0 }),
  killed: (container) => container.kill(),
  removed: (container) => container.remove({ force: true }),
  renamed: (container) =>
    container.rename({ name: `commune-renamed-${container.id.slice(0, 12)}` }),
  memory: (container) => container.update({ Memory: 64 * 1024 ** 2, MemorySwap: 64 * 1024 ** 2 }),
  cpu: (container) => container.update({ NanoCpus: 900_000_000 }),
  paused: (container) => container.pause(),
}

let commune: RealCommune
let steady: readonly SeenContainer[]

beforeAll(async () => {
  commune = await startRealCommune(OWNERS)
  await startMachines(commune, OWNERS)
  const names = ['steady', 'cut-off', ...Object.keys(FAULTS)]
  await commune.sync(
    'alice',
    Object.fromEntries(names.map((name) => [name, webWorkload(commune, name)])),
  )
  for (const name of names) await commune.running('alice', name, 1)
  steady = await commune.running('alice', 'steady', 1)
})
afterAll(() => commune?.[Symbol.asyncDispose]())

/** What can be told apart from outside: how it is named and limited, and that it runs. */
const likeness = ({ name, meshlet, state, inspected }: SeenContainer) => ({
  name,
  meshlet,
  state,
  memory: inspected.HostConfig.Memory,
  nanoCpus: inspected.HostConfig.NanoCpus,
})

it.each(Object.keys(FAULTS))('mends what a careless hand did: %s', async (fault) => {
  const before = await commune.running('alice', fault, 1)
  const [victim] = before
  await FAULTS[fault]?.(commune.engine.hand(victim))
  await commune.until('it is as it was, on the same machine', async () => {
    const after = await commune.engine.containers(fault)
    const isTouched = after.some(
      ({ id, startedAt }) => id !== victim?.id || startedAt !== victim.startedAt,
    )
    return isTouched && JSON.stringify(after.map(likeness)) === JSON.stringify(before.map(likeness))
  })
})

it('brings a network back that was removed together with its container', async () => {
  const [victim] = await commune.running('alice', 'cut-off', 1)
  const [network] = await commune.engine.networks('cut-off')
  await commune.engine.hand(victim).remove({ force: true })
  // The meshlet may be quicker and have a new container in it: then that has to go first.
  await commune.until('the network is gone or made anew', async () => {
    const [now] = await commune.engine.networks('cut-off')
    if (now?.Id !== network?.Id) return true
    for (const { id } of await commune.engine.containers('cut-off'))
      await commune.engine.docker
        .getContainer(id)
        .remove({ force: true })
        .catch(() => undefined)
    await commune.engine.docker
      .getNetwork(network?.Id ?? '')
      .remove()
      .catch(() => undefined)
    return false
  })
  await commune.running('alice', 'cut-off', 1)
  expect(await commune.engine.networks('cut-off')).toHaveLength(1)
})

it('removes containers that carry its labels without being its own', async () => {
  const did = commune.did('alice-mesh')
  const image = steady[0]?.inspected.Image ?? ''
  const strangers = {
    'of a workload that nobody published': { [LABEL.workload]: commune.uri('alice', 'never') },
    'of a workload that runs': {
      [LABEL.workload]: commune.uri('alice', 'steady'),
      [LABEL.replica]: '7',
    },
    'of no workload at all': { [LABEL.workload]: 'nonsense' },
    'without a workload': {},
  }
  const made: string[] = []
  for (const labels of Object.values(strangers)) {
    const container = await commune.engine.docker.createContainer({
      Image: image,
      Labels: { [LABEL.meshletDid]: did, ...labels },
      // With it they end at once when they are told to.
      HostConfig: { Init: true },
    })
    await container.start()
    made.push(container.id)
  }
  await commune.until('the strangers are gone', async () => {
    const left = (await commune.engine.containers()).filter(({ id }) => made.includes(id))
    return left.length === 0
  })
})

it('has not touched what nobody disturbed', async () => {
  const after = await commune.running('alice', 'steady', 1)
  expect(after.map(({ id, startedAt }) => [id, startedAt])).toEqual(
    steady.map(({ id, startedAt }) => [id, startedAt]),
  )
})
