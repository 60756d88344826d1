import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { XrpcStreamServer } from '@atproto/xrpc-server'
import type { WebSocket } from 'ws'
import type { Clock } from '../ports/clock.ts'
import { METHOD } from '../model/nsid.ts'
import { EXEC_MESSAGE_BYTES_MAX } from './exec-messages.ts'
import { clientAddress, type TrustedProxies } from './client-address.ts'
import { Inbox } from './inbox.ts'
import { RateLimiter, addressKey } from './rate-limit.ts'
import type { RateLimit } from './rate-limit.ts'

export interface StreamLimits {
  /** Streams that are open at once. */
  readonly streamsMax: number
  /** Attempts from one address. */
  readonly address: RateLimit
  /** Without a sign of life from the other side. */
  readonly idleMsMax: number
}

export interface StreamGateOptions {
  readonly limits: StreamLimits
  readonly clock: Clock
  readonly proxies: TrustedProxies
  /** The library’s streams, by method. */
  readonly streams: ReadonlyMap<string, XrpcStreamServer>
  /** Where what the other side of a command sends is put, by the request that began it. */
  readonly inboxes: WeakMap<IncomingMessage, Inbox>
}

export interface StreamGate extends Disposable {
  /** Takes a connection that wants to become a WebSocket, or closes it. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

const URL_CHARACTERS_MAX = 4 * 1024
/** Nobody has to send anything once a stream is open, but for commands. */
const MESSAGE_BYTES_MAX = 1024

/**
 * Lets connections become streams, as many as the limits allow, and closes those whose other side does
 * not answer any more: who takes no lines answers no pings either. Disposing of it closes all.
 */
export function createStreamGate(options: StreamGateOptions): StreamGate {
  const { limits, clock, streams, inboxes, proxies } = options
  const addresses = new RateLimiter(limits.address)
  const open = new Set<WebSocket>()
  for (const [method, { wss }] of streams)
    wss.options.maxPayload = method === METHOD.exec ? EXEC_MESSAGE_BYTES_MAX : MESSAGE_BYTES_MAX
  return {
    accept(request, socket, head) {
      const address = addressKey(clientAddress(request, proxies))
      const waitMs = addresses.take(address, clock.monotonicMs())
      if (waitMs > 0) return refuse(socket, `429 Too Many Requests`)
      const method = methodOf(request.url ?? '')
      const stream = streams.get(method)
      if (stream === undefined) return refuse(socket, '404 Not Found')
      if (open.size >= limits.streamsMax) return refuse(socket, '503 Service Unavailable')
      stream.wss.handleUpgrade(request, socket, head, (client) => {
        open.add(client)
        client.once('close', () => open.delete(client))
        // What is sent at once must not be lost while the caller is looked up.
        if (method === METHOD.exec) inboxes.set(request, new Inbox(client))
        endWhenSilent(client, limits.idleMsMax, clock)
        stream.wss.emit('connection', client, request)
      })
    },
    [Symbol.dispose]() {
      for (const client of open) client.terminate()
    },
  }
}

function methodOf(url: string): string {
  if (url.length > URL_CHARACTERS_MAX) return ''
  const [path = ''] = url.split('?', 1)
  return path.startsWith('/xrpc/') ? path.slice('/xrpc/'.length) : ''
}

function endWhenSilent(client: WebSocket, idleMsMax: number, clock: Clock): void {
  let isAlive = true
  client.on('pong', () => (isAlive = true))
  let cancel = () => {}
  const look = () => {
    // Who is made to wait by us can't answer.
    if (!isAlive && !client.isPaused) return client.terminate()
    isAlive = false
    client.ping()
    cancel = clock.schedule(idleMsMax, look)
  }
  cancel = clock.schedule(idleMsMax, look)
  client.once('close', () => cancel())
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
