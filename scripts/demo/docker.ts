import Docker from 'dockerode'
import { LABEL } from '../../src/model/nsid.ts'

/** What the demo asks of the engine by itself, beside the meshlets. */
export interface DemoDocker {
  containers(workload?: string): Promise<readonly DemoContainer[]>
  /** `docker kill`, as a careless hand would do it. */
  kill(id: string): Promise<void>
  /** Milliseconds that the engine takes for create and start of such a container, best of three. */
  timeOneStart(image: string): Promise<number>
  /** Removes whatever carries the labels of these meshlets; says how many things that were. */
  sweep(meshlets: readonly string[]): Promise<number>
  /** Containers and networks under the labels of these meshlets. */
  left(meshlets: readonly string[]): Promise<number>
}

export interface DemoContainer {
  readonly id: string
  readonly name: string
  readonly meshlet: string
  readonly workload: string
  readonly image: string
  readonly startedAtMs: number
}

export function createDemoDocker(dockerHost: string | undefined): DemoDocker {
  const docker = connect(dockerHost)
  const containersOf = (meshlets: readonly string[]) =>
    Promise.all(
      meshlets.map((did) =>
        docker.listContainers({ all: true, filters: { label: [`${LABEL.meshletDid}=${did}`] } }),
      ),
    ).then((lists) => lists.flat())
  const networksOf = (meshlets: readonly string[]) =>
    Promise.all(
      meshlets.map((did) =>
        docker.listNetworks({ filters: { label: [`${LABEL.meshletDid}=${did}`] } }),
      ),
    ).then((lists) => lists.flat())
  return {
    async containers(workload) {
      const listed = await docker.listContainers({ filters: { label: [LABEL.meshletDid] } })
      const all = await Promise.all(listed.map(({ Id }) => docker.getContainer(Id).inspect()))
      return all.map(describe).filter((one) => workload === undefined || one.workload.endsWith(`/${workload}`))
    },
    kill: async (id) => void (await docker.getContainer(id).kill()),
    async timeOneStart(image) {
      const times: number[] = []
      for (let round = 0; round < 3; round++) {
        const startedMs = performance.now()
        const container = await docker.createContainer({ Image: image, Cmd: ['sleep', '60'] })
        await container.start()
        times.push(performance.now() - startedMs)
        await container.remove({ force: true })
      }
      return Math.min(...times)
    },
    async sweep(meshlets) {
      const containers = await containersOf(meshlets)
      await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })))
      const networks = await networksOf(meshlets)
      await Promise.all(networks.map(({ Id }) => docker.getNetwork(Id).remove()))
      return containers.length + networks.length
    },
    left: async (meshlets) => (await containersOf(meshlets)).length + (await networksOf(meshlets)).length,
  }
}

function connect(dockerHost: string | undefined): Docker {
  if (dockerHost === undefined) return new Docker()
  const url = new URL(dockerHost)
  if (url.protocol === 'unix:') return new Docker({ socketPath: url.pathname })
  return new Docker({ host: url.hostname, port: url.port })
}

function describe(inspected: Docker.ContainerInspectInfo): DemoContainer {
  const labels = inspected.Config.Labels
  return {
    id: inspected.Id,
    name: inspected.Name.replace(/^\//, ''),
    meshlet: labels[LABEL.meshletDid] ?? '',
    workload: labels[LABEL.workload] ?? '',
    image: inspected.Image,
    startedAtMs: Date.parse(inspected.State.StartedAt),
  }
}
