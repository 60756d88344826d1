import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, mkdtempSync, openSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Docker from 'dockerode'
import { command } from './command.ts'
import { claim, clearLeftovers, removeRun, RUN_PREFIX } from './leftovers.ts'
import { mustBeAllowed } from './must-be-allowed.ts'
import { openNamespaces, type Namespaces } from './namespaces.ts'

/** Where somebody listens on ports 80 and 25: the world beyond the host, in a namespace of its own. */
export const BEYOND = {
  public: '11.22.33.44',
  /** Answers on port 53 as well. */
  resolver: '9.9.9.9',
  /** Closed by the host's owner. */
  router: '55.66.77.99',
  lan: '192.168.7.1',
  lan6: 'fd00:7::1',
  public6: '2a0a:77::1',
  metadata: '169.254.169.254',
  metadata6: 'fd00:ec2::254',
  sharedAddressSpace: '100.64.9.9',
  privateA: '10.9.9.9',
  privateB: '172.20.9.9',
  measuring: '198.18.9.9',
  azure: '168.63.129.16',
} as const

/** The host's own addresses; its services listen on ports 80, 7700 and 7701. */
export const HOST = {
  lan: '192.168.7.2',
  public: '55.66.77.88',
  lan6: 'fd00:7::2',
  public6: '2a0a:77::2',
} as const

/** A host with an engine of its own, on a LAN with a way to a public network. */
export interface WalledHost extends AsyncDisposable {
  readonly docker: Docker
  readonly dockerHost: string
  /** Gone afterwards. */
  readonly folder: string
  readonly host: Namespaces
  readonly world: Namespaces
  /** By digest; sleeps. Can be pulled. */
  readonly image: string
  /** Runs `meshlet …` on the host. */
  meshlet(...args: readonly string[]): Promise<Ended>
  restartEngine(): Promise<void>
  /**
   * Somebody on a bridge of the host with an address in this IPv6 range of 64 bits, as no engine gives
   * it; what comes back connects to port 80 of an address.
   */
  plugIn(bridge: string, range: string): Promise<(address: string) => Promise<string>>
}

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const PROGRAMS = ['dockerd', 'docker-init', 'ip', 'iptables', 'nft', 'nsenter', 'setpriv', 'sysctl']
const ENGINE_START_MS_MAX = 60_000
const MESHLET = fileURLToPath(new URL('../../src/bin/meshlet.ts', import.meta.url))
const LISTENER = fileURLToPath(new URL('listener.ts', import.meta.url))

