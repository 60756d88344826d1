import { writeFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import Dockerode from 'dockerode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryName, tryWalls, type CanaryOptions } from '../../src/engine/canary.ts'
import { createDockerEngine } from '../../src/engine/docker.ts'
import { parseDockerHost } from '../../src/engine/endpoint.ts'
import { createNetns, unsupportedNetns, type Netns } from '../../src/engine/netns.ts'
import type { NetworkCreate, WallTrial } from '../../src/ports/engine.ts'
import { dockerHarness, type EngineHarness } from './engine-harness.ts'

/** The canary against real listeners, on walls that stand and on walls that somebody took down. */

const IMAGE = 'commune-canary-1:latest'
const BRIDGE_NAME = 'com.docker.network.bridge.name'
const NO_HOST_ADDRESS = 'com.docker.network.bridge.inhibit_ipv4'
const OPEN_SUBNET = '10.190.77.0/24'

let harness: EngineHarness
let docker: Dockerode
let netns: Netns
let trial: WallTrial

beforeAll(async () => {
  harness = await dockerHarness()
  docker = new Dockerode(parseDockerHost(process.env['DOCKER_HOST']).options)
  netns = createNetns()
  trial = { meshletDid: `did:web:${harness.prefix}.canary.test`, egress: 'none', ownPorts: [] }
  // Brings the image in.
  await harness.engine.tryWalls(trial)
})

afterAll(async () => {
  await netns.close()
  await harness[Symbol.asyncDispose]()
})

/** What the driver puts together, with another way to make the network. */
function partsWith(ensureNetwork: (network: NetworkCreate) => Promise<string>): CanaryOptions {
  const { engine } = harness
  return {
    engine: {
      ensureNetwork,
      createContainer: (container) => engine.createContainer(container),
      startContainer: (id) => engine.startContainer(id),
      removeContainer: (id) => engine.removeContainer(id),
      removeNetwork: (name) => engine.removeNetwork(name),
    },
    image: async () => IMAGE,
    async attempt(containerId, attempts, timeoutMs) {
      const { Id, State } = await docker.getContainer(containerId).inspect()
      return netns.attempt({ containerId: Id, pid: State.Pid, addresses: [] }, attempts, timeoutMs)
    },
    inspectNetwork: (name) => docker.getNetwork(name).inspect(),
    runningContainers: () => docker.listContainers(),
  }
}

async function ordinaryNetwork({ name }: NetworkCreate): Promise<string> {
  await docker.createNetwork({ Name: name, IPAM: { Config: [{ Subnet: OPEN_SUBNET }] } })
  return name
}

const ownAddress = () =>
  Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

test('walls as workloads have them stand, and nothing is left of the trial', async () => {
  const report = await harness.engine.tryWalls(trial)
  expect(report).toMatchObject({ kind: 'standing' })
  expect(report.kind === 'standing' && report.tried).toBeGreaterThan(10)
  const name = canaryName(trial)
  expect(await harness.engine.findContainer(name)).toBeUndefined()
  const networks = await docker.listNetworks({ filters: { name: [name] } })
  expect(networks).toEqual([])
})

test('what an earlier trial left behind is in nobody’s way', async () => {
  const name = canaryName(trial)
  await harness.engine.ensureNetwork({ name, labels: {}, egress: 'none' })
  expect(await harness.engine.tryWalls(trial)).toMatchObject({ kind: 'standing' })
})

describe('walls that are down', () => {
  test('an ordinary network: the machine itself can be reached, and the canary says where', async () => {
    const report = await tryWalls(partsWith(ordinaryNetwork), trial)
    expect(report.kind).toBe('open')
    const open = report.kind === 'open' ? report.open.join('\n') : ''
    expect(open).toContain(`this machine can be reached at ${ownAddress()}, TCP port`)
    expect(open).toContain(`packets reach this machine at ${ownAddress()} (UDP)`)
  })

  test('a port of this program that listens on the machine is tried too', async () => {
    const ports = { ...trial, ownPorts: [9] }
    const report = await tryWalls(partsWith(ordinaryNetwork), ports)
    const open = report.kind === 'open' ? report.open.join('\n') : ''
    // Nobody listens there: that the machine says so is an answer as well.
    expect(open).toContain('the meshlet’s own port can be reached at')
  })

  test('a bridge on which the machine listens to packets that pass by the routes', async () => {
    // Under a name that is not ours: other meshlets of this machine seal all bridges of commune.
    const bridge = `cnt${harness.prefix.slice(-8)}`
    const unsealed = async ({ name }: NetworkCreate) => {
      await docker.createNetwork({
        Name: name,
        Internal: true,
        IPAM: { Config: [{ Subnet: OPEN_SUBNET }] },
        Options: { [NO_HOST_ADDRESS]: 'true', [BRIDGE_NAME]: bridge },
      })
      await writeFile(`/proc/sys/net/ipv4/conf/${bridge}/rp_filter`, '0')
      return name
    }
    const report = await tryWalls(partsWith(unsealed), trial)
    expect(report.kind).toBe('open')
    const open = report.kind === 'open' ? report.open : []
    expect(open).toContain(`packets reach this machine at ${ownAddress()} (UDP)`)
    expect(open).toContain('packets reach this machine at 255.255.255.255 (UDP)')
    expect(open.join('\n')).not.toContain('TCP')
  })
})

describe('what can’t be tried', () => {
  test('without the right to enter a container’s network', async () => {
    const why = 'The network of a container can’t be entered'
    const engine = createDockerEngine({
      dockerHost: process.env['DOCKER_HOST'],
      netns: unsupportedNetns(why),
    })
    expect(await engine.tryWalls(trial)).toEqual({
      kind: 'unproven',
      why: expect.stringMatching(new RegExp(`^${why} \\(run the meshlet as root, or with CAP_`)),
    })
    await engine.close()
  })

  test('networks that the engine can’t make', async () => {
    const report = await harness.engine.tryWalls({ ...trial, egress: 'internet' })
    expect(report).toMatchObject({ kind: 'unproven', why: expect.stringContaining('firewall') })
  })

  test('a container that ends at once is the engine’s failure, and leaves nothing behind', async () => {
    const gone = partsWith((network) => harness.engine.ensureNetwork(network))
    const parts = { ...gone, attempt: () => Promise.reject(new Error('it ended')) }
    await expect(tryWalls(parts, trial)).rejects.toThrow('it ended')
    expect(await harness.engine.findContainer(canaryName(trial))).toBeUndefined()
  })
})
