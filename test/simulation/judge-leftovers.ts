import { COLLECTION, LABEL } from '../../src/model/nsid.ts'
import type { Did, SuspicionRecord, WorkloadStatusRecord } from '../../src/model/records.ts'
import { requestOf } from '../../src/model/request.ts'
import type { RecordView } from '../../src/ports/records.ts'
import type { VirtualMachine } from '../support/virtual-machine.ts'
import type { Case } from './choice-by.ts'

/** What a machine says or has that is not so any more. */
export function judgeLeftovers(
  machine: VirtualMachine,
  cases: readonly Case[],
  view: RecordView,
  deaf: ReadonlySet<Did>,
): string[] {
  return [
    ...leftSuspicions(machine, view, deaf),
    ...falseStatuses(machine, view),
    ...leftNetworks(machine),
    ...changedContainers(machine, cases),
  ]
}

/** All live and all hear of each other, but for those two of whom can't hear each other (`deaf`). */
function leftSuspicions(
  { name, did }: VirtualMachine,
  view: RecordView,
  deaf: ReadonlySet<Did>,
): string[] {
  return view
    .list<SuspicionRecord>(did, COLLECTION.suspicion)
    .map(([, { value }]) => value.suspect)
    .filter((suspect) => !(deaf.has(did) && deaf.has(suspect)))
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
  return engine.networks
    .filter((network) => !used.has(network.name))
    .map((network) => `leaked network: ${network.name} on ${name}`)
}

function changedContainers({ name, engine }: VirtualMachine, cases: readonly Case[]): string[] {
  return engine.containers.flatMap((container) => {
    const { labels, memoryBytes, name: called } = container.describe()
    const record = cases.find(({ uri }) => uri === labels[LABEL.workload])?.record
    if (!record || memoryBytes === requestOf(record).memoryBytes) return []
    return [`changed container: ${called} on ${name} has ${memoryBytes} bytes of memory`]
  })
}
