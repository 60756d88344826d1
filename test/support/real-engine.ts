import Docker from 'dockerode'
import { parseDockerHost } from '../../src/engine/endpoint.ts'
import { LABEL } from '../../src/model/nsid.ts'

/** One container, as `docker inspect` tells it. */
export interface SeenContainer {
  readonly id: string
  readonly name: string
  /** DID of the meshlet on its label. */
  readonly meshlet: string
  /** Name of the workload. */
  readonly workload: string
  readonly replica: string
  readonly spec: string
  readonly state: string
  readonly startedAt: string
  readonly startedAtMs: number
  readonly inspected: Docker.ContainerInspectInfo
}

/** The engine with an operator's eyes and hands, limited to what carries the labels of some meshlets. */
export interface RealEngine {
  readonly docker: Docker
  /** All containers of the meshlets, or those of one workload, by name; also those that do not run. */
  containers(workload?: string): Promise<readonly SeenContainer[]>
  /** The container for an operator’s hands; fails when there was none to begin with. */
  hand(container: SeenContainer | undefined): Docker.Container
  networks(workload?: string): Promise<readonly Docker.NetworkInspectInfo[]>
  /** Removes everything that carries the meshlets' labels. */
  sweep(): Promise<void>
}

/** Looks at the engine there; at the one of DOCKER_HOST when nothing is said. */
export function createRealEngine(
  meshlets: readonly string[],
  dockerHost = process.env['DOCKER_HOST'],
): RealEngine {
  const docker = new Docker(parseDockerHost(dockerHost).options)
  const filters = (did: string) => ({ filters: { label: [`${LABEL.meshletDid}=${did}`] } })
  const listed = async () =>
    (
      await Promise.all(
        meshlets.map((did) => docker.listContainers({ all: true, ...filters(did) })),
      )
    ).flat()
  const networks = async () =>
    (await Promise.all(meshlets.map((did) => docker.listNetworks(filters(did))))).flat()
  return {
    docker,
    async containers(workload) {
      const seen = await Promise.all((await listed()).map(({ Id }) => inspect(docker, Id)))
      return seen
        .flatMap((one) => one ?? [])
        .filter((one) => workload === undefined || one.workload === workload)
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    },
    hand(container) {
      if (container === undefined) throw new Error('there is no such container')
      return docker.getContainer(container.id)
    },
    networks: async (workload) =>
      (await networks()).filter(
        ({ Labels }) => workload === undefined || nameIn(Labels?.[LABEL.workload]) === workload,
      ),
    async sweep() {
      const options = { force: true, v: true }
      for (const { Id } of await listed()) await ignoreGone(docker.getContainer(Id).remove(options))
      for (const { Id } of await networks()) await ignoreGone(docker.getNetwork(Id).remove())
    },
  }
}

async function inspect(docker: Docker, id: string): Promise<SeenContainer | undefined> {
  const inspected = await ignoreGone(docker.getContainer(id).inspect())
  if (inspected === undefined) return undefined
  const labels = inspected.Config.Labels
  return {
    id,
    name: inspected.Name.replace(/^\//, ''),
    meshlet: labels[LABEL.meshletDid] ?? '',
    workload: nameIn(labels[LABEL.workload]),
    replica: labels[LABEL.replica] ?? '',
    spec: labels[LABEL.spec] ?? '',
    state: inspected.State.Status,
    startedAt: inspected.State.StartedAt,
    startedAtMs: Date.parse(inspected.State.StartedAt),
    inspected,
  }
}

function nameIn(uri: string | undefined): string {
  return uri === undefined ? '' : uri.slice(uri.lastIndexOf('/') + 1)
}

/** The meshlets work at the same time: what was listed may be gone a moment later. */
async function ignoreGone<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined
    throw error
  }
}
