import { COLLECTION, LABEL } from '../../src/model/nsid.ts'
import type { Did, SuspicionRecord, WorkloadStatusRecord } from '../../src/model/records.ts'
import { requestOf } from '../../src/model/request.ts'
import type { RecordView } from '../../src/ports/records.ts'
import { suspicionsInForce } from '../../src/selection/suspicions.ts'
import type { VirtualMachine } from '../support/virtual-machine.ts'
import type { Case } from './choice-by.ts'
import { isGone } from './is-gone.ts'

/** Who can be heard. */
interface Peers {
  /** Those on which a meshlet runs that means well. */
  readonly alive: ReadonlySet<Did>
  /** Those who can't be called: no two of them hear each other. */
  readonly deaf: ReadonlySet<Did>
}

/** What a machine says or has that is not so any more. */
export function judgeLeftovers(
  machine: VirtualMachine,
  cases: readonly Case[],
  view: RecordView,
  peers: Peers,
): string[] {
  return [
    ...leftSuspicions(machine, view, peers),
    ...falseStatuses(machine, view),
    ...leftNetworks(machine),
    ...doubledNetworks(machine),
    ...changedContainers(machine, cases),
  ]
}

/**
 * Nobody accuses who lives and can be heard. Whoever was shut down can’t take anything back, and its
 * word has to count on: the votes of those who are left might be too few to replace whom it accused. So
 * it is enough when the accused has answered.
 */
function leftSuspicions(
  { name, did }: VirtualMachine,
  view: RecordView,
  { alive, deaf }: Peers,
): string[] {
  const inForce = new Set(suspicionsInForce(view, [did, ...alive]).map(({ cid }) => cid))
  return view
    .list<SuspicionRecord>(did, COLLECTION.suspicion)
    .filter(([, { cid }]) => !isGone(view, did) || inForce.has(cid))
    .map(([, { value }]) => value.suspect)
    .filter((suspect) => alive.has(suspect) && !(deaf.has(did) && deaf.has(suspect)))
    .map((suspect) => `left suspicion: ${name} still accuses ${suspect}`)
}

function falseStatuses({ name, did, engine }: VirtualMachine, view: RecordView): string[] {
  const running = engine.containers.filter(({ running }) => running)
  return view
    .list<WorkloadStatusRecord>(did, COLLECTION.workloadStatus)
    .flatMap(([, { value }]) => {
      const said = (value.replicas ?? []).filter(({ phase }) => phase === 'running').length
      const { length } = running.filter(
        ({ options }) => options.labels[LABEL.workload] === value.workload,
      )
      if (said === length) return []
      return [`false status: ${name} says that ${said} of ${value.workload} run, and ${length} do`]
    })
}

/** A network outlives its containers only while they are replaced. */
function leftNetworks({ name, engine }: VirtualMachine): string[] {
  const used = new Set(engine.containers.map(({ options }) => options.network))
  return [...engine.networks.values()]
    .filter((network) => !used.has(network.name))
    .map((network) => `leaked network: ${network.name} on ${name}`)
}

/** Replicas of one workload on one machine share a network. */
function doubledNetworks({ name, engine }: VirtualMachine): string[] {
  const counts = new Map<string, number>()
  for (const { labels } of engine.networks.values()) {
    const uri = labels[LABEL.workload] ?? ''
    counts.set(uri, (counts.get(uri) ?? 0) + 1)
  }
  return [...counts]
    .filter(([, count]) => count > 1)
    .map(([uri, count]) => `doubled network: ${count} of ${uri} on ${name}`)
}

function changedContainers({ name, engine }: VirtualMachine, cases: readonly Case[]): string[] {
  return engine.containers.flatMap((container) => {
    const { labels, memoryBytes, name: called } = container.describe()
    const record = cases.find(({ uri }) => uri === labels[LABEL.workload])?.record
    if (!record || memoryBytes === requestOf(record).memoryBytes) return []
    return [`changed container: ${called} on ${name} has ${memoryBytes} bytes of memory`]
  })
}
