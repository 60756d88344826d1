import type { Desired } from './actions.ts'

/** The numbers of the replicas that are to run here, in order. */
export function wantedReplicas({
  slots,
  held,
}: Pick<Desired & { kind: 'run' }, 'slots' | 'held'>): readonly number[] {
  return held ?? Array.from({ length: slots }, (_, replica) => replica)
}
