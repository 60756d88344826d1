import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDaemon, type Daemon } from '../../src/bin/meshlet-daemon.ts'
import { createRealDrivers } from '../../src/bin/real-drivers.ts'
import { removeContainersOf } from '../../src/cli/remove-containers.ts'
import { systemClock } from '../../src/cli/system-clock.ts'
import { startRegistry, type LocalRegistry } from '../../src/dev/registry.ts'
import { buildImage } from '../../src/dev/stand-in.ts'
import { startTestNetwork, type TestNetwork } from '../../src/dev/test-network.ts'
import { createDockerEngine } from '../../src/engine/docker.ts'
import { parseSettings } from '../../src/meshlet/flags.ts'
import { LABEL } from '../../src/model/nsid.ts'
import { workloadUri } from '../../src/model/workload-uri.ts'
import { silentLog } from '../../src/ports/log.ts'
import type { EngineContainer } from '../../src/ports/engine.ts'
import { runCli, type CliOptions, type CliResult } from './run-cli.ts'

export const OWNERS = ['alice', 'bobby', 'carol'] as const
export type OwnerName = (typeof OWNERS)[number]

/** Nobody listens on the first port, so that a machine that names it is as if behind NAT. */
const UNREACHABLE = 'http://127.0.0.1:1'

/** Three owners with a machine each that work for one another, on the real engine. */
export interface Machines extends AsyncDisposable {
  readonly network: TestNetwork
  /** `HOST:PORT/app:1`: a shell and the usual small programs. */
  readonly image: string
  readonly registry: LocalRegistry
  run(owner: OwnerName, args: readonly string[], options?: CliOptions): Promise<CliResult>
  /** A folder of its own with this one workload, which any user may run. */
  folder(workload: Readonly<Record<string, unknown>>): string
  /** Containers of one of Alice's workloads, on all machines. */
  containers(name: string): Promise<readonly EngineContainer[]>
  /** Ends a machine without a word; its containers stay. */
  lose(owner: OwnerName): Promise<void>
}

/** Carol's machine can call the others and can't be called. */
export async function startMachines(): Promise<Machines> {
  await using stack = new AsyncDisposableStack()
  const network = stack.use(await startTestNetwork(OWNERS))
  const registry = stack.use(await startRegistry())
  registry.add('app', await buildImage({ env: { REGISTRY: registry.host } }), '1')
  const base = mkdtempSync(join(tmpdir(), 'commune-machines-'))
  stack.defer(() => rmSync(base, { recursive: true, force: true }))
  const engine = createDockerEngine({ dockerHost: process.env['DOCKER_HOST'] })
  stack.defer(() => engine.close())
  const meshlets = OWNERS.map((owner) => network.account(`${owner}-mesh`).did)
  stack.defer(() => sweep(meshlets))

  const run: Machines['run'] = (owner, args, options = {}) => {
    const { handle, password } = network.account(owner)
    return runCli(args, {
      ...options,
      env: {
        COMMUNE_SERVICE: network.pdsUrl,
        COMMUNE_PLC_URL: network.plcUrl,
        COMMUNE_IDENTIFIER: handle,
        COMMUNE_PASSWORD: password,
        XDG_CONFIG_HOME: base,
        ...options.env,
      },
    })
  }
  const daemons = new Map<OwnerName, Daemon>()
  for (const owner of OWNERS) {
    const { did } = network.account(`${owner}-mesh`)
    await must(run(owner, ['meshlet', 'add', did, '--name', `${owner}-box`]))
    const daemon = await startOne(network, owner, join(base, owner))
    daemons.set(owner, stack.use(daemon))
  }
  let folders = 0
  const running = stack.move()
  return {
    network,
    registry,
    image: `${registry.host}/app:1`,
    run,
    folder(workload) {
      const folder = mkdtempSync(join(base, `folder-${folders++}-`))
      const fields = {
        kind: 'Workload',
        image: `${registry.host}/app:1`,
        user: '65532:65532',
        resources: { cpu: '20m', memory: '16Mi' },
        stopGracePeriod: '1s',
        ...workload,
      }
      // JSON is YAML.
      writeFileSync(join(folder, 'workload.yaml'), JSON.stringify(fields))
      return folder
    },
    async containers(name) {
      const uri = workloadUri(network.account('alice').did, name)
      const all = await Promise.all(meshlets.map((did) => engine.listContainers(did)))
      return all.flat().filter(({ labels }) => labels[LABEL.workload] === uri)
    },
    lose: async (owner) => daemons.get(owner)?.[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function startOne(network: TestNetwork, owner: OwnerName, stateDir: string): Promise<Daemon> {
  const machine = network.account(`${owner}-mesh`)
  const others = OWNERS.filter((other) => other !== owner)
  const settings = parseSettings(
    {
      did: machine.did,
      owner: network.account(owner).did,
      clusterMembers: others.map((other) => network.account(other).did),
      service: network.pdsUrl,
      plcUrl: network.plcUrl,
      stateDir,
      cpu: '1',
      memory: '512Mi',
      liveness: 'fast',
      ...(owner === 'carol' ? { endpoint: UNREACHABLE } : {}),
    },
    { MESHLET_PASSWORD: machine.password },
  )
  return startDaemon(settings, '0.0.0-test', silentLog)
}

async function sweep(meshlets: Parameters<typeof removeContainersOf>[1]): Promise<void> {
  let said = ''
  const io = {
    out: () => undefined,
    note: (text: string) => {
      said += text
    },
    isInteractive: false,
    color: { out: false, note: false },
    env: process.env,
    signal: new AbortController().signal,
    clock: systemClock,
    ask: async () => '',
  }
  await removeContainersOf({ io, drivers: createRealDrivers() }, meshlets)
  if (!said.startsWith('Removed')) throw new Error(said)
}

async function must(result: Promise<CliResult>): Promise<CliResult> {
  const ended = await result
  if (ended.code !== 0) throw new Error(`ended with ${ended.code}: ${ended.err}`)
  return ended
}
