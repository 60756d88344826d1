import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openSession, type Session } from '../../src/atproto/session.ts'
import type { Account } from '../../src/dev/accounts.ts'
import { startRegistry, type LocalRegistry } from '../../src/dev/registry.ts'
import { buildImage } from '../../src/dev/stand-in.ts'
import { startNetwork } from '../../src/dev/network.ts'
import type { MeshletSettings } from '../../src/meshlet/flags.ts'
import { COLLECTION, type Collection } from '../../src/model/nsid.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import type { BidRecord, Cid, Did, WorkloadStatusRecord } from '../../src/model/records.ts'
import { workloadUri } from '../../src/model/workload-uri.ts'
import { silentLog } from '../../src/ports/log.ts'
import { accountEnv, runCli, type CliResult } from '../cli/run-cli.ts'
import { createRealEngine, type RealEngine, type SeenContainer } from './real-engine.ts'
import { LogTail, startInProcess, startProcess, type RealMachine } from './real-machine.ts'

/**
 * A commune in which everything is real: PLC directory, PDS, meshlets, engine, registry. Each owner
 * NAME has a machine `NAME-mesh`. Taking it down removes whatever its meshlets left on the engine.
 */
export interface RealCommune extends AsyncDisposable {
  readonly network: RealNetwork
  readonly engine: RealEngine
  readonly registry: LocalRegistry
  /** A web server that says which replica it is; answers on port 8080, also for /health. */
  readonly image: string
  readonly log: LogTail
  did(account: string): Did
  /** Name of the owner whose machine has this DID. */
  ownerOf(meshlet: string): string
  uri(owner: string, workload: string): ReturnType<typeof workloadUri>
  session(account: string): Promise<Session>
  /** The owner's half of the link with her machine. */
  link(owner: string): Promise<void>
  /** Starts the owner's machine; by default it works for every owner, and is linked. */
  start(owner: string, options?: MachineOptions): Promise<RealMachine>
  /** The owner's machine, which has to run. */
  machine(owner: string): RealMachine
  /** Ends the owner's machine, if it runs. */
  stop(owner: string): Promise<void>
  /** Forgets what the owner's machine remembers between two runs. */
  wipe(owner: string): Promise<void>
  /** What `commune` is told in its environment to be the owner. */
  env(owner: string): Readonly<Record<string, string>>
  /** Runs a `commune` command as the owner. */
  commune(owner: string, ...args: readonly string[]): Promise<CliResult>
  /** Writes files into the owner's folder (undefined removes one), and syncs it with --prune. */
  sync(owner: string, files: Readonly<Record<string, string | undefined>>): Promise<CliResult>
  /** The record as the account's PDS holds it. */
  record<T>(account: string, collection: Collection, rkey: string): Promise<Held<T> | undefined>
  bid(machine: string, owner: string, workload: string): Promise<Held<BidRecord> | undefined>
  status(
    machine: string,
    owner: string,
    workload: string,
  ): Promise<Held<WorkloadStatusRecord> | undefined>
  /** Resolves with the first value that is neither undefined nor false; fails with what machines said. */
  until<T>(what: string, look: () => Promise<T | undefined | false>, timeoutMs?: number): Promise<T>
  /** Waits until exactly so many containers of the workload run and their meshlets say so. */
  running(owner: string, workload: string, count: number): Promise<readonly SeenContainer[]>
}

/** PLC directory and PDS, which can be stopped and started again with all that they hold. */
export interface RealNetwork {
  readonly dir: string
  readonly plcUrl: string
  readonly pdsUrl: string
  account(name: string): Account
  stop(): Promise<void>
  start(): Promise<void>
}

export interface Held<T> {
  readonly cid: Cid
  readonly value: T
}

export interface MachineOptions extends Partial<MeshletSettings> {
  /** Owners that it works for beside its own; all when absent. */
  readonly members?: readonly string[]
  /** In a process of its own, so that it can be killed. */
  readonly asProcess?: boolean
  /** A command that becomes the program, such as one that gives it a namespace of its own. */
  readonly startedBy?: readonly string[]
}

