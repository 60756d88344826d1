import { COLLECTION, LABEL } from '../../src/model/nsid.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import type {
  BidRecord,
  Did,
  WorkloadRecord,
  WorkloadStatusRecord,
} from '../../src/model/records.ts'
import { requestOf } from '../../src/model/request.ts'
import { specHash } from '../../src/model/spec-hash.ts'
import { parseWorkloadUri } from '../../src/model/workload-uri.ts'
import type { EngineContainer } from '../../src/ports/engine.ts'
import type { RecordView } from '../../src/ports/records.ts'
import { isAtMostOne } from '../../src/selection/lease.ts'
import { PROFILES } from '../../src/selection/liveness.ts'
import { slotsOf } from '../../src/selection/select.ts'
import type { VirtualCommune } from '../support/virtual-commune.ts'
import type { VirtualMachine } from '../support/virtual-machine.ts'
import { NOTICE_MS } from '../../src/meshlet/desire.ts'
import { choiceBy } from './choice-by.ts'
import { knowsThatSheIsOut, watchProposals } from './law-judgement.ts'
import type { Standings } from './standing-judgement.ts'

const STOPS: ReadonlySet<string> = new Set(['stopContainer', 'killContainer', 'removeContainer'])

const JUST_STARTED_MS = 2_000
const SEEN_LATE_MS = 90_000
/** A lease that ends sooner is not relied on any more; share of its term. */
const MARGIN = 0.25

interface Votes {
  readonly world: VirtualCommune
  /** Whether an owner was first proposed to be put out so long ago that any notice is over. */
  readonly hadNotice: (owner: Did) => boolean
  readonly standings: Standings
}

/**
 * Complains when a meshlet ends a healthy container although what it has read gives no reason to:
 * a lost connection, a silent PDS or a program that starts again are none.
 */
export function watchStops(world: VirtualCommune, standings: Standings): void {
  const proposedAtMs = watchProposals(world)
  world.trace.onAction((machine, call, subject) => {
    if (!STOPS.has(call) || world.hostile.has(machine.name)) return
    const container = machine.engine.containers.find(({ id }) => id === subject)?.describe()
    if (container?.state !== 'running') return
    // Whoever decided may have seen it before it ran.
    if (world.clock.wallMs() - (container.startedAtMs ?? 0) < JUST_STARTED_MS) return
    const hadNotice = (owner: Did) =>
      world.clock.monotonicMs() - (proposedAtMs.get(owner) ?? 0) >= NOTICE_MS
    const fault = faultOfStop(machine, container, { world, hadNotice, standings })
    if (fault === undefined) return
    const at = `${Math.round(world.clock.monotonicMs())} ms`
    world.violations.push(
      `${at}: stopped healthy: ${machine.name} ends ${container.name}, ${fault}`,
    )
  })
}

/** Why it should have gone on; undefined when there is a reason to end it. */
function faultOfStop(
  machine: VirtualMachine,
  container: EngineContainer,
  { world, hadNotice, standings }: Votes,
): string | undefined {
  const meshlet = machine.running
  const uri = container.labels[LABEL.workload] ?? ''
  const parsed = parseWorkloadUri(uri)
  if (!meshlet || !parsed) return undefined
  const { view } = meshlet
  if (view.repoState(parsed.owner) === 'unknown') return 'whose owner’s repo it has not read'
  const record = view.get<WorkloadRecord>(parsed.owner, COLLECTION.workload, parsed.name)?.value
  if (!record || isOutdated(container, record) || meshlet.settings.isPaused(uri)) return undefined
  // Whose owner wants it stopped rather than run where nobody can tell.
  if (record.placement?.onPartition === 'stop') return undefined
  const isAlone = isAtMostOne(record)
  if (isAlone && !isUnderLease(machine, container, uri)) return undefined
  const [cautious, trusting] = [true, false].map((doSuspicionsCount) =>
    choiceBy(view, parsed.owner, record, doSuspicionsCount),
  )
  if (!cautious || !trusting || !trusting.candidates.includes(machine.did)) return undefined
  const replica = Number(container.labels[LABEL.replica])
  // What it wrote itself has perhaps not stood for long enough to undo what others say of it.
  const accused = choiceBy(view, parsed.owner, record, true, machine.did)
  const choices = [cautious.choice, trusting.choice, accused.choice]
  if (choices.every((choice) => replica < slotsOf(choice, machine.did)))
    return 'for which it is chosen'
  if (meshlet.duty.state !== 'active' || meshlet.settings.isRefused(uri)) return undefined
  const others = trusting.candidates.filter((did) => did !== machine.did)
  // It stops for whoever is chosen, who starts it only then.
  if (isAlone && choices.some(({ winners }) => winners.length > 0)) return undefined
  const isReplaced = others.some((did) => saysItRuns(view, did, uri))
  if (isReplaced || runningHere(machine, uri) > 1 || record.replicas === 0) return undefined
  if (knowsThatSheIsOut(machine, parsed.owner, world))
    return hadNotice(parsed.owner) ? undefined : 'whose owner was put out without notice'
  const bid = view.get<BidRecord>(machine.did, COLLECTION.bid, recordKeyFor(uri))?.value
  if (bid?.reason === 'policy') {
    // Nothing else is refused by policy here. What is seen now and then is seen late.
    const sinceMs = standings.drainedSinceMs(machine, parsed.owner) ?? world.clock.monotonicMs()
    const isOver = world.clock.monotonicMs() - sinceMs >= NOTICE_MS - SEEN_LATE_MS
    return isOver ? undefined : 'whose owner was drained without notice'
  }
  const isWanted = choices.every(({ winners }) => winners.length > 0)
  return isWanted ? 'though nobody says that it runs in its stead' : undefined
}

/** Whether it may go on by the grants of its witnesses, with time left to stop it in order. */
function isUnderLease(
  { config, guard, running, did }: VirtualMachine,
  { labels }: EngineContainer,
  uri: string,
): boolean {
  const { fenceMs } = PROFILES[config.liveness]
  const leftMs = (guard.deadlines.get(uri) ?? 0) - guard.nowMs()
  const status = running?.view.get<WorkloadStatusRecord>(
    did,
    COLLECTION.workloadStatus,
    recordKeyFor(uri),
  )
  return leftMs > fenceMs * MARGIN && String(status?.value.leaseEpoch) === labels[LABEL.epoch]
}

/** Another spec is wanted, or somebody changed the container. */
function isOutdated({ labels, memoryBytes }: EngineContainer, record: WorkloadRecord): boolean {
  return labels[LABEL.spec] !== specHash(record) || requestOf(record).memoryBytes !== memoryBytes
}

function runningHere({ engine }: VirtualMachine, uri: string): number {
  return engine.containers.filter(
    ({ running, options }) => running && options.labels[LABEL.workload] === uri,
  ).length
}

function saysItRuns(view: RecordView, meshlet: Did, uri: string): boolean {
  const rkey = recordKeyFor(uri)
  const status = view.get<WorkloadStatusRecord>(meshlet, COLLECTION.workloadStatus, rkey)?.value
  return (status?.replicas ?? []).some(({ phase }) => phase === 'running')
}
