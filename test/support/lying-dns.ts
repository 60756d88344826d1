import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'

export interface LyingDns extends Disposable {
  /** Names that were asked for while a connection was made. */
  readonly asked: string[]
}

/** Lets every name resolve to these IPv4 addresses, in this process, until it is disposed of. */
export function resolveEverythingTo(...addresses: readonly string[]): LyingDns {
  const real = dns.lookup
  const asked: string[] = []
  const lie = (
    name: string,
    options: dns.LookupOptions,
    done: (error: null, address: unknown, family?: number) => void,
  ) => {
    asked.push(name)
    const found = addresses.map((address) => ({ address, family: 4 }))
    if (options.all === true) done(null, found)
    else done(null, found[0]?.address, 4)
  }
  dns.lookup = lie as typeof dns.lookup
  syncBuiltinESMExports()
  return {
    asked,
    [Symbol.dispose]() {
      dns.lookup = real
      syncBuiltinESMExports()
    },
  }
}
