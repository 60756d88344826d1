import type { farm } from '../lexicons/index.ts'
import type { Did } from '../model/records.ts'

export type HeartbeatInput = farm.meshlet.heartbeat.$InputBody
export type HeartbeatOutput = farm.meshlet.heartbeat.$OutputBody

/** Other meshlets, called directly. */
export interface Peers {
  /** Rejects with code `unreachable`, `unauthorized` or `timeout`. */
  heartbeat(
    peer: { readonly did: Did; readonly endpoint: string },
    body: HeartbeatInput,
    signal?: AbortSignal,
  ): Promise<HeartbeatOutput>
}
