import {
  AuthRequiredError,
  ForbiddenError,
  InternalServerError,
  InvalidRequestError,
  ResponseType,
  XRPCError,
} from '@atproto/xrpc-server'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { abortable } from '../atproto/abortable.ts'
import type { ServiceAuth } from '../atproto/service-auth.ts'
import { messageOf } from '../model/errors.ts'
import { METHOD } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { mayCall } from './access.ts'
import type { Role, ServedMethod, StandingRole } from './access.ts'
import { answerError } from './answer-error.ts'
import type { Call, MeshletApi } from './api.ts'
import type { RateLimiter } from './rate-limit.ts'
import { TIME_HEADER } from './time-header.ts'

/** What a call or the opening of a stream brings; a stream has no answer of its own. */
export interface Incoming {
  readonly req: IncomingMessage
  readonly res?: ServerResponse
}

/** The proven caller of a call whose right to it is not yet decided. */
export interface Authenticated {
  readonly credentials: { readonly did: Did }
}

export interface MethodContextOptions {
  readonly api: MeshletApi
  readonly serviceAuth: ServiceAuth
  readonly rolesOf: (did: Did) => readonly StandingRole[] | undefined
  readonly callers: RateLimiter
  readonly clock: Clock
  readonly log: Log
  /** Aborted when the server stops. */
  readonly stopped: AbortSignal
  readonly callMsMax: number
  /** Streams of one caller that are open at once. */
  readonly streamsPerCallerMax: number
}

/** A call as the method's file knows it. */
export interface Asked {
  readonly did: Did
  readonly signal: AbortSignal
  /** For methods about one workload. */
  readonly workload?: string
}

/** What all methods share: who calls, whether she may, and how failures are answered. */
export class MethodContext {
  readonly api: MeshletApi
  readonly #options: MethodContextOptions
  readonly #streams = new Map<Did, number>()

  constructor(options: MethodContextOptions) {
    this.api = options.api
    this.#options = options
  }

  /** Proves the caller by her token; a refusal is a 401 with its reason as its name. */
  authenticate(method: ServedMethod): (context: Incoming) => Promise<Authenticated> {
    const { serviceAuth, callers, clock } = this.#options
    return async ({ req, res }) => {
      const verdict = await serviceAuth.verify(req.headers.authorization, METHOD[method])
      if (!verdict.ok) {
        if (verdict.reason === 'WrongTime') {
          res?.setHeader(TIME_HEADER, new Date(clock.wallMs()).toISOString())
        }
        throw new AuthRequiredError(verdict.message, verdict.reason)
      }
      const waitMs = callers.take(verdict.issuer, clock.monotonicMs())
      if (waitMs > 0) {
        res?.setHeader('retry-after', Math.ceil(waitMs / 1000))
        throw new XRPCError(ResponseType.RateLimitExceeded, 'too many calls by this DID')
      }
      return { credentials: { did: verdict.issuer } }
    }
  }

  /** Answers a call that may be made, within its time. */
  async answer<T>(
    method: ServedMethod,
    asked: Asked,
    run: (call: Call) => Promise<T>,
  ): Promise<{ encoding: 'application/json'; body: T }> {
    const { stopped, callMsMax, log } = this.#options
    const roles = this.#rolesFor(asked)
    if (!mayCall(method, roles)) {
      throw new ForbiddenError('you may not do this here', 'NotAllowed')
    }
    const signal = AbortSignal.any([asked.signal, stopped, AbortSignal.timeout(callMsMax)])
    try {
      const work = run({ caller: { did: asked.did, roles }, signal })
      // Whoever does not heed the signal is not waited for either.
      const body = await abortable(work, signal)
      return { encoding: 'application/json', body }
    } catch (error) {
      const answer = answerError(error)
      if (answer !== undefined) throw answer
      if (signal.aborted) throw new XRPCError(ResponseType.UpstreamTimeout, 'this took too long')
      log.error('call failed', { method, caller: asked.did, error: messageOf(error) })
      throw new InternalServerError()
    }
  }

  /** The same for a stream: it goes on until its caller leaves or the server stops. */
  async *stream<T>(
    method: ServedMethod,
    asked: Asked,
    run: (call: Call) => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    const { stopped, log, streamsPerCallerMax } = this.#options
    const roles = this.#rolesFor(asked)
    if (!mayCall(method, roles)) {
      throw new ForbiddenError('you may not do this here', 'NotAllowed')
    }
    const open = this.#streams.get(asked.did) ?? 0
    if (open >= streamsPerCallerMax)
      throw new XRPCError(ResponseType.RateLimitExceeded, 'too many streams of this DID')
    this.#streams.set(asked.did, open + 1)
    try {
      const signal = AbortSignal.any([asked.signal, stopped])
      yield* run({ caller: { did: asked.did, roles }, signal })
    } catch (error) {
      const answer = answerError(error)
      if (answer !== undefined) throw answer
      log.error('stream failed', { method, caller: asked.did, error: messageOf(error) })
      throw new InternalServerError()
    } finally {
      const left = (this.#streams.get(asked.did) ?? 1) - 1
      if (left === 0) this.#streams.delete(asked.did)
      else this.#streams.set(asked.did, left)
    }
  }

  #rolesFor({ did, workload }: Asked): readonly Role[] {
    const standing = this.#options.rolesOf(did) ?? []
    if (workload === undefined) return standing
    const parsed = parseWorkloadUri(workload)
    if (parsed === undefined) throw new InvalidRequestError('this is not the uri of a workload')
    return parsed.owner === did ? [...standing, 'workloadOwner'] : standing
  }
}
