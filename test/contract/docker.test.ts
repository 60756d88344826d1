import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { networkInterfaces } from 'node:os'
import { text } from 'node:stream/consumers'
import Dockerode from 'dockerode'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startRegistry, type LocalRegistry } from '../../src/dev/registry.ts'
import { buildImage } from '../../src/dev/stand-in.ts'
import { parseDockerHost } from '../../src/engine/endpoint.ts'
import { createRegistries } from '../../src/engine/registries.ts'
import { LABEL } from '../../src/model/nsid.ts'
import type { ContainerCreate } from '../../src/ports/engine.ts'
import { dockerHarness, type EngineHarness } from './engine-harness.ts'

/** What only a real engine can show: bytes, walls, and what an image brings along. */

const STEPS_MAX = 500
const MANY_NETWORKS = 40
/** Each takes Podman seconds, and its own pools hold thousands. */
const NETWORKS_ON_PODMAN = 5

let harness: EngineHarness
let registry: LocalRegistry
let docker: Dockerode
let did: string
let network: string
let isPodman: boolean
let count = 0
const images: string[] = []

beforeAll(async () => {
  harness = await dockerHarness()
  isPodman = (await harness.engine.info()).name === 'Podman'
  registry = await startRegistry()
  docker = new Dockerode(parseDockerHost(process.env['DOCKER_HOST']).options)
  did = `did:web:${harness.prefix}.docker.test`
  network = `${harness.prefix}-docker`
  await harness.engine.ensureNetwork({ name: network, labels: labels(), egress: 'none' })
  await harness.engine.pullImage(harness.image)
  images.push(harness.image)
})

afterEach(async () => {
  for (const { id } of await harness.engine.listContainers(did)) {
    await harness.engine.removeContainer(id)
  }
})

afterAll(async () => {
  for (const { name } of await harness.engine.listNetworks(did)) {
    await harness.engine.removeNetwork(name)
  }
  for (const image of images) await harness.engine.removeImage(image)
  await registry.close()
  await harness[Symbol.asyncDispose]()
})

const labels = () => ({ [LABEL.meshletDid]: did })

async function run(script: string, change: Partial<ContainerCreate> = {}): Promise<string> {
  count += 1
  const id = await harness.engine.createContainer({
    name: `${harness.prefix}-docker-${count}`,
    image: harness.image,
    labels: labels(),
    network,
    security: 'restricted',
    user: '65532',
    command: ['/bin/sh', '-c', script],
    env: {},
    stopGracePeriodMs: 1000,
    readOnly: true,
    capAdd: [],
    tmpfs: [],
    memoryBytes: 16 * 1024 * 1024,
    cpuMilli: 1000,
    ...change,
  })
  await harness.engine.startContainer(id)
  return id
}

async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const found = await look()
    if (found) return found
    await delay(20)
  }
  throw new Error('what the test waits for did not happen')
}

async function runToEnd(script: string, change?: Partial<ContainerCreate>): Promise<string[]> {
  const id = await run(script, change)
  const found: string[] = []
  for await (const { line } of harness.engine.logs(id, { follow: true })) found.push(line)
  return found
}

const answering = (id: string, port: number) =>
  until(async () => (await harness.engine.probe(id, { kind: 'tcp', port }, 2000)).ok)

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  await once(socket, 'connect')
  return socket
}

