import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv6 } from 'node:net'

/** Addresses whose word is taken for who calls through them. */
export type TrustedProxies = Pick<BlockList, 'check'>

/** A header that is longer than that was not written by proxies. */
const HOPS_MAX = 32

/** Of addresses and networks such as `10.0.0.0/8`; undefined when one of them is neither. */
export function parseProxies(texts: readonly string[]): TrustedProxies | undefined {
  const list = new BlockList()
  for (const text of texts) {
    const [address = '', bits, ...rest] = text.split('/')
    const family = isIP(address)
    const most = family === 6 ? 128 : 32
    const isSound = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most)
    if (family === 0 || !isSound || rest.length > 0) return undefined
    const kind = family === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, kind)
    else list.addSubnet(address, Number(bits), kind)
  }
  return list
}

/**
 * Whom a request comes from, for counting. A header says so only where the connection comes from a
 * trusted proxy, and only as far as trusted proxies wrote it: read from its end, the first address that
 * is not trusted. Anybody can write the rest.
 */
export function clientAddress(request: IncomingMessage, trusted: TrustedProxies): string {
  let client = plain(request.socket.remoteAddress ?? '')
  const header = request.headers['x-forwarded-for']
  const hops = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',')
  for (const hop of hops.slice(-HOPS_MAX).toReversed()) {
    if (!isTrusted(client, trusted)) return client
    const next = plain(hop.trim())
    if (isIP(next) === 0) return client
    client = next
  }
  return client
}

/** Whether a connection comes from a trusted proxy, and so from many people. */
export function isTrusted(address: string, trusted: TrustedProxies): boolean {
  const bare = plain(address)
  return isIP(bare) !== 0 && trusted.check(bare, isIPv6(bare) ? 'ipv6' : 'ipv4')
}

/** Sockets for both families write IPv4 as IPv6. */
function plain(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
}
