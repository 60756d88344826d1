import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDockerEngine } from '../../src/engine/docker.ts'
import { createNft } from '../../src/firewall/nft.ts'
import { createWalls } from '../../src/firewall/read-walls.ts'
import { LABEL } from '../../src/model/nsid.ts'
import type { Engine } from '../../src/ports/engine.ts'
import type { Walls } from '../../src/ports/walls.ts'
import { inContainer, lookUp, reach } from './guest.ts'
import { BEYOND, HOST, openWalledHost, type WalledHost } from './walled-host.ts'

let world: WalledHost
const guests = { one: '', two: '', other: '' }

beforeAll(async () => {
  world = await openWalledHost()
  const { docker, image } = world
  const stream = await docker.pull(image)
  await new Promise((resolve, reject) =>
    docker.modem.followProgress(stream, (error, done) => (error ? reject(error) : resolve(done))),
  )
  await makeNetwork('work', 'cmn0work', '10.200.1.0/24')
  await makeNetwork('other', 'cmn0other', '10.200.2.0/24')
  guests.one = await startGuest('work')
  guests.two = await startGuest('work')
  guests.other = await startGuest('other')
})
afterAll(() => world?.[Symbol.asyncDispose]())

async function makeNetwork(name: string, bridge: string, subnet: string): Promise<void> {
  await world.docker.createNetwork({
    Name: name,
    Driver: 'bridge',
    IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] },
    Options: { 'com.docker.network.bridge.name': bridge },
  })
}

async function startGuest(network: string): Promise<string> {
  const container = await world.docker.createContainer({
    Image: world.image,
    HostConfig: { NetworkMode: network, CapDrop: ['ALL'], Dns: [BEYOND.resolver] },
  })
  await container.start()
  await inContainer(world.docker, container.id, SERVE)
  return container.id
}

const SERVE = 'mkdir -p /tmp/w; echo guest >/tmp/w/index.html; httpd -p 8080 -h /tmp/w'

async function addressOf(guest: string): Promise<string> {
  const { NetworkSettings } = await world.docker.getContainer(guest).inspect()
  return Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? ''
}

const from = (guest: string, address: string, port?: number) =>
  reach(world.docker, guest, address, port)

/** Everything that has to be out of reach, as `ADDRESS PORT`. */
function closed(): readonly (readonly [string, number])[] {
  const { public: _, resolver: __, ...beyond } = BEYOND
  return [
    ...Object.values(beyond).map((address) => [address, 80] as const),
    [BEYOND.public, 25],
    ...Object.values(HOST).flatMap((address) => [[address, 80] as const, [address, 7700] as const]),
    ['10.200.1.1', 80],
    ['10.200.2.1', 7700],
  ]
}

async function reachable(guest: string): Promise<readonly string[]> {
  const answers = await Promise.all(
    closed().map(async ([address, port]) => ({
      target: `${address} ${port}`,
      said: await from(guest, address, port),
    })),
  )
  return answers.filter(({ said }) => /^(?:beyond|host)$/.test(said)).map(({ target }) => target)
}

describe('without the rules', () => {
  test('status says so with exit code 1, and what runs', async () => {
    const { code, out } = await world.meshlet('firewall', 'status')
    expect(code).toBe(1)
    expect(out).toContain('are not there: run “meshlet firewall install” as root')
    expect(out).toContain('cmn0other, cmn0work. They reach this machine and its LAN.')
  })

  test('a container reaches the host and its LAN, so that what follows means something', async () => {
    const found = await reachable(guests.one)
    expect(found).toContain(`${HOST.lan} 7700`)
    expect(found).toContain(`${BEYOND.metadata} 80`)
    expect(found).toContain(`${BEYOND.lan} 80`)
  })
})

