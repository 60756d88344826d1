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
import type { RecordView } from '../../src/ports/records.ts'
import { isOffer } from '../../src/selection/bids.ts'
import { slotsOf } from '../../src/selection/select.ts'
import type { VirtualMachine } from '../support/virtual-machine.ts'
import { choiceBy, type Case } from './choice-by.ts'
import { isGone } from './is-gone.ts'
import { judgeChoice } from './judge-choice.ts'
import { judgeLeftovers } from './judge-leftovers.ts'
import type { Stage } from './stage.ts'
import { TrueView } from './true-view.ts'

const NO_ROOM: ReadonlySet<string> = new Set(['no-cpu', 'no-memory', 'no-storage'])

/** What is not as it should be once all faults are over and all is quiet. */
export function judgeEnd(stage: Stage): string[] {
  const machines = [...stage.world.machines.values()].filter(({ name }) => !stage.hostile.has(name))
  const view = new TrueView(stage.world.repos)
  const owners = [
    ...new Set([...stage.world.machines.values()].map(({ config }) => config.ownerDid)),
  ]
  const cases = owners.flatMap((owner) => casesOf(view, owner))
  const deaf = new Set(machines.filter(({ config }) => !config.endpoint).map(({ did }) => did))
  const alive = new Set(machines.filter(({ running }) => running).map(({ did }) => did))
  return [
    ...cases.flatMap((one) => judgeCount(one, machines, cases, view)),
    ...cases.flatMap(({ uri, input }) => judgeChoice(uri, input)),
    ...machines.flatMap((machine) => judgeMachine(machine, cases, view)),
    ...machines.flatMap((machine) => judgeLeftovers(machine, cases, view, { alive, deaf })),
  ]
}

function casesOf(view: RecordView, owner: Did): Case[] {
  return view
    .list<WorkloadRecord>(owner, COLLECTION.workload)
    .map(([, { value }]) => choiceBy(view, owner, value, false))
}

/** Every workload is at its count, or a record of every candidate says why it does not run more. */
function judgeCount(
  { uri, record, candidates, choice, bids }: Case,
  machines: readonly VirtualMachine[],
  cases: readonly Case[],
  view: RecordView,
): string[] {
  if (choice.missing === 0) return []
  const wanted = record.everywhere ? 'everywhere' : record.replicas
  const lack = `${uri} × ${wanted} lacks ${choice.missing}`
  return machines
    .filter(({ did }) => candidates.includes(did))
    .flatMap((machine) => {
      const bid = bids.get(machine.did)
      if (!bid && isGone(view, machine.did)) return []
      if (!bid || (!isOffer(bid) && bid.reason === undefined))
        return [`unexplained: ${lack}, and ${machine.name} says nothing`]
      const saysFull = isOffer(bid) ? !record.everywhere : NO_ROOM.has(bid.reason ?? '')
      const isFree =
        saysFull && machine.running?.duty.state === 'active' && hasRoom(machine, record, cases)
      return isFree ? [`room unused: ${lack}, and ${machine.name} has room`] : []
    })
}

/** Beside all that the machine is chosen for, whether or not it may run it yet. */
function hasRoom(
  { config, did }: VirtualMachine,
  record: WorkloadRecord,
  cases: readonly Case[],
): boolean {
  const held = cases.map((one) => ({
    ...requestOf(one.record),
    slots: slotsOf(one.choice, did),
  }))
  const memory = held.reduce((sum, { memoryBytes, slots }) => sum + memoryBytes * slots, 0)
  const cpu = held.reduce((sum, { cpuMilli, slots }) => sum + cpuMilli * slots, 0)
  const { memoryBytes = 0, cpuMilli = 0 } = config.offer
  const request = requestOf(record)
  return memory + request.memoryBytes <= memoryBytes && cpu + request.cpuMilli <= cpuMilli
}

