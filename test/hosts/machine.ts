import type { ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { MeshletSettings } from '../../src/meshlet/flags.ts'
import { createRealEngine, type RealEngine } from '../support/real-engine.ts'
import { followOutput, meshletCommandLine, type LogTail } from '../support/real-machine.ts'
import { command } from './command.ts'
import { BRIDGE, HUB_ADDRESS, toLoopback, type Undo } from './hub.ts'
import { openNamespaces, processInside, type Namespaces } from './namespaces.ts'

/** Where meshlets listen. */
export const MESHLET_PORT = 7_700
/** The ports that they open for containers on the loopback. */
const FORWARDED_PORTS = '20000:29999'
const ENGINE_START_MS_MAX = 60_000
const ENGINE_STARTS_MAX = 3
const LOG_LINES = 10

export interface MachineOptions {
  /** Letters and digits, at most eight. */
  readonly name: string
  readonly address: string
  /** Its disk: outlives power cuts. */
  readonly folder: string
  /** Name of its part of the control groups. */
  readonly cgroup: string
  readonly log: LogTail
  readonly meshletDid: string
  /** Where the hub's registry listens; engines speak HTTP without TLS to their own loopback only. */
  readonly registryPort: number
}

/** A machine with an engine and a meshlet of its own, plugged into the hub. */
export class Machine {
  readonly name: string
  readonly address: string
  readonly engine: RealEngine
  readonly #options: MachineOptions
  readonly #socket: string
  #namespaces: Namespaces | undefined
  #boots = 0
  #dockerd: ChildProcess | undefined
  #meshlet: ChildProcess | undefined

  constructor(options: MachineOptions) {
    this.name = options.name
    this.address = options.address
    this.#options = options
    this.#socket = join(options.folder, 'docker.sock')
    this.engine = createRealEngine([options.meshletDid], `unix://${this.#socket}`)
    for (const part of ['etc', 'data', 'run', 'meshlet'])
      mkdirSync(join(options.folder, part), { recursive: true })
    writeFileSync(join(options.folder, 'hosts'), `${HUB_ADDRESS} localhost\n`)
    writeFileSync(join(options.folder, 'daemon.json'), '{}\n')
  }

  get #engineLog(): string {
    return join(this.#options.folder, 'dockerd.txt')
  }

  get isOn(): boolean {
    return this.#namespaces !== undefined
  }

  /** Namespaces, wire and engine; the meshlet is started apart. */
  async boot(): Promise<void> {
    const { folder, name, address, registryPort } = this.#options
    const inside = await openNamespaces()
    this.#namespaces = inside
    this.#boots += 1
    const mounts = [
      `hostname ${name}`,
      // The network's own addresses say "localhost", and mean the hub.
      `mount --bind ${join(folder, 'hosts')} /etc/hosts`,
      // An engine's identity is in this folder.
      `mkdir -p /etc/docker && mount --bind ${join(folder, 'etc')} /etc/docker`,
      // What a real machine keeps in memory is gone after a power cut.
      `mount -t tmpfs run ${join(folder, 'run')}`,
    ]
    await inside.run('sh', '-c', mounts.join(' && '))
    const peer = ['peer', 'name', 'eth0', 'netns', `${inside.init}`]
    await command('ip', 'link', 'add', this.#wire, 'type', 'veth', ...peer)
    await command('ip', 'link', 'set', this.#wire, 'master', BRIDGE, 'up')
    const network = [
      'ip link set lo up',
      `ip addr add ${address}/24 dev eth0`,
      'ip link set eth0 up',
      `ip route add default via ${HUB_ADDRESS}`,
      'sysctl -qw net.ipv4.conf.all.route_localnet=1',
      `iptables -w ${toLoopback('eth0', address, FORWARDED_PORTS).join(' ')}`,
      `iptables -w -t nat -A OUTPUT -p tcp -d 127.0.0.1 --dport ${registryPort} -j DNAT --to-destination ${HUB_ADDRESS}`,
      `iptables -w -t nat -A POSTROUTING -o eth0 -s 127.0.0.1 -j SNAT --to-source ${address}`,
    ]
    await inside.run('sh', '-c', network.join(' && '))
    await this.startEngine()
  }

  /** Everything on it is dead within a moment; the disk stays. */
  async powerCut(): Promise<void> {
    const inside = this.#namespaces
    this.#namespaces = undefined
    this.#meshlet = undefined
    this.#dockerd = undefined
    await inside?.powerCut()
  }

  /**
   * As the service manager of a real machine does: an engine that ends while it starts, as Docker
   * sometimes does after it was killed in the middle of something, is started again.
   */
  async startEngine(): Promise<void> {
    for (let left = ENGINE_STARTS_MAX; left > 0; left--) if (await this.#startEngineOnce()) return
    const log = readFileSync(this.#engineLog, 'utf8').trimEnd().split('\n')
    const last = log.slice(-LOG_LINES).join('\n')
    throw new Error(`the engine of ${this.name} does not start:\n${last}`)
  }

  /** Resolves with false when it ends, or says nothing for a minute. */
  async #startEngineOnce(): Promise<boolean> {
    const { folder, cgroup } = this.#options
    rmSync(this.#socket, { force: true })
    const log = openSync(this.#engineLog, 'a')
    const run = join(folder, 'run')
    const dockerd = this.#inside.spawn(
      [
        'dockerd',
        ...['--data-root', join(folder, 'data'), '--exec-root', join(run, 'exec')],
        ...['--pidfile', join(run, 'docker.pid'), '--host', `unix://${this.#socket}`],
        ...['--config-file', join(folder, 'daemon.json'), '--cgroup-parent', `/${cgroup}`],
        ...['--exec-opt', 'native.cgroupdriver=cgroupfs'],
      ],
      { stdio: ['ignore', log, log] },
    )
    closeSync(log)
    this.#dockerd = dockerd
    const deadline = performance.now() + ENGINE_START_MS_MAX
    while (!(await this.answers())) {
      if (dockerd.exitCode !== null) return false
      if (performance.now() > deadline) {
        await this.stopEngine('SIGKILL')
        return false
      }
      await pause(50)
    }
    return true
  }

  /** SIGTERM ends its containers too, as a restart of the service does. */
  async stopEngine(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const dockerd = this.#dockerd
    this.#dockerd = undefined
    if (dockerd) await end(dockerd, signal)
  }

  answers(): Promise<boolean> {
    return this.engine.docker.ping().then(
      () => true,
      () => false,
    )
  }

  /** Resolves when the daemon listens. */
  async startMeshlet(settings: MeshletSettings): Promise<void> {
    const { folder, log } = this.#options
    const line = meshletCommandLine({
      ...settings,
      stateDir: join(folder, 'meshlet'),
      listenHost: this.address,
      listenPort: MESHLET_PORT,
      endpoint: `http://${this.address}:${MESHLET_PORT}`,
      dockerHost: `unix://${this.#socket}`,
    })
    const env = { MESHLET_PASSWORD: settings.password ?? '' }
    const meshlet = this.#inside.spawn(line, { env, stdio: 'pipe' })
    this.#meshlet = meshlet
    const { promise: listening, resolve } = Promise.withResolvers<boolean>()
    meshlet.once('close', () => resolve(false))
    followOutput(meshlet, (said) => {
      log.add(`${this.name} | ${said}`)
      if (/ listens on \S+$/.test(said)) resolve(true)
    })
    if (!(await listening)) throw new Error(`the meshlet of ${this.name} ended early`)
  }

  async killMeshlet(): Promise<void> {
    const meshlet = this.#meshlet
    this.#meshlet = undefined
    if (meshlet) await end(meshlet, 'SIGKILL')
  }

  /** SIGSTOP, and back. */
  async freezeMeshlet(): Promise<Undo> {
    const outer = this.#meshlet
    if (outer === undefined) throw new Error(`no meshlet runs on ${this.name}`)
    const daemon = await processInside(outer)
    process.kill(daemon, 'SIGSTOP')
    return async () => {
      process.kill(daemon, 'SIGCONT')
      // nsenter stops with its child.
      outer.kill('SIGCONT')
    }
  }

  /** The link goes down at the switch, as when a cable is pulled. */
  async pullCable(): Promise<Undo> {
    const wire = this.#wire
    await command('ip', 'link', 'set', wire, 'down')
    return async () => {
      await command('ip', 'link', 'set', wire, 'up')
    }
  }

  /** Drops what arrives here and fits these words of iptables; the sender is told nothing. */
  async dropArriving(...rule: readonly string[]): Promise<Undo> {
    const words = ['INPUT', '-i', 'eth0', ...rule, '-j', 'DROP']
    const inside = this.#inside
    await inside.run('iptables', '-w', '-I', ...words)
    return async () => {
      await inside.run('iptables', '-w', '-D', ...words)
    }
  }

  /** The kernel takes a removed wire away a little later, so each boot has one of its own. */
  get #wire(): string {
    return `${this.name}w${this.#boots}`
  }

  get #inside(): Namespaces {
    if (this.#namespaces === undefined) throw new Error(`${this.name} is off`)
    return this.#namespaces
  }
}

async function end(outer: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(outer, 'close')
  process.kill(await processInside(outer), signal)
  await ended
}
