import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startRegistry } from '../../src/dev/registry.ts'
import { createDemoDocker, type DemoContainer, type DemoDocker } from './docker.ts'
import { formatMs, type Narrator } from './narrator.ts'
import { commune, startProgram, type Ended, type Environment, type Program } from './programs.ts'
import { copyWithStandIns } from './stand-ins.ts'

const OWNERS = ['alice', 'bob', 'carol'] as const
type Owner = (typeof OWNERS)[number]

/** What `commune dev --json` prints. */
interface DevNetwork {
  readonly plcUrl: string
  readonly pdsUrl: string
  readonly accounts: readonly { name: string; did: string; handle: string; password: string }[]
}

export interface StoryOptions {
  readonly folder: string
  readonly examples: string
  readonly tell: Narrator
  readonly signal: AbortSignal
}

/** The demo while it runs. Ending it takes everything down again. */
export interface Story extends AsyncDisposable {
  /** Throws when something did not happen as told. */
  play(): Promise<void>
}

/** How long any single step may take before the demo gives up. */
const STEP_MS = 60_000

export async function openStory(options: StoryOptions): Promise<Story> {
  await using stack = new AsyncDisposableStack()
  const { folder, tell } = options
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  tell.chapter('A network of our own: a PLC directory and a PDS, both real, on loopback')
  const network = await startNetwork(options, stack)
  const docker = createDemoDocker(process.env['DOCKER_HOST'])
  const meshlets = OWNERS.map((owner) => accountOf(network, `${owner}-mesh`).did)
  stack.defer(() => docker.sweep(meshlets).then(() => undefined))
  const running = stack.move()
  const told = new Telling(options, network, docker, running)
  return {
    play: () => told.play(),
    [Symbol.asyncDispose]: async () => {
      tell.chapter('Everything is taken down')
      await running.disposeAsync()
      const left = await docker.left(meshlets)
      if (left > 0) throw new Error(`${left} containers and networks stayed behind`)
      tell.say('no container, no network, no process of the demo is left')
    },
  }
}

async function startNetwork(options: StoryOptions, stack: AsyncDisposableStack): Promise<DevNetwork> {
  const { folder, tell } = options
  const args = ['dev', '--json', '--data', join(folder, 'network'), '--members', OWNERS.join(',')]
  const program = stack.use(startProgram('commune', args, {}, join(folder, 'network.log')))
  const network = JSON.parse(await program.line((line) => line.startsWith('{'))) as DevNetwork
  tell.say(`$ commune dev --members ${OWNERS.join(',')}`)
  tell.say(`PDS ${network.pdsUrl}, PLC ${network.plcUrl}`)
  for (const owner of OWNERS) {
    const [person, machine] = [accountOf(network, owner), accountOf(network, `${owner}-mesh`)]
    tell.say(`${owner.padEnd(5)} is ${person.did}, her machine is ${machine.did}`)
  }
  return network
}

function accountOf(network: DevNetwork, name: string): DevNetwork['accounts'][number] {
  const account = network.accounts.find((one) => one.name === name)
  if (!account) throw new Error(`no account ${name}`)
  return account
}

/** One telling of the story, chapter by chapter. */
class Telling {
  readonly #options: StoryOptions
  readonly #network: DevNetwork
  readonly #docker: DemoDocker
  readonly #stack: AsyncDisposableStack
  readonly #machines = new Map<Owner, Program>()
  readonly #workloads: string

  constructor(
    options: StoryOptions,
    network: DevNetwork,
    docker: DemoDocker,
    stack: AsyncDisposableStack,
  ) {
    this.#options = options
    this.#network = network
    this.#docker = docker
    this.#stack = stack
    this.#workloads = join(options.folder, 'workloads')
  }

  async play(): Promise<void> {
    await this.#machinesJoin()
    await this.#examplesAreCopied()
    await this.#folderIsSynced()
    await this.#choiceIsExplained()
    await this.#portsAnswer()
    await this.#killedReplicaIsRepaired()
    await this.#watchFollowsTheFolder()
    await this.#lostMachineIsReplaced()
  }

