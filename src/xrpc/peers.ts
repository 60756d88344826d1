import type { HeartbeatKey } from '../atproto/heartbeat-key.ts'
import { signHeartbeatToken } from '../atproto/heartbeat-key.ts'
import { METHOD } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { HeartbeatInput, HeartbeatOutput, Peers } from '../ports/peers.ts'
import { createMeshletClient } from './client.ts'
import { MeshletError } from './meshlet-error.ts'

export interface PeersOptions {
  readonly did: Did
  readonly key: HeartbeatKey
  readonly clock: Clock
  readonly allowPrivateAddresses?: boolean
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 3_000
/** A smaller difference is left to the receiver's tolerance. */
const OFFSET_MS_MIN = 5_000
const OFFSETS_MAX = 10_000

/**
 * Calls other meshlets with tokens that this one signs itself (docs/decisions/0001-heartbeat-auth.md).
 * Each peer's clock is allowed for as the peer last showed it; nothing but its tokens depends on it.
 */
export function createPeers(options: PeersOptions): Peers {
  const { did, key, clock } = options
  const client = createMeshletClient({
    allowPrivateAddresses: options.allowPrivateAddresses ?? false,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
  })
  const offsets = new Map<Did, number>()
  const observe = (peer: Did, theirNowMs: number): void => {
    if (Number.isNaN(theirNowMs)) return
    const offsetMs = theirNowMs - clock.wallMs()
    offsets.delete(peer)
    if (Math.abs(offsetMs) < OFFSET_MS_MIN) return
    offsets.set(peer, offsetMs)
    const oldest = offsets.keys().next().value
    if (offsets.size > OFFSETS_MAX && oldest !== undefined) offsets.delete(oldest)
  }
  const send = async (
    peer: { readonly did: Did; readonly endpoint: string },
    input: HeartbeatInput,
    signal: AbortSignal | undefined,
  ): Promise<HeartbeatOutput> => {
    const theirNowMs = clock.wallMs() + (offsets.get(peer.did) ?? 0)
    const token = await signHeartbeatToken(key, did, peer.did, theirNowMs)
    return client.call({
      ...peer,
      method: METHOD.heartbeat,
      token,
      input,
      ...(signal && { signal }),
    })
  }
  return {
    async heartbeat(peer, body, signal) {
      let answer: HeartbeatOutput
      try {
        answer = await send(peer, body, signal)
      } catch (error) {
        if (!(error instanceof MeshletError) || error.theirTimeMs === undefined) throw error
        observe(peer.did, error.theirTimeMs)
        answer = await send(peer, body, signal)
      }
      observe(peer.did, Date.parse(answer.now))
      return answer
    },
  }
}
