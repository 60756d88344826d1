import { egressOf } from '../model/egress.ts'
import { LABEL } from '../model/nsid.ts'
import type { WorkloadRecord } from '../model/records.ts'
import { requestOf } from '../model/request.ts'
import type { EngineContainer, EngineNetwork } from '../ports/engine.ts'
import type { Action, Desired, Plan } from './actions.ts'
import { containerName, networkName } from './container-names.ts'
import { sooner } from './outcome.ts'
import type { Order } from './rollout.ts'
import { wantedReplicas } from './wanted-replicas.ts'

/** What a meshlet remembers of a replica between two looks. Lost on a restart, without harm. */
export interface ReplicaMemory {
  /** Not before this moment of the monotonic clock may it be created or started again. */
  readonly notBeforeMs?: number
}

export interface PlanInput {
  readonly nowMs: number
  readonly meshletDid: string
  readonly uri: string
  readonly desired: Desired
  /** Containers and networks under our labels for this workload. */
  readonly containers: readonly EngineContainer[]
  readonly networks: readonly EngineNetwork[]
  readonly replicas: ReadonlyMap<number, ReplicaMemory>
  /** Whether it is the turn of a replica in the roll-out. */
  readonly mayReplace: (replica: number, order: Order) => boolean
  /** Whether a container has been healthy for long enough to take the place of older ones. */
  readonly isReady: (container: EngineContainer) => boolean
  /** Why a container that runs should be started again; undefined while it is well. */
  readonly deadReason: (container: EngineContainer) => string | undefined
  /** Why a container that runs is to be started again at once; undefined while nobody asked for it. */
  readonly askedReason: (container: EngineContainer) => string | undefined
  /** There is room for one replica more while another is being replaced. */
  readonly roomForSurge: boolean
  /** The owner of the workload or of the machine has paused it here. */
  readonly paused: boolean
}

/** Compose's default for stop_grace_period. */
export const STOP_GRACE_MS = 10_000
const SURGE_LOOK_MS = 1_000

/**
 * Compares what should run here with what does, and says what to do about it. Applying the plan and
 * planning again yields nothing.
 */
export function planWorkload(input: PlanInput): Plan {
  const { desired } = input
  if (desired.kind === 'keep') return { actions: [] }
  if (desired.kind === 'none' || desired.kind === 'hold') return planRemoval(input, desired.reason)
  if (input.paused) return { actions: removals(input, input.containers, 'paused here') }
  return planReplicas(input, desired)
}

function planRemoval(input: PlanInput, reason: string): Plan {
  const ahead = aheadOf(input)
  const networks = input.networks
    .filter(({ name }) => name !== ahead?.name)
    .map(({ name }): Action => ({ kind: 'remove-network', name, reason }))
  const actions = [...removals(input, input.containers, reason), ...networks]
  const isThere = input.networks.some(({ name }) => name === ahead?.name)
  return ahead === undefined || isThere ? { actions } : { actions, networkAhead: ahead }
}

/** The network that is made, or kept, for what will probably run here. */
function aheadOf({ desired, meshletDid, uri, paused }: PlanInput): Plan['networkAhead'] {
  if (desired.kind !== 'none' || desired.ahead === undefined || paused) return undefined
  return { ...desired.ahead, name: networkName(meshletDid, uri, 'none') }
}

function planReplicas(input: PlanInput, desired: Desired & { kind: 'run' }): Plan {
  const actions: Action[] = []
  let againInMs: number | undefined
  const byReplica = Map.groupBy(input.containers, (container) => replicaOf(container))
  const wanted = wantedReplicas(desired)
  for (const replica of wanted) {
    const plan = planReplica(input, desired, replica, byReplica.get(replica) ?? [])
    actions.push(...plan.actions)
    againInMs = sooner(againInMs, plan.againInMs)
  }
  const standIns = standInsOf(input, desired)
  for (const [replica, beyond] of [...byReplica].toSorted(([a], [b]) => a - b)) {
    if (wanted.includes(replica)) continue
    const surplus = beyond.filter((container) => !standIns.has(container))
    const reason = replica < 0 ? 'its labels are not ours' : `only ${desired.slots} to run here`
    actions.push(...removals(input, surplus, reason))
  }
  actions.push(...staleNetworks(input, desired))
  return againInMs === undefined ? { actions } : { actions, againInMs }
}

/** Those of another kind than the workload asks for now, when the last container has left them. */
function staleNetworks(
  input: PlanInput,
  { workload, specHash }: Desired & { kind: 'run' },
): Action[] {
  if (input.containers.some(({ labels }) => labels[LABEL.spec] !== specHash)) return []
  const wanted = networkName(input.meshletDid, input.uri, egressOf(workload))
  return input.networks
    .filter(({ name }) => name !== wanted)
    .map(({ name }) => ({ kind: 'remove-network', name, reason: 'nothing is on it any more' }))
}

