import type { Did } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import { PROFILES, type ProfileName } from '../selection/liveness.ts'
import type { Heartbeats, Peer } from './heartbeats.ts'
import type { WorkQueue } from './work-queue.ts'

/** How a meshlet is doing, in numbers. */
export interface Vitals {
  /** Keys that are queued or worked on. */
  readonly queueDepth: number
  /** For how long the oldest of them has waited or been worked on, milliseconds. */
  readonly queueOldestMs: number
  /** Peers heard within the time after which one is challenged, and the others. */
  readonly peersHeard: number
  readonly peersSilent: number
  readonly peersDown: number
}

export interface VitalsInput {
  readonly queue: Pick<WorkQueue, 'depth' | 'oldestMs'>
  readonly peers: readonly Peer[]
  readonly heartbeats: Pick<Heartbeats, 'lastHeardMs'>
  readonly down: readonly Did[]
  readonly liveness: ProfileName
  readonly clock: Pick<Clock, 'monotonicMs'>
}

export function vitalsOf(input: VitalsInput): Vitals {
  const { queue, peers, heartbeats, down, clock } = input
  const { challengeMs } = PROFILES[input.liveness]
  const heard = peers.filter(({ did }) => {
    const lastMs = heartbeats.lastHeardMs(did)
    return lastMs !== undefined && clock.monotonicMs() - lastMs < challengeMs
  })
  return {
    queueDepth: queue.depth,
    queueOldestMs: queue.oldestMs,
    peersHeard: heard.length,
    peersSilent: peers.length - heard.length,
    peersDown: down.length,
  }
}
