import type { Did, WorkloadStatusRecord } from '../model/records.ts'

export interface RolloutInput {
  readonly self: Did
  /** Meshlets that run replicas, in rank order. */
  readonly winners: readonly Did[]
  /** Meshlets that are down; their statuses do not count. */
  readonly down: ReadonlySet<Did>
  readonly specHash: string
  readonly statusOf: (meshlet: Did) => WorkloadStatusRecord | undefined
}

/**
 * Whether it is this meshlet's turn to replace its replicas: every meshlet before it in rank order
 * runs the new spec and is healthy on it, is down, or runs nothing. Decided from status records
 * alone, so that everybody sees the same turn.
 */
export function mayReplace(input: RolloutInput): boolean {
  for (const meshlet of input.winners) {
    if (meshlet === input.self) return true
    if (input.down.has(meshlet)) continue
    const status = input.statusOf(meshlet)
    if (status && !isSettledOn(status, input.specHash)) return false
  }
  return true
}

function isSettledOn(status: WorkloadStatusRecord, specHash: string): boolean {
  const replicas = status.replicas ?? []
  return replicas.every(
    (replica) =>
      replica.specHash === specHash &&
      replica.phase === 'running' &&
      (replica.health === 'healthy' || replica.health === 'none'),
  )
}
