import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { hostileGuests, MOST_GRANTED, type HostileGuests } from '../support/hostile-guest.ts'

/** A real container that tries every way over the network, against programs that really listen there. */

const NONE = '(none)'

let guests: HostileGuests

beforeAll(async () => {
  guests = await hostileGuests('hostile-net')
})
afterEach(() => guests.removeAll())
afterAll(() => guests[Symbol.asyncDispose]())

/** Whoever got through to the machine, over both families and on every address. */
async function listenEverywhere() {
  const heard: string[] = []
  const onConnection = (socket: Socket) => {
    heard.push(`TCP from ${socket.remoteAddress}`)
    socket.end('open\n')
    socket.on('error', () => undefined)
  }
  const server = createServer(onConnection).listen(0, '::')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const receiver = createSocket('udp6')
  receiver.on('message', (_, { address }) => heard.push(`UDP from ${address}`))
  receiver.bind(port, '::')
  await once(receiver, 'listening')
  return {
    port,
    heard,
    [Symbol.asyncDispose]: async () => {
      receiver.close()
      server.close()
      await once(server, 'close')
    },
  }
}

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).flatMap(({ address, internal, scopeid = 0 }) =>
      internal || scopeid > 0 ? [] : [address],
    ),
  )
}

/** The address that a gateway would have. */
async function firstAddress(network: string): Promise<string> {
  const { IPAM } = await guests.docker.getNetwork(network).inspect()
  const subnet = IPAM?.Config?.[0]?.Subnet ?? ''
  return subnet.replace(/\.0\/\d+$/, '.1')
}

const tcp = (address: string, port: number) =>
  `nc -w 1 ${address} ${port} </dev/null 2>/dev/null | grep -q . && echo reached ${address} ${port}`
const udp = (address: string, port: number) =>
  `echo hello | nc -u -w 1 ${address} ${port} >/dev/null 2>&1`

/** Tries all at once, and shows first that an open door would be seen. */
function attack(attempts: readonly string[]): string {
  return [
    'nc -ll -p 7000 -e /bin/echo open &',
    `until ${tcp('127.0.0.1', 7000)}; do sleep 0.1; done`,
    'tried=',
    ...attempts.map((attempt) => `(${attempt}) & tried="$tried $!"`),
    'wait $tried',
    'echo done',
    'kill %1',
  ].join('\n')
}
const SEEN = ['reached 127.0.0.1 7000', 'done']

describe.each([
  ['a restricted container', {}],
  ['root with all that a policy can grant', MOST_GRANTED],
])('#48 %s reaches', (_, level) => {
  test('no address of the machine, by TCP or UDP, over IPv4 or IPv6', async () => {
    await using machine = await listenEverywhere()
    const gateway = await firstAddress(guests.network)
    const addresses = [...ownAddresses(), gateway, '255.255.255.255']
    expect(addresses.some((address) => address.includes(':'))).toBe(true)
    const attempts = addresses.flatMap((address) => [
      tcp(address, machine.port),
      udp(address, machine.port),
    ])
    const lines = await guests.lines(attack(attempts), level)
    expect({ lines, heard: machine.heard }).toEqual({ lines: SEEN, heard: [] })
  })

  test('no metadata address, no neighbour on the local network, nothing on the internet', async () => {
    const [own = ''] = ownAddresses().filter((address) => address.includes('.'))
    const neighbours = ['1', '3', '254'].map((last) => own.replace(/\d+$/, last))
    const places = [
      ...['169.254.169.254', 'fd00:ec2::254', '169.254.170.2', '100.100.100.200', '168.63.129.16'],
      ...['192.168.0.1', '192.168.1.1', '10.0.0.1', '172.17.0.1', 'fe80::1'],
      ...['1.1.1.1', '9.9.9.9', '2606:4700:4700::1111'],
      ...neighbours,
    ]
    // Any word at all of the other side would be enough.
    const attempts = places.flatMap((place) => [tcp(place, 80), tcp(place, 53), udp(place, 53)])
    expect(await guests.lines(attack(attempts), level)).toEqual(SEEN)
  })

  test('no name of the outside', async () => {
    const script =
      'busybox nslookup example.org 2>/dev/null | grep -A1 "^Name" | grep Address; echo done'
    expect(await guests.lines(script, level)).toEqual(['done'])
  })

  test('no other workload, neither at its own address nor at the port that is forwarded to it', async () => {
    const other = await guests.otherNetwork()
    const victim = await guests.run('httpd -f -p 8080 -h /etc', { network: other })
    await guests.until(
      async () => (await guests.engine.probe(victim, { kind: 'tcp', port: 8080 }, 1_000)).ok,
    )
    const forward = await guests.engine.forward({
      ...{ containerId: victim, port: 8080, preferredPort: 0 },
    })
    const { NetworkSettings } = await guests.docker.getContainer(victim).inspect()
    const address = NetworkSettings.Networks[other]?.IPAddress ?? NONE
    const get = (place: string, port: number) =>
      `printf 'GET /passwd HTTP/1.0\\r\\n\\r\\n' | nc -w 1 ${place} ${port} 2>/dev/null | grep -q root && echo reached ${place} ${port}`
    const attempts = [
      get(address, 8080),
      ...ownAddresses().map((place) => get(place, forward.port)),
      get('127.0.0.1', forward.port),
    ]
    const lines = await guests.lines(attack(attempts), level)
    await forward.close()
    expect(lines).toEqual(SEEN)
  })
})

test('replicas of one workload reach each other by the same means', async () => {
  const first = await guests.run('exec nc -ll -p 8080 -e /bin/echo open')
  await guests.until(
    async () => (await guests.engine.probe(first, { kind: 'tcp', port: 8080 }, 1_000)).ok,
  )
  const { NetworkSettings } = await guests.docker.getContainer(first).inspect()
  const address = NetworkSettings.Networks[guests.network]?.IPAddress ?? NONE
  const [local, ...rest] = await guests.lines(attack([tcp(address, 8080)]))
  expect([local, ...rest]).toEqual(['reached 127.0.0.1 7000', `reached ${address} 8080`, 'done'])
})
