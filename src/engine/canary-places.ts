import type { Attempt } from './netns-messages.ts'
import type { HostNetwork } from './host-network.ts'

/** Something that no container of a workload may reach. */
export interface ForbiddenPlace {
  /** For people, as in "… can be reached". */
  readonly what: string
  readonly attempt: Attempt
  /**
   * What shows that it was reached: `connection` where somebody is known to listen, `answer` where any
   * answer comes from there (also a refusal), `arrival` where the packet is seen to come in.
   */
  readonly shownBy: 'connection' | 'answer' | 'arrival'
}

export interface PlacesInput {
  readonly egress: 'none' | 'internet'
  readonly host: HostNetwork
  /** Where the trial itself listens on every address of the machine. */
  readonly listening: { readonly tcp: number; readonly udp: number }
  /** Addresses of the machine where that listener was reached from the machine itself. */
  readonly answering: ReadonlySet<string>
  /** The canary's own network. */
  readonly network: {
    readonly bridge: string | undefined
    readonly firstAddress: string | undefined
  }
  /** TCP ports of the machine where this program listens. */
  readonly ownPorts: readonly number[]
  /** TCP ports of the machine behind which other containers are. */
  readonly publishedPorts: readonly number[]
  /** Addresses of containers on other networks. */
  readonly containers: readonly string[]
  /** Begins each packet, so that it is known again. */
  readonly nonce: string
}

/** Of each kind of place; a machine may have hundreds of addresses. */
const EACH_MAX = 32
const LAN_PORTS = [53, 80, 443] as const
const ANY_PORT = 80
const BROADCAST = '255.255.255.255'

/** Where clouds answer with credentials of the machine: most of them, then AWS (ECS, IPv6), Alibaba, Azure. */
const METADATA = [
  '169.254.169.254',
  '169.254.170.2',
  'fd00:ec2::254',
  '100.100.100.200',
  '168.63.129.16',
] as const

/** Public resolvers that have answered at these ports for years. */
const PUBLIC = [
  ['1.1.1.1', 443],
  ['9.9.9.9', 443],
  ['8.8.8.8', 53],
  ['2606:4700:4700::1111', 443],
  ['2620:fe::fe', 443],
] as const

/** Every place that is tried, in one list: there is no other. */
export function forbiddenPlaces(input: PlacesInput): readonly ForbiddenPlace[] {
  const { host, egress } = input
  return [
    ...machine(input),
    ...machinePorts(input),
    ...lan('the gateway of the local network', host.gateways),
    ...lan('a neighbour on the local network', host.neighbours),
    ...nameServers(input),
    ...METADATA.map((address) => answer('the metadata address of the cloud', address, ANY_PORT)),
    ...first(input.containers).map((address) => answer('another container', address, ANY_PORT)),
    ...(egress === 'none'
      ? PUBLIC.map(([address, port]) => answer('the internet', address, port))
      : []),
  ]
}

/** The machine at each of its addresses, by connections, and by packets that pass by the routes. */
function machine(input: PlacesInput): ForbiddenPlace[] {
  const { host, listening, answering, network, nonce } = input
  const what = 'this machine'
  const own = host.addresses.filter(
    (one) => answering.has(one.address) && (!one.isLinkLocal || one.interface === network.bridge),
  )
  const addresses = first(own).map(({ address }) => address)
  const { firstAddress } = network
  const all = firstAddress === undefined ? addresses : [...addresses, firstAddress]
  const packet = (address: string, isDirect: boolean): ForbiddenPlace => {
    const payload = `${nonce} ${address}`
    const attempt = { protocol: 'udp', address, port: listening.udp, isDirect, payload } as const
    return { what, attempt, shownBy: 'arrival' }
  }
  return [
    ...all.flatMap((address): ForbiddenPlace[] => [
      {
        what,
        attempt: { protocol: 'tcp', address, port: listening.tcp },
        shownBy: 'connection',
      },
      packet(address, false),
      packet(address, true),
    ]),
    packet(BROADCAST, true),
  ]
}

/** Ports that may be let through although the machine as such is not. */
function machinePorts({ host, ownPorts, publishedPorts }: PlacesInput): ForbiddenPlace[] {
  const addresses = host.addresses.filter(
    ({ isLoopback, isLinkLocal }) => !isLoopback && !isLinkLocal,
  )
  return first(addresses).flatMap(({ address }) => [
    ...first(ownPorts).map((port) => answer('the meshlet’s own port', address, port)),
    ...first(publishedPorts).map((port) =>
      answer('the port of another container on this machine', address, port),
    ),
  ])
}

function lan(what: string, addresses: readonly string[]): ForbiddenPlace[] {
  return first(addresses).flatMap((address) => LAN_PORTS.map((port) => answer(what, address, port)))
}

/** A name server of the internet may be asked by whoever may use the internet. */
function nameServers({ host, egress }: PlacesInput): ForbiddenPlace[] {
  const found = host.nameServers.filter((address) => egress === 'none' || isPrivate(address))
  return first(found).map((address) => answer('the name server of this machine', address, 53))
}

/** RFC 1918, RFC 6598, link-local and RFC 4193. */
export function isPrivate(address: string): boolean {
  return /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|169\.254\.|fe[89ab]|f[cd])/i.test(
    address,
  )
}

function answer(what: string, address: string, port: number): ForbiddenPlace {
  return { what, attempt: { protocol: 'tcp', address, port }, shownBy: 'answer' }
}

function first<T>(list: readonly T[]): readonly T[] {
  return list.slice(0, EACH_MAX)
}
