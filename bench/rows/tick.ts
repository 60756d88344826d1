import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { LABEL } from '../../src/model/nsid.ts'
import { alternate, busyMsOf, timed } from '../alternate.ts'
import { type IdleMeshlet, startIdleMeshlet } from '../idle-meshlet.ts'
import { withOwnEngine } from '../own-folder.ts'
import { atMost, median, resultOf, type Result } from '../result.ts'

const WORKLOADS = 1_000
const RUNS = 15
/** A daemon has done as many after a quarter of an hour. */
const WARM_UP = 20
/** Before each measurement the engine is left alone for as long, as it is before a resync. */
const IDLE_MS = 50
const HERE = 25
const REPLICAS = 4
/** Where Node tells of every request that this process makes. */
const REQUESTS = 'http.client.request.start'

/** A look at everything when nothing is to be done, beside one list of the same containers. */
export async function measure(folder: string): Promise<readonly Result[]> {
  return withOwnEngine(folder, async (engine) => {
    const sizes = { workloads: WORKLOADS, here: HERE, replicas: REPLICAS }
    const journalFile = join(folder, 'journal.sqlite')
    await using meshlet = await startIdleMeshlet({ engine, journalFile, ...sizes })
    const filters = { label: [`${LABEL.meshletDid}=${meshlet.did}`] }
    const list = async () => {
      const found = await engine.docker.listContainers({ all: true, filters })
      if (found.length !== HERE * REPLICAS) throw new Error(`${found.length} containers`)
    }
    const wroteBefore = meshlet.written()
    const calls = await engineCalls(meshlet)
    const busy = { tick: [] as number[], list: [] as number[] }
    const both = async (which: keyof typeof busy, act: () => Promise<void>) => {
      let ms = 0
      busy[which].push(await busyMsOf(async () => (ms = await timed(act))))
      return ms
    }
    const taken = await alternate(
      {
        tick: async () => {
          await meshlet.untilResync()
          await pause(IDLE_MS)
          return both('tick', () => meshlet.resync())
        },
        look: async () => {
          await pause(IDLE_MS)
          return timed(() => meshlet.look())
        },
        list: async () => {
          await pause(IDLE_MS)
          return both('list', list)
        },
      },
      { runs: RUNS, warmUp: WARM_UP },
    )
    const writes = meshlet.written() - wroteBefore
    if (writes > 0)
      throw new Error(`${writes} records were written although nothing was to be done`)
    const inList = (samples: readonly number[]) => (median(samples) / median(taken.list)).toFixed(1)
    return [
      resultOf({
        id: 'tick',
        name: `A resync with nothing to do: ${WORKLOADS} workloads of ten machines, ${HERE * REPLICAS} containers here`,
        unit: 'ms',
        samples: taken.tick,
        baseline: { name: 'one Docker list of the same containers', samples: taken.list },
        targets: [atMost('ratio', 2)],
        warm: `Warm: the engine, a real one; the compiler, by ${WARM_UP} resyncs. Each after ${IDLE_MS} ms in which nothing is asked of the engine. No record is written, and ${calls} calls go to the engine.`,
        whenNotMet: `Asking for the containers alone, some of them each by itself, takes ${inList(taken.look)} lists; the rest is the processor's time.`,
      }),
      resultOf({
        id: 'tick/processor',
        name: 'The processor’s time of the meshlet alone for the same',
        unit: 'ms of CPU',
        samples: busy.tick.slice(-RUNS),
        baseline: {
          name: 'that of the client for one list',
          samples: busy.list.slice(-RUNS),
        },
        warm: 'As above; whatever the engine works is not in it.',
      }),
    ]
  })
}

async function engineCalls(meshlet: IdleMeshlet): Promise<number> {
  await meshlet.untilResync()
  let calls = 0
  const note = () => {
    calls += 1
  }
  subscribe(REQUESTS, note)
  await meshlet.resync()
  unsubscribe(REQUESTS, note)
  return calls
}
