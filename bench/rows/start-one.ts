import { alternate } from '../alternate.ts'
import { withOwnEngine } from '../own-folder.ts'
import { startByApi, startByCli, startBySwarm, startInNetwork } from '../own-engine.ts'
import { atMost, median, resultOf, type Result } from '../result.ts'
import { startByDriver } from '../start-by-driver.ts'
import { openSmallCommune, smallWorkload } from '../small-commune.ts'

/** From the bid that decides to a running container, on a commune of one machine. */
export async function measure(folder: string): Promise<readonly Result[]> {
  return withOwnEngine(folder, async (engine) => {
    await using commune = await openSmallCommune({ owners: ['alice'], engine })
    const one = { count: 1, atOnce: 1 }
    let count = 0
    const taken = await alternate(
      {
        commune: async () => {
          const name = `one${count++}`
          const story = await commune.publish(name, smallWorkload(name, engine.image), 1)
          await commune.clear()
          return story.runningMs - story.lastBidMs
        },
        api: () => startByApi(engine, one),
        networked: () => startInNetwork(engine),
        driver: () => startByDriver(engine, { count: 1 }),
        run: () => startByCli(engine),
        swarm: () => startBySwarm(engine, one),
      },
      { runs: 5, warmUp: 1 },
    )
    const floor = Math.round(median(taken.driver))
    const networked = Math.round(median(taken.networked))
    const common = {
      unit: 'ms',
      name: 'From the deciding bid to a running container, with a network of its own',
      samples: taken.commune,
      whenNotMet: `in a network of its own that is there already the engine alone takes ${floor} ms for such a container (start-one/engine), and ${networked} ms for a plain one (start-one/network): it sets up a name server in each. The rest is the decision, and what is left of making the network, on the same processors.`,
      warm: 'Warm: the image, the engine, the meshlet. The end is the moment that the engine names.',
    }
    return [
      resultOf({
        ...common,
        id: 'start-one',
        baseline: { name: 'create and start by the API', samples: taken.api },
        targets: [atMost('ratio', 1.15)],
      }),
      resultOf({
        ...common,
        id: 'start-one/swarm',
        baseline: { name: 'a Swarm service by its API, one node', samples: taken.swarm },
        targets: [atMost('ratio', 0.65)],
      }),
      resultOf({
        ...common,
        id: 'start-one/engine',
        baseline: {
          name: 'the same container in a network that is there, the engine alone',
          samples: taken.driver,
        },
      }),
      resultOf({
        ...common,
        id: 'start-one/network',
        baseline: {
          name: 'create and start by the API, in a network that is there',
          samples: taken.networked,
        },
      }),
      resultOf({
        ...common,
        id: 'start-one/docker-run',
        baseline: { name: 'docker run -d', samples: taken.run },
      }),
    ]
  })
}
