import { readFile } from 'node:fs/promises'
import { isIP, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'

/** What of this machine's network a container has to be kept from. */
export interface HostNetwork {
  readonly addresses: readonly HostAddress[]
  /** Where packets to elsewhere go first. */
  readonly gateways: readonly string[]
  /** Who was spoken to lately on the same wire. */
  readonly neighbours: readonly string[]
  readonly nameServers: readonly string[]
}

export interface HostAddress {
  readonly interface: string
  readonly address: string
  readonly isLoopback: boolean
  readonly isLinkLocal: boolean
}

const FILES = {
  routes: '/proc/net/route',
  routes6: '/proc/net/ipv6_route',
  neighbours: '/proc/net/arp',
  resolver: '/etc/resolv.conf',
} as const

/** Bridges of containers are no local network. */
const CONTAINER_DEVICES = /^(?:cmn|docker|br-|veth|podman|cni)/

/** Looks at this machine; what it does not tell is left out. */
export async function readHostNetwork(): Promise<HostNetwork> {
  const read = (file: string) => readFile(file, 'utf8').catch(() => '')
  const [routes, routes6, neighbours, resolver] = await Promise.all([
    read(FILES.routes),
    read(FILES.routes6),
    read(FILES.neighbours),
    read(FILES.resolver),
  ])
  return {
    addresses: hostAddresses(),
    gateways: [...parseGateways(routes), ...parseGateways6(routes6)],
    neighbours: parseNeighbours(neighbours),
    nameServers: parseNameServers(resolver),
  }
}

function hostAddresses(): HostAddress[] {
  return Object.entries(networkInterfaces())
    .flatMap(([name, list]) =>
      (list ?? []).map(({ address, internal }) => ({
        interface: name,
        address,
        isLoopback: internal,
        isLinkLocal: isIPv6(address) && /^fe[89ab]/i.test(address),
      })),
    )
    .toSorted((a, b) => (a.address < b.address ? -1 : 1))
}

/** Of /proc/net/route (proc(5)): hexadecimal, little-endian. */
export function parseGateways(table: string): string[] {
  return table.split('\n').flatMap((line) => {
    const [, destination, gateway = '', , , , , mask] = line.split('\t')
    const isDefault = destination === '00000000' && mask === '00000000'
    if (!isDefault || !/^[0-9A-F]{8}$/.test(gateway) || gateway === '00000000') return []
    const bytes = gateway.match(/../g) ?? []
    return [
      bytes
        .toReversed()
        .map((byte) => Number.parseInt(byte, 16))
        .join('.'),
    ]
  })
}

/** Of /proc/net/ipv6_route: 32 hexadecimal digits an address. */
export function parseGateways6(table: string): string[] {
  const found = table.split('\n').flatMap((line) => {
    const [destination, length, , , gateway = ''] = line.split(/ +/)
    const isDefault = length === '00' && /^0{32}$/.test(destination ?? '')
    if (!isDefault || !/^[0-9a-f]{32}$/.test(gateway) || /^0{32}$/.test(gateway)) return []
    return [(gateway.match(/.{4}/g) ?? []).join(':')]
  })
  return [...new Set(found)]
}

/** Of /proc/net/arp: who answered, on wires that are not between containers. */
export function parseNeighbours(table: string): string[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [address = '', , flags, , , device = ''] = line.split(/ +/)
      const hasAnswered = flags !== undefined && (Number(flags) & 2) !== 0
      return hasAnswered && isIP(address) && !CONTAINER_DEVICES.test(device) ? [address] : []
    })
}

/** Of resolv.conf(5). */
export function parseNameServers(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const address = /^\s*nameserver\s+(\S+)/.exec(line)?.[1]?.replace(/%.*/, '') ?? ''
    return isIP(address) && !/^(?:127\.|::1$)/.test(address) ? [address] : []
  })
}
