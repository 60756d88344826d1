import { isIPv6 } from 'node:net'

export interface RateLimit {
  /** Calls at once after a rest. */
  readonly burst: number
  readonly perSecond: number
  /** Callers remembered; beyond it the one seen first is forgotten. */
  readonly callersMax: number
}

interface Bucket {
  readonly calls: number
  readonly atMs: number
}

/** A token bucket a caller. */
export class RateLimiter {
  readonly #limit: RateLimit
  readonly #buckets = new Map<string, Bucket>()

  constructor(limit: RateLimit) {
    this.#limit = limit
  }

  /** 0 when the call may go on, else the milliseconds until the next one may. */
  take(caller: string, nowMs: number): number {
    const { burst, perSecond, callersMax } = this.#limit
    const before = this.#buckets.get(caller) ?? { calls: burst, atMs: nowMs }
    const grown = ((nowMs - before.atMs) / 1000) * perSecond
    const calls = Math.min(burst, before.calls + Math.max(0, grown))
    const taken = calls >= 1
    this.#buckets.delete(caller)
    this.#buckets.set(caller, { calls: taken ? calls - 1 : calls, atMs: nowMs })
    const oldest = this.#buckets.keys().next().value
    if (this.#buckets.size > callersMax && oldest !== undefined) this.#buckets.delete(oldest)
    return taken ? 0 : Math.ceil(((1 - calls) / perSecond) * 1000)
  }
}

/** A caller's address for counting: of IPv6 the network, since a single host has 2^64 addresses. */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address
  const [head = '', tail = ''] = address.split('%')[0]?.split('::') ?? []
  const left = head === '' ? [] : head.split(':')
  const right = tail === '' ? [] : tail.split(':')
  const zeros = address.includes('::') ? Math.max(0, 8 - left.length - right.length) : 0
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right]
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
