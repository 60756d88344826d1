import { candidateSet, type Candidate } from '../cluster/membership.ts'
import { EGRESS_LABEL, egressOf } from '../model/egress.ts'
import { matches, parseSelector } from '../model/label-selector.ts'
import { COLLECTION } from '../model/nsid.ts'
import { formatBytes, formatCpu } from '../model/quantity.ts'
import { requestOf, type Amount } from '../model/request.ts'
import type { Did, MeshletStatusRecord, Resources, WorkloadRecord } from '../model/records.ts'
import { GVISOR, RUNTIME_LABEL } from '../model/runtime.ts'
import type { RecordView } from '../ports/records.ts'
import { lackOf, type Lack } from '../selection/room.ts'

/** A machine that may run an owner's work, as its last status tells. */
export interface Machine {
  readonly did: Did
  readonly ownerDid: Did
  readonly verdict: Candidate['verdict']
  /** Absent while it has said nothing of itself. */
  readonly state?: string
  readonly stateReason?: string
  readonly isDown: boolean
  readonly capacity: Amount
  readonly available: Amount
  readonly labels: Readonly<Record<string, string>>
}

/** The candidates of an owner's workload with these clusters, by DID. */
export function machinesIn(
  view: RecordView,
  owner: Did,
  clusters: readonly string[] | undefined,
  downAmong: (candidates: readonly Candidate[]) => ReadonlySet<Did>,
): readonly Machine[] {
  const { candidates } = candidateSet(view, owner, clusters)
  const down = downAmong(candidates)
  return candidates.map(({ meshletDid, ownerDid, verdict }) => {
    const status = view.get<MeshletStatusRecord>(
      meshletDid,
      COLLECTION.meshletStatus,
      'self',
    )?.value
    const capacity = amountOf(status?.capacity)
    const labels = (status?.labels ?? []).map(({ name, value }) => [name, value] as const)
    return {
      did: meshletDid,
      ownerDid,
      verdict,
      ...(status === undefined ? {} : { state: status.state }),
      ...(status?.stateReason === undefined ? {} : { stateReason: status.stateReason }),
      isDown: down.has(meshletDid),
      capacity,
      available: status?.available === undefined ? capacity : amountOf(status.available),
      labels: Object.fromEntries(labels),
    }
  })
}

/** Why a machine will probably offer nothing, for people; undefined when nothing is seen in its way. */
export function obstacleOn(
  machine: Machine,
  { record, room }: { readonly record: WorkloadRecord; readonly room: Amount },
): string | undefined {
  const { verdict, state, stateReason, isDown } = machine
  if (verdict === 'unknown') return "its records can't be read"
  if (isDown) return 'is down'
  if (state === undefined) return 'has said nothing of itself yet'
  if (state !== 'active')
    return stateReason === undefined ? `is ${state}` : `is ${state}: ${stateReason}`
  const broken = (record.constraints ?? []).find((text) => !holdsOn(text, machine.labels))
  if (broken !== undefined) return `"${broken}" does not hold there`
  if (record.runtime !== undefined && machine.labels[RUNTIME_LABEL] !== record.runtime)
    return `has no ${record.runtime === GVISOR ? 'gVisor' : record.runtime}`
  if (egressOf(record) === 'internet' && machine.labels[EGRESS_LABEL] !== 'internet')
    return 'offers no egress: internet'
  const lack = lackOf(room, requestOf(record))
  return lack === undefined ? undefined : LACK[lack](room)
}

const LACK: Readonly<Record<Lack, (room: Amount) => string>> = {
  'no-cpu': ({ cpuMilli }) => `has only ${formatCpu(Math.max(0, cpuMilli))} CPU free`,
  'no-memory': ({ memoryBytes }) => `has only ${formatBytes(Math.max(0, memoryBytes))} memory free`,
  'no-storage': ({ storageBytes }) =>
    `has only ${formatBytes(Math.max(0, storageBytes))} storage free`,
}

/** What speaks for a machine with room, and what its owner may still say. */
export function reasonFor(
  { ownerDid }: Machine,
  {
    owner,
    record,
    room,
  }: { readonly owner: Did; readonly record: WorkloadRecord; readonly room: Amount },
): string {
  const isAsked = record.security === 'baseline' && ownerDid !== owner
  return isAsked ? `${roomText(room)}; if its owner grants security: baseline` : roomText(room)
}

/** `1500m CPU and 2Gi free`. */
function roomText({ cpuMilli, memoryBytes }: Amount): string {
  return `${formatCpu(Math.max(0, cpuMilli))} CPU and ${formatBytes(Math.max(0, memoryBytes))} free`
}

function holdsOn(constraint: string, labels: Readonly<Record<string, string>>): boolean {
  const selector = parseSelector(constraint)
  return selector.ok && matches(selector.value, labels)
}

function amountOf(resources: Resources | undefined): Amount {
  const { cpuMilli = 0, memoryBytes = 0, storageBytes = 0 } = resources ?? {}
  return { cpuMilli, memoryBytes, storageBytes }
}