/** What runs beyond the slots and stays as it is for now, the lowest replicas first. */
function standInsOf(
  input: PlanInput,
  desired: Desired & { kind: 'run' },
): ReadonlySet<EngineContainer> {
  const wanted = wantedReplicas(desired)
  const beyond = input.containers.filter((container) => {
    const replica = replicaOf(container)
    return (
      !wanted.includes(replica) &&
      container.state === 'running' &&
      isOurs(input, container, replica) &&
      isUnderLease(container, desired)
    )
  })
  return new Set(beyond.toSorted((a, b) => replicaOf(a) - replicaOf(b)).slice(0, desired.standIns))
}

function planReplica(
  input: PlanInput,
  desired: Desired & { kind: 'run' },
  replica: number,
  containers: readonly EngineContainer[],
): Plan {
  const name = containerName(input.meshletDid, input.uri, replica, desired.specHash)
  const strangers = containers.filter((container) => !isOurs(input, container, replica))
  const fenced = containers.filter(
    (container) => !strangers.includes(container) && !isUnderLease(container, desired),
  )
  // What holds no lease ends before anything new begins.
  if (fenced.length > 0)
    return { actions: removals(input, fenced, 'it runs under no lease'), againInMs: 0 }
  const ours = containers.filter((container) => !strangers.includes(container))
  const current = ours.find((container) => container.name === name)
  const older = ours.filter((container) => container !== current)
  const gone = removals(input, strangers, 'it carries our labels but is not ours')
  const rest = current
    ? planCurrent(input, desired, replica, current, older)
    : planMissing(input, desired, replica, name, older)
  return { ...rest, actions: [...gone, ...rest.actions] }
}

/** There is a container of the wanted spec. */
function planCurrent(
  input: PlanInput,
  desired: Desired & { kind: 'run' },
  replica: number,
  current: EngineContainer,
  older: readonly EngineContainer[],
): Plan {
  const drift = driftOf(current, desired)
  if (drift) return { actions: removals(input, [current], drift), againInMs: 0 }
  if (current.state === 'running') return planRunning(input, desired, replica, current, older)
  if (current.state === 'dead' || current.state === 'paused' || current.state === 'removing')
    return {
      actions: removals(input, [current], `somebody left it ${current.state}`),
      againInMs: 0,
    }
  if (!wantsRestart(current, desired.workload)) return { actions: [] }
  const waitMs = waitOf(input, replica)
  if (waitMs > 0) return { actions: [], againInMs: waitMs }
  const reason = current.state === 'created' ? 'it was never started' : exitReason(current)
  return { actions: [{ kind: 'start', replica, id: current.id, name: current.name, reason }] }
}

/** The container of the wanted spec runs: older ones go when it is ready, and it is restarted when it hangs. */
function planRunning(
  input: PlanInput,
  desired: Desired & { kind: 'run' },
  replica: number,
  current: EngineContainer,
  older: readonly EngineContainer[],
): Plan {
  const { id, name } = current
  const graceMs = graceOf(desired)
  const asked = input.askedReason(current)
  if (asked !== undefined)
    return {
      actions: [{ kind: 'start', replica, id, name, graceMs, isAsked: true, reason: asked }],
    }
  const reason = input.deadReason(current)
  if (reason === undefined || desired.workload.restart?.policy === 'no') {
    const isReady = input.isReady(current)
    return { actions: isReady ? removals(input, older, 'replaced by a newer revision') : [] }
  }
  const waitMs = waitOf(input, replica)
  if (waitMs > 0) return { actions: [], againInMs: waitMs }
  return { actions: [{ kind: 'start', replica, id, name, graceMs, reason }] }
}

/** There is none of the wanted spec, but there may be one of an older spec. */
function planMissing(
  input: PlanInput,
  desired: Desired & { kind: 'run' },
  replica: number,
  name: string,
  older: readonly EngineContainer[],
): Plan {
  const running = older.filter((container) => container.state === 'running')
  const superseded = supersededOf(input, running)
  // What replaced it was itself replaced before it was ready: it makes room for the next.
  if (superseded.length > 0)
    return { actions: removals(input, superseded, 'the workload changed again'), againInMs: 0 }
  const isRunning = running.length > 0
  const order = orderOf(input, desired)
  if (isRunning && !input.mayReplace(replica, order)) return { actions: [] }
  const waitMs = Math.max(waitOf(input, replica), surgeMs(input, desired))
  if (waitMs > 0) return { actions: [], againInMs: waitMs }
  const reason = older.length > 0 ? 'the workload changed' : 'it is to run here and does not'
  const create: Action = { kind: 'create', replica, name, reason }
  const spent =
    order === 'stop-first' ? older : older.filter((container) => container.state !== 'running')
  return { actions: [...removals(input, spent, 'the workload changed'), create] }
}

