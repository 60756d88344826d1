import { createServer as createRouter } from '@atproto/xrpc-server'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import { BlockList, type AddressInfo } from 'node:net'
import { createServiceAuth } from '../atproto/service-auth.ts'
import { CommuneError, messageOf } from '../model/errors.ts'
import type { Did } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { StandingRole } from './access.ts'
import type { MeshletApi } from './api.ts'
import { addDrain } from './drain.ts'
import { addExec } from './exec.ts'
import { addGetCapacity } from './get-capacity.ts'
import { addGetHealth } from './get-health.ts'
import { addGetLogs } from './get-logs.ts'
import { addGetUsage } from './get-usage.ts'
import { addGetWorkloadStatus } from './get-workload-status.ts'
import { isTrusted, type TrustedProxies } from './client-address.ts'
import { createGate } from './gate.ts'
import { addHeartbeat } from './heartbeat.ts'
import type { Inbox } from './inbox.ts'
import { addListEvents } from './list-events.ts'
import { addListWorkloads } from './list-workloads.ts'
import { MethodContext } from './method-context.ts'
import { addPause } from './pause.ts'
import { RateLimiter, addressKey } from './rate-limit.ts'
import type { RateLimit } from './rate-limit.ts'
import { addResume } from './resume.ts'
import { addShutdown } from './shutdown.ts'
import { addSubscribeLogs } from './subscribe-logs.ts'
import { createStreamGate } from './upgrade.ts'
import { addWorkloadOrders } from './workload-orders.ts'

export interface XrpcServerOptions {
  /** DID of this meshlet: the audience of all tokens. */
  readonly did: Did
  readonly api: MeshletApi
  /**
   * What this DID is here, by the verified records. Undefined: a stranger, for whose sake nothing is
   * looked up (401). None: known, but without rights at the moment, as while suspended (403).
   */
  readonly rolesOf: (did: Did) => readonly StandingRole[] | undefined
  /** The `#atproto` key of the DID's document as did:key. */
  readonly resolveKey: (did: Did, force: boolean) => Promise<string>
  /** `heartbeatKey` of the DID's `meshletStatus`, as last verified. */
  readonly heartbeatKey: (did: Did) => string | undefined
  readonly clock: Clock
  readonly log: Log
  /**
   * Wall clock at the start of this process, which is the default. Older tokens are refused, since an
   * earlier process may have taken them and took its memory of that along.
   */
  readonly startedAtMs?: number
  readonly limits?: Partial<XrpcServerLimits>
  /** Reverse proxies that say in a header whom they speak for; none when absent. */
  readonly proxies?: TrustedProxies
}

export interface XrpcServerLimits {
  readonly bodyBytesMax: number
  readonly headerBytesMax: number
  readonly connectionsMax: number
  /** Of one address; a trusted proxy is exempt. */
  readonly connectionsPerAddressMax: number
  /** From the connection to the end of the head, and of the whole request. */
  readonly headMsMax: number
  readonly requestMsMax: number
  /** Without a byte in either direction. */
  readonly idleMsMax: number
  readonly callMsMax: number
  /** Streams that are open at once. */
  readonly streamsMax: number
  /** Of one caller. */
  readonly streamsPerCallerMax: number
  readonly address: RateLimit
  readonly caller: RateLimit
}

export const SERVER_LIMITS: XrpcServerLimits = {
  bodyBytesMax: 150 * 1024,
  headerBytesMax: 16 * 1024,
  connectionsMax: 512,
  connectionsPerAddressMax: 128,
  headMsMax: 5_000,
  requestMsMax: 15_000,
  idleMsMax: 30_000,
  callMsMax: 20_000,
  streamsMax: 64,
  streamsPerCallerMax: 24,
  // Many meshlets may share one address behind NAT; a heartbeat every two seconds is half a call.
  address: { burst: 300, perSecond: 30, callersMax: 10_000 },
  caller: { burst: 100, perSecond: 10, callersMax: 10_000 },
}

/** How often Node looks for connections that are too slow. */
const SLOW_CHECK_MS = 1_000
/** Answers under way may take this long when the server stops. */
const STOP_MS_MAX = 2_000