const WAIT_MS = 120_000
const LOOK_EVERY_MS = 120
const WEB = [
  'mkdir -p /tmp/www',
  'echo "$COMMUNE_WORKLOAD $COMMUNE_OWNER_DID $COMMUNE_MESHLET_DID $COMMUNE_REPLICA $GREETING" > /tmp/www/index.html',
  'echo ok > /tmp/www/health',
  'echo started $GREETING',
  'exec httpd -f -p 8080 -h /tmp/www',
].join(' && ')

/** Starts network and registry; machines are started by the test. */
export async function startRealCommune(owners: readonly string[]): Promise<RealCommune> {
  await using stack = new AsyncDisposableStack()
  const network = await openNetwork(owners, stack)
  const registry = stack.use(await startRegistry())
  registry.add('web', await buildImage({ entrypoint: ['/bin/sh', '-c', WEB] }), '1')
  const engine = createRealEngine(owners.map((owner) => network.account(`${owner}-mesh`).did))
  stack.defer(() => engine.sweep())
  const machines = new Map<string, RealMachine>()
  stack.defer(async () => {
    await Promise.all([...machines.values()].map((machine) => machine[Symbol.asyncDispose]()))
  })
  const sessions = new Map<string, Session>()
  stack.defer(async () => {
    for (const session of sessions.values()) await session[Symbol.asyncDispose]()
  })
  const running = stack.move()
  const log = new LogTail()
  const did = (account: string) => network.account(account).did
  const stateDir = (owner: string) => join(network.dir, 'machines', owner)
  const session = async (account: string) => {
    const open = sessions.get(account) ?? (await openAs(network, account))
    sessions.set(account, open)
    return open
  }
  const env = (owner: string) => accountEnv(network, owner, join(network.dir, 'config'))
  const commune = (owner: string, ...args: readonly string[]) => runCli(args, { env: env(owner) })
  const until = async <T>(
    what: string,
    look: () => Promise<T | undefined | false>,
    timeoutMs = WAIT_MS,
  ) => {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const found = await look()
      if (found !== undefined && found !== false) return found
      if (performance.now() > deadline) throw new Error(`Waited in vain: ${what}\n${log.text()}`)
      await pause(LOOK_EVERY_MS)
    }
  }
  const record = async <T>(account: string, collection: Collection, rkey: string) =>
    getRecord<T>(network, { repo: did(account), collection, rkey })
  const status: RealCommune['status'] = (machine, owner, workload) =>
    record(machine, COLLECTION.workloadStatus, recordKeyFor(workloadUri(did(owner), workload)))

  const commonly: RealCommune = {
    network,
    engine,
    registry,
    image: `${registry.host}/web:1`,
    log,
    did,
    ownerOf: (meshlet) =>
      owners.find((owner) => did(`${owner}-mesh`) === meshlet) ?? `nobody (${meshlet})`,
    uri: (owner, workload) => workloadUri(did(owner), workload),
    session,
    async link(owner) {
      const { code, err } = await commune(
        owner,
        'meshlet',
        'add',
        did(`${owner}-mesh`),
        '--name',
        'box',
      )
      if (code !== 0) throw new Error(err)
    },
    async start(owner, options = {}) {
      const {
        members = owners.filter((other) => other !== owner),
        asProcess,
        startedBy,
        ...settings
      } = options
      const account = network.account(`${owner}-mesh`)
      const given: MeshletSettings = {
        did: account.did,
        owner: did(owner),
        clusters: new Map([['default', members.map(did)]]),
        service: network.pdsUrl,
        identifier: account.did,
        password: account.password,
        plcUrl: network.plcUrl,
        stateDir: stateDir(owner),
        listenHost: '127.0.0.1',
        listenPort: 0,
        cpuMilli: 1_000,
        memoryBytes: 1024 ** 3,
        labels: {},
        liveness: 'fast',
        logFormat: 'text',
        verbose: false,
        ...settings,
      }
      const machine = await (asProcess || startedBy
        ? startProcess(given, account.name, log, startedBy)
        : startInProcess(given, account.name, log))
      machines.set(owner, machine)
      return machine
    },
    machine(owner) {
      const machine = machines.get(owner)
      if (machine === undefined) throw new Error(`the machine of ${owner} does not run`)
      return machine
    },
    async stop(owner) {
      const machine = machines.get(owner)
      machines.delete(owner)
      await machine?.[Symbol.asyncDispose]()
    },
    wipe: (owner) => rm(stateDir(owner), { recursive: true, force: true }),
    env,
    commune,
    async sync(owner, files) {
      const folder = join(network.dir, 'workloads', owner)
      await mkdir(folder, { recursive: true })
      for (const [name, text] of Object.entries(files)) {
        const file = join(folder, `${name}.yaml`)
        if (text === undefined) await rm(file, { force: true })
        else await writeFile(file, text)
      }
      const synced = await commune(owner, 'sync', folder, '--set', 'test', '--prune', '--yes')
      if (synced.code !== 0) throw new Error(`${synced.out}${synced.err}`)
      return synced
    },
    record,
    bid: (machine, owner, workload) =>
      record(machine, COLLECTION.bid, recordKeyFor(workloadUri(did(owner), workload))),
    status,
    until,
    running: (owner, workload, count) =>
      until(`${count} of ${workload} run`, async () => {
        const seen = await engine.containers(workload)
        if (seen.length !== count || seen.some(({ state }) => state !== 'running')) return false
        const machinesOfIt = new Set(seen.map(({ meshlet }) => commonly.ownerOf(meshlet)))
        for (const machine of machinesOfIt) {
          const said = await status(`${machine}-mesh`, owner, workload)
          if (said?.value.phase !== 'running') return false
        }
        return seen
      }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
  return commonly
}

/** A workload of this web server, with more YAML below. */
export function webWorkload(commune: RealCommune, name: string, more = ''): string {
  return [
    'kind: Workload',
    `name: ${name}`,
    `image: ${commune.image}`,
    'resources: { cpu: 50m, memory: 16Mi }',
    'stopGracePeriod: 1s',
    more.includes('update:') ? '' : 'update: { healthyAfter: 1s }',
    more,
    '',
  ].join('\n')
}

/** Starts and links the machines of these owners, and waits until all of them see one another. */
export async function startMachines(
  commune: RealCommune,
  owners: readonly string[],
  options: MachineOptions = {},
): Promise<void> {
  await Promise.all(owners.map((owner) => commune.link(owner)))
  await Promise.all(owners.map((owner) => commune.start(owner, options)))
  const [first = ''] = owners
  await commune.until('all machines see one another', async () => {
    const { out } = await commune.commune(first, 'get', 'members', '-o', 'json')
    const rows = JSON.parse(out) as readonly { readonly verdict: string }[]
    return rows.filter(({ verdict }) => verdict === 'yes').length === owners.length
  })
}

async function openNetwork(
  owners: readonly string[],
  stack: AsyncDisposableStack,
): Promise<RealNetwork> {
  const dir = await mkdtemp(join(tmpdir(), 'commune-real-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  const start = () => startNetwork({ dir: join(dir, 'network'), owners, log: silentLog })
  let running: Awaited<ReturnType<typeof start>> | undefined = await start()
  const { plcUrl, pdsUrl, accounts } = running
  const stop = async () => {
    await running?.[Symbol.asyncDispose]()
    running = undefined
  }
  stack.defer(stop)
  return {
    dir,
    plcUrl,
    pdsUrl,
    account(name) {
      const account = accounts.find((one) => one.name === name)
      if (account === undefined) throw new Error(`no account ${name}`)
      return account
    },
    stop,
    async start() {
      running ??= await start()
    },
  }
}

async function openAs(network: RealNetwork, account: string): Promise<Session> {
  const { did, password } = network.account(account)
  return openSession({ service: network.pdsUrl, identifier: did, password, plcUrl: network.plcUrl })
}

async function getRecord<T>(
  { pdsUrl }: RealNetwork,
  which: { readonly repo: Did; readonly collection: Collection; readonly rkey: string },
): Promise<Held<T> | undefined> {
  const response = await fetch(
    `${pdsUrl}/xrpc/com.atproto.repo.getRecord?${new URLSearchParams(which).toString()}`,
  )
  if (!response.ok) return undefined
  return (await response.json()) as Held<T>
}