/** Who sees the same records chooses the same, and all see all of them by now. */
function judgeSight(machine: VirtualMachine, { uri, record, candidates, choice }: Case): string[] {
  const owner = parseWorkloadUri(uri)?.owner
  const view = machine.running?.view
  if (!owner || !view || !candidates.includes(machine.did)) return []
  const seen = choiceBy(view, owner, record, false).choice.winners
  if (JSON.stringify(seen) === JSON.stringify(choice.winners)) return []
  const names = (winners: typeof seen) => winners.map((one) => `${one.meshletDid} × ${one.slots}`)
  return [
    `other choice: of ${uri} ${machine.name} sees [${names(seen).join()}], all records say [${names(choice.winners).join()}]`,
  ]
}

function judgeMachine(machine: VirtualMachine, cases: readonly Case[], view: RecordView): string[] {
  const { name, did, engine } = machine
  const faults: string[] = []
  const running = engine.containers.map((container) => container.describe())
  for (const one of cases) {
    faults.push(...judgeSight(machine, one))
    const here = running.filter(({ labels }) => labels[LABEL.workload] === one.uri)
    const chosen = slotsOf(one.choice, did)
    const up = here.filter(({ state }) => state === 'running').length
    const isWaiting = up === 0 && chosen === 1 && waitsForLease(view, did, one)
    if (up !== chosen && !isWaiting)
      faults.push(`count: ${name} runs ${up} of ${one.uri}, chosen for ${chosen}`)
    const wanted = wantedSpec(view, did, one)
    for (const { labels, name: container } of here)
      if (labels[LABEL.spec] !== wanted) faults.push(`old spec: ${container} on ${name}`)
  }
  const uris = new Set<string>(cases.map(({ uri }) => uri))
  for (const { name: container, labels, state } of running) {
    if (state !== 'running') faults.push(`leaked container: ${container} on ${name} is ${state}`)
    else if (!uris.has(labels[LABEL.workload] ?? ''))
      faults.push(`leaked container: ${container} on ${name} of no workload`)
  }
  return [...faults, ...leakedRecords(machine, cases, view)]
}

/** The newest spec; the one before it where the status says that the newest failed. */
function wantedSpec(view: RecordView, did: Did, { uri, record }: Case): string {
  const newest = specHash(record)
  const rkey = recordKeyFor(uri)
  const status = view.get<WorkloadStatusRecord>(did, COLLECTION.workloadStatus, rkey)?.value
  return status?.failed === newest ? (record.previous?.specHash ?? newest) : newest
}

/** It says that it waits for witnesses; some commune has none who can be reached. */
function waitsForLease(view: RecordView, did: Did, { uri, record }: Case): boolean {
  if (!record.placement?.atMostOne) return false
  const rkey = recordKeyFor(uri)
  const status = view.get<WorkloadStatusRecord>(did, COLLECTION.workloadStatus, rkey)?.value
  return status?.phase === 'pending' && /witness/.test(status.lastError ?? '')
}

/**
 * Bids and statuses of workloads that are gone, or that this machine is no candidate of. A machine that
 * its owner shut down has refused what it offered, and nobody is there to take that back.
 */
function leakedRecords(
  { name, did }: VirtualMachine,
  cases: readonly Case[],
  view: RecordView,
): string[] {
  const mine = new Set<string>(
    cases.filter(({ candidates }) => candidates.includes(did)).map(({ uri }) => uri),
  )
  const bids = view
    .list<BidRecord>(did, COLLECTION.bid)
    .filter(([, { value }]) => isOffer(value) || !isGone(view, did))
    .map(([, { value }]) => value.workload)
  const statuses = view
    .list<WorkloadStatusRecord>(did, COLLECTION.workloadStatus)
    .map(([, { value }]) => value.workload)
  return [
    ...bids.filter((uri) => !mine.has(uri)).map((uri) => `leaked bid: ${name} for ${uri}`),
    ...statuses.filter((uri) => !mine.has(uri)).map((uri) => `leaked status: ${name} of ${uri}`),
  ]
}