export interface XrpcServer extends AsyncDisposable {
  /** Port 0 takes a free one. Fails with `unavailable` when the port can't be had. */
  listen(host: string, port: number): Promise<{ readonly url: string; readonly port: number }>
}

/** The `farm.meshlet.*` methods over http; TLS is a reverse proxy's business. */
export function createXrpcServer(options: XrpcServerOptions): XrpcServer {
  const { did, clock, log } = options
  const limits = { ...SERVER_LIMITS, ...options.limits }
  const proxies = options.proxies ?? new BlockList()
  const stopping = new AbortController()
  const context = new MethodContext({
    api: options.api,
    rolesOf: options.rolesOf,
    callers: new RateLimiter(limits.caller),
    clock,
    log,
    stopped: stopping.signal,
    callMsMax: limits.callMsMax,
    streamsPerCallerMax: limits.streamsPerCallerMax,
    serviceAuth: createServiceAuth({
      ownDid: did,
      nowMs: () => clock.wallMs(),
      startedAtMs: options.startedAtMs ?? clock.wallMs() - process.uptime() * 1000,
      isKnown: (issuer) => options.rolesOf(issuer as Did) !== undefined,
      resolveKey: options.resolveKey,
      heartbeatKey: options.heartbeatKey,
    }),
  })
  const router = createRouter([], {
    payload: { jsonLimit: limits.bodyBytesMax, textLimit: 0, blobLimit: 0 },
  })
  const inboxes = new WeakMap<IncomingMessage, Inbox>()
  for (const add of METHODS) add(router, context)
  addExec(router, context, (request) => inboxes.get(request))
  router.router.disable('x-powered-by')

  const server = createServer(
    {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headMsMax,
      requestTimeout: limits.requestMsMax,
      connectionsCheckingInterval: Math.min(SLOW_CHECK_MS, limits.headMsMax),
    },
    createGate({ did, limits, clock, proxies, next: router.router }),
  )
  server.maxConnections = limits.connectionsMax
  limitConnections(server, limits.connectionsPerAddressMax, proxies)
  server.setTimeout(limits.idleMsMax)
  const streams = createStreamGate({
    limits,
    clock,
    proxies,
    streams: router.subscriptions,
    inboxes,
  })
  server.on('upgrade', (request, socket, head) => streams.accept(request, socket, head))
  return {
    async listen(host, port) {
      await listening(server, host, port)
      const address = server.address() as AddressInfo
      const url = `http://${address.family === 'IPv6' ? `[${host}]` : host}:${address.port}`
      log.info('listening', { url })
      return { url, port: address.port }
    },
    async [Symbol.asyncDispose]() {
      stopping.abort(new CommuneError('interrupted', 'The meshlet stops.'))
      streams[Symbol.dispose]()
      if (!server.listening) return
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      const cancel = clock.schedule(STOP_MS_MAX, () => server.closeAllConnections())
      await closed
      cancel()
    },
  }
}

/** One address can't take all connections. */
function limitConnections(server: Server, max: number, proxies: TrustedProxies): void {
  const open = new Map<string, number>()
  server.on('connection', (socket) => {
    const remote = socket.remoteAddress ?? ''
    if (isTrusted(remote, proxies)) return
    const address = addressKey(remote)
    const count = (open.get(address) ?? 0) + 1
    open.set(address, count)
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1
      if (left === 0) open.delete(address)
      else open.set(address, left)
    })
    if (count > max) socket.destroy()
  })
}

const METHODS = [
  addGetCapacity,
  addListWorkloads,
  addGetWorkloadStatus,
  addWorkloadOrders,
  addSubscribeLogs,
  addGetLogs,
  addGetUsage,
  addGetHealth,
  addListEvents,
  addPause,
  addResume,
  addDrain,
  addShutdown,
  addHeartbeat,
] as const

async function listening(server: Server, host: string, port: number): Promise<void> {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new CommuneError(
      'unavailable',
      `${host}:${port} can't be listened on: ${messageOf(error)}`,
      {
        hint: 'Choose another port, or stop the program that has it.',
        cause: error,
      },
    )
  }
}
