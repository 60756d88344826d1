import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { trialPolicy } from '../../src/cli/trial-policy.ts'
import type { DemoContainer, DemoDocker } from './docker.ts'
import { formatMs, type Narrator } from './narrator.ts'
import { commune, startProgram, type Ended, type Environment, type Program } from './programs.ts'

export const OWNERS = ['alice', 'bob', 'carol'] as const
export type Owner = (typeof OWNERS)[number]

/** What `commune dev --json` prints. */
export interface DevNetwork {
  readonly plcUrl: string
  readonly pdsUrl: string
  readonly accounts: readonly Account[]
}

export interface Account {
  readonly name: string
  readonly did: string
  readonly handle: string
  readonly password: string
}

/** What `commune get workloads -o json` prints, as far as the demo reads it. */
export interface Published {
  readonly record: { readonly createdAt: string }
  readonly ready: number
  readonly replicas: readonly { readonly endpoints?: readonly { readonly address: string }[] }[]
}

export interface StageOptions {
  readonly folder: string
  readonly tell: Narrator
  readonly signal: AbortSignal
  readonly network: DevNetwork
  readonly docker: DemoDocker
}

/** How long any single step may take before the demo gives up. */
const STEP_MS = 60_000
const POLL_MS = 150
/** Lines of each log that are shown when the demo fails. */
const LOG_LINES = 15

/** What the chapters of the story have in common: people, machines, commands, and waiting. */
export class Stage implements AsyncDisposable {
  readonly folder: string
  readonly tell: Narrator
  readonly docker: DemoDocker
  readonly network: DevNetwork
  readonly workloads: string
  readonly #signal: AbortSignal
  readonly #machines = new Map<Owner, Program>()

  constructor(options: StageOptions) {
    this.folder = options.folder
    this.tell = options.tell
    this.docker = options.docker
    this.network = options.network
    this.workloads = join(options.folder, 'workloads')
    this.#signal = options.signal
  }

  account(name: string): Account {
    return accountOf(this.network, name)
  }

  /** Runs `commune` as this owner; throws when it fails. */
  async run(owner: Owner, args: readonly string[]): Promise<Ended> {
    const ended = await commune(args, this.environment(owner), this.#signal)
    if (ended.code !== 0)
      throw new Error(`commune ${args.join(' ')} ended with ${ended.code}:\n${ended.stderr}`)
    return ended
  }

  /** Runs `commune` as this owner and shows command and results. */
  async show(owner: Owner, args: readonly string[], shown = args): Promise<void> {
    this.tell.say(`$ commune ${shown.join(' ')}`)
    this.tell.quote(this.named((await this.run(owner, args)).stdout))
  }

  /** What a reading command prints as JSON. */
  async rows<Row>(owner: Owner, args: readonly string[]): Promise<readonly Row[]> {
    const { stdout } = await this.run(owner, [...args, '-o', 'json'])
    return JSON.parse(stdout) as readonly Row[]
  }

  /** Starts `commune` as this owner; it goes on until it is disposed of. */
  start(owner: Owner, args: readonly string[], logName: string): Program {
    return startProgram('commune', args, this.environment(owner), join(this.folder, logName))
  }

  async startMachine(owner: Owner): Promise<void> {
    const machine = this.account(`${owner}-mesh`)
    const args = [
      `--did=${machine.did}`,
      `--owner=${this.account(owner).did}`,
      `--cluster-members=${this.othersOf(owner).join(',')}`,
      `--service=${this.network.pdsUrl}`,
      `--plc-url=${this.network.plcUrl}`,
      `--state-dir=${join(this.folder, machine.name)}`,
      `--policy=${await trialPolicy(this.folder)}`,
      '--cpu=1',
      '--memory=1Gi',
      '--liveness=fast',
      '--log-format=text',
    ]
    const env = { MESHLET_PASSWORD: machine.password }
    const log = join(this.folder, `${machine.name}.log`)
    this.#machines.set(owner, startProgram('meshlet', args, env, log))
  }

  /** Ends a meshlet as a power cut would. */
  async killMachine(owner: Owner): Promise<void> {
    await this.#machines.get(owner)?.kill()
  }

  othersOf(owner: Owner): readonly string[] {
    return OWNERS.filter((other) => other !== owner).map((other) => this.account(other).did)
  }

  ownerOf(container: DemoContainer): Owner {
    const machine = this.network.accounts.find(({ did }) => did === container.meshlet)
    const owner = OWNERS.find((name) => machine?.name === `${name}-mesh`)
    if (!owner) throw new Error(`${container.name} belongs to no machine of the demo`)
    return owner
  }

  /** The only container of a workload. */
  async container(name: string): Promise<DemoContainer> {
    const [first] = await this.docker.containers(name)
    if (!first) throw new Error(`no container of ${name}`)
    return first
  }

  /** Waits until the records and the engine agree that so many replicas run. */
  async runs(name: string, count: number): Promise<void> {
    await this.until(`${name} runs ${count} times`, async () => {
      const containers = await this.docker.containers(name)
      if (containers.length !== count) return false
      if (count === 0) return true
      const [row] = await this.rows<Published>('alice', ['get', 'workloads', name])
      return row?.ready === count
    })
  }

  async until(what: string, condition: () => Promise<boolean>): Promise<void> {
    const deadlineMs = performance.now() + STEP_MS
    for (;;) {
      this.#signal.throwIfAborted()
      if (await condition()) return
      if (performance.now() > deadlineMs)
        throw new Error(`waited ${formatMs(STEP_MS)} until ${what}, in vain${await this.#logs()}`)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  environment(owner: Owner): Environment {
    const { handle, password } = this.account(owner)
    return {
      COMMUNE_SERVICE: this.network.pdsUrl,
      COMMUNE_PLC_URL: this.network.plcUrl,
      COMMUNE_IDENTIFIER: handle,
      COMMUNE_PASSWORD: password,
    }
  }

  /** Names instead of DIDs, for people. */
  named(text: string): string {
    return this.network.accounts.reduce((named, { did, name }) => named.replaceAll(did, name), text)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#machines.values()].map((machine) => machine[Symbol.asyncDispose]()))
  }

  async #logs(): Promise<string> {
    const files = (await readdir(this.folder)).filter((name) => name.endsWith('.log'))
    const tails = files.map(async (name) => {
      const lines = (await readFile(join(this.folder, name), 'utf8')).trimEnd().split('\n')
      return `\n\n${name}:\n${lines.slice(-LOG_LINES).join('\n')}`
    })
    return (await Promise.all(tails)).join('')
  }
}

export function accountOf(network: DevNetwork, name: string): Account {
  const account = network.accounts.find((one) => one.name === name)
  if (!account) throw new Error(`no account ${name}`)
  return account
}