  async #machinesJoin(): Promise<void> {
    const { tell } = this.#options
    tell.chapter('Three people contribute a machine each, and list one another')
    for (const owner of OWNERS) {
      const machine = this.#account(`${owner}-mesh`)
      await this.#run(owner, ['meshlet', 'add', machine.did, '--name', machine.name])
      this.#startMachine(owner)
    }
    const others = OWNERS.filter((owner) => owner !== 'alice').map((owner) => this.#account(owner).did)
    tell.say(`$ meshlet --did=${this.#account('alice-mesh').did} --owner=${this.#account('alice').did} \\`)
    tell.say(`    --cluster-members=${others.join(',')}`)
    await this.#until('all machines see each other', async () => {
      const members = await this.#rows<{ readonly verdict: string }>('alice', ['get', 'members'])
      return members.filter(({ verdict }) => verdict === 'yes').length === OWNERS.length
    })
    tell.quote((await this.#run('alice', ['get', 'members'])).stdout)
  }

  #startMachine(owner: Owner): void {
    const { folder } = this.#options
    const machine = this.#account(`${owner}-mesh`)
    const others = OWNERS.filter((other) => other !== owner).map((other) => this.#account(other).did)
    const args = [
      `--did=${machine.did}`,
      `--owner=${this.#account(owner).did}`,
      `--cluster-members=${others.join(',')}`,
      `--service=${this.#network.pdsUrl}`,
      `--plc-url=${this.#network.plcUrl}`,
      `--state-dir=${join(folder, machine.name)}`,
      '--cpu=1',
      '--memory=1Gi',
      '--liveness=fast',
    ]
    const env = { MESHLET_PASSWORD: machine.password }
    const program = startProgram('meshlet', args, env, join(folder, `${machine.name}.log`))
    this.#machines.set(owner, this.#stack.use(program))
  }

  async #examplesAreCopied(): Promise<void> {
    const { tell, examples } = this.#options
    tell.chapter('The examples name public images; small stand-ins are built here and served on loopback')
    const registry = this.#stack.use(await startRegistry())
    const copy = await copyWithStandIns(examples, this.#workloads, registry)
    for (const line of copy.replaced) tell.say(line)
  }

  async #folderIsSynced(): Promise<void> {
    const { tell } = this.#options
    tell.chapter('Alice publishes a folder of YAML files')
    tell.say('$ commune sync examples/workloads')
    tell.quote((await this.#run('alice', ['sync', this.#workloads])).stdout)
    await this.#runs('site', 2)
    await this.#runs('api', 3)
    await this.#runs('worker', 1)
    tell.say('three of them run; what this version can’t run yet waits, and says why:')
    tell.quote((await this.#run('alice', ['get', 'workloads'])).stdout)
  }

  async #choiceIsExplained(): Promise<void> {
    const { tell } = this.#options
    tell.chapter('Who bid, who was chosen, and why: anybody can recompute it from public records')
    tell.say('$ commune explain site')
    tell.quote((await this.#run('alice', ['explain', 'site'])).stdout)
    tell.say('$ commune explain database')
    tell.quote((await this.#run('alice', ['explain', 'database'])).stdout)
  }

  async #portsAnswer(): Promise<void> {
    const { tell } = this.#options
    tell.chapter('Each replica answers on the loopback of its machine; the container itself can reach nobody')
    for (const address of await this.#addresses('site')) {
      const answer = await fetch(`http://${address}/`, { signal: AbortSignal.timeout(5_000) })
      tell.say(`$ curl http://${address}/`)
      tell.quote(this.#named(await answer.text()))
    }
  }

  async #killedReplicaIsRepaired(): Promise<void> {
    const { tell } = this.#options
    tell.chapter('Somebody kills a container by hand')
    const [victim] = await this.#docker.containers('site')
    if (!victim) throw new Error('no container of the site')
    tell.say(`$ docker kill ${victim.name}`)
    const killedMs = Date.now()
    await this.#docker.kill(victim.id)
    await this.#until('it runs again', async () => {
      const again = await this.#docker.containers('site')
      return again.length === 2 && again.some((one) => one.startedAtMs > killedMs)
    })
    const repaired = (await this.#docker.containers('site')).find((one) => one.startedAtMs > killedMs)
    tell.say(`${this.#ownerOf(repaired)}’s meshlet started it again after ${formatMs((repaired?.startedAtMs ?? 0) - killedMs)}`)
  }

  async #watchFollowsTheFolder(): Promise<void> {
    const { tell, folder } = this.#options
    tell.chapter('Alice keeps `commune sync --watch --prune` running and edits her files')
    const watch = startProgram(
      'commune',
      ['sync', this.#workloads, '--watch', '--prune', '--yes'],
      this.#environment('alice'),
      join(folder, 'watch.log'),
    )
    try {
      await this.#newFileRuns()
      await this.#countIsRaised()
      tell.say('she deletes worker.yaml')
      await rm(join(this.#workloads, 'worker.yaml'))
      await this.#runs('worker', 0)
      tell.say('the worker is gone, from her repo and from the machine')
    } finally {
      await watch[Symbol.asyncDispose]()
    }
  }

  async #newFileRuns(): Promise<void> {
    const { tell } = this.#options
    const image = /^image: (\S+)/m.exec(await readFile(join(this.#workloads, 'site.yaml'), 'utf8'))?.[1]
    tell.say('she writes hello.yaml, with an image that the machines have already')
    await writeFile(
      join(this.#workloads, 'hello.yaml'),
      `kind: Workload\nname: hello\nimage: ${image}\nresources: { cpu: 50m, memory: 16Mi }\n`,
    )
    await this.#runs('hello', 1)
    const [container] = await this.#docker.containers('hello')
    const bids = await this.#rows<Bid>('alice', ['get', 'bids', 'hello'])
    const [workload] = await this.#rows<Published>('alice', ['get', 'workloads', 'hello'])
    if (!container || !workload) throw new Error('hello does not run')
    const lastBidMs = Math.max(...bids.map((bid) => Date.parse(bid.record.createdAt)))
    const docker = await this.#docker.timeOneStart(container.image)
    tell.say(`from the sync’s commit to running: ${formatMs(container.startedAtMs - Date.parse(workload.record.createdAt))}`)
    tell.say(
      `from the last bid to running: ${formatMs(container.startedAtMs - lastBidMs)}; ` +
        `Docker alone takes ${formatMs(docker)} to create and start one`,
    )
  }

  async #countIsRaised(): Promise<void> {
    const { tell } = this.#options
    tell.say('she changes `replicas: 2` to `replicas: 3` in site.yaml')
    const file = join(this.#workloads, 'site.yaml')
    const before = new Set((await this.#docker.containers('site')).map(({ id }) => id))
    await writeFile(file, (await readFile(file, 'utf8')).replace('replicas: 2', 'replicas: 3'))
    await this.#runs('site', 3)
    const added = (await this.#docker.containers('site')).filter(({ id }) => !before.has(id))
    tell.say(`a third replica runs on ${added.map((one) => this.#ownerOf(one)).join(', ')}’s machine; the other two were not touched`)
  }

  async #lostMachineIsReplaced(): Promise<void> {
    const { tell } = this.#options
    tell.chapter('A machine is lost')
    const holders = await this.#docker.containers('hello')
    const victim = OWNERS.find((owner) => owner === this.#ownerOf(holders[0])) ?? 'bob'
    tell.say(`$ kill -9 ${victim}’s meshlet, and its containers with it`)
    const did = this.#account(`${victim}-mesh`).did
    const killedMs = Date.now()
    await this.#machines.get(victim)?.kill()
    await this.#docker.sweep([did])
    await this.#until('somebody else runs hello', async () =>
      (await this.#docker.containers('hello')).some((one) => one.meshlet !== did),
    )
    const [replacement] = (await this.#docker.containers('hello')).filter((one) => one.meshlet !== did)
    tell.say(
      `${this.#ownerOf(replacement)}’s meshlet took hello over after ${formatMs((replacement?.startedAtMs ?? 0) - killedMs)}`,
    )
    tell.quote((await this.#run('alice', ['get', 'workloads'])).stdout)
    tell.say(`${victim}’s machine comes back`)
    this.#startMachine(victim)
    await this.#runs('site', 3)
    await this.#runs('hello', 1)
    tell.say('and everything is at its count again; what had moved stays where it is')
  }

  /** Waits until the records and the engine agree that so many replicas run. */
  async #runs(name: string, count: number): Promise<void> {
    await this.#until(`${name} runs ${count} times`, async () => {
      const containers = await this.#docker.containers(name)
      if (containers.length !== count) return false
      if (count === 0) return true
      const rows = await this.#rows<Published>('alice', ['get', 'workloads', name])
      return rows[0]?.ready === count
    })
  }

  async #addresses(name: string): Promise<readonly string[]> {
    const rows = await this.#rows<Published>('alice', ['get', 'workloads', name])
    return rows.flatMap((row) => row.replicas.flatMap((replica) => (replica.endpoints ?? []).map(({ address }) => address)))
  }

  async #until(what: string, condition: () => Promise<boolean>): Promise<void> {
    const deadlineMs = performance.now() + STEP_MS
    for (;;) {
      this.#options.signal.throwIfAborted()
      if (await condition()) return
      if (performance.now() > deadlineMs) throw new Error(`waited ${formatMs(STEP_MS)} until ${what}, in vain`)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }

  /** What a reading command prints as JSON. */
  async #rows<Row>(owner: Owner, args: readonly string[]): Promise<readonly Row[]> {
    const { stdout } = await this.#run(owner, [...args, '-o', 'json'])
    return JSON.parse(stdout) as readonly Row[]
  }

  async #run(owner: Owner, args: readonly string[]): Promise<Ended> {
    const ended = await commune(args, this.#environment(owner), this.#options.signal)
    if (ended.code !== 0) throw new Error(`commune ${args.join(' ')} ended with ${ended.code}:\n${ended.stderr}`)
    return ended
  }

  #environment(owner: Owner): Environment {
    const { handle, password } = this.#account(owner)
    return {
      COMMUNE_SERVICE: this.#network.pdsUrl,
      COMMUNE_PLC_URL: this.#network.plcUrl,
      COMMUNE_IDENTIFIER: handle,
      COMMUNE_PASSWORD: password,
    }
  }

  #account(name: string): DevNetwork['accounts'][number] {
    return accountOf(this.#network, name)
  }

  #ownerOf(container: DemoContainer | undefined): string {
    const machine = this.#network.accounts.find(({ did }) => did === container?.meshlet)
    return machine?.name.replace(/-mesh$/, '') ?? 'nobody'
  }

  /** Names instead of DIDs, for people. */
  #named(text: string): string {
    return this.#network.accounts.reduce((named, { did, name }) => named.replaceAll(did, name), text)
  }
}

interface Bid {
  readonly record: { readonly createdAt: string }
}

interface Published {
  readonly record: { readonly createdAt: string }
  readonly ready: number
  readonly replicas: readonly { readonly endpoints?: readonly { readonly address: string }[] }[]
}
