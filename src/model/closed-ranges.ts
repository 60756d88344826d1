/** Addresses that no container may reach, although it has a way to the internet. */
export interface ClosedRange {
  /** IPv4, as in RFC 4632: address and prefix length. */
  readonly range: string
  readonly what: string
}

/**
 * What the IANA IPv4 Special-Purpose Address Registry (RFC 6890 and its updates) calls not globally
 * reachable, the multicast space (RFC 5771), and the one public address at which a cloud serves the
 * secrets of its machines. Of IPv6 nothing is listed: containers have none of it.
 */
export const CLOSED_RANGES: readonly ClosedRange[] = [
  { range: '0.0.0.0/8', what: 'this network' },
  { range: '10.0.0.0/8', what: 'private; the networks of other workloads too' },
  { range: '100.64.0.0/10', what: 'carrier-grade NAT, private networks laid over others' },
  { range: '127.0.0.0/8', what: 'loopback' },
  { range: '168.63.129.16/32', what: 'the platform below machines in Azure' },
  { range: '169.254.0.0/16', what: 'link-local; metadata of cloud machines' },
  { range: '172.16.0.0/12', what: 'private; most networks of Docker' },
  { range: '192.0.0.0/24', what: 'protocol assignments' },
  { range: '192.0.2.0/24', what: 'documentation' },
  { range: '192.88.99.0/24', what: 'former relays to IPv6' },
  { range: '192.168.0.0/16', what: 'private' },
  { range: '198.18.0.0/15', what: 'measuring' },
  { range: '198.51.100.0/24', what: 'documentation' },
  { range: '203.0.113.0/24', what: 'documentation' },
  { range: '224.0.0.0/4', what: 'multicast' },
  { range: '240.0.0.0/4', what: 'reserved, broadcast' },
]

/** Ports for handing in mail: a guest’s spam would cost the machine’s address its name. */
export const CLOSED_PORTS: readonly number[] = [25, 465, 587]

/** Whether a container may ever send to this IPv4 address; false for what is none. */
export function isOpenAddress(address: string): boolean {
  const value = ipv4Value(address)
  return value !== undefined && !CLOSED_RANGES.some(({ range }) => isInside(range, value))
}

/** 32 bits, unsigned; undefined for what is no dotted quad. */
export function ipv4Value(address: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1) ?? []
  // A leading zero means octal to some readers.
  const isSound =
    parts.length === 4 && parts.every((part) => Number(part) < 256 && !/^0\d/.test(part))
  return isSound ? parts.reduce((sum, part) => sum * 256 + Number(part), 0) : undefined
}

function isInside(range: string, value: number): boolean {
  const [base = '', length = ''] = range.split('/')
  const size = 2 ** (32 - Number(length))
  return Math.floor(value / size) === Math.floor((ipv4Value(base) ?? -1) / size)
}