describe('with the rules', () => {
  beforeAll(async () => {
    const { code, out, err } = await world.meshlet('firewall', 'install', '--refuse', BEYOND.router)
    expect(err).toBe('')
    expect(out).toContain('Loaded the rules into the kernel.')
    expect(out).toContain(`Closed on this machine besides: ${BEYOND.router}.`)
    expect(out).toContain('No systemd starts the services here')
    expect(code).toBe(0)
  })

  test('status has exit code 0', async () => {
    expect(await world.meshlet('firewall', 'status')).toMatchObject({ code: 0 })
  })

  test('a second install changes nothing and keeps what is closed besides', async () => {
    const { code, out } = await world.meshlet('firewall', 'install')
    expect(code).toBe(0)
    expect(out).toContain('The rules stand already.')
    expect(out).toContain(BEYOND.router)
  })

  test('the public network is reached, by name too', async () => {
    expect(await from(guests.one, BEYOND.public)).toBe('beyond')
    expect(await lookUp(world.docker, guests.one, 'public.example')).toContain(BEYOND.public)
    expect(await lookUp(world.docker, guests.one, 'router.internal')).not.toContain('Address')
  })

  test('host, LAN, metadata, reserved ranges and mail ports are not', async () => {
    expect(await reachable(guests.one)).toEqual([])
  })

  test('replicas reach each other, whether or not the kernel filters bridged packets', async () => {
    const address = await addressOf(guests.two)
    const ask = `timeout 5 wget -qO- http://${address}:8080/ 2>&1`
    for (const value of ['1', '0', '1']) {
      await world.host.run('sysctl', '-qw', `net.bridge.bridge-nf-call-iptables=${value}`)
      expect(await inContainer(world.docker, guests.one, ask)).toBe('guest\n')
    }
  })

  test('other workloads are out of reach', async () => {
    const said = await from(guests.one, await addressOf(guests.other), 8080)
    expect(said).toMatch(/No route to host/)
  })

  test('nobody on the LAN gets in, even where the engine lets them', async () => {
    const get = `timeout 5 busybox wget -qO- http://${await addressOf(guests.one)}:8080/`
    await world.world.run('ip', 'route', 'add', '10.200.0.0/16', 'via', HOST.lan)
    await world.host.run('iptables', '-w', '-P', 'FORWARD', 'ACCEPT')
    await expect(world.world.run('sh', '-c', get)).rejects.toThrow(/No route to host/)
    await withoutRules(async () => {
      expect(await world.world.run('sh', '-c', get)).toBe('guest\n')
    })
  })

  test('a connection from before the rules is closed by them', async () => {
    await withoutRules(async () => {
      const begun = await openConversation()
      expect(await begun.goOn()).toBe('host\nheard\n')
    })
    const begun = await withoutRules(openConversation)
    expect(await begun.goOn()).toBe('host\n')
  })

  test('they stand after the engine started anew, and after other rules were swept away', async () => {
    await world.restartEngine()
    await world.host.run('iptables', '-w', '-F', 'FORWARD')
    expect(await world.meshlet('firewall', 'status')).toMatchObject({ code: 0 })
    expect(await reachable(guests.one)).toEqual([])
  })

  test('a rule that somebody took out is missed', async () => {
    await world.host.run('nft', 'flush', 'chain', 'inet', 'commune', 'to_host')
    const { code, out } = await world.meshlet('firewall', 'status')
    expect(code).toBe(1)
    expect(out).toContain('are changed, or of another version')
    expect((await world.meshlet('firewall', 'install')).out).toContain('Loaded the rules')
    expect(await world.meshlet('firewall', 'status')).toMatchObject({ code: 0 })
  })

  test('remove refuses while containers rely on them, unless it is forced', async () => {
    const refused = await world.meshlet('firewall', 'remove')
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('cmn0other, cmn0work')
    expect(await world.meshlet('firewall', 'status')).toMatchObject({ code: 0 })
    const forced = await world.meshlet('firewall', 'remove', '--force')
    expect(forced.code).toBe(0)
    expect(forced.out).toBe('Took the rules out of the kernel.\nRemoved /etc/commune/walls.nft.\n')
    expect(await world.meshlet('firewall', 'status')).toMatchObject({ code: 1 })
    const again = await world.meshlet('firewall', 'remove', '--force')
    expect(again).toMatchObject({ code: 0, out: 'There was nothing to remove.\n' })
  })
})

test('a guest that has IPv6 reaches nothing by it, whatever gave it to it', async () => {
  const guest = await world.plugIn('cmn0six', 'fd00:66::')
  const targets = [HOST.lan6, HOST.public6, 'fd00:66::1', BEYOND.lan6, BEYOND.public6]
  const reached = async () => {
    const answers = await Promise.all(
      targets.map(async (address) => [address, await guest(address)] as const),
    )
    return answers.filter(([, said]) => /^(?:beyond|host)$/.test(said)).map(([address]) => address)
  }
  expect(await reached()).toEqual(targets)
  expect((await world.meshlet('firewall', 'install')).code).toBe(0)
  expect(await reached()).toEqual([])
})

/** What a guest says that can't get there: nobody is told why by whoever is on the other side. */
const WALL = /No route to host|Network is unreachable|Cannot assign requested address|timed out/

