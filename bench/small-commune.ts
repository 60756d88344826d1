import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createDemoDocker, type DemoContainer } from '../scripts/demo/docker.ts'
import { commune, startProgram, type Environment } from '../scripts/demo/programs.ts'
import { accountOf, type DevNetwork } from '../scripts/demo/stage.ts'
import { COLLECTION } from '../src/model/nsid.ts'
import { recordKeyFor } from '../src/model/record-key.ts'
import { workloadUri } from '../src/model/workload-uri.ts'
import type { Did } from '../src/model/records.ts'
import { repoEvents } from '../test/support/repo-events.ts'
import { LIMITS, type OwnEngine } from './own-engine.ts'

/** When what happened to a workload, milliseconds since 1970. */
export interface Story {
  /** The PDS had committed the workload. */
  readonly publishedMs: number
  /** The PDS had committed the last bid. */
  readonly lastBidMs: number
  /** The engine had started the last container. */
  readonly runningMs: number
}

/** Real programs on this machine: a network, and a meshlet for each owner on the same engine. */
export interface SmallCommune extends AsyncDisposable {
  /** Publishes a workload and waits until so many replicas of it run. */
  publish(name: string, yaml: string, replicas: number): Promise<Story>
  /** Deletes what was published and waits until nothing of it runs. */
  clear(): Promise<void>
}

const STEP_MS_MAX = 60_000

export interface SmallCommuneOptions {
  readonly owners: readonly string[]
  /** On which all of them run. */
  readonly engine: OwnEngine
  /** More flags of the meshlets. */
  readonly flags?: readonly string[]
}

/** A workload with the limits that all have here, with more YAML below. */
export function smallWorkload(name: string, image: string, more = ''): string {
  const resources = `resources: { cpu: ${LIMITS.cpuMilli}m, memory: ${LIMITS.memoryMib}Mi }`
  return `kind: Workload\nname: ${name}\nimage: ${image}\n${resources}\nstopGracePeriod: 0s\n${more}\n`
}

/** Ready when all machines see each other. */
export async function openSmallCommune(options: SmallCommuneOptions): Promise<SmallCommune> {
  const { owners, flags = [] } = options
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'commune-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const signal = new AbortController().signal
  const args = ['dev', '--json', '--data', join(folder, 'network'), '--members', owners.join(',')]
  const program = stack.use(startProgram('commune', args, {}, join(folder, 'network.log')))
  const network = JSON.parse(await program.line((line) => line.startsWith('{'))) as DevNetwork
  const machineOf = (owner: string) => accountOf(network, `${owner}-mesh`)
  const docker = createDemoDocker(
    options.engine.host,
    owners.map((owner) => machineOf(owner).did),
  )
  const sweep = () => docker.sweep(owners.map((owner) => machineOf(owner).did))
  stack.defer(sweep)
  const environment = (owner: string): Environment => {
    const { handle, password } = accountOf(network, owner)
    return {
      COMMUNE_SERVICE: network.pdsUrl,
      COMMUNE_PLC_URL: network.plcUrl,
      COMMUNE_IDENTIFIER: handle,
      COMMUNE_PASSWORD: password,
    }
  }
  const run = async (owner: string, ...words: readonly string[]) => {
    const ended = await commune(words, environment(owner), signal)
    if (ended.code !== 0) throw new Error(`commune ${words.join(' ')}:\n${ended.stderr}`)
    return ended.stdout
  }
  const until = async (what: string, look: () => Promise<boolean>) => {
    const deadlineMs = performance.now() + STEP_MS_MAX
    while (!(await look())) {
      if (performance.now() > deadlineMs) throw new Error(`waited in vain until ${what}`)
      await pause(100)
    }
  }
  const [first = ''] = owners
  await Promise.all(
    owners.map(async (owner) => {
      const machine = machineOf(owner)
      await run(owner, 'meshlet', 'add', machine.did, '--name', machine.name)
      const others = owners.filter((other) => other !== owner)
      const line = [
        `--did=${machine.did}`,
        `--owner=${accountOf(network, owner).did}`,
        ...(others.length > 0
          ? [`--cluster-members=${others.map((one) => accountOf(network, one).did).join(',')}`]
          : []),
        `--service=${network.pdsUrl}`,
        `--plc-url=${network.plcUrl}`,
        `--state-dir=${join(folder, machine.name)}`,
        ...['--cpu=16', '--memory=4Gi', '--liveness=fast', '--log-format=json', ...flags],
      ]
      const env = { MESHLET_PASSWORD: machine.password, DOCKER_HOST: options.engine.host }
      stack.use(startProgram('meshlet', line, env, join(folder, `${machine.name}.log`)))
    }),
  )
  await until('all machines see each other', async () => {
    const rows = JSON.parse(await run(first, 'get', 'members', '-o', 'json')) as {
      readonly verdict: string
    }[]
    return rows.filter(({ verdict }) => verdict === 'yes').length === owners.length
  })
  const workloads = join(folder, 'workloads')
  const sync = () => run(first, 'sync', workloads)
  const running = (name: string) => docker.containers(name)
  const published: string[] = []
  const ended = stack.move()
  return {
    async publish(name, yaml, replicas) {
      await rm(workloads, { recursive: true, force: true })
      await mkdir(workloads, { recursive: true })
      await writeFile(join(workloads, `${name}.yaml`), yaml)
      published.push(name)
      await sync()
      let seen: readonly DemoContainer[] = []
      await until(`${name} runs`, async () => {
        seen = await running(name)
        return seen.length === replicas
      })
      const runningMs = Math.max(...seen.map(({ startedAtMs }) => startedAtMs))
      return { ...(await commits(network, first, name, owners)), runningMs }
    },
    async clear() {
      await run(first, 'delete', ...published.splice(0), '--yes')
      await until('nothing is left', async () => (await docker.left()) === 0)
    },
    [Symbol.asyncDispose]: () => ended.disposeAsync(),
  }
}

/** When the PDS committed the workload and the last bid, from its event stream. */
async function commits(
  network: DevNetwork,
  owner: string,
  name: string,
  owners: readonly string[],
) {
  const did = accountOf(network, owner).did as Did
  const workload = `${COLLECTION.workload}/${name}`
  const bid = `${COLLECTION.bid}/${recordKeyFor(workloadUri(did, name))}`
  const bidders = new Set<string>()
  const events = await repoEvents(network.pdsUrl, (event) => {
    if (event.path === bid) bidders.add(event.did)
    return bidders.size === owners.length
  })
  const timeOf = (path: string) =>
    Math.max(...events.filter((event) => event.path === path).map(({ timeMs }) => timeMs))
  return { publishedMs: timeOf(workload), lastBidMs: timeOf(bid) }
}
