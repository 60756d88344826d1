import { alternate } from '../alternate.ts'
import { withOwnEngine } from '../own-folder.ts'
import { startByApi, startBySwarm } from '../own-engine.ts'
import { atLeast, median, resultOf, type Result } from '../result.ts'
import { startByDriver } from '../start-by-driver.ts'
import { openSmallCommune, smallWorkload } from '../small-commune.ts'

const REPLICAS = 50

/** Fifty replicas on one machine, from the bid that decides to the last that runs. */
export async function measure(folder: string): Promise<readonly Result[]> {
  return withOwnEngine(folder, async (engine) => {
    await using commune = await openSmallCommune({ owners: ['alice'], engine })
    const perSecond = (ms: number) => (1_000 * REPLICAS) / ms
    let count = 0
    const taken = await alternate(
      {
        commune: async () => {
          const name = `fifty${count++}`
          const yaml = smallWorkload(name, engine.image, `replicas: ${REPLICAS}`)
          const story = await commune.publish(name, yaml, REPLICAS)
          await commune.clear()
          return perSecond(story.runningMs - story.lastBidMs)
        },
        four: async () => perSecond(await startByApi(engine, { count: REPLICAS, atOnce: 4 })),
        eight: async () => perSecond(await startByApi(engine, { count: REPLICAS, atOnce: 8 })),
        driver: async () => perSecond(await startByDriver(engine, { count: REPLICAS })),
        swarm: async () => perSecond(await startBySwarm(engine, { count: REPLICAS })),
      },
      { runs: 2, warmUp: 0 },
    )
    const floor = median(taken.driver).toFixed(1)
    const common = {
      unit: 'starts/s',
      name: 'Fifty replicas on one machine, from the deciding bid to the last that runs',
      samples: taken.commune,
      whenNotMet: `the engine alone starts ${floor} such containers a second, their network being there (start-fifty/engine): for each it sets up a name server, which a plain one has not (start-one/network).`,
      warm: 'Warm: the image and the engine.',
    }
    return [
      ...([4, 8] as const).map((atOnce) =>
        resultOf({
          ...common,
          id: atOnce === 8 ? 'start-fifty' : 'start-fifty/four-at-once',
          baseline: {
            name: `the API, ${atOnce} at once`,
            samples: atOnce === 8 ? taken.eight : taken.four,
          },
          targets: [atLeast('ratio', 0.9)],
        }),
      ),
      resultOf({
        ...common,
        id: 'start-fifty/engine',
        baseline: {
          name: 'the same containers in a network that is there, the engine alone',
          samples: taken.driver,
        },
      }),
      resultOf({
        ...common,
        id: 'start-fifty/swarm',
        baseline: { name: 'a Swarm service, one node', samples: taken.swarm },
        targets: [atLeast('ratio', 1)],
      }),
    ]
  })
}
