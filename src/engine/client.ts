import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { inspect } from 'node:util'
import Dockerode, { type DockerOptions } from 'dockerode'
import { failOnBrokenAnswers } from './broken-answers.ts'
import { guardRequests } from './guard-requests.ts'
import { readRefusals } from './refused-answers.ts'
import type { EngineEndpoint } from './endpoint.ts'
import { engineTimeout, toEngineError } from './engine-error.ts'

export interface CallOptions {
  /** What is done, as part of a sentence: "listing containers". */
  readonly doing: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** The connection to an engine: every request has a time-out and can be aborted. */
export interface EngineClient {
  readonly docker: Dockerode
  readonly address: string
  /**
   * Runs a request. Rejects with the caller's own reason when her signal is aborted, otherwise with
   * `engine-unreachable` or `engine`; `expected` may turn a refusal into a value or another error.
   */
  call<T>(
    options: CallOptions,
    request: (docker: Dockerode, abortSignal: AbortSignal) => Promise<T>,
    expected?: (error: unknown) => T,
  ): Promise<T>
  close(): void
}

export function createEngineClient(endpoint: EngineEndpoint): EngineClient {
  const agent = failOnBrokenAnswers(
    endpoint.options.protocol === 'https'
      ? new HttpsAgent({ keepAlive: true })
      : new HttpAgent({ keepAlive: true }),
  )
  // The client library describes all that it is given anew at each request, also when nobody reads it.
  Object.defineProperty(agent, inspect.custom, { value: () => agent.constructor.name })
  // The types of the client library leave the agent out.
  const docker = new Dockerode({ ...endpoint.options, agent } as DockerOptions)
  guardRequests(docker.modem)
  readRefusals(docker.modem)
  const { address } = endpoint

  return {
    docker,
    address,
    async call(options, request, expected) {
      const { signal } = options
      signal?.throwIfAborted()
      const controller = new AbortController()
      const onAbort = () => controller.abort(signal?.reason)
      signal?.addEventListener('abort', onAbort, { once: true })
      const timer = setTimeout(
        () => controller.abort(engineTimeout(options.doing, address, options.timeoutMs)),
        options.timeoutMs,
      )
      try {
        return await Promise.race([request(docker, controller.signal), rejected(controller.signal)])
      } catch (error) {
        if (controller.signal.aborted) throw controller.signal.reason
        if (expected !== undefined) return expected(error)
        throw toEngineError(error, options.doing, address)
      } finally {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
      }
    },
    close() {
      agent.destroy()
    },
  }
}

/** The client library does not reject for every aborted request, so abortion is raced as well. */
function rejected(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
