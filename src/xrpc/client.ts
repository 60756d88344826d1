import { xrpcSafe } from '@atproto/lex'
import type { Agent, l } from '@atproto/lex'
import { connectionError } from '../atproto/connection-error.ts'
import { createGuardedFetch } from '../atproto/guarded-fetch.ts'
import { publicOrigin } from '../atproto/public-origin.ts'
import { farm } from '../lexicons/index.ts'
import { CommuneError } from '../model/errors.ts'
import { METHOD } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import { meshletError } from './meshlet-error.ts'

/** The methods that can be called, by name. */
const SCHEMAS = {
  [METHOD.getCapacity]: farm.meshlet.getCapacity.main,
  [METHOD.listWorkloads]: farm.meshlet.listWorkloads.main,
  [METHOD.getWorkloadStatus]: farm.meshlet.getWorkloadStatus.main,
  [METHOD.deleteWorkload]: farm.meshlet.deleteWorkload.main,
  [METHOD.pauseWorkload]: farm.meshlet.pauseWorkload.main,
  [METHOD.resumeWorkload]: farm.meshlet.resumeWorkload.main,
  [METHOD.stopWorkload]: farm.meshlet.stopWorkload.main,
  [METHOD.restartWorkload]: farm.meshlet.restartWorkload.main,
  [METHOD.getUsage]: farm.meshlet.getUsage.main,
  [METHOD.getLogs]: farm.meshlet.getLogs.main,
  [METHOD.getHealth]: farm.meshlet.getHealth.main,
  [METHOD.listEvents]: farm.meshlet.listEvents.main,
  [METHOD.pause]: farm.meshlet.pause.main,
  [METHOD.resume]: farm.meshlet.resume.main,
  [METHOD.drain]: farm.meshlet.drain.main,
  [METHOD.shutdown]: farm.meshlet.shutdown.main,
  [METHOD.heartbeat]: farm.meshlet.heartbeat.main,
} as const

type Schemas = typeof SCHEMAS
export type CallableMethod = keyof Schemas

type Params<N extends CallableMethod> = l.InferInput<Schemas[N]['parameters']>
type Input<N extends CallableMethod> = l.InferMethodInputBody<Schemas[N]>
export type MeshletOutput<N extends CallableMethod> = l.InferMethodOutputBody<Schemas[N]>

type WithParams<P> = Partial<P> extends P ? { readonly params?: P } : { readonly params: P }
type WithInput<I> = I extends undefined ? { readonly input?: undefined } : { readonly input: I }

export type MeshletCall<N extends CallableMethod> = {
  readonly did: Did
  /** As the meshlet published it. */
  readonly endpoint: string
  readonly method: N
  /** Good for this meshlet, this method, and once. */
  readonly token: string
  readonly signal?: AbortSignal
} & WithParams<Params<N>> &
  WithInput<Input<N>>

export interface MeshletClientOptions {
  /** Http, loopback and private networks. */
  readonly allowPrivateAddresses?: boolean
  readonly timeoutMs?: number
}

export interface MeshletClient {
  /**
   * Calls a method and validates the answer. Fails with `unreachable`, `timeout`, `bad-answer`,
   * `interrupted`, or a MeshletError: `unauthorized`, `forbidden`, `not-found`, `conflict`,
   * `rate-limited`, `unsupported`, `unavailable`, `invalid-input`.
   */
  call<N extends CallableMethod>(call: MeshletCall<N>): Promise<MeshletOutput<N>>
}

const TIMEOUT_MS = 10_000
/** The longest answer: 10,000 log lines would be more, and are cut by who gives them. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024

/** A client keeps connections open between calls; share one where calls repeat. */
export function createMeshletClient(options: MeshletClientOptions = {}): MeshletClient {
  const allowPrivateAddresses = options.allowPrivateAddresses ?? false
  const fetch = createGuardedFetch({
    allowPrivateAddresses,
    allowCustomPort: true,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    responseBytesMax: ANSWER_BYTES_MAX,
  })
  return {
    async call<N extends CallableMethod>(call: MeshletCall<N>): Promise<MeshletOutput<N>> {
      const { did, endpoint, token, params, input, signal } = call
      const origin = publicOrigin(endpoint, { allowPrivateAddresses })
      if (origin === undefined) {
        throw new CommuneError(
          'unreachable',
          `The meshlet ${did} names ${JSON.stringify(endpoint.slice(0, 200))} as its address, which is not a public https address.`,
        )
      }
      const agent: Agent = {
        fetchHandler: (path, init) => fetch(new URL(path, origin), { ...init, redirect: 'error' }),
      }
      const schema: l.Query | l.Procedure = SCHEMAS[call.method]
      const result = await xrpcSafe(agent, schema, {
        params: params ?? {},
        headers: { authorization: `Bearer ${token}` },
        ...(input !== undefined && { body: input as l.LexMap }),
        ...(signal && { signal }),
      }).catch((error: unknown) => {
        // Only a caller who gave up before the call began.
        throw connectionError(error, endpoint)
      })
      if (result.success) return result.body as MeshletOutput<N>
      throw meshletError(result, did, endpoint)
    },
  }
}

/** One call with a client of its own. */
export function callMeshlet<N extends CallableMethod>(
  call: MeshletCall<N> & MeshletClientOptions,
): Promise<MeshletOutput<N>> {
  return createMeshletClient(call).call(call)
}
