import { randomBytes } from 'node:crypto'
import type { Did } from '../../src/model/records.ts'
import { invited } from '../../src/selection/invitation.ts'
import { select } from '../../src/selection/select.ts'
import { busyMs } from '../alternate.ts'
import { ASK_ALL, bidsOf, largeWorld, type LargeWorld } from '../large-world.ts'
import { atMost, resultOf, type Result } from '../result.ts'

const REPLICAS = 2
/** Changes of one sample. */
const CHANGES = 2_000
const SAMPLES = 15
const WARM_UP = 3

/** Invitation and choice of one workload when one of its bids has changed. */
export async function measure(): Promise<readonly Result[]> {
  const large = largeWorld({ workloads: 10_000, meshlets: 1_000 })
  const small = largeWorld({ workloads: 1_000, meshlets: 1_000 })
  const [inLarge, inSmall] = [changeIn(large), changeIn(small)]
  const taken = { large: [] as number[], small: [] as number[] }
  for (let sample = -WARM_UP; sample < SAMPLES; sample++) {
    const largeMs = busyMs(inLarge)
    const smallMs = busyMs(inSmall)
    if (sample < 0) continue
    taken.large.push((1_000 * largeMs) / CHANGES)
    taken.small.push((1_000 * smallMs) / CHANGES)
  }
  return [
    resultOf({
      id: 'select-one',
      name: 'Invitation and choice of one workload of 10,000 among 1,000 meshlets after a changed bid',
      unit: 'µs of CPU',
      samples: taken.large,
      baseline: { name: 'the same in a tenth of the workloads', samples: taken.small },
      targets: [atMost('value', 50), atMost('ratio', 1.25)],
      warm: 'Warm: the compiler, the set of candidates and the hashes of their DIDs.',
    }),
  ]
}

/** Each change is another bid of another workload, drawn at random. */
function changeIn(world: LargeWorld): () => void {
  const candidates = new Set<Did>(world.meshlets)
  const down: ReadonlySet<Did> = new Set()
  const bids = new Map(world.keys.map((key) => [key, bidsOf(world, key, REPLICAS)] as const))
  const drawn = randomBytes(4 * CHANGES)
  return () => {
    for (let change = 0; change < CHANGES; change++) {
      const placementKey = world.keys[drawn.readUInt32LE(4 * change) % world.keys.length] ?? ''
      const its = bids.get(placementKey) ?? []
      const [first] = its
      if (!first) throw new Error('a workload without a bid')
      its[0] = { ...first, value: { ...first.value, score: change % 1_000 } }
      invited({ placementKey, replicas: REPLICAS, candidates: world.meshlets, ...ASK_ALL })
      select({ placementKey, replicas: REPLICAS, bids: its, candidates, down })
    }
  }
}
