import type { Did, Source } from '../model/records.ts'
import { formatAge } from './age.ts'
import type { GetInput } from './commands/get.ts'
import type { Names } from './names.ts'
import { rolloutView, type RolloutPhase } from './rollout-view.ts'
import { shortImage } from './short-image.ts'
import { printList, type Column, type OutputFormat } from './output.ts'
import {
  discountedReplicas,
  isReady,
  replicasOf,
  type Replica,
  wantedCount,
  workloadView,
  workloadViews,
  type WorkloadView,
} from './workload-view.ts'

/** The owner's workloads and how they are doing. */
export function printWorkloads({ io, reading, format, name }: GetInput): void {
  const { view, owner, names } = reading
  const items = name === undefined ? workloadViews(view, owner) : [workloadView(view, owner, name)]
  const columns: readonly Column<WorkloadView>[] = [
    { header: 'name', cell: (item) => item.name },
    { header: 'ready', cell: (item) => `${readyCount(item)}/${wantedText(item)}` },
    { header: 'status', cell: statusText },
    { header: 'age', cell: ({ record }) => formatAge(record.createdAt, io.clock.wallMs()) },
    {
      header: 'image',
      cell: ({ record }) => (format === 'wide' ? record.image : shortImage(record.image)),
    },
    { header: 'on', cell: (item) => onText(machinesOf(item), names, format) },
    { header: 'address there', wide: true, cell: addressesOf },
    { header: 'set', wide: true, cell: ({ record }) => record.source?.set },
    { header: 'repository', wide: true, cell: ({ record }) => record.source?.repo },
    { header: 'file', wide: true, cell: ({ record }) => fileText(record.source) },
    { header: 'commit', wide: true, cell: commitText },
    { header: 'revision', wide: true, cell: ({ cid }) => cid },
  ]
  printList(io, format, {
    items,
    columns,
    nameOf: (item) => item.name,
    dataOf: workloadData,
    empty: `${names.account(owner)} has published no workload.`,
  })
}

/** One word, or a few, for how a workload is doing. */
export function statusText(workload: WorkloadView): string {
  const wanted = wantedCount(workload)
  const replicas = replicasOf(workload)
  const ready = readyCount(workload)
  if (wanted === 0) return replicas.length === 0 ? 'stopped' : 'stopping'
  const crashing = replicas.find(({ phase }) => phase === 'crash-loop' || phase === 'failed')
  const { phase } = rolloutView(workload)
  if (crashing !== undefined) return `${crashing.phase}${howItEnded(crashing)}`
  if (FAILED.has(phase)) return phase
  if (ready >= wanted) {
    const outdated = replicas.some((replica) => replica.specHash !== workload.specHash)
    return !outdated ? 'running' : phase === 'paused' ? 'paused' : 'rolling out'
  }
  if (workload.choice.winners.length === 0) {
    return workload.bids.length === 0 ? 'waiting for bids' : 'not placed'
  }
  if (workload.choice.missing > 0) return ready > 0 ? 'short' : 'not placed'
  return replicas.find((replica) => !isReady(replica))?.phase ?? 'starting'
}

const FAILED: ReadonlySet<RolloutPhase> = new Set(['rolled back', 'rolling back', 'halted'])

function howItEnded({ exitCode, oomKilled }: Replica): string {
  if (oomKilled === true) return ' (out of memory)'
  return exitCode === undefined ? '' : ` (exit code ${exitCode})`
}

export function readyCount(workload: WorkloadView): number {
  return replicasOf(workload).filter(isReady).length
}

export function wantedText(workload: WorkloadView): string {
  return workload.wanted === 'everywhere' ? 'everywhere' : String(workload.wanted)
}

/** For JSON and YAML: the record as published, and what is known of it. */
export function workloadData(workload: WorkloadView): object {
  const { name, uri, cid, record, wanted } = workload
  return {
    name,
    uri,
    cid,
    specHash: workload.specHash,
    placementKey: workload.placementKey,
    wanted,
    ready: readyCount(workload),
    status: statusText(workload),
    winners: workload.choice.winners,
    replicas: replicasOf(workload),
    lost: discountedReplicas(workload),
    record,
  }
}

function machinesOf(workload: WorkloadView): ReadonlySet<Did> {
  return new Set(replicasOf(workload).map(({ meshletDid }) => meshletDid))
}

/** Of all replicas, each on the loopback of its machine. */
function addressesOf(workload: WorkloadView): string {
  return replicasOf(workload)
    .flatMap(({ endpoints }) => (endpoints ?? []).map(({ address }) => address))
    .join(', ')
}

const MACHINES_SHOWN_MAX = 2

/** A few machines by their short names, and how many more there are; all of them when wide. */
function onText(machines: ReadonlySet<Did>, names: Names, format: OutputFormat): string {
  const all = [...machines]
  if (format === 'wide') return all.map(names.meshlet).join(', ')
  const shown = all.slice(0, MACHINES_SHOWN_MAX).map(names.shortMeshlet).join(', ')
  const more = all.length - MACHINES_SHOWN_MAX
  return more > 0 ? `${shown} +${more}` : shown
}

/** Inside the repository, with its line: what an editor opens. */
function fileText(source: Source | undefined): string | undefined {
  if (source?.path === undefined) return undefined
  const file = [source.folder, source.path].filter(Boolean).join('/')
  return source.line === undefined ? file : `${file}:${source.line}`
}

function commitText({ record }: WorkloadView): string | undefined {
  const { source } = record
  if (source?.revision === undefined) return undefined
  return `${source.revision.slice(0, 10)}${source.dirty === true ? ' (dirty)' : ''}`
}
