import { candidateSet } from '../../src/cluster/membership.ts'
import { COLLECTION, LABEL } from '../../src/model/nsid.ts'
import { placementKey } from '../../src/model/placement-key.ts'
import type {
  BidRecord,
  Did,
  WorkloadRecord,
  WorkloadStatusRecord,
} from '../../src/model/records.ts'
import { specHash } from '../../src/model/spec-hash.ts'
import { workloadUri } from '../../src/model/workload-uri.ts'
import type { RecordView } from '../../src/ports/records.ts'
import { bidsFor, isOffer } from '../../src/selection/bids.ts'
import { overruledBidders } from '../../src/selection/objections.ts'
import { select, slotsOf, type Choice } from '../../src/selection/select.ts'
import type { VirtualMachine } from '../support/virtual-machine.ts'
import type { Stage } from './stage.ts'
import { TrueView } from './true-view.ts'

/** A workload, who may run it and who was chosen, by all records. */
interface Case {
  readonly uri: string
  readonly record: WorkloadRecord
  readonly candidates: readonly Did[]
  readonly choice: Choice
  readonly bids: ReadonlyMap<Did, BidRecord>
}

/** What is not as it should be once all faults are over and all is quiet. */
export function judgeEnd(stage: Stage): string[] {
  const machines = [...stage.world.machines.values()].filter(({ name }) => !stage.hostile.has(name))
  const view = new TrueView(stage.world.repos)
  const owners = [
    ...new Set([...stage.world.machines.values()].map(({ config }) => config.ownerDid)),
  ]
  const cases = owners.flatMap((owner) => casesOf(view, owner))
  return [
    ...cases.flatMap((one) => judgeCount(one, machines)),
    ...machines.flatMap((machine) => judgeMachine(machine, cases, view)),
  ]
}

function casesOf(view: RecordView, owner: Did): Case[] {
  return view.list<WorkloadRecord>(owner, COLLECTION.workload).map(([name, { value: record }]) => {
    const uri = workloadUri(owner, name)
    const { candidates } = candidateSet(view, owner, record.clusters)
    const bids = bidsFor(view, candidates, uri)
    const dids = candidates.map(({ meshletDid }) => meshletDid)
    const key = placementKey(owner, record)
    const choice = select({
      placementKey: key,
      replicas: record.everywhere ? 'everywhere' : (record.replicas ?? 1),
      spread: record.spread,
      bids,
      candidates: new Set(dids),
      down: new Set(),
      overruled: overruledBidders(view, {
        uri,
        ownerDid: owner,
        placementKey: key,
        bids,
        candidates,
      }),
    })
    const byDid = new Map(bids.map(({ meshletDid, value }) => [meshletDid, value]))
    return { uri, record, candidates: dids, choice, bids: byDid }
  })
}

/** Every workload is at its count, or a record of every candidate says why it does not run more. */
function judgeCount(
  { uri, record, candidates, choice, bids }: Case,
  machines: readonly VirtualMachine[],
): string[] {
  if (choice.missing === 0) return []
  return machines
    .filter(({ did }) => candidates.includes(did))
    .filter(({ did }) => {
      const bid = bids.get(did)
      return !(bid && (isOffer(bid) || bid.reason !== undefined))
    })
    .map(
      ({ name }) =>
        `unexplained: ${uri} × ${record.everywhere ? 'everywhere' : record.replicas} lacks ${choice.missing}, and ${name} says nothing`,
    )
}

function judgeMachine(machine: VirtualMachine, cases: readonly Case[], view: RecordView): string[] {
  const { name, did, engine } = machine
  const faults: string[] = []
  const running = engine.containers.map((container) => container.describe())
  for (const one of cases) {
    const here = running.filter(({ labels }) => labels[LABEL.workload] === one.uri)
    const chosen = slotsOf(one.choice, did)
    const up = here.filter(({ state }) => state === 'running').length
    if (up !== chosen) faults.push(`count: ${name} runs ${up} of ${one.uri}, chosen for ${chosen}`)
    const wanted = specHash(one.record)
    for (const { labels, name: container } of here)
      if (labels[LABEL.spec] !== wanted) faults.push(`old spec: ${container} on ${name}`)
  }
  const uris = new Set(cases.map(({ uri }) => uri))
  for (const { name: container, labels, state } of running) {
    if (state !== 'running') faults.push(`leaked container: ${container} on ${name} is ${state}`)
    else if (!uris.has(labels[LABEL.workload] ?? ''))
      faults.push(`leaked container: ${container} on ${name} of no workload`)
  }
  return [...faults, ...leakedRecords(machine, cases, view)]
}

/** Bids and statuses of workloads that are gone, or that this machine is no candidate of. */
function leakedRecords(
  { name, did }: VirtualMachine,
  cases: readonly Case[],
  view: RecordView,
): string[] {
  const mine = new Set<string>(
    cases.filter(({ candidates }) => candidates.includes(did)).map(({ uri }) => uri),
  )
  const bids = view.list<BidRecord>(did, COLLECTION.bid).map(([, { value }]) => value.workload)
  const statuses = view
    .list<WorkloadStatusRecord>(did, COLLECTION.workloadStatus)
    .map(([, { value }]) => value.workload)
  return [
    ...bids.filter((uri) => !mine.has(uri)).map((uri) => `leaked bid: ${name} for ${uri}`),
    ...statuses.filter((uri) => !mine.has(uri)).map((uri) => `leaked status: ${name} of ${uri}`),
  ]
}
