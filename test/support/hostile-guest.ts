import { setTimeout as delay } from 'node:timers/promises'
import Dockerode from 'dockerode'
import { startRegistry } from '../../src/dev/registry.ts'
import { buildImage, type StandInOptions } from '../../src/dev/stand-in.ts'
import { parseDockerHost } from '../../src/engine/endpoint.ts'
import { LABEL } from '../../src/model/nsid.ts'
import type { ContainerCreate, Engine } from '../../src/ports/engine.ts'
import { dockerHarness } from '../contract/engine-harness.ts'

/** Containers of somebody who means ill, made as those of a workload, on the real engine. */
export interface HostileGuests extends AsyncDisposable {
  readonly engine: Engine
  readonly docker: Dockerode
  readonly prefix: string
  /** Where containers are unless told. */
  readonly network: string
  /** Another workload's network. */
  otherNetwork(): Promise<string>
  /** Makes an image and brings it in; its reference. */
  image(options: StandInOptions): Promise<string>
  /** Starts a shell script, at the level restricted unless told. */
  run(script: string, change?: Partial<ContainerCreate>): Promise<string>
  /** Runs it to its end; what it printed, by line. */
  lines(script: string, change?: Partial<ContainerCreate>): Promise<readonly string[]>
  /** Tries until it finds something, and fails after a long while. */
  until<T>(look: () => Promise<T | undefined | false>): Promise<T>
  /** Removes the containers made so far. */
  removeAll(): Promise<void>
}

const STEPS_MAX = 1_000
const STEP_MS = 20
const MIB = 1024 ** 2

/** Root with everything that a policy can grant. */
export const MOST_GRANTED: Partial<ContainerCreate> = {
  security: 'baseline',
  user: '0',
  readOnly: false,
  capAdd: (
    'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID ' +
    'SETPCAP SETUID SYS_CHROOT'
  ).split(' '),
}

export async function hostileGuests(name: string): Promise<HostileGuests> {
  const harness = await dockerHarness()
  const registry = await startRegistry()
  const { engine, prefix } = harness
  const did = `did:web:${prefix}.${name}.test`
  const labels = { [LABEL.meshletDid]: did }
  const network = `${prefix}-${name}`
  const images = [harness.image]
  let count = 0
  await engine.ensureNetwork({ name: network, labels, egress: 'none' })
  await engine.pullImage(harness.image)

  const run: HostileGuests['run'] = async (script, change = {}) => {
    count += 1
    const id = await engine.createContainer({
      ...{ name: `${prefix}-${name}-${count}`, image: harness.image, labels, network, env: {} },
      ...{ security: 'restricted', user: '65532', command: ['/bin/sh', '-c', script] },
      ...{ readOnly: true, capAdd: [], tmpfs: [], stopGracePeriodMs: 0 },
      ...{ memoryBytes: 64 * MIB, cpuMilli: 1_000 },
      ...change,
    })
    await engine.startContainer(id)
    return id
  }
  const removeAll = async () => {
    for (const { id } of await engine.listContainers(did)) await engine.removeContainer(id)
  }
  return {
    ...{ engine, prefix, network, run, removeAll },
    docker: new Dockerode(parseDockerHost(process.env['DOCKER_HOST']).options),
    async otherNetwork() {
      return engine.ensureNetwork({ name: `${network}-other`, labels, egress: 'none' })
    },
    async image(options) {
      count += 1
      const reference = registry.add(`${prefix}/${name}-${count}`, await buildImage(options))
      images.push(reference)
      await engine.pullImage(reference)
      return reference
    },
    async lines(script, change) {
      const id = await run(script, change)
      const found: string[] = []
      for await (const { line } of engine.logs(id, { follow: true })) found.push(line)
      return found
    },
    async until(look) {
      for (let step = 0; step < STEPS_MAX; step += 1) {
        const found = await look()
        if (found) return found
        await delay(STEP_MS)
      }
      throw new Error('what the test waits for did not happen')
    },
    async [Symbol.asyncDispose]() {
      await removeAll()
      for (const one of await engine.listNetworks(did)) await engine.removeNetwork(one.name)
      for (const image of images) await engine.removeImage(image)
      await registry[Symbol.asyncDispose]()
      await harness[Symbol.asyncDispose]()
    },
  }
}