describe('forwarding', () => {
  /** Answers with the number of bytes that it got, once the other side has said its last word. */
  const COUNTER = 'while true; do nc -l -p 7000 -e /bin/wc -c; done'

  test('pipes both ways, with the end of one direction before the other', async () => {
    const id = await run(COUNTER)
    await answering(id, 7000)
    const forward = await harness.engine.forward({ containerId: id, port: 7000, preferredPort: 0 })
    const bytes = 3_000_000
    await until(async () => {
      // nc listens again a moment after each connection; until then it is cut off.
      const socket = await open(forward.port).catch(() => undefined)
      if (socket === undefined) return false
      socket.on('error', () => {})
      socket.end(Buffer.alloc(bytes, 'x'))
      return (await text(socket).catch(() => '')).trim() === String(bytes)
    })
    await forward.close()
  })

  test('breaks off when nothing listens', async () => {
    const id = await run('sleep 600')
    const forward = await harness.engine.forward({ containerId: id, port: 7000, preferredPort: 0 })
    // The reset may arrive while the connection is still being made, or right after it.
    const socket = connect(forward.port, '127.0.0.1')
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNRESET')
    await forward.close()
  })

  test('holds when the container was started again, and ends its connections when it is closed', async () => {
    const id = await run('httpd -f -p 8080 -h /etc')
    await answering(id, 8080)
    const forward = await harness.engine.forward({ containerId: id, port: 8080, preferredPort: 0 })
    const get = async () => (await fetch(`http://127.0.0.1:${forward.port}/passwd`)).status
    expect(await get()).toBe(200)
    await harness.engine.killContainer(id)
    await until(async () => !(await harness.engine.probe(id, { kind: 'tcp', port: 8080 }, 1000)).ok)
    await expect(get()).rejects.toThrow()
    await harness.engine.startContainer(id)
    await answering(id, 8080)
    expect(await get()).toBe(200)
    const idle = await open(forward.port)
    idle.resume()
    const ended = new Promise((resolve) => {
      // Whether it is told the end or cut off depends on how far the connection had come.
      for (const event of ['end', 'error']) idle.once(event, resolve)
    })
    await Promise.all([ended, forward.close()])
    idle.destroy()
    await expect(get()).rejects.toThrow()
  })

  test('reaches what listens on the container’s own address only', async () => {
    const id = await run('httpd -f -p $(hostname -i):8080 -h /etc', { hostname: 'self' })
    await answering(id, 8080)
    expect(
      await harness.engine.probe(id, { kind: 'http', port: 8080, path: '/passwd' }, 2000),
    ).toEqual({ ok: true })
  })
})

describe('probing', () => {
  test('follows no redirect, and needs a status below 400', async () => {
    const answer = (status: string) =>
      `while true; do printf 'HTTP/1.1 ${status} x\\r\\nLocation: http://10.0.0.1/\\r\\nContent-Length: 0\\r\\n\\r\\n' | nc -l -p 7000; done`
    const http = { kind: 'http', port: 7000, path: '/' } as const
    const moved = await run(answer('302'))
    await until(async () => (await harness.engine.probe(moved, http, 2000)).ok)
    const broken = await run(answer('500'))
    await until(async () => {
      const probe = await harness.engine.probe(broken, http, 2000)
      return !probe.ok && probe.message === 'GET / on port 7000 answered 500'
    })
  })

  test('gives up in time', async () => {
    const id = await run('exec nc -ll -p 7000 -e /bin/sleep 600')
    await answering(id, 7000)
    await until(async () => {
      const probe = await harness.engine.probe(id, { kind: 'http', port: 7000, path: '/' }, 300)
      return !probe.ok && probe.message === 'GET / on port 7000 did not answer in time'
    })
  })
})

