import Docker from 'dockerode'
import { LABEL } from '../../src/model/nsid.ts'

/** What the demo asks of the engine by itself, beside the meshlets. */
/** Sees nothing but what carries the labels of the demo's own meshlets. */
export interface DemoDocker {
  containers(workload?: string): Promise<readonly DemoContainer[]>
  /** `docker kill`, as a careless hand would do it. */
  kill(id: string): Promise<void>
  /**
   * Milliseconds that the engine takes for a network, and a container with the image and the limits
   * of this one, created and started on it.
   */
  timeOneStart(like: DemoContainer): Promise<number>
  /** Removes all containers and networks under the labels of these of its meshlets. */
  sweep(meshlets: readonly string[]): Promise<void>
  /** Containers and networks under the labels of the demo's meshlets. */
  left(): Promise<number>
}

export interface DemoContainer {
  readonly id: string
  readonly name: string
  readonly meshlet: string
  readonly workload: string
  readonly image: string
  readonly startedAtMs: number
  /** A processor limit slows the start itself. */
  readonly limits: { readonly NanoCpus?: number; readonly Memory?: number }
}

export function createDemoDocker(
  dockerHost: string | undefined,
  meshlets: readonly string[],
): DemoDocker {
  const docker = connect(dockerHost)
  const containersOf = (dids: readonly string[]) =>
    Promise.all(
      dids.map((did) =>
        docker.listContainers({ all: true, filters: { label: [`${LABEL.meshletDid}=${did}`] } }),
      ),
    ).then((lists) => lists.flat())
  const networksOf = (dids: readonly string[]) =>
    Promise.all(
      dids.map((did) =>
        docker.listNetworks({ filters: { label: [`${LABEL.meshletDid}=${did}`] } }),
      ),
    ).then((lists) => lists.flat())
  return {
    async containers(workload) {
      const listed = (await containersOf(meshlets)).filter(({ State }) => State === 'running')
      const all = await Promise.all(listed.map(({ Id }) => docker.getContainer(Id).inspect()))
      return all
        .map(describe)
        .filter((one) => workload === undefined || one.workload.endsWith(`/${workload}`))
    },
    kill: async (id) => void (await docker.getContainer(id).kill()),
    async timeOneStart(like) {
      const times: number[] = []
      for (let round = 0; round < 3; round++) times.push(await timeStart(docker, like))
      return times.toSorted((a, b) => a - b)[1] ?? 0
    },
    async sweep(dids) {
      const containers = await containersOf(dids)
      await Promise.all(
        containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })),
      )
      const networks = await networksOf(dids)
      await Promise.all(networks.map(({ Id }) => docker.getNetwork(Id).remove()))
    },
    left: async () => (await containersOf(meshlets)).length + (await networksOf(meshlets)).length,
  }
}

/** The same steps as a meshlet's, by hand and without its checks. */
async function timeStart(docker: Docker, { image, limits }: DemoContainer): Promise<number> {
  const startedMs = performance.now()
  const network = await docker.createNetwork({
    Name: `commune-demo-${process.pid}`,
    Internal: true,
    IPAM: { Driver: 'default', Config: [{ Subnet: '10.191.255.0/24' }] },
    Options: { 'com.docker.network.bridge.inhibit_ipv4': 'true' },
  })
  try {
    const container = await docker.createContainer({
      Image: image,
      Cmd: ['sleep', '60'],
      HostConfig: { NetworkMode: network.id, ...limits },
    })
    await container.start()
    const ms = performance.now() - startedMs
    await container.remove({ force: true })
    return ms
  } finally {
    await network.remove()
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
    limits: {
      NanoCpus: inspected.HostConfig.NanoCpus ?? 0,
      Memory: inspected.HostConfig.Memory ?? 0,
    },
  }
}