describe('networks that the driver makes', () => {
  const labels = { [LABEL.meshletDid]: 'did:web:walls.test', [LABEL.workload]: 'at://w' }
  let engine: Engine

  beforeAll(() => {
    const inside = ['nsenter', '--target', `${world.host.init}`, '--net', '--']
    engine = createDockerEngine({
      dockerHost: world.dockerHost,
      walls: createWalls(createNft(inside)),
    })
  })
  afterAll(() => engine?.close())

  async function startWorkload(name: string, egress: 'none' | 'internet'): Promise<string> {
    const network = `${name}-${egress}`
    await engine.ensureNetwork({ name: network, labels, egress })
    const id = await engine.createContainer({
      name,
      image: world.image,
      labels,
      network,
      ...{ security: 'restricted', user: '65532', readOnly: true, capAdd: [], tmpfs: [] },
      ...{ env: {}, stopGracePeriodMs: 0, memoryBytes: 64 * 1024 * 1024, cpuMilli: 500 },
      ...(egress === 'internet' ? { resolvers: [BEYOND.resolver] } : {}),
    })
    await engine.startContainer(id)
    await inContainer(world.docker, id, SERVE)
    return id
  }

  test('there is none with a way out while the rules are not in force', async () => {
    await world.meshlet('firewall', 'remove', '--force')
    const wanted = { name: 'refused', labels, egress: 'internet' } as const
    await expect(engine.ensureNetwork(wanted)).rejects.toThrow(
      /egress: internet is not offered here: .* are not there: run “meshlet firewall install”/,
    )
    const [network] = await world.docker.listNetworks({ filters: { name: ['refused'] } })
    expect(network).toBeUndefined()
  })

  test('none where the engine’s networks are not where the rules are', async () => {
    const nowhere: Walls = {
      state: async () => ({ kind: 'standing' }),
      sees: (bridge) => createWalls().sees(bridge),
    }
    const elsewhere = createDockerEngine({ dockerHost: world.dockerHost, walls: nowhere })
    const wanted = { name: 'elsewhere', labels, egress: 'internet' } as const
    await expect(elsewhere.ensureNetwork(wanted)).rejects.toThrow(/are not where this program’s/)
    const [network] = await world.docker.listNetworks({ filters: { name: ['elsewhere'] } })
    expect(network).toBeUndefined()
    await elsewhere.close()
  })

  test('with the rules: the public network and its names, and nothing else, over IPv4 and IPv6', async () => {
    await world.meshlet('firewall', 'install', '--refuse', BEYOND.router)
    const guest = await startWorkload('open', 'internet')
    expect(await from(guest, BEYOND.public)).toBe('beyond')
    expect(await lookUp(world.docker, guest, 'public.example')).toContain(BEYOND.public)
    expect(await reachable(guest)).toEqual([])
    const seen = await from(guest, await addressOf(guests.other), 8080)
    expect(seen).toMatch(WALL)
    const { Options } = await world.docker.getNetwork('open-internet').inspect()
    const bridge = Options?.['com.docker.network.bridge.name'] ?? ''
    const links = await world.host.run('ip', '-6', '-o', 'addr', 'show', 'dev', bridge)
    const linkLocal = /fe80\S+(?=\/)/.exec(links)?.[0]
    expect(linkLocal).toBeDefined()
    expect(await from(guest, `${linkLocal}%eth0`)).toMatch(WALL)
    expect(await inContainer(world.docker, guest, 'cat /etc/resolv.conf')).not.toContain('search')
  })

  test('egress: none reaches nothing at all, over IPv4 and IPv6', async () => {
    const guest = await startWorkload('shut', 'none')
    expect(await reachable(guest)).toEqual([])
    const addresses = [BEYOND.public, BEYOND.public6, HOST.lan, HOST.public6, 'fe80::1%eth0']
    const answers = await Promise.all(addresses.map((address) => from(guest, address)))
    for (const answer of answers) expect(answer).toMatch(WALL)
    expect(await lookUp(world.docker, guest, 'public.example')).not.toContain('Address')
  })

  test('a network that somebody opened is made anew, closed', async () => {
    await world.docker.createNetwork({ Name: 'drifted', Driver: 'bridge', Labels: labels })
    await engine.ensureNetwork({ name: 'drifted', labels, egress: 'internet' })
    const { Options } = await world.docker.getNetwork('drifted').inspect()
    expect(Options?.['com.docker.network.bridge.name']).toMatch(/^cmn/)
  })
})

async function withoutRules<T>(doing: () => Promise<T>): Promise<T> {
  await world.host.run('nft', 'delete', 'table', 'inet', 'commune')
  const done = await doing()
  expect((await world.meshlet('firewall', 'install')).code).toBe(0)
  return done
}

/** A container talks to a service of the host, and says more when it is told to. */
async function openConversation(): Promise<{ goOn(): Promise<string> }> {
  const said = () => inContainer(world.docker, guests.one, 'cat /tmp/said')
  const talk = [
    'rm -f /tmp/go /tmp/words; : >/tmp/said; busybox mkfifo /tmp/words',
    `busybox nc ${HOST.lan} 7701 </tmp/words >/tmp/said & exec 3>/tmp/words`,
    'while [ ! -e /tmp/go ]; do sleep 0.1; done',
    // An answer takes a moment; none takes for ever.
    'echo hi >&3; sleep 2; kill $! 2>/dev/null',
  ].join('\n')
  const over = inContainer(world.docker, guests.one, talk)
  await expect.poll(said, { timeout: 20_000 }).toBe('host\n')
  return {
    async goOn() {
      await inContainer(world.docker, guests.one, 'touch /tmp/go')
      await over
      return said()
    },
  }
}