/** Needs root, and programs that `scripts/engine.sh programs` installs. */
export async function openWalledHost(): Promise<WalledHost> {
  await mustBeAllowed(PROGRAMS, ['--net', '--pid', '--mount', '--fork', '--mount-proc'])
  clearLeftovers()
  const folder = mkdtempSync(join(tmpdir(), RUN_PREFIX))
  claim(folder)
  await using stack = new AsyncDisposableStack()
  stack.defer(() => removeRun(folder))
  const world = await openNamespaces()
  stack.defer(() => world.powerCut())
  const host = await openNamespaces()
  stack.defer(() => host.powerCut())
  await layWires(world, host, folder)
  await listen(world, 'beyond', '80', '25', '--dns', BEYOND.resolver)
  const { image = '' } = await listen(host, 'host', '80', '7700', '7701', '--registry')
  const socket = join(folder, 'docker.sock')
  const docker = new Docker({ socketPath: socket })
  let engine = await startEngine(host, folder, docker)
  const plugs: Namespaces[] = []
  stack.defer(async () => {
    for (const plug of plugs) await plug.powerCut()
  })
  const running = stack.move()
  return {
    docker,
    dockerHost: `unix://${socket}`,
    folder,
    host,
    world,
    image,
    meshlet: (...args) => runToEnd(host, [process.execPath, MESHLET, ...args]),
    async restartEngine() {
      const ended = once(engine, 'close')
      await host.run('sh', '-c', `kill "$(cat ${join(folder, 'docker.pid')})"`)
      await ended
      engine = await startEngine(host, folder, docker)
    },
    async plugIn(bridge, range) {
      const guest = await openNamespaces()
      plugs.push(guest)
      const inside = ['--target', `${host.init}`, '--net', '--', 'ip', 'link', 'add', 'plug0']
      const peer = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', `${guest.init}`]
      await command('nsenter', ...inside, ...peer)
      const switchOn = [
        'sysctl -qw net.ipv6.conf.all.forwarding=1',
        `ip link add ${bridge} type bridge`,
        `ip addr add ${range}1/64 dev ${bridge} nodad`,
        `ip link set plug0 master ${bridge} up`,
        `ip link set ${bridge} up`,
      ]
      await host.run('sh', '-c', switchOn.join(' && '))
      await world.run('ip', '-6', 'route', 'add', `${range}/64`, 'via', HOST.lan6)
      await guest.run('sh', '-c', wire('eth0', '10.66.66.2', [`${range}2`], []))
      await guest.run('ip', '-6', 'route', 'add', 'default', 'via', `${range}1`)
      return async (address) => {
        const line = `busybox nc -w 3 ${address} 80 </dev/null 2>&1 || true`
        return (await guest.run('sh', '-c', line)).trim()
      }
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Runs a program to its end, whatever its exit code. */
async function runToEnd(inside: Namespaces, line: readonly string[]): Promise<Ended> {
  const child = inside.spawn(line, { stdio: 'pipe' })
  const said = { out: '', err: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => void (said.out += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => void (said.err += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...said }
}

async function layWires(world: Namespaces, host: Namespaces, folder: string): Promise<void> {
  const peer = ['peer', 'name', 'eth0', 'netns', `${host.init}`]
  // From among the processes of this machine: inside, nobody knows the other by that number.
  const inside = ['--target', `${world.init}`, '--net', '--']
  await command('nsenter', ...inside, 'ip', 'link', 'add', 'lan0', 'type', 'veth', ...peer)
  const { lan, lan6, public6, ...others } = BEYOND
  await world.run('sh', '-c', wire('lan0', lan, [lan6, public6], Object.values(others)))
  await host.run('sh', '-c', wire('eth0', HOST.lan, [HOST.lan6, HOST.public6], [HOST.public]))
  await host.run('ip', 'route', 'add', 'default', 'via', lan)
  await host.run('ip', '-6', 'route', 'add', 'default', 'via', public6)
  await world.run('ip', 'route', 'add', `${HOST.public}/32`, 'via', HOST.lan)
  for (const part of ['etc', 'upper', 'work', 'data', 'run'])
    mkdirSync(join(folder, part), { recursive: true })
  writeFileSync(join(folder, 'daemon.json'), '{}\n')
  const layers = `lowerdir=/etc,upperdir=${join(folder, 'upper')},workdir=${join(folder, 'work')}`
  const mounts = [
    // What the host writes below /etc is seen there only.
    `mount -t overlay overlay -o ${layers} /etc`,
    // An engine's identity is in this folder.
    `mkdir -p /etc/docker && mount --bind ${join(folder, 'etc')} /etc/docker`,
    `mount -t tmpfs run ${join(folder, 'run')}`,
  ]
  await host.run('sh', '-c', mounts.join(' && '))
}

function wire(
  device: string,
  lan: string,
  on6: readonly string[],
  more: readonly string[],
): string {
  return [
    'ip link set lo up',
    `ip addr add ${lan}/24 dev ${device}`,
    ...on6.map((address) => `ip addr add ${address}/64 dev ${device} nodad`),
    `ip link set ${device} up`,
    ...more.map((address) => `ip addr add ${address} dev lo`),
  ].join(' && ')
}

async function listen(
  inside: Namespaces,
  ...args: readonly string[]
): Promise<{ readonly image?: string }> {
  const child = inside.spawn([process.execPath, LISTENER, ...args], { stdio: 'pipe' })
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => void (said += text))
  if (!child.stdout) throw new Error('no output')
  for await (const line of createInterface({ input: child.stdout }))
    return JSON.parse(line) as { readonly image?: string }
  throw new Error(`${args.join(' ')} ended early: ${said}`)
}

async function startEngine(
  host: Namespaces,
  folder: string,
  docker: Docker,
): Promise<ChildProcess> {
  const log = openSync(join(folder, 'dockerd.txt'), 'a')
  const dockerd = host.spawn(
    [
      'dockerd',
      ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'run', 'exec')],
      ...['--pidfile', join(folder, 'docker.pid'), '--host', `unix://${folder}/docker.sock`],
      ...['--config-file', join(folder, 'daemon.json'), '--live-restore'],
      ...['--cgroup-parent', `/${basename(folder)}-host`],
      ...['--exec-opt', 'native.cgroupdriver=cgroupfs'],
    ],
    { stdio: ['ignore', log, log] },
  )
  closeSync(log)
  const deadline = performance.now() + ENGINE_START_MS_MAX
  const answers = () => docker.ping().then(Boolean, () => false)
  while (!(await answers())) {
    if (dockerd.exitCode !== null || performance.now() > deadline)
      throw new Error(`the engine does not start; see ${folder}/dockerd.txt\n${await tail(folder)}`)
    await pause(50)
  }
  return dockerd
}

function tail(folder: string): Promise<string> {
  return command('tail', '-n', '20', join(folder, 'dockerd.txt'))
}
