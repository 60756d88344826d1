import { COLLECTION } from '../../src/model/nsid.ts'
import { threeOwners, type VirtualCommune } from '../../test/support/virtual-commune.ts'
import { atMost, resultOf, type Result } from '../result.ts'

const SEEDS = [1, 2, 3]
const DAY_MS = 24 * 60 * 60_000
const WARM =
  'Counted in virtual time on the real meshlets, three machines of three owners, without faults.'

/** Records written, by all machines together but for the idle day. */
export async function measure(): Promise<readonly Result[]> {
  const results: Result[] = []
  for (const replicas of [1, 3]) {
    const samples = await each(async (world) => placing(world, replicas))
    results.push(
      resultOf({
        id: replicas === 1 ? 'writes' : `writes/${replicas}-replicas`,
        name: `Records for placing ${replicas}: bids and statuses`,
        unit: 'records',
        samples,
        baseline: { name: 'one claim a replica', samples: [replicas] },
        targets: [atMost('value', replicas + 3)],
        warm: WARM,
      }),
    )
  }
  results.push(
    resultOf({
      id: 'writes/life',
      name: 'Records for one replica from its publishing over a new image to its deletion',
      unit: 'records',
      samples: await each(life),
      warm: WARM,
    }),
    resultOf({
      id: 'writes/idle-day',
      name: 'Records of one machine in a day in which nothing happens',
      unit: 'records',
      samples: await each(idleDay, [1]),
      targets: [atMost('value', 120)],
      warm: WARM,
    }),
  )
  return results
}

async function each(
  count: (world: VirtualCommune) => Promise<number>,
  seeds: readonly number[] = SEEDS,
): Promise<number[]> {
  const counts: number[] = []
  for (const seed of seeds) {
    const world = await threeOwners({ seed, liveness: 'patient' }).start()
    // Something runs on each of them before: the first also changes the room that they publish.
    world.owner('alice').publish('first', { everywhere: true })
    await world.settle()
    counts.push(await count(world))
  }
  return counts
}

/** What machines write until all is quiet. */
async function writesOf(world: VirtualCommune, act: () => void): Promise<number> {
  const from = world.trace.entries.length
  act()
  await world.settle()
  const written = world.trace.writes(undefined, from)
  return written.filter(({ collection }) => collection !== COLLECTION.workload).length
}

function placing(world: VirtualCommune, replicas: number): Promise<number> {
  return writesOf(world, () => world.owner('alice').publish('web', { replicas }))
}

async function life(world: VirtualCommune): Promise<number> {
  const image = `registry.example/app@sha256:${'1'.repeat(64)}`
  return (
    (await placing(world, 1)) +
    (await writesOf(world, () => world.owner('alice').edit('web', { image }))) +
    (await writesOf(world, () => world.owner('alice').remove('web')))
  )
}

async function idleDay(world: VirtualCommune): Promise<number> {
  const from = world.trace.entries.length
  await world.advance(DAY_MS)
  const counts = [...world.machines.values()].map(({ did }) => world.trace.writes(did, from).length)
  return Math.max(...counts)
}
