import { Secp256k1Keypair } from '@atproto/crypto'
import { createServiceJwt } from '@atproto/xrpc-server'
import { BlockList } from 'node:net'
import { CommuneError } from '../model/errors.ts'
import type { AtUri, Did } from '../model/records.ts'
import { workloadUri } from '../model/workload-uri.ts'
import type { Clock } from '../ports/clock.ts'
import { silentLog } from '../ports/log.ts'
import type { Log } from '../ports/log.ts'
import type { CalledMethod, StandingRole } from './access.ts'
import type { MeshletApi } from './api.ts'
import { parseProxies } from './client-address.ts'
import { createXrpcServer } from './server.ts'
import type { XrpcServerLimits } from './server.ts'

export const ownDid: Did = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'

/** A clock that tests can turn; its timers are real. */
export class TestClock implements Clock {
  /** Added to both clocks, milliseconds. */
  aheadMs = 0

  wallMs(): number {
    return Date.now() + this.aheadMs
  }

  monotonicMs(): number {
    return performance.now() + this.aheadMs
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  }
}

/** Somebody who can sign tokens. */
export class TestCaller {
  readonly did: Did
  readonly key: Secp256k1Keypair

  constructor(did: Did, key: Secp256k1Keypair) {
    this.did = did
    this.key = key
  }

  static async create(letter: string): Promise<TestCaller> {
    return new TestCaller(`did:plc:${letter.repeat(24)}`, await Secp256k1Keypair.create())
  }

  token(lxm: string, changes: { aud?: string; iat?: number; exp?: number } = {}): Promise<string> {
    return createServiceJwt({ iss: this.did, aud: ownDid, lxm, keypair: this.key, ...changes })
  }
}

/** An api whose every method fails with `unsupported` unless the test brings it. */
export function apiWith(methods: Partial<MeshletApi>): MeshletApi {
  const missing = (): Promise<never> =>
    Promise.reject(new CommuneError('unsupported', 'the test does not have this method'))
  return {
    getCapacity: missing,
    listWorkloads: missing,
    getWorkloadStatus: missing,
    deleteWorkload: missing,
    pauseWorkload: missing,
    resumeWorkload: missing,
    stopWorkload: missing,
    restartWorkload: missing,
    getUsage: missing,
    getLogs: missing,
    subscribeLogs: () => {
      throw new CommuneError('unsupported', 'the test does not have this method')
    },
    exec: () => {
      throw new CommuneError('unsupported', 'the test does not have this method')
    },
    getHealth: missing,
    listEvents: missing,
    pause: missing,
    resume: missing,
    drain: missing,
    shutdown: missing,
    heartbeat: missing,
    ...methods,
  }
}

/** A valid call of each method, about a workload of this owner. */
export function validCalls({ did }: TestCaller): Record<CalledMethod, object> {
  const workload: AtUri = workloadUri(did, 'web')
  const order = { body: { workload } }
  return {
    getCapacity: {},
    listWorkloads: {},
    getWorkloadStatus: { query: { workload } },
    deleteWorkload: order,
    pauseWorkload: order,
    resumeWorkload: order,
    stopWorkload: order,
    restartWorkload: order,
    getUsage: { query: { workload } },
    getLogs: { query: { workload } },
    getHealth: {},
    listEvents: { query: { workload } },
    pause: { body: {} },
    resume: { body: {} },
    drain: { body: {} },
    shutdown: { body: {} },
    heartbeat: { body: { epoch: 1 } },
  }
}

export interface TestServerOptions {
  readonly api: Partial<MeshletApi>
  readonly callers: ReadonlyMap<TestCaller, readonly StandingRole[] | undefined>
  readonly heartbeatKeys?: ReadonlyMap<Did, string>
  readonly clock?: Clock
  readonly limits?: Partial<XrpcServerLimits>
  readonly log?: Log
  readonly proxies?: readonly string[]
}

export interface TestServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** DIDs whose keys were asked for. */
  readonly resolved: readonly Did[]
}

/** The real server on a free port, with callers that the test made. */
export async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  const find = (did: Did) => [...options.callers.keys()].find((caller) => caller.did === did)
  const resolved: Did[] = []
  const server = createXrpcServer({
    did: ownDid,
    api: apiWith(options.api),
    rolesOf: (did) => {
      const caller = find(did)
      return caller === undefined ? undefined : options.callers.get(caller)
    },
    resolveKey: (did) => {
      resolved.push(did)
      const caller = find(did)
      if (caller === undefined) return Promise.reject(new CommuneError('identity', 'unknown'))
      return Promise.resolve(caller.key.did())
    },
    heartbeatKey: (did) => options.heartbeatKeys?.get(did),
    clock: options.clock ?? new TestClock(),
    log: options.log ?? silentLog,
    // Tokens hold whole seconds, so those of the second of the start would be refused.
    startedAtMs: 0,
    ...(options.proxies && { proxies: parseProxies(options.proxies) ?? new BlockList() }),
    ...(options.limits && { limits: options.limits }),
  })
  const { url, port } = await server.listen('127.0.0.1', 0)
  return { url, port, resolved, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}
