import { alternate } from '../alternate.ts'
import { withOwnEngine } from '../own-folder.ts'
import { startBySwarm } from '../own-engine.ts'
import { atMost, resultOf, type Result } from '../result.ts'
import { openSmallCommune, smallWorkload, type SmallCommune } from '../small-commune.ts'

const OWNERS = ['alice', 'bob', 'carol']
/** Nothing listens there: neither hints nor heartbeats arrive. */
const NOWHERE = 'http://127.0.0.1:9'

/** From the commit of the workload to its container, three machines of three owners. */
export async function measure(folder: string): Promise<readonly Result[]> {
  return withOwnEngine(folder, async (engine) => {
    await using hinted = await openSmallCommune({ owners: OWNERS, engine })
    await using unhinted = await openSmallCommune({
      owners: OWNERS,
      engine,
      flags: [`--endpoint=${NOWHERE}`],
    })
    let count = 0
    const publishIn = async (commune: SmallCommune) => {
      const name = `new${count++}`
      const story = await commune.publish(name, smallWorkload(name, engine.image), 1)
      await commune.clear()
      return story.runningMs - story.publishedMs
    }
    const taken = await alternate(
      {
        hinted: () => publishIn(hinted),
        unhinted: () => publishIn(unhinted),
        swarm: () => startBySwarm(engine, { count: 1 }),
      },
      { runs: 3, warmUp: 1 },
    )
    const baseline = { name: 'a Swarm service by its API, one node', samples: taken.swarm }
    const common = { unit: 'ms', baseline, warm: WARM }
    return [
      resultOf({
        ...common,
        id: 'publish-to-running',
        name: 'From the commit of `commune sync` to a running container, three meshlets',
        samples: taken.hinted,
        targets: [atMost('ratio', 1)],
      }),
      resultOf({
        ...common,
        id: 'publish-to-running/no-hints',
        name: 'The same where neither hints nor heartbeats arrive',
        samples: taken.unhinted,
      }),
    ]
  })
}

const WARM =
  'Warm: the image, the engine, the meshlets. All six meshlets, two PDSes and the engine share this machine.'
