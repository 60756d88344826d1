import type { NetworkInterfaceInfo } from 'node:os'
import { ipv4Value, isOpenAddress } from '../model/closed-ranges.ts'
import { BRIDGE_PREFIX } from './rules.ts'

export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

/**
 * The machine’s own networks with public addresses, as ranges: its neighbours there are a LAN like
 * any other. Networks with private addresses are closed anyway.
 */
export function publicNeighbours(interfaces: Interfaces): readonly string[] {
  const ranges = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(
      ({ family, internal, address }) => family === 'IPv4' && !internal && isOpenAddress(address),
    )
    .map(({ address, cidr }) => networkOf(address, Number(cidr?.split('/')[1] ?? 32)))
  return [...new Set(ranges)].toSorted()
}

/**
 * Bridges of ours with a way out to which something is plugged in: those without a container have no
 * carrier and are left out by the system, those of `egress: none` have no address.
 */
export function bridgesInUse(interfaces: Interfaces): readonly string[] {
  return Object.entries(interfaces)
    .filter(([name, addresses]) => {
      const isOurs = name.startsWith(BRIDGE_PREFIX)
      return isOurs && addresses?.some(({ family }) => family === 'IPv4')
    })
    .map(([name]) => name)
    .toSorted()
}

function networkOf(address: string, prefixLength: number): string {
  const size = 2 ** (32 - prefixLength)
  const first = Math.floor((ipv4Value(address) ?? 0) / size) * size
  const base = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')
  return prefixLength === 32 ? base : `${base}/${prefixLength}`
}
