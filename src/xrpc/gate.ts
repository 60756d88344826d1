import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Did } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import { clientAddress, type TrustedProxies } from './client-address.ts'
import { RateLimiter, addressKey } from './rate-limit.ts'
import type { RateLimit } from './rate-limit.ts'

export interface GateOptions {
  readonly did: Did
  readonly limits: { readonly bodyBytesMax: number; readonly address: RateLimit }
  readonly clock: Clock
  readonly proxies: TrustedProxies
  /** Answers what gets through. */
  readonly next: RequestListener
}

interface Refusal {
  readonly status: number
  readonly error: string
  readonly message: string
}

const URL_CHARACTERS_MAX = 4 * 1024
const DOCS = 'https://www.npmjs.com/package/@meshlet/commune'

/** Turns away what no method needs to see, before anything of it is parsed. */
export function createGate(options: GateOptions): RequestListener {
  const addresses = new RateLimiter(options.limits.address)
  return (request, response) => {
    const address = addressKey(clientAddress(request, options.proxies))
    const waitMs = addresses.take(address, options.clock.monotonicMs())
    if (waitMs > 0) {
      response.setHeader('retry-after', Math.ceil(waitMs / 1000))
      refuse(request, response, {
        status: 429,
        error: 'RateLimitExceeded',
        message: 'too many calls from this address',
      })
      return
    }
    const refusal = judge(request, options.limits.bodyBytesMax)
    if (refusal !== undefined) refuse(request, response, refusal)
    else if (isGreeting(request.url)) greet(response, options.did)
    else options.next(request, response)
  }
}

function judge(request: IncomingMessage, bodyBytesMax: number): Refusal | undefined {
  const { method, headers, url = '' } = request
  if (url.length > URL_CHARACTERS_MAX) {
    return { status: 414, error: 'InvalidRequest', message: 'the address is too long' }
  }
  if (method !== 'GET' && method !== 'POST') {
    return { status: 405, error: 'InvalidRequest', message: 'GET or POST is expected' }
  }
  // The library reads the body of a question to its end, however long it is.
  const hasBody =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (method === 'GET' && hasBody) {
    return { status: 400, error: 'InvalidRequest', message: 'GET takes no body' }
  }
  if (Number(headers['content-length'] ?? 0) > bodyBytesMax) {
    return {
      status: 413,
      error: 'PayloadTooLarge',
      message: `the body may have ${bodyBytesMax} bytes`,
    }
  }
  if (!url.startsWith('/xrpc/') && !isGreeting(url)) {
    return { status: 404, error: 'NotFound', message: 'nothing is here' }
  }
  return undefined
}

function isGreeting(url: string | undefined): boolean {
  return url === '/' || url === '/.well-known' || url === '/.well-known/'
}

function greet(response: ServerResponse, did: Did): void {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(`This is ${did}, a meshlet: it runs containers for its commune.\n${DOCS}\n`)
}

function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const { status, error, message } = refusal
  // The rest of the request is of no use, so the connection goes with the answer.
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
  response.end(JSON.stringify({ error, message }), () => request.socket.destroySoon())
}
