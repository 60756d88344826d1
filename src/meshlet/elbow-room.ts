import { LABEL } from '../model/nsid.ts'
import { requestOf, type Amount } from '../model/request.ts'
import type { EngineContainer } from '../ports/engine.ts'
import type { Action, Desired } from '../reconcile/actions.ts'
import { replicaOf } from '../reconcile/plan-workload.ts'
import { surgeOf } from '../reconcile/rollout.ts'
import { wantedReplicas } from '../reconcile/wanted-replicas.ts'
import { slotsIn, times } from '../selection/room.ts'
import type { EngineShare } from './engine-state.ts'

/**
 * Whether what is still to be made fits beside all that is there, so that nothing has to stop first:
 * replicas that are missing, and as many that replace others as may do so at once.
 */
export function fitsBeside(
  desired: Desired,
  containers: readonly EngineContainer[],
  free: Amount,
): boolean {
  if (desired.kind !== 'run') return false
  const replicas = wantedReplicas(desired).map((replica) =>
    containers.filter((container) => replicaOf(container) === replica),
  )
  const isCurrent = ({ labels }: EngineContainer) => labels[LABEL.spec] === desired.specHash
  const missing = replicas.filter((own) => own.length === 0).length
  const outdated = replicas.filter((own) => own.length > 0 && !own.some(isCurrent)).length
  const toMake = missing + Math.min(outdated, surgeOf(desired.workload))
  const request = requestOf(desired.workload)
  const storageBytes = free.storageBytes - containers.length * request.storageBytes
  return slotsIn({ ...without(free, containers), storageBytes }, request) >= toMake
}

/** As many stand-ins as fit beside the replicas that are to run here: those have the reservation. */
export function limitStandIns(
  desired: Desired,
  containers: readonly EngineContainer[],
  free: Amount,
): Desired {
  if (desired.kind !== 'run' || desired.standIns === 0) return desired
  const { cpuMilli, memoryBytes, storageBytes } = requestOf(desired.workload)
  let rest: Amount = {
    cpuMilli: free.cpuMilli - desired.slots * cpuMilli,
    memoryBytes: free.memoryBytes - desired.slots * memoryBytes,
    storageBytes: free.storageBytes - desired.slots * storageBytes,
  }
  let standIns = 0
  const wanted = wantedReplicas(desired)
  const beyond = containers.filter(
    (container) => container.state === 'running' && !wanted.includes(replicaOf(container)),
  )
  for (const container of beyond.toSorted((a, b) => replicaOf(a) - replicaOf(b))) {
    rest = { ...without(rest, [container]), storageBytes: rest.storageBytes - storageBytes }
    const isEnough = rest.cpuMilli >= 0 && rest.memoryBytes >= 0 && rest.storageBytes >= 0
    const fits = desired.slots === 0 || isEnough
    if (!fits || standIns === desired.standIns) break
    standIns++
  }
  return { ...desired, standIns }
}

/**
 * What the containers of each workload may use. No engine tells how much disk a container was promised,
 * so that follows from the workload's record: `storageOf` one replica, bytes.
 */
export function amountsOf(
  byWorkload: ReadonlyMap<string, EngineShare>,
  storageOf: (uri: string) => number,
): ReadonlyMap<string, Amount> {
  const nothing: Amount = { cpuMilli: 0, memoryBytes: 0, storageBytes: 0 }
  return new Map(
    [...byWorkload].map(([uri, { containers }]) => {
      const { cpuMilli, memoryBytes } = without(nothing, containers)
      const storageBytes = containers.length * storageOf(uri)
      return [uri, { cpuMilli: -cpuMilli, memoryBytes: -memoryBytes, storageBytes }]
    }),
  )
}

/** What a workload's containers may use once these actions are done; undefined when none is made. */
export function amountAfter(
  desired: Desired,
  containers: readonly EngineContainer[],
  actions: readonly Action[],
): Amount | undefined {
  const made = actions.filter(({ kind }) => kind === 'create').length
  if (desired.kind !== 'run' || made === 0) return undefined
  const removed = new Set(actions.flatMap((action) => (action.kind === 'remove' ? action.id : [])))
  const kept = containers.filter(({ id }) => !removed.has(id))
  const request = requestOf(desired.workload)
  const rest = without(times(request, -made), kept)
  return {
    cpuMilli: -rest.cpuMilli,
    memoryBytes: -rest.memoryBytes,
    storageBytes: (made + kept.length) * request.storageBytes,
  }
}

/** The amount less what these containers may use. */
function without(amount: Amount, containers: readonly EngineContainer[]): Amount {
  const memory = containers.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
  const nanoCpus = containers.reduce((sum, container) => sum + container.nanoCpus, 0)
  return {
    ...amount,
    cpuMilli: amount.cpuMilli - nanoCpus / 1_000_000,
    memoryBytes: amount.memoryBytes - memory,
  }
}
