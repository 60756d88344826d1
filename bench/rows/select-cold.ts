import type { Did } from '../../src/model/records.ts'
import { invited } from '../../src/selection/invitation.ts'
import { hash64, mix } from '../../src/selection/mix.ts'
import { select } from '../../src/selection/select.ts'
import { alternate, busyMs } from '../alternate.ts'
import { atMost, median, resultOf, type Result } from '../result.ts'
import { ASK_ALL, bidsOf, largeWorld, type LargeWorld } from '../large-world.ts'

const REPLICAS = 2

/** Who is asked and who is chosen, for every workload of a large world, with nothing remembered. */
export async function measure(): Promise<readonly Result[]> {
  const world = largeWorld({ workloads: 10_000, meshlets: 1_000 })
  const bids = world.keys.map((key) => bidsOf(world, key, REPLICAS))
  const taken = await alternate(
    {
      selection: () => busyMs(() => selectAll(world, bids)),
      loop: () => busyMs(() => hashAndSort(world)),
    },
    { runs: 9, warmUp: 2 },
  )
  return [
    resultOf({
      id: 'select-cold',
      name: 'Invitation and choice of 10,000 workloads among 1,000 meshlets, from nothing',
      unit: 'ms of CPU',
      samples: taken.selection,
      baseline: { name: 'hash all pairs, keep the first of each', samples: taken.loop },
      targets: [atMost('value', 100), atMost('ratio', 3)],
      whenNotMet: `the loop beside it, which mixes every pair and does nothing else, takes ${Math.round(median(taken.loop))} ms.`,
      warm: 'Warm: the compiler, and the records in memory; nothing of the choice.',
    }),
  ]
}

function selectAll(world: LargeWorld, bids: readonly ReturnType<typeof bidsOf>[]): void {
  const candidates = new Set<Did>(world.meshlets)
  const down: ReadonlySet<Did> = new Set()
  for (const [index, placementKey] of world.keys.entries()) {
    invited({
      placementKey,
      replicas: REPLICAS,
      candidates: world.meshlets,
      ...ASK_ALL,
    })
    select({
      placementKey,
      replicas: REPLICAS,
      bids: bids[index] ?? [],
      candidates,
      down,
    })
  }
}

/** The least that ranking takes: one hash a pair, and the first few in order. */
function hashAndSort({ keys, meshlets }: LargeWorld): void {
  const dids = meshlets.map((did) => hash64(did))
  const wanted = REPLICAS + 2
  for (const key of keys) {
    const keyHash = hash64(key)
    const best: number[] = []
    let limit = Number.POSITIVE_INFINITY
    for (const did of dids) {
      const value = mix(keyHash, did)
      if (value >= limit) continue
      best.push(value)
      if (best.length <= wanted) continue
      best.sort((a, b) => a - b)
      best.pop()
      limit = best.at(-1) ?? limit
    }
  }
}