describe('walls', () => {
  test('no way out: no address of the host, the LAN or the cloud answers', async () => {
    // The registry of this test listens on the host; its port stands for any service there.
    const port = registry.host.split(':')[1]
    const bridge = await docker.getNetwork(network).inspect()
    const subnet = bridge.IPAM?.Config?.[0]?.Subnet ?? ''
    const gateway = subnet.replace('0/24', '1')
    const own = Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).flatMap(({ family, address }) => (family === 'IPv4' ? [address] : [])),
    )
    const attempt = (host: string, at: string) =>
      `nc -w 1 ${host} ${at} </dev/null >/dev/null 2>&1 && echo open ${host}`
    const lines = await runToEnd(
      [
        // That an open door would be seen.
        'nc -ll -p 7000 -e /bin/true &',
        `until ${attempt('127.0.0.1', '7000')}; do sleep 0.1; done`,
        ...[gateway, ...own, '169.254.169.254', '192.168.1.1'].map((host) =>
          attempt(host, port ?? ''),
        ),
        'echo done; kill %1',
      ].join('\n'),
    )
    expect(lines).toEqual(['open 127.0.0.1', 'done'])
  })

  test('replicas of one workload reach each other, other workloads do not', async () => {
    const first = await run('httpd -f -p 8080 -h /etc')
    await answering(first, 8080)
    const { NetworkSettings } = await docker.getContainer(first).inspect()
    const address = NetworkSettings.Networks[network]?.IPAddress
    const fetchIt = `printf 'GET /passwd HTTP/1.0\\r\\n\\r\\n' | nc -w 2 ${address} 8080 | grep -o ^root`
    expect(await runToEnd(fetchIt)).toContain('root')
    const other = `${network}-other`
    await harness.engine.ensureNetwork({ name: other, labels: labels(), egress: 'none' })
    expect(await runToEnd(fetchIt, { network: other })).not.toContain('root')
  })

  test('many workloads fit: the engine’s own pools would hold about thirty', async () => {
    const length = isPodman ? NETWORKS_ON_PODMAN : MANY_NETWORKS
    const names = Array.from({ length }, (_, index) => `${network}-many-${index}`)
    for (const name of names) {
      await harness.engine.ensureNetwork({ name, labels: labels(), egress: 'none' })
    }
    const found = (await harness.engine.listNetworks(did)).map(({ name }) => name)
    expect(found).toEqual(expect.arrayContaining(names))
    for (const name of names) await harness.engine.removeNetwork(name)
  })

  test('a network of ours that was changed is made anew', async () => {
    const name = `${network}-changed`
    await docker.createNetwork({
      Name: name,
      Labels: labels(),
      IPAM: { Config: [{ Subnet: '10.191.0.0/24' }] },
    })
    await harness.engine.ensureNetwork({ name, labels: labels(), egress: 'none' })
    const { Internal, Options } = await docker.getNetwork(name).inspect()
    expect(Internal).toBe(true)
    // Podman’s internal networks have no gateway anyway, and no such option.
    const kept = isPodman ? {} : { 'com.docker.network.bridge.inhibit_ipv4': 'true' }
    expect(Options).toMatchObject(kept)
  })

  test('the process has no capability, no way to gain one, and a system call filter', async () => {
    const lines = await runToEnd(
      'grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status; id; touch /x; exit 0',
    )
    expect(lines).toEqual(
      expect.arrayContaining([
        'CapPrm:\t0000000000000000',
        'CapEff:\t0000000000000000',
        'CapBnd:\t0000000000000000',
        'NoNewPrivs:\t1',
        'Seccomp:\t2',
        expect.stringMatching(/^uid=65532\b.* gid=65532\b.* groups=65532\b/),
        'touch: /x: Read-only file system',
      ]),
    )
  })
})

describe('what is changed behind our back', () => {
  const find = async (id: string) =>
    (await harness.engine.listContainers(did)).find((container) => container.id === id)

  /** Listens until `act` has ended. */
  async function listening(act: () => Promise<void>): Promise<void> {
    const stop = new AbortController()
    const watching = (async () => {
      for await (const _ of harness.engine.events(did, stop.signal));
    })()
    try {
      await act()
    } finally {
      stop.abort()
      await watching
    }
  }

  test('limits, a name, a restart and an end are in the list as soon as their event is here', () =>
    listening(async () => {
      const id = await run('trap "exit 3" TERM; while true; do sleep 0.05; done')
      const before = await until(() => find(id))
      const memoryBytes = 32 * 1024 * 1024
      // Podman tells nobody of it: there it is found by the look that comes anyway.
      if (!isPodman) {
        await docker.getContainer(id).update({ Memory: memoryBytes, MemorySwap: memoryBytes })
        await until(async () => (await find(id))?.memoryBytes === memoryBytes)
      }
      await docker.getContainer(id).rename({ name: `${before.name}-renamed` })
      await until(async () => (await find(id))?.name === `${before.name}-renamed`)
      await docker.getContainer(id).restart({ t: 1 })
      await until(async () => (await find(id))?.startedAtMs !== before.startedAtMs)
      await docker.getContainer(id).stop({ t: 1 })
      await until(async () => (await find(id))?.state === 'exited')
    }))
})

