import { candidateSet, type Candidate } from '../../src/cluster/membership.ts'
import { COLLECTION, LABEL } from '../../src/model/nsid.ts'
import { placementKey } from '../../src/model/placement-key.ts'
import type { AtUri, Did, WorkloadRecord, WorkloadStatusRecord } from '../../src/model/records.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import { specHash } from '../../src/model/spec-hash.ts'
import { parseWorkloadUri } from '../../src/model/workload-uri.ts'
import type { EngineContainer } from '../../src/ports/engine.ts'
import type { RecordView } from '../../src/ports/records.ts'
import { bidsFor } from '../../src/selection/bids.ts'
import { downSet } from '../../src/selection/down-set.ts'
import { electorateOf } from '../../src/selection/electorate.ts'
import { overruledBidders } from '../../src/selection/objections.ts'
import { select, slotsOf, type Choice } from '../../src/selection/select.ts'
import { suspicionsInForce } from '../../src/selection/suspicions.ts'
import type { VirtualCommune } from '../support/virtual-commune.ts'
import type { VirtualMachine } from '../support/virtual-machine.ts'

const STOPS: ReadonlySet<string> = new Set(['stopContainer', 'killContainer', 'removeContainer'])

/**
 * Complains when a meshlet ends a healthy container although what it has read gives no reason to:
 * a lost connection, a silent PDS or a program that starts again are none.
 */
export function watchStops(world: VirtualCommune): void {
  world.trace.onAction((machine, call, subject) => {
    if (!STOPS.has(call)) return
    const container = machine.engine.containers.find(({ id }) => id === subject)?.describe()
    if (container?.state !== 'running') return
    const fault = faultOfStop(machine, container)
    if (fault === undefined) return
    const atMs = Math.round(world.clock.monotonicMs())
    world.violations.push(
      `${atMs} ms: stopped healthy: ${machine.name} ends ${container.name}, ${fault}`,
    )
  })
}

/** Why it should have gone on; undefined when there is a reason to end it. */
function faultOfStop(machine: VirtualMachine, container: EngineContainer): string | undefined {
  const meshlet = machine.running
  const uri = container.labels[LABEL.workload] ?? ''
  const parsed = parseWorkloadUri(uri)
  if (!meshlet || !parsed) return undefined
  const { view } = meshlet
  if (view.repoState(parsed.owner) === 'unknown') return 'whose owner’s repo it has not read'
  const record = view.get<WorkloadRecord>(parsed.owner, COLLECTION.workload, parsed.name)?.value
  if (!record || container.labels[LABEL.spec] !== specHash(record)) return undefined
  const { memoryBytes = container.memoryBytes } = record.resources ?? {}
  if (memoryBytes !== container.memoryBytes || meshlet.settings.isPaused(uri)) return undefined
  const { candidates } = candidateSet(view, parsed.owner, record.clusters)
  if (!candidates.some(({ meshletDid }) => meshletDid === machine.did)) return undefined
  const choices = choicesOf(view, parsed.owner, uri as AtUri, record, candidates)
  const replica = Number(container.labels[LABEL.replica])
  if (choices.every((choice) => replica < slotsOf(choice, machine.did)))
    return 'for which it is chosen'
  const isWanted = choices.every(({ winners }) => winners.length > 0)
  if (!isWanted || meshlet.duty.state !== 'active' || meshlet.settings.isRefused(uri))
    return undefined
  const others = candidates.filter(({ meshletDid }) => meshletDid !== machine.did)
  const isReplaced = others.some(({ meshletDid }) => saysItRuns(view, meshletDid, uri))
  const stays = machine.engine.containers.filter(
    ({ running, options }) => running && options.labels[LABEL.workload] === uri,
  )
  return isReplaced || stays.length > 1 ? undefined : 'though nobody says that it runs in its stead'
}

function saysItRuns(view: RecordView, meshlet: Did, uri: string): boolean {
  const rkey = recordKeyFor(uri)
  const status = view.get<WorkloadStatusRecord>(meshlet, COLLECTION.workloadStatus, rkey)?.value
  return (status?.replicas ?? []).some(({ phase }) => phase === 'running')
}

/** The choices when every suspicion in force counts, and when none does: the truth lies between. */
function choicesOf(
  view: RecordView,
  owner: Did,
  uri: AtUri,
  record: WorkloadRecord,
  candidates: readonly Candidate[],
): readonly Choice[] {
  const key = placementKey(owner, record)
  const bids = bidsFor(view, candidates, uri)
  const dids = candidates.map(({ meshletDid }) => meshletDid)
  const electorate = electorateOf(candidates)
  const votes = suspicionsInForce(view, dids)
  const input = {
    placementKey: key,
    replicas: record.everywhere ? 'everywhere' : (record.replicas ?? 1),
    spread: record.spread,
    bids,
    candidates: new Set(dids),
    overruled: overruledBidders(view, {
      uri,
      ownerDid: owner,
      placementKey: key,
      bids,
      candidates,
    }),
  } as const
  return [downSet({ electorate, votes }), new Set<Did>()].map((down) => select({ ...input, down }))
}
