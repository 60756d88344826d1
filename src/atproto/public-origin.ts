import { isUnicastIpHostname } from '@atproto-labs/fetch-node'

/**
 * The origin of an http address that somebody published, or undefined when it must not be called:
 * without `allowPrivateAddresses` only https with a host name, since an address in numbers or a
 * local name could point into this machine or its network. What a name resolves to is checked when
 * the connection is made.
 */
export function publicOrigin(
  address: string,
  options: { readonly allowPrivateAddresses?: boolean } = {},
): string | undefined {
  const url = URL.parse(address)
  if (url === null || url.username !== '' || url.password !== '') return undefined
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined
  if (options.allowPrivateAddresses === true) return url.origin
  const named = isUnicastIpHostname(url.hostname) === undefined && url.hostname.includes('.')
  const local = /(^|\.)(localhost|local|internal|localdomain|home\.arpa)\.?$/.test(url.hostname)
  return url.protocol === 'https:' && named && !local ? url.origin : undefined
}