describe('what an image brings along', () => {
  test('user, labels, volumes, health check and loader variables are overridden', async () => {
    const image = await buildImage({
      env: { LD_PRELOAD: '/evil.so', PGDATA: '/data' },
      labels: { 'traefik.enable': 'true' },
      volumes: ['/data'],
      user: '0',
      command: [
        '/bin/sh',
        '-c',
        'env; id -u; mount | grep " /data "; touch /data/x && echo wrote; sleep 600',
      ],
    })
    const reference = registry.add(`${harness.prefix}/hostile`, image)
    images.push(reference)
    await harness.engine.pullImage(reference)
    count += 1
    const id = await harness.engine.createContainer({
      ...{ name: `${harness.prefix}-docker-${count}`, image: reference, labels: labels(), network },
      ...{ security: 'restricted', user: '65532', env: { A: 'b' }, stopGracePeriodMs: 0 },
      ...{ readOnly: true, capAdd: [], tmpfs: [], memoryBytes: 16 * 1024 * 1024, cpuMilli: 1000 },
    })
    await harness.engine.startContainer(id)
    const lines = await until(async () => {
      const found: string[] = []
      for await (const { line } of harness.engine.logs(id, {})) found.push(line)
      return found.includes('wrote') && found
    })
    expect(lines).toEqual(expect.arrayContaining(['A=b', 'PGDATA=/data', '65532']))
    expect(lines.join('\n')).not.toMatch(/LD_PRELOAD=./)
    expect(lines.find((line) => line.includes(' /data '))).toMatch(/^tmpfs on \/data type tmpfs/)
    const details = await docker.getContainer(id).inspect()
    expect(details.Config.Labels).toEqual({ ...labels(), 'traefik.enable': '' })
    expect(details.Mounts.filter((mount) => mount.Type === 'volume')).toEqual([])
    // Podman says that there is none in an empty status.
    expect(details.State.Health?.Status ?? '').toBe('')
  })
})

describe('pulling', () => {
  test('shows progress, and a wrong digest is refused', async () => {
    // Not compressible, so that there is something to download.
    const noise = Buffer.from(
      Array.from({ length: 400_000 }, (_, index) => (index * 7919 + (index >> 3) * 31) % 251),
    )
    const reference = registry.add(
      `${harness.prefix}/big`,
      await buildImage({ files: { '/noise': noise } }),
    )
    images.push(reference)
    const steps: number[] = []
    const image = await harness.engine.pullImage(reference, {
      onProgress: ({ doneBytes, totalBytes }) => steps.push(doneBytes / totalBytes),
    })
    expect(image.sizeBytes).toBeGreaterThan(noise.length)
    // Podman tells no sizes.
    if (!isPodman) expect(steps.at(-1)).toBe(1)
    const wrong = reference.replace(/@.*/, `@sha256:${'c'.repeat(64)}`)
    await expect(harness.engine.pullImage(wrong)).rejects.toMatchObject({ code: 'image-not-found' })
  })

  test('a registry that wants a login', async () => {
    const login = { username: 'alice', password: 'pass:word' }
    await using guarded = await startRegistry({ login })
    const image = await buildImage({ files: { '/private': harness.prefix } })
    const reference = guarded.add(`${harness.prefix}/private`, image)
    const auth = { ...login, serverAddress: guarded.host }
    await expect(harness.engine.pullImage(reference)).rejects.toMatchObject({
      code: 'image-denied',
    })
    const wrong = { auth: { ...auth, password: 'wrong' } }
    await expect(harness.engine.pullImage(reference, wrong)).rejects.toMatchObject({
      code: 'image-denied',
    })
    images.push(reference)
    expect(await harness.engine.pullImage(reference, { auth })).toMatchObject({
      digest: image.digest,
    })
    // Though it is here now, the registry still decides who else may have it.
    const registries = createRegistries({ allowPrivateAddresses: true })
    await expect(registries.proveReadable(reference, {})).rejects.toMatchObject({
      code: 'image-denied',
    })
    await expect(registries.proveReadable(harness.image, {})).resolves.toBeUndefined()
  })

  test('a registry that is not there', async () => {
    const nowhere = await startRegistry()
    await nowhere.close()
    const reference = `${nowhere.host}/x@sha256:${'c'.repeat(64)}`
    await expect(harness.engine.pullImage(reference)).rejects.toMatchObject({
      code: 'registry-unreachable',
    })
  })
})
