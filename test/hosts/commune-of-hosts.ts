import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Account } from '../../src/dev/accounts.ts'
import { startNetwork } from '../../src/dev/network.ts'
import { startRegistry } from '../../src/dev/registry.ts'
import { buildImage } from '../../src/dev/stand-in.ts'
import type { MeshletSettings } from '../../src/meshlet/flags.ts'
import { COLLECTION, type Collection } from '../../src/model/nsid.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import type { Did, WorkloadStatusRecord } from '../../src/model/records.ts'
import { workloadUri } from '../../src/model/workload-uri.ts'
import { silentLog } from '../../src/ports/log.ts'
import { runCli } from '../cli/run-cli.ts'
import { LogTail } from '../support/real-machine.ts'
import { HUB_ADDRESS, openHub } from './hub.ts'
import { Machine } from './machine.ts'

/** One container that runs, and on which machine. */
export interface Placed {
  readonly machine: Machine
  readonly id: string
  /** `WORKLOAD/REPLICA`. */
  readonly replica: string
  readonly workload: string
  readonly startedAtMs: number
}

/** Three owners, each with a machine that works for all of them, and services that run there. */
export interface CommuneOfHosts extends AsyncDisposable {
  readonly machines: readonly Machine[]
  readonly pdsPort: number
  readonly log: LogTail
  startMeshlet(machine: Machine): Promise<void>
  /** All containers that run now, also where nobody gets through; undefined when an engine is away. */
  placed(): Promise<readonly Placed[] | undefined>
  /** Replicas on these machines that answer over HTTP when called from the hub: `URI/REPLICA@MACHINE`. */
  answering(on: readonly Machine[]): Promise<ReadonlySet<string>>
  /** Whether any machine holds a suspicion of another. */
  someSuspect(): Promise<boolean>
  /** Resolves with the first value that is neither undefined nor false; fails with what machines said. */
  until<T>(what: string, look: () => Promise<T | undefined | false>, timeoutMs?: number): Promise<T>
}

/** What runs: by owner, its name and how many. */
export const SERVICES = [
  { owner: 'alice', name: 'site', replicas: 3 },
  { owner: 'bobby', name: 'wiki', replicas: 1 },
  { owner: 'carol', name: 'chat', replicas: 1 },
] as const

const OWNERS = SERVICES.map(({ owner }) => owner)
const WAIT_MS = 120_000
const LOOK_EVERY_MS = 100
/** Time in which a service answers or is taken for silent. */
const ANSWER_MS = 1_000
const WEB =
  'mkdir -p /tmp/www && echo -n "$COMMUNE_WORKLOAD/$COMMUNE_REPLICA" > /tmp/www/index.html && ' +
  'exec httpd -f -p 8080 -h /tmp/www'

