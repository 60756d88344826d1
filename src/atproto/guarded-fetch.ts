import { safeFetchWrap } from '@atproto-labs/fetch-node'

export interface GuardedFetchOptions {
  /** For networks on loopback and in a LAN: http, any port and any address. */
  readonly allowPrivateAddresses?: boolean
  /** Allows ports other than 443, as meshlets use them; DID documents may not stand there. */
  readonly allowCustomPort?: boolean
  /** Of a whole request, the body included; then it fails with a `TimeoutError`. */
  readonly timeoutMs?: number
  /** A larger answer fails, also when it does not announce its size. */
  readonly responseBytesMax?: number
}

const TIMEOUT_MS = 10_000
const RESPONSE_BYTES_MAX = 512 * 1024

/**
 * A fetch for addresses that somebody else wrote. Without `allowPrivateAddresses` it speaks https
 * with public hosts only: names that resolve to a private address are refused when the connection is
 * made, so a name that changes its mind between check and use gains nothing. Redirects are refused
 * unless the caller says otherwise, and then each hop is checked.
 */
export function createGuardedFetch(options: GuardedFetchOptions = {}): typeof globalThis.fetch {
  const allowed = options.allowPrivateAddresses ?? false
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS
  const guarded = safeFetchWrap({
    ssrfProtection: !allowed,
    allowIpHost: allowed,
    allowCustomPort: allowed || (options.allowCustomPort ?? false),
    // The library's own time-out can't be told from a caller who gave up, so ours stands in.
    timeout: Number.POSITIVE_INFINITY,
    responseMaxSize: options.responseBytesMax ?? RESPONSE_BYTES_MAX,
  })
  return async (input, init) => {
    const signals = [AbortSignal.timeout(timeoutMs)]
    if (input instanceof Request) signals.push(input.signal)
    if (init?.signal != null) signals.push(init.signal)
    const signal = AbortSignal.any(signals)
    const response = await guarded(input, { redirect: 'error', ...init, signal })
    return response.ok ? response : await wholeRefusal(response)
  }
}

const STATUS_WITHOUT_BODY = [204, 205, 304]

/**
 * The same answer with its body read already: callers look at the status of a refusal only, and a body
 * that nobody reads can end the process (nodejs/undici#5360).
 */
async function wholeRefusal(response: Response): Promise<Response> {
  const { status, statusText, headers } = response
  const body = await response.arrayBuffer()
  const kept = STATUS_WITHOUT_BODY.includes(status) ? null : body
  return new Response(kept, { status, statusText, headers })
}
