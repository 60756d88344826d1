import { describe, expect, test } from 'vitest'
import { forbiddenPlaces, isPrivate, type PlacesInput } from './canary-places.ts'
import type { HostAddress } from './host-network.ts'

const address = (text: string, change: Partial<HostAddress> = {}): HostAddress => ({
  ...{ interface: 'eth0', address: text, isLoopback: false, isLinkLocal: false },
  ...change,
})

const input: PlacesInput = {
  egress: 'none',
  host: {
    addresses: [
      address('192.0.2.2'),
      address('127.0.0.1', { interface: 'lo', isLoopback: true }),
      address('fd00::2'),
      address('fe80::1', { interface: 'cmn0', isLinkLocal: true }),
      address('fe80::2', { isLinkLocal: true }),
    ],
    gateways: ['192.0.2.1'],
    neighbours: ['192.0.2.3'],
    nameServers: ['192.168.1.53', '9.9.9.9'],
  },
  listening: { tcp: 4000, udp: 5000 },
  answering: new Set(['192.0.2.2', '127.0.0.1', 'fd00::2', 'fe80::1', 'fe80::2']),
  network: { bridge: 'cmn0', firstAddress: '10.200.0.1' },
  ownPorts: [3000],
  publishedPorts: [8080],
  containers: ['10.201.0.2'],
  nonce: 'nonce',
}

/** As `TCP address port`. */
function texts(change: Partial<PlacesInput> = {}): string[] {
  return forbiddenPlaces({ ...input, ...change }).map(
    ({ attempt: { protocol, address: at, port, isDirect } }) =>
      `${protocol} ${at} ${port}${isDirect ? ' direct' : ''}`,
  )
}

describe('from a network without a way out', () => {
  test('every address of the machine is tried, over both families, by connection and by packet', () => {
    const found = texts()
    for (const at of ['192.0.2.2', '127.0.0.1', 'fd00::2', 'fe80::1', '10.200.0.1']) {
      expect(found).toEqual(
        expect.arrayContaining([`tcp ${at} 4000`, `udp ${at} 5000`, `udp ${at} 5000 direct`]),
      )
    }
    expect(found).toContain('udp 255.255.255.255 5000 direct')
  })

  test.each([
    ['the gateway', 'tcp 192.0.2.1 80'],
    ['a neighbour', 'tcp 192.0.2.3 443'],
    ['a name server', 'tcp 192.168.1.53 53'],
    ['a public name server', 'tcp 9.9.9.9 53'],
    ['the metadata address', 'tcp 169.254.169.254 80'],
    ['the metadata address of IPv6', 'tcp fd00:ec2::254 80'],
    ['another container', 'tcp 10.201.0.2 80'],
    ['the own port', 'tcp 192.0.2.2 3000'],
    ['the own port over IPv6', 'tcp fd00::2 3000'],
    ['a published port', 'tcp 192.0.2.2 8080'],
    ['the internet', 'tcp 1.1.1.1 443'],
    ['the internet over IPv6', 'tcp 2606:4700:4700::1111 443'],
  ])('%s is tried', (_, place) => {
    expect(texts()).toContain(place)
  })

  test('addresses of other wires, and those at which the machine does not answer itself, prove nothing', () => {
    expect(texts()).not.toContain('tcp fe80::2 4000')
    expect(texts({ answering: new Set(['192.0.2.2']) })).not.toContain('tcp fd00::2 4000')
  })

  test('a machine with very many addresses is tried in bounded time', () => {
    const addresses = Array.from({ length: 500 }, (_, index) =>
      address(`10.0.${index >> 8}.${index & 255}`),
    )
    const answering = new Set(addresses.map((one) => one.address))
    const many = { ...input, host: { ...input.host, addresses }, answering }
    expect(forbiddenPlaces(many).length).toBeLessThan(300)
  })
})

test('with egress: internet the internet is no forbidden place, all the others are', () => {
  const none = new Set(texts())
  const internet = texts({ egress: 'internet' })
  const allowed = [...none].filter((text) => !internet.includes(text))
  expect(allowed).toEqual([
    'tcp 9.9.9.9 53',
    'tcp 1.1.1.1 443',
    'tcp 9.9.9.9 443',
    'tcp 8.8.8.8 53',
    'tcp 2606:4700:4700::1111 443',
    'tcp 2620:fe::fe 443',
  ])
})

test.each([
  ['10.1.2.3', true],
  ['172.16.0.1', true],
  ['172.32.0.1', false],
  ['192.168.0.1', true],
  ['100.64.0.1', true],
  ['100.128.0.1', false],
  ['fd00::1', true],
  ['fe80::1', true],
  ['2606:4700::1', false],
  ['9.9.9.9', false],
])('%s is private: %s', (text, isIt) => {
  expect(isPrivate(text)).toBe(isIt)
})
