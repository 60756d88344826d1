import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { networkInterfaces, release } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRegistry, type LocalRegistry } from '../../src/dev/registry.ts'
import { buildImage } from '../../src/dev/stand-in.ts'
import type { HostFinding } from '../../src/meshlet/host-audit.ts'
import { LABEL } from '../../src/model/nsid.ts'
import { workloadUri } from '../../src/model/workload-uri.ts'
import { containerOptions } from '../../src/reconcile/container-options.ts'
import type { ContainerCreate, Engine } from '../../src/ports/engine.ts'
import { startOwnEngine, type OwnEngine } from '../support/own-engine.ts'

/** Engines with more between a container and the machine’s kernel than usual. */

const STEPS_MAX = 500
const MEMORY_BYTES = 64 * 1024 * 1024
const DID = 'did:web:isolation.test' as const
const NETWORK = `isolation-${randomBytes(4).toString('hex')}`
const RUNSC = findProgram('runsc')

let registry: LocalRegistry
let image: string
let count = 0

beforeAll(async () => {
  registry = await startRegistry()
  image = registry.add('isolation/image', await buildImage({}))
})

afterAll(async () => registry?.[Symbol.asyncDispose]())

function findProgram(name: string): string | undefined {
  try {
    return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}

const labels = { [LABEL.meshletDid]: DID }

async function prepared(own: OwnEngine): Promise<Engine> {
  await own.engine.pullImage(image)
  await own.engine.ensureNetwork({ name: NETWORK, labels, egress: 'none' })
  return own.engine
}

async function cleared(own: OwnEngine | undefined): Promise<void> {
  if (own === undefined) return
  for (const { id } of await own.engine.listContainers(DID)) await own.engine.removeContainer(id)
  await own.engine.removeNetwork(NETWORK)
  await own[Symbol.asyncDispose]()
}

async function run(engine: Engine, script: string, change: Partial<ContainerCreate> = {}) {
  count += 1
  const id = await engine.createContainer({
    ...{ name: `${NETWORK}-${count}`, image, labels, network: NETWORK, user: '65532', env: {} },
    ...{
      security: 'restricted',
      readOnly: true,
      capAdd: [],
      tmpfs: ['/tmp'],
      stopGracePeriodMs: 0,
    },
    ...{ memoryBytes: MEMORY_BYTES, cpuMilli: 1000, command: ['/bin/sh', '-c', script] },
    ...change,
  })
  await engine.startContainer(id)
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

/** All that it wrote, once it has written the word `done`. */
const output = (engine: Engine, id: string) =>
  until(async () => {
    const lines: string[] = []
    for await (const { line } of engine.logs(id, {})) lines.push(line)
    return lines.includes('done') && lines
  })

describe('an engine that knows gVisor', () => {
  let own: OwnEngine
  let engine: Engine

  beforeAll(async () => {
    // Without runsc on this machine it is a name that leads nowhere, and no container starts in it.
    const path = RUNSC ?? '/usr/bin/runsc'
    const runtime = (network: string) => ({
      path,
      runtimeArgs: ['--platform=ptrace', `--network=${network}`],
    })
    own = await startOwnEngine({
      settings: { runtimes: { runsc: runtime('host'), 'runsc-none': runtime('none') } },
    })
    engine = await prepared(own)
  })
  afterAll(() => cleared(own))

  test('says so, and that ports can be reached', async () => {
    expect((await engine.info()).gvisor).toEqual({ runtime: 'runsc' })
  })

  test('refuses a runtime that it does not know, in a sentence', async () => {
    await expect(run(engine, 'true', { runtime: 'runsc-nowhere' })).rejects.toMatchObject({
      code: 'unsupported',
      message: 'No container can be made in runsc-nowhere: the engine does not know it',
    })
  })

  test('meshlet doctor tries it, and says what it found', async () => {
    const doctor = fileURLToPath(new URL('../../src/bin/meshlet.ts', import.meta.url))
    const flags = ['doctor', '--owner=did:web:alice.example', `--docker-host=${own.dockerHost}`]
    const { stdout } = spawnSync(process.execPath, [doctor, ...flags, '-o', 'json'], {
      encoding: 'utf8',
    })
    const findings = JSON.parse(stdout) as HostFinding[]
    expect(findings.find(({ check }) => check === 'gVisor')).toMatchObject(
      RUNSC === undefined
        ? { state: 'problem', message: expect.stringContaining('no container starts in runsc') }
        : { state: 'ok', message: expect.stringMatching(/^runsc: memory, processes and CPU/) },
    )
    expect(await engine.findContainer('commune-doctor')).toBeUndefined()
  })

  if (RUNSC === undefined) {
    test('fails to start a container in it, since this machine has no runsc', async () => {
      await expect(run(engine, 'true', { runtime: 'runsc' })).rejects.toMatchObject({
        code: 'engine',
      })
    })
    return
  }

  test('a container sees another kernel, no capability, and a root that it can’t write', async () => {
    const look = 'cat /proc/version; grep ^Cap /proc/self/status; id -u; touch /x; echo done'
    const id = await run(engine, look, { runtime: 'runsc' })
    const lines = await output(engine, id)
    const kernel = lines.find((line) => line.startsWith('Linux version'))
    expect(kernel).toMatch(/^Linux version 4\./)
    expect(kernel).not.toContain(release())
    expect(lines.filter((line) => line.startsWith('Cap'))).not.toEqual([])
    expect(lines.filter((line) => /^Cap.*[1-9a-f]/.test(line.slice(4)))).toEqual([])
    expect(lines).toContain('65532')
    expect(lines.join('\n')).toMatch(/touch: \/x: /)
    const [found] = await engine.listContainers(DID)
    expect(found?.runtime).toBe('runsc')
  })

  test('limits are in force, and can be read back', async () => {
    const id = await run(engine, 'while :; do :; done', { runtime: 'runsc', cpuMilli: 200 })
    const first = await until(async () => {
      const stats = await engine.stats(id)
      return stats.cpuNanos > 0 && stats
    })
    expect(first).toMatchObject({ memoryLimitBytes: MEMORY_BYTES, pidsLimit: 256 })
    const beganMs = performance.now()
    await until(async () => performance.now() - beganMs > 1_500)
    const second = await engine.stats(id)
    const cores = (second.cpuNanos - first.cpuNanos) / 1_000_000 / (performance.now() - beganMs)
    expect(cores).toBeLessThan(0.4)
  })

  test('memory that runs out ends the container, and no more', async () => {
    const hungry = 'head -c 200000000 /dev/zero | tail -c 190000000 >/dev/null; sleep 600'
    const id = await run(engine, hungry, { runtime: 'runsc' })
    const ended = await until(async () => {
      const found = await engine.findContainer(id)
      return found?.state === 'exited' && found
    })
    // Whether the engine also says why depends on which of the sandbox's processes was killed.
    expect(ended.exitCode).toBe(137)
  })

  test('ports are probed and forwarded, and commands run inside', async () => {
    const id = await run(engine, 'exec httpd -f -p 8080 -h /etc', { runtime: 'runsc' })
    const http = { kind: 'http', port: 8080, path: '/passwd' } as const
    await until(async () => (await engine.probe(id, http, 2_000)).ok)
    await using forward = disposable(
      await engine.forward({ containerId: id, port: 8080, preferredPort: 0 }),
    )
    // Debian’s runsc of 2022 ends the first connection that is piped in without an answer.
    await until(async () => {
      const url = `http://127.0.0.1:${forward.port}/passwd`
      return fetch(url).then(
        ({ status }) => status === 200,
        () => false,
      )
    })
    expect(await engine.exec(id, ['/bin/id', '-u'], { timeoutMs: 10_000 })).toEqual({
      exitCode: 0,
      output: '65532\n',
    })
  })

  test('no way out: the walls of its network stay', async () => {
    const port = registry.host.split(':')[1]
    const own = Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).flatMap(({ family, address }) => (family === 'IPv4' ? [address] : [])),
    )
    const attempts = [...own, '169.254.169.254', '192.168.1.1'].map(
      (host) => `nc -w 1 ${host} ${port} </dev/null >/dev/null 2>&1 && echo open ${host}`,
    )
    const id = await run(engine, [...attempts, 'echo done'].join('\n'), { runtime: 'runsc' })
    expect(await output(engine, id)).toEqual(['done'])
  })

  test('with a network stack of its own, a port of it can’t be reached', async () => {
    const listening = 'httpd -p 8080 -h /etc; sleep 1; echo done; sleep 600'
    const id = await run(engine, listening, { runtime: 'runsc-none' })
    await output(engine, id)
    expect(await engine.probe(id, { kind: 'tcp', port: 8080 }, 2_000)).toEqual({
      ok: false,
      message: 'nothing listens on port 8080',
    })
  })
})

