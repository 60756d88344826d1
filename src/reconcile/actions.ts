import type { Cid, WorkloadRecord } from '../model/records.ts'

/** A change to the containers here. Every action says why. */
export type Action =
  | {
      readonly kind: 'create'
      readonly replica: number
      readonly name: string
      readonly reason: string
    }
  | {
      readonly kind: 'start'
      readonly replica: number
      readonly id: string
      readonly name: string
      /** It still runs and is to be stopped first, with this time before the kill, milliseconds. */
      readonly graceMs?: number
      /** Somebody asked for it: nothing failed. */
      readonly isAsked?: boolean
      readonly reason: string
    }
  | {
      readonly kind: 'remove'
      readonly replica: number
      readonly id: string
      readonly name: string
      /** Time between the stop signal and the kill, milliseconds; 0 for what does not run. */
      readonly graceMs: number
      readonly reason: string
    }
  | { readonly kind: 'remove-network'; readonly name: string; readonly reason: string }

/**
 * What a network is made of before anybody is chosen. Only one without a way out is: the rules around
 * the other kind are looked at when a container starts in it.
 */
export interface Ahead {
  readonly placementKey: string
  readonly revision: Cid
  readonly specHash: string
}

/** What is to run here, as the records say. */
export type Desired =
  | {
      readonly kind: 'run'
      readonly workload: WorkloadRecord
      readonly revision: Cid
      readonly specHash: string
      /** Replicas that this meshlet has to run. */
      readonly slots: number
      /** Which ones those are while nothing new may start; the lowest numbers when absent. */
      readonly held?: readonly number[]
      /** Containers beyond those that go on as they are until somebody else runs in their stead. */
      readonly standIns: number
      /** What its containers have to run in, by the engine’s name; anything when absent. */
      readonly runtime?: string
      /** Users of containers are below this number here; any when absent. */
      readonly userIds?: number
      /** It must never run twice: the lease that it needs, and the generation of who granted it. */
      readonly lease?: { readonly epoch: number; readonly generation: number }
    }
  /** Nothing is to run here; where it probably will soon, what is made for it beforehand. */
  | { readonly kind: 'none'; readonly reason: string; readonly ahead?: Ahead }
  /** It is to run here, and may not for now: nothing runs, and the status says why. */
  | {
      readonly kind: 'hold'
      readonly workload: WorkloadRecord
      readonly slots: number
      readonly phase: 'pending' | 'stopped'
      readonly reason: string
    }
  /** Not known, or not decided yet: what runs goes on running, and nothing is started. */
  | { readonly kind: 'keep'; readonly reason: string }

export interface Plan {
  /** In the order in which they have to be done; actions of different replicas are independent. */
  readonly actions: readonly Action[]
  /** A network that may be made meanwhile: nothing waits for it. */
  readonly networkAhead?: Ahead & { readonly name: string }
  /** Look again after this many milliseconds, because time alone will change the plan. */
  readonly againInMs?: number
}
