import { alternate } from '../alternate.ts'
import { withOwnEngine } from '../own-folder.ts'
import { startBySwarm } from '../own-engine.ts'
import { atMost, median, resultOf, type Result } from '../result.ts'
import { startByDriver } from '../start-by-driver.ts'
import { openSmallCommune, smallWorkload, type SmallCommuneOptions } from '../small-commune.ts'

const OWNERS = ['alice', 'bob', 'carol']
/** Nothing listens there: neither hints nor heartbeats arrive. */
const NOWHERE = 'http://127.0.0.1:9'

/** From the commit of the workload to its container, three machines of three owners. */
export async function measure(folder: string): Promise<readonly Result[]> {
  return withOwnEngine(folder, async (engine) => {
    const swarm = () => startBySwarm(engine, { count: 1 })
    const taken = await inCommune({ owners: OWNERS, engine }, (publish) =>
      alternate(
        { hinted: publish, swarm, driver: () => startByDriver(engine, { count: 1 }) },
        { runs: 7, warmUp: 3 },
      ),
    )
    const flags = [`--endpoint=${NOWHERE}`]
    const { unhinted } = await inCommune({ owners: OWNERS, engine, flags }, (publish) =>
      alternate({ unhinted: publish }, { runs: 3, warmUp: 1 }),
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
        whenNotMet: `the engine alone takes ${Math.round(median(taken.driver))} ms of it for such a container in a network that is there; the rest are two commits of the PDS, the reads that prove them, and three meshlets that decide on the same processors.`,
      }),
      resultOf({
        ...common,
        id: 'publish-to-running/no-hints',
        name: 'The same where neither hints nor heartbeats arrive',
        samples: unhinted,
      }),
    ]
  })
}

/** One after the other: a commune that only waits would take its part of the machine. */
async function inCommune<T>(
  options: SmallCommuneOptions,
  run: (publish: () => Promise<number>) => Promise<T>,
): Promise<T> {
  await using commune = await openSmallCommune(options)
  let count = 0
  return await run(async () => {
    const name = `new${count++}`
    const story = await commune.publish(name, smallWorkload(name, options.engine.image), 1)
    await commune.clear()
    return story.runningMs - story.publishedMs
  })
}

const WARM =
  'Warm: the image, the engine, the meshlets. Three meshlets, their PDS and the engine share this machine.'