/** Of several old containers of one replica all but the one that is counted on. */
function supersededOf(
  { isReady }: PlanInput,
  running: readonly EngineContainer[],
): readonly EngineContainer[] {
  const eldestFirst = running.toSorted((a, b) => a.createdAtMs - b.createdAtMs)
  const kept = eldestFirst.findLast(isReady) ?? eldestFirst[0]
  return running.filter((container) => container !== kept)
}

/**
 * How long a further replica waits while an old container still runs beside its successor and there is
 * no room for all three: until that one has proven itself, which is looked at again soon.
 */
function surgeMs(input: PlanInput, { specHash }: Desired & { kind: 'run' }): number {
  if (input.roomForSurge) return 0
  const isCurrent = ({ labels }: EngineContainer) => labels[LABEL.spec] === specHash
  const replaced = new Set(input.containers.filter(isCurrent).map((one) => replicaOf(one)))
  const isSurge = input.containers.some(
    (one) => one.state === 'running' && !isCurrent(one) && replaced.has(replicaOf(one)),
  )
  return isSurge ? SURGE_LOOK_MS : 0
}

function orderOf(
  { roomForSurge }: PlanInput,
  { workload, lease }: Desired & { kind: 'run' },
): Order {
  // What must never run twice must not run twice here either.
  if (lease) return 'stop-first'
  const { order, maxSurge } = workload.update ?? {}
  // Two programs that write to the same files at once would spoil them.
  const isShared = order === undefined && (workload.volumes?.length ?? 0) > 0
  const isInTurn = order === 'stop-first' || isShared || maxSurge === 0 || !roomForSurge
  return isInTurn ? 'stop-first' : 'start-first'
}

/** What somebody changed on a container of ours, in a sentence; undefined when nothing. */
function driftOf(
  container: EngineContainer,
  desired: Desired & { kind: 'run' },
): string | undefined {
  const { cpuMilli, memoryBytes } = requestOf(desired.workload)
  if (memoryBytes > 0 && container.memoryBytes !== memoryBytes)
    return `somebody changed its memory limit to ${container.memoryBytes} bytes`
  if (cpuMilli > 0 && container.nanoCpus !== cpuMilli * 1_000_000)
    return `somebody changed its CPU limit to ${container.nanoCpus / 1_000_000}m`
  // What has more walls than it needs stays as it is.
  if (desired.runtime !== undefined && container.runtime !== desired.runtime)
    return `it has to run in ${desired.runtime} now`
  return undefined
}

function isUnderLease({ labels }: EngineContainer, { lease }: Desired & { kind: 'run' }): boolean {
  return lease === undefined || labels[LABEL.epoch] === String(lease.epoch)
}

/** Whether a container that does not run is started again, by its restart policy. */
export function wantsRestart(
  container: EngineContainer,
  { restart }: Pick<WorkloadRecord, 'restart'>,
): boolean {
  if (container.state === 'created') return true
  switch (restart?.policy) {
    case 'no':
      return false
    case 'on-failure':
      return container.exitCode !== 0
    default:
      // always, and unless-stopped, which is the same: what is to stay stopped is paused.
      return true
  }
}

function exitReason(container: EngineContainer): string {
  if (container.oomKilled) return 'it ran out of memory'
  return `it exited with code ${container.exitCode ?? 'unknown'}`
}

function waitOf(input: PlanInput, replica: number): number {
  return Math.max(0, (input.replicas.get(replica)?.notBeforeMs ?? 0) - input.nowMs)
}

function removals(
  input: PlanInput,
  containers: readonly EngineContainer[],
  reason: string,
): Action[] {
  return containers.map((container) => ({
    kind: 'remove',
    replica: replicaOf(container),
    id: container.id,
    name: container.name,
    graceMs: container.state === 'running' ? graceOf(input.desired) : 0,
    reason,
  }))
}

function graceOf(desired: Desired): number {
  return ('workload' in desired ? desired.workload.stopGracePeriodMs : undefined) ?? STOP_GRACE_MS
}

/** Number on the label, or −1 when there is none that makes sense. */
export function replicaOf(container: EngineContainer): number {
  const label = container.labels[LABEL.replica]
  return label !== undefined && /^\d{1,4}$/.test(label) ? Number(label) : -1
}

function isOurs(input: PlanInput, container: EngineContainer, replica: number): boolean {
  const specHash = container.labels[LABEL.spec]
  if (specHash === undefined) return false
  return container.name === containerName(input.meshletDid, input.uri, replica, specHash)
}
