import { expect, test } from 'vitest'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { WorkloadRecord } from '../../src/model/records.ts'
import { RandomWorld } from './random-world.ts'
import type { VirtualCommune } from '../support/virtual-commune.ts'

const SEEDS = 100
const STEPS = 8
/** Longer than the longest pause between two tries, five minutes. */
const PEACE_MS = 310_000
const NO_ROOM = ['no-cpu', 'no-memory', 'no-storage']

test.each(chunksOf(SEEDS, 10))(
  'random worlds %i to %i come to rest as they should',
  async (first, last) => {
    for (let seed = first; seed <= last; seed++) {
      const story = new RandomWorld(seed)
      try {
        await story.play(STEPS)
        await story.world.settle()
        expectRight(story.world)
        await expectPeace(story.world)
      } catch (error) {
        throw new Error(`seed ${seed}:\n${story.story.join('\n')}`, { cause: error })
      }
    }
  },
)

test('the same seed gives the same run', async () => {
  const traces = []
  for (let run = 0; run < 2; run++) {
    const story = new RandomWorld(42)
    await story.play(STEPS)
    traces.push(story.world.trace.lastLines(Infinity))
  }
  expect(traces[0]?.length).toBeGreaterThan(50)
  expect(traces[1]).toEqual(traces[0])
})

/** Every workload is at its count, or every machine that could run more of it says why not. */
function expectRight(world: VirtualCommune): void {
  const wanted = [...world.machines.values()].map(({ config }) => config.ownerDid)
  const names = new Set<string>()
  for (const owner of new Set(wanted))
    for (const { value } of world.repos.list<WorkloadRecord>(owner, COLLECTION.workload)) {
      names.add(value.name)
      expectCount(world, owner.slice('did:plc:'.length), value)
    }
  for (const { machine, workload } of world.containers())
    expect(names, `${machine} runs ${workload}`).toContain(workload)
  for (const { name, engine } of world.machines.values())
    expect(engine.containers.filter(({ running }) => !running).length, name).toBe(0)
}

function expectCount(
  world: VirtualCommune,
  owner: string,
  { name, replicas = 1 }: WorkloadRecord,
): void {
  const running = world.containers(name).length
  expect(running, `${name}: too many`).toBeLessThanOrEqual(replicas)
  const places = new Set(world.placesOf(name))
  for (const place of places)
    expect(world.bid(place, owner, name)?.slots, `${place} runs ${name}`).toBeGreaterThan(0)
  if (running === replicas) return
  for (const machine of world.machines.keys()) {
    const bid = world.bid(machine, owner, name)
    // Who offered all that fits has no room for more either.
    if (!places.has(machine)) expect(NO_ROOM, `${machine}, ${name}`).toContain(bid?.reason)
  }
}

/** At rest nothing is written but the refreshed status, and nothing is done. */
async function expectPeace(world: VirtualCommune): Promise<void> {
  const from = world.trace.entries.length
  await world.advance(PEACE_MS)
  const unrest = world.trace.entries
    .slice(from)
    .filter((entry) => entry.kind === 'action' || entry.collection !== COLLECTION.meshletStatus)
  expect(unrest).toEqual([])
}

function chunksOf(count: number, size: number): (readonly [number, number])[] {
  return Array.from({ length: count / size }, (_, i) => [i * size + 1, (i + 1) * size])
}
