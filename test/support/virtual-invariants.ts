import { COLLECTION } from '../../src/model/nsid.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import type { BidRecord } from '../../src/model/records.ts'
import type { ContainerCreate } from '../../src/ports/engine.ts'
import type { VirtualMachine } from './virtual-machine.ts'
import type { VirtualRepos } from './virtual-repos.ts'
import { LABEL } from '../../src/model/nsid.ts'

/** What must never be done, said in a line; undefined when the call is in order. */
export function faultOf(
  repos: VirtualRepos,
  machines: Iterable<VirtualMachine>,
  machine: VirtualMachine,
  call: string,
  subject: unknown,
): string | undefined {
  if (call === 'createContainer') {
    const { name, labels } = subject as ContainerCreate
    return withoutBid(repos, machine, labels[LABEL.workload] ?? '', `made ${name}`)
  }
  if (call !== 'startContainer') return undefined
  const container = machine.engine.containers.find(({ id }) => id === subject)
  if (!container) return undefined
  const { name, labels } = container.options
  const uri = labels[LABEL.workload] ?? ''
  return (
    withoutBid(repos, machine, uri, `started ${name}`) ??
    tooMuch(machine, container.options) ??
    twice(machines, machine, uri, labels)
  )
}

/** Containers with an epoch are of workloads that must never run twice. */
function twice(
  machines: Iterable<VirtualMachine>,
  machine: VirtualMachine,
  uri: string,
  labels: ContainerCreate['labels'],
) {
  if (labels[LABEL.epoch] === undefined) return undefined
  for (const { name, engine } of machines)
    for (const { running, options } of engine.containers) {
      const isSame = options.labels[LABEL.workload] === uri
      if (!running || !isSame) continue
      const epochs = `epochs ${options.labels[LABEL.epoch]} and ${labels[LABEL.epoch]}`
      return `${machine.name} started ${uri} while ${name} runs it: ${epochs}`
    }
  return undefined
}

/** Nothing starts before the PDS has acknowledged the bid. */
function withoutBid(repos: VirtualRepos, machine: VirtualMachine, uri: string, what: string) {
  const bid = repos.getAcknowledged<BidRecord>(
    machine.did,
    COLLECTION.bid,
    recordKeyFor(uri),
  )?.value
  if (bid?.workload === uri && bid.slots > 0) return undefined
  return `without a bid: ${machine.name} ${what}`
}

function tooMuch(machine: VirtualMachine, next: ContainerCreate): string | undefined {
  const running = machine.engine.containers.filter((container) => container.running)
  const all = [...running.map(({ options }) => options), next]
  const memory = all.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
  const cpu = all.reduce((sum, { cpuMilli }) => sum + cpuMilli, 0)
  const { memoryBytes = Infinity, cpuMilli = Infinity } = machine.config.offer
  if (memory <= memoryBytes && cpu <= cpuMilli) return undefined
  return `over capacity: ${machine.name} runs ${cpu}m and ${memory} bytes of ${cpuMilli}m and ${memoryBytes}`
}
