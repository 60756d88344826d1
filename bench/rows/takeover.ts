import { basename } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startCommuneOfHosts, type CommuneOfHosts } from '../../test/hosts/commune-of-hosts.ts'
import { FAULTS } from '../../test/hosts/faults.ts'
import type { Machine } from '../../test/hosts/machine.ts'
import { Stage } from '../../test/hosts/stage.ts'
import { atMost, resultOf, type Result } from '../result.ts'

const RUNS = 2
const WAIT_MS_MAX = 60_000
/** Swarm's own is 5 s; with less it is at its best. */
const RESTART_DELAY_NS = 1_000_000_000
const SWARM_ID = 'com.docker.swarm.service.id'

/** From a power cut of one of three machines to the replacement that runs; the same by Swarm. */
export async function measure(folder: string): Promise<readonly Result[]> {
  await using commune = await startCommuneOfHosts(folder, basename(folder))
  const ours = await byCommune(commune)
  const swarm = await bySwarm(commune)
  return [
    resultOf({
      id: 'takeover',
      name: 'Power cut of one of three machines until its work runs elsewhere, profile fast',
      unit: 'ms',
      samples: ours,
      baseline: { name: 'Swarm of the same three engines, one manager', samples: swarm },
      targets: [atMost('ratio', 0.75)],
      warm: 'Warm: images and engines. First all runs of commune, then, with its meshlets off, all of Swarm.',
    }),
  ]
}

async function byCommune(commune: CommuneOfHosts): Promise<readonly number[]> {
  const stage = new Stage(commune)
  const fault = FAULTS.find(({ name }) => name.startsWith('power cut'))
  const taken: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const figures = await fault?.run(stage, { pdsAwayMs: 0 })
    if (figures?.runningMs !== undefined) taken.push(figures.runningMs)
  }
  return taken
}

async function bySwarm({ machines }: CommuneOfHosts): Promise<readonly number[]> {
  const [manager, ...workers] = machines as [Machine, ...Machine[]]
  for (const machine of machines) await machine.killMeshlet()
  for (const machine of machines) await machine.engine.sweep()
  const image = await imageOf(manager)
  const swarm = { ListenAddr: manager.address, AdvertiseAddr: manager.address }
  await manager.engine.docker.swarmInit(swarm)
  const join = async (worker: Machine) => {
    const { JoinTokens } = (await manager.engine.docker.swarmInspect()) as unknown as {
      readonly JoinTokens: { readonly Worker: string }
    }
    await worker.engine.docker.swarmJoin({
      ListenAddr: worker.address,
      AdvertiseAddr: worker.address,
      RemoteAddrs: [manager.address],
      JoinToken: JoinTokens.Worker,
    })
  }
  for (const worker of workers) await join(worker)
  const taken: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const service = await manager.engine.docker.createService({
      Name: `bench${run}`,
      TaskTemplate: {
        ContainerSpec: { Image: image, Command: ['/bin/sleep', '3600'], StopGracePeriod: 0 },
        RestartPolicy: { Condition: 'any', Delay: RESTART_DELAY_NS },
      },
      Mode: { Replicated: { Replicas: machines.length } },
    })
    await until('one runs on each', async () =>
      (await Promise.all(machines.map((one) => started(one, service.id)))).every(
        (times) => times.length === 1,
      ),
    )
    const victim = workers[run % workers.length] as Machine
    const cutMs = Date.now()
    await victim.powerCut()
    const others = machines.filter((machine) => machine !== victim)
    const times = async () =>
      (await Promise.all(others.map((one) => started(one, service.id)))).flat()
    await until('it was replaced', async () => (await times()).length === machines.length)
    taken.push(Math.max(...(await times())) - cutMs)
    await manager.engine.docker.getService(service.id).remove()
    await victim.boot()
    await until('the victim is back', async () => {
      const nodes = (await manager.engine.docker.listNodes()) as readonly {
        readonly Status?: { readonly State?: string }
      }[]
      return nodes.every(({ Status }) => Status?.State === 'ready')
    })
  }
  return taken
}

/** When the running containers of a service began on a machine, milliseconds since 1970. */
async function started(machine: Machine, service: string): Promise<readonly number[]> {
  const { docker } = machine.engine
  const list = await docker.listContainers({ filters: { label: [`${SWARM_ID}=${service}`] } })
  const inspected = await Promise.all(list.map(({ Id }) => docker.getContainer(Id).inspect()))
  return inspected.map(({ State }) => Date.parse(State.StartedAt))
}

async function imageOf(machine: Machine): Promise<string> {
  const images = await machine.engine.docker.listImages()
  const [digest = ''] = images.flatMap(({ RepoDigests }) => RepoDigests ?? [])
  return digest
}

async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + WAIT_MS_MAX
  while (!(await look())) {
    if (performance.now() > deadlineMs) throw new Error(`waited in vain until ${what}`)
    await pause(100)
  }
}