/** Brings everything up in the folder; this process has to be alone in its network namespace. */
export async function startCommuneOfHosts(folder: string, id: string): Promise<CommuneOfHosts> {
  await using stack = new AsyncDisposableStack()
  await openHub()
  const log = new LogTail()
  const network = stack.use(
    await startNetwork({ dir: join(folder, 'network'), owners: OWNERS, log: silentLog }),
  )
  const registry = stack.use(await startRegistry())
  const image = registry.add('web', await buildImage({ entrypoint: ['/bin/sh', '-c', WEB] }))
  const account = (name: string): Account => {
    const found = network.accounts.find((one) => one.name === name)
    if (found === undefined) throw new Error(`no account ${name}`)
    return found
  }
  const machines = OWNERS.map(
    (owner, index) =>
      new Machine({
        name: owner,
        address: HUB_ADDRESS.replace(/1$/, `${11 + index}`),
        folder: join(folder, owner),
        cgroup: `${id}-${owner}`,
        log,
        meshletDid: account(`${owner}-mesh`).did,
        registryPort: Number(registry.host.split(':')[1]),
      }),
  )
  stack.defer(async () => {
    await Promise.all(machines.map((machine) => machine.powerCut()))
  })
  const commune = async (owner: string, ...args: readonly string[]) => {
    const { handle, password } = account(owner)
    const { code, out, err } = await runCli(args, {
      env: {
        COMMUNE_SERVICE: network.pdsUrl,
        COMMUNE_PLC_URL: network.plcUrl,
        COMMUNE_IDENTIFIER: handle,
        COMMUNE_PASSWORD: password,
        XDG_CONFIG_HOME: join(folder, 'config'),
      },
    })
    if (code !== 0) throw new Error(`commune ${args.join(' ')} ended with ${code}: ${out}${err}`)
    return out
  }
  const until: CommuneOfHosts['until'] = async (what, look, timeoutMs = WAIT_MS) => {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const found = await look()
      if (found !== undefined && found !== false) return found
      if (performance.now() > deadline) throw new Error(`Waited in vain: ${what}\n${log.text()}`)
      await pause(LOOK_EVERY_MS)
    }
  }
  const records = new Records(network.pdsUrl)
  const uris = SERVICES.map(({ owner, name }) => workloadUri(account(owner).did, name))
  const startMeshlet = (machine: Machine) => {
    const { did, password } = account(`${machine.name}-mesh`)
    const settings: MeshletSettings = {
      did,
      owner: account(machine.name).did,
      clusters: new Map([['default', OWNERS.map((owner) => account(owner).did)]]),
      service: network.pdsUrl,
      identifier: did,
      password,
      plcUrl: network.plcUrl,
      listenHost: machine.address,
      listenPort: 0,
      cpuMilli: 1_000,
      memoryBytes: 1024 ** 3,
      storageBytes: 1024 ** 3,
      labels: {},
      liveness: 'fast',
      logFormat: 'text',
      verbose: false,
    }
    return machine.startMeshlet(settings)
  }
  const endpointsOn = async (machine: Machine) => {
    const did = account(`${machine.name}-mesh`).did
    const statuses = await Promise.all(
      uris.map((uri) =>
        records.get<WorkloadStatusRecord>(did, COLLECTION.workloadStatus, recordKeyFor(uri)),
      ),
    )
    return statuses
      .flatMap((status) => status?.endpoints ?? [])
      .map(({ address }) => `http://${address.replace('127.0.0.1', machine.address)}/`)
  }
  const answersOn = async (machine: Machine) => {
    const answers = await Promise.all((await endpointsOn(machine)).map(textAt))
    return answers.flatMap((text) => (text === undefined ? [] : [`${text}@${machine.name}`]))
  }

  await Promise.all([
    Promise.all(machines.map((machine) => machine.boot())),
    Promise.all(
      OWNERS.map((owner) =>
        commune(owner, 'meshlet', 'add', account(`${owner}-mesh`).did, '--name', `${owner}-box`),
      ),
    ),
  ])
  await Promise.all(machines.map(startMeshlet))
  await until('all machines see one another', async () => {
    const rows = JSON.parse(await commune('alice', 'get', 'members', '-o', 'json')) as readonly {
      readonly verdict: string
    }[]
    return rows.filter(({ verdict }) => verdict === 'yes').length === OWNERS.length
  })
  await Promise.all(
    SERVICES.map(async (service) => {
      const set = join(folder, 'workloads', service.owner)
      await mkdir(set, { recursive: true })
      await writeFile(join(set, 'workload.yaml'), workloadFile(service, image))
      await commune(service.owner, 'sync', set, '--set', 'hosts')
    }),
  )

  const running = stack.move()
  return {
    machines,
    pdsPort: Number(new URL(network.pdsUrl).port),
    log,
    startMeshlet,
    until,
    async placed() {
      const all = await Promise.all(machines.map(placedOn))
      return all.includes(undefined) ? undefined : all.flatMap((one) => one ?? [])
    },
    answering: async (on) => new Set((await Promise.all(on.map(answersOn))).flat()),
    async someSuspect() {
      const held = await Promise.all(
        OWNERS.map((owner) => records.count(account(`${owner}-mesh`).did, COLLECTION.suspicion)),
      )
      return held.some((count) => count > 0)
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** JSON is YAML. */
function workloadFile(service: (typeof SERVICES)[number], image: string): string {
  return JSON.stringify({
    kind: 'Workload',
    name: service.name,
    image,
    replicas: service.replicas,
    spread: 'meshlet',
    user: '65532:65532',
    resources: { cpu: '50m', memory: '16Mi' },
    ports: [{ container: 8080, name: 'http' }],
    stopGracePeriod: '1s',
    placement: { bidWindow: '1s' },
  })
}

/** Nothing runs on a machine that is off; what an engine runs that does not answer is unknown. */
async function placedOn(machine: Machine): Promise<readonly Placed[] | undefined> {
  if (!machine.isOn) return []
  const containers = await machine.engine.containers().catch(() => undefined)
  return containers
    ?.filter(({ state }) => state === 'running')
    .map(({ id, workload, replica, startedAtMs }) => ({
      machine,
      id,
      workload,
      replica: `${workload}/${replica}`,
      startedAtMs,
    }))
}

async function textAt(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(ANSWER_MS),
      headers: { connection: 'close' },
    })
    return response.ok ? await response.text() : undefined
  } catch {
    return undefined
  }
}

/** Public records, as the PDS tells them. */
class Records {
  readonly #pdsUrl: string

  constructor(pdsUrl: string) {
    this.#pdsUrl = pdsUrl
  }

  async get<T>(repo: Did, collection: Collection, rkey: string): Promise<T | undefined> {
    const answer = await this.#ask('getRecord', { repo, collection, rkey })
    return (answer as { value: T } | undefined)?.value
  }

  async count(repo: Did, collection: Collection): Promise<number> {
    const answer = await this.#ask('listRecords', { repo, collection })
    return (answer as { records: unknown[] } | undefined)?.records.length ?? 0
  }

  async #ask(method: string, query: Readonly<Record<string, string>>): Promise<unknown> {
    const response = await fetch(
      `${this.#pdsUrl}/xrpc/com.atproto.repo.${method}?${new URLSearchParams(query).toString()}`,
    )
    return response.ok ? response.json() : undefined
  }
}
