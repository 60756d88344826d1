import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import Docker from 'dockerode'
import { parseDockerHost } from '../../src/engine/endpoint.ts'
import { LABEL } from '../../src/model/nsid.ts'

const EVENT_MS = 50

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
  /**
   * Counts how many containers of the workload run, by what the engine itself says happened, so that
   * nothing is missed however slow the looking is. Nothing may start or end while it begins.
   */
  watchRunning(uri: string): Promise<RunningWatch>
  /** Removes everything that carries the meshlets' labels. */
  sweep(): Promise<void>
}

export interface RunningWatch {
  /** The fewest that ran at once until now. */
  stop(): Promise<number>
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
    watchRunning: (uri) => watchRunning(docker, uri),
    async sweep() {
      const options = { force: true, v: true }
      for (const { Id } of await listed()) await ignoreGone(docker.getContainer(Id).remove(options))
      for (const { Id } of await networks()) await ignoreGone(docker.getNetwork(Id).remove())
    },
  }
}

async function watchRunning(docker: Docker, uri: string): Promise<RunningWatch> {
  const label = [`${LABEL.workload}=${uri}`]
  const stream: NodeJS.ReadableStream = await docker.getEvents({
    filters: { type: ['container'], event: ['start', 'die'], label },
  })
  const runningNow = async () =>
    (await docker.listContainers({ filters: { label, status: ['running'] } })).length
  let running = await runningNow()
  let fewest = running
  stream.on('error', () => undefined)
  createInterface({ input: stream }).on('line', (line) => {
    running += (JSON.parse(line) as { Action: string }).Action === 'start' ? 1 : -1
    fewest = Math.min(fewest, running)
  })
  return {
    async stop() {
      // What happened last may not have been told yet.
      while (running !== (await runningNow())) await pause(EVENT_MS)
      ;(stream as Readable).destroy()
      return fewest
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