describe('an engine with user namespaces', () => {
  let own: OwnEngine
  let engine: Engine

  beforeAll(async () => {
    own = await startOwnEngine({ userNamespaces: true })
    engine = await prepared(own)
  })
  afterAll(() => cleared(own))

  test('says so, and root in a container is nobody outside', async () => {
    expect((await engine.info()).host?.userNamespaces).toBe(true)
    const root = { user: '0', security: 'baseline', capAdd: ['CHOWN'] } as const
    const id = await run(engine, 'id -u; cat /proc/self/uid_map; echo done', root)
    const [user, map] = await output(engine, id)
    expect(user).toBe('0')
    expect(map?.trim().split(/\s+/)).toEqual(['0', expect.stringMatching(/^[1-9]\d{4,}$/), '65536'])
  })

  test('the user of a workload that names none is one that there is', async () => {
    const uri = workloadUri(DID, 'web')
    const identity = {
      ...{ meshletDid: DID, ownerDid: DID },
      ...{ uri, revision: 'r', specHash: 's', replica: 0, name: 'web' },
    } as const
    const { user } = containerOptions({ image }, identity, { userIds: 65_536, resolvers: [] })
    const id = await run(engine, 'id -u; touch /tmp/mine && echo done; sleep 600', { user })
    expect(await output(engine, id)).toEqual([user.split(':')[0], 'done'])
    expect(await engine.stats(id)).toMatchObject({ pidsLimit: 256 })
  })

  test('a canary finds the walls standing', async () => {
    const trial = { meshletDid: DID, egress: 'none', ownPorts: [] } as const
    expect(await engine.tryWalls(trial)).toMatchObject({ kind: 'standing' })
  })

  test('ports are probed as usual', async () => {
    const id = await run(engine, 'exec httpd -f -p 8080 -h /etc')
    const http = { kind: 'http', port: 8080, path: '/passwd' } as const
    await until(async () => (await engine.probe(id, http, 2_000)).ok)
  })
})

function disposable<T extends { close(): Promise<void> }>(one: T): T & AsyncDisposable {
  return Object.assign(one, { [Symbol.asyncDispose]: () => one.close() })
}
