/**
 * Docker's own address pools hold about thirty networks, so commune chooses the subnets: /24 out of
 * 10.192.0.0/10, 16,384 of them with room for 253 replicas each. In those of internal networks the host
 * gets no address and no route to them, so that two engines may use the same one without meeting.
 */
const RANGE_FIRST = 0x0a_c0_00_00
const SUBNET_BITS = 24
const SUBNET_COUNT = 2 ** 14
const SUBNET_SIZE = 2 ** (32 - SUBNET_BITS)

/** An IPv4 network as numbers: `address` is 32 bits, unsigned. */
export interface Ipv4Route {
  readonly address: number
  readonly prefixLength: number
}

/**
 * The subnets to try, starting at a place that depends on the name only. Those that overlap a route
 * of the host are left out: where a container has a way out, both must stay distinguishable.
 */
export function* candidateSubnets(name: string, routes: readonly Ipv4Route[]): Generator<string> {
  const start = hash32(name) % SUBNET_COUNT
  for (let step = 0; step < SUBNET_COUNT; step += 1) {
    const address = RANGE_FIRST + ((start + step) % SUBNET_COUNT) * SUBNET_SIZE
    if (!routes.some((route) => overlaps(route, address))) yield formatSubnet(address)
  }
}

/** Name of the bridge of a network: at most 15 bytes, `cmn…` so that firewall rules can name them all. */
export function bridgeName(network: string, attempt: number): string {
  const high = hash32(`${network}#${attempt}`).toString(16).padStart(8, '0')
  const low = hash32(`${attempt}#${network}`).toString(16).padStart(8, '0')
  return `cmn${high}${low}`.slice(0, 15)
}

/** Parses /proc/net/route (proc(5)): hexadecimal, little-endian. The default route is left out. */
export function parseRoutes(table: string): Ipv4Route[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, destination, , , , , , mask] = line.split('\t')
      if (destination === undefined || mask === undefined) return []
      const address = littleEndian(destination)
      const bits = littleEndian(mask)
      if (!Number.isFinite(address) || !Number.isFinite(bits) || bits === 0) return []
      return [{ address, prefixLength: bits.toString(2).replaceAll('0', '').length }]
    })
}

function overlaps(route: Ipv4Route, subnet: number): boolean {
  const size = 2 ** (32 - Math.min(route.prefixLength, SUBNET_BITS))
  return Math.floor(route.address / size) === Math.floor(subnet / size)
}

function formatSubnet(address: number): string {
  const bytes = [24, 16, 8, 0].map((shift) => (address >>> shift) & 255)
  return `${bytes.join('.')}/${SUBNET_BITS}`
}

function littleEndian(hex: string): number {
  const bytes = hex.match(/../g)?.map((byte) => Number.parseInt(byte, 16)) ?? []
  return bytes.length === 4 ? bytes.reduceRight((sum, byte) => sum * 256 + byte, 0) : Number.NaN
}

/** FNV-1a, 32 bits; only spreads, protects nothing. */
function hash32(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  }
  return hash
}
