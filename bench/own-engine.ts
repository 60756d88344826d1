import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import Docker from 'dockerode'
import { startRegistry } from '../src/dev/registry.ts'
import { buildImage } from '../src/dev/stand-in.ts'
import { command } from '../test/hosts/command.ts'

/** An address for Swarm to speak from; nobody else is in this network. */
const ADDRESS = '10.77.0.1'
const START_MS_MAX = 60_000
/**
 * What every container may use, on whatever way it comes. A processor limit slows the start itself:
 * the runtime sets the container up under it.
 */
export const LIMITS = { cpuMilli: 250, memoryMib: 16 } as const
const NANO_CPUS = LIMITS.cpuMilli * 1_000_000
const MEMORY_BYTES = LIMITS.memoryMib * 1024 ** 2
/** What Docker writes for a container that never started. */
const NEVER_MS = Date.parse('0001-01-01T00:00:00Z')

/** A Docker that nobody else uses, in the namespaces of this process. */
export interface OwnEngine extends AsyncDisposable {
  readonly docker: Docker
  readonly host: string
  /** Reference by digest of a small image that it has; sleeps for an hour. */
  readonly image: string
}

/** Starts it in the folder. This process has to be alone in its namespaces. */
export async function startOwnEngine(folder: string, cgroup: string): Promise<OwnEngine> {
  await using stack = new AsyncDisposableStack()
  await command('ip', 'link', 'set', 'lo', 'up')
  await command('ip', 'link', 'add', 'own0', 'type', 'bridge')
  await command('ip', 'addr', 'add', `${ADDRESS}/24`, 'dev', 'own0')
  await command('ip', 'link', 'set', 'own0', 'up')
  for (const part of ['etc', 'data', 'run']) mkdirSync(join(folder, part), { recursive: true })
  writeFileSync(join(folder, 'daemon.json'), '{}\n')
  await command('mkdir', '-p', '/etc/docker')
  // An engine's identity is in this folder.
  await command('mount', '--bind', join(folder, 'etc'), '/etc/docker')
  const socketPath = join(folder, 'docker.sock')
  const log = openSync(join(folder, 'dockerd.txt'), 'a')
  const dockerd = spawn(
    'dockerd',
    [
      ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'run', 'exec')],
      ...['--pidfile', join(folder, 'run', 'docker.pid'), '--host', `unix://${socketPath}`],
      ...['--config-file', join(folder, 'daemon.json'), '--cgroup-parent', `/${cgroup}`],
      ...['--exec-opt', 'native.cgroupdriver=cgroupfs'],
    ],
    { stdio: ['ignore', log, log] },
  )
  closeSync(log)
  const ended = once(dockerd, 'close')
  stack.defer(async () => {
    dockerd.kill('SIGTERM')
    await ended
  })
  const docker = new Docker({ socketPath })
  const deadlineMs = performance.now() + START_MS_MAX
  while (!(await answers(docker))) {
    if (dockerd.exitCode !== null || performance.now() > deadlineMs)
      throw new Error(`the engine does not start; see ${folder}/dockerd.txt`)
    await pause(50)
  }
  const registry = stack.use(await startRegistry())
  const image = registry.add('bench', await buildImage({ entrypoint: ['/bin/sleep', '3600'] }))
  await command('docker', '--host', `unix://${socketPath}`, 'pull', image)
  const running = stack.move()
  return {
    docker,
    host: `unix://${socketPath}`,
    image,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Milliseconds since 1970 at which the last of these containers began to run, by the engine. */
export async function startedMs(docker: Docker, ids: readonly string[]): Promise<number> {
  const times = await Promise.all(
    ids.map(async (id) => Date.parse((await docker.getContainer(id).inspect()).State.StartedAt)),
  )
  const latest = Math.max(...times)
  if (times.some((time) => time === NEVER_MS)) throw new Error('a container did not start')
  return latest
}

export interface PlainStart {
  readonly count: number
  readonly atOnce: number
  /** A network that is there; the one that all containers share when absent. */
  readonly network?: string
}

/** Creates and starts containers through the API, so many at a time; how long until all run. */
export async function startByApi(
  { docker, image }: OwnEngine,
  { count, atOnce, network = 'default' }: PlainStart,
): Promise<number> {
  const beganMs = Date.now()
  const ids: string[] = []
  let left = count
  const worker = async () => {
    while (left-- > 0) {
      const container = await docker.createContainer({
        Image: image,
        HostConfig: { NanoCpus: NANO_CPUS, Memory: MEMORY_BYTES, NetworkMode: network },
      })
      ids.push(container.id)
      await container.start()
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker))
  const ms = (await startedMs(docker, ids)) - beganMs
  await removeAll(docker, ids)
  return ms
}

/** The same for one in a network of its own that was made before. */
export async function startInNetwork(engine: OwnEngine): Promise<number> {
  const network = await engine.docker.createNetwork({ Name: 'own', Internal: true })
  try {
    return await startByApi(engine, { count: 1, atOnce: 1, network: 'own' })
  } finally {
    await network.remove()
  }
}

/** `docker run -d`, as somebody types it. */
export async function startByCli({ docker, host, image }: OwnEngine): Promise<number> {
  const beganMs = Date.now()
  const limits = [`--cpus=${LIMITS.cpuMilli / 1_000}`, `--memory=${LIMITS.memoryMib}m`]
  const id = (await command('docker', '--host', host, 'run', '-d', ...limits, image)).trim()
  const ms = (await startedMs(docker, [id])) - beganMs
  await removeAll(docker, [id])
  return ms
}

/**
 * A Swarm service by its API; how long from its creation until all of it run. The engine is a Swarm
 * of one node meanwhile, and no longer: everything else about it is slower in one.
 */
export async function startBySwarm(
  engine: OwnEngine,
  { count }: { readonly count: number },
): Promise<number> {
  await engine.docker.swarmInit({ ListenAddr: ADDRESS, AdvertiseAddr: ADDRESS })
  try {
    return await runService(engine, count)
  } finally {
    await engine.docker.swarmLeave({ force: true })
  }
}

async function runService({ docker, image }: OwnEngine, count: number): Promise<number> {
  const beganMs = Date.now()
  const service = await docker.createService({
    Name: 'bench',
    TaskTemplate: {
      ContainerSpec: { Image: image, StopGracePeriod: 0 },
      Resources: { Limits: { NanoCPUs: NANO_CPUS, MemoryBytes: MEMORY_BYTES } },
    },
    Mode: { Replicated: { Replicas: count } },
  })
  const filters = { filters: { label: [`com.docker.swarm.service.id=${service.id}`] } }
  let ids: readonly string[] = []
  const deadlineMs = performance.now() + START_MS_MAX
  while (ids.length < count) {
    if (performance.now() > deadlineMs) throw new Error('the Swarm service does not run')
    await pause(50)
    ids = (await docker.listContainers(filters)).map(({ Id }) => Id)
  }
  const ms = (await startedMs(docker, ids)) - beganMs
  await docker.getService(service.id).remove()
  while ((await docker.listContainers({ ...filters, all: true })).length > 0) await pause(100)
  return ms
}

async function removeAll(docker: Docker, ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map((id) => docker.getContainer(id).remove({ force: true })))
}

function answers(docker: Docker): Promise<boolean> {
  return docker.ping().then(
    () => true,
    () => false,
  )
}
