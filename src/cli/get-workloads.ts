import { formatAge } from './age.ts'
import type { GetInput } from './commands/get.ts'
import { printList, type Column } from './output.ts'
import {
  isReady,
  replicasOf,
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
    { header: 'image', cell: ({ record }) => shortImage(record.image) },
    {
      header: 'on',
      cell: (item) => [...machinesOf(item)].map(names.meshlet).join(', '),
    },
    { header: 'age', cell: ({ record }) => formatAge(record.createdAt, io.clock.wallMs()) },
    { header: 'set', wide: true, cell: ({ record }) => record.source?.set },
    { header: 'file', wide: true, cell: ({ record }) => record.source?.path },
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
  if (crashing !== undefined) return crashing.phase
  if (ready >= wanted) {
    const outdated = replicas.some((replica) => replica.specHash !== workload.specHash)
    return outdated ? 'rolling out' : 'running'
  }
  if (workload.choice.winners.length === 0) {
    return workload.bids.length === 0 ? 'waiting for bids' : 'not placed'
  }
  if (workload.choice.missing > 0) return ready > 0 ? 'short' : 'not placed'
  return replicas.find((replica) => !isReady(replica))?.phase ?? 'starting'
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
    record,
  }
}

function machinesOf(workload: WorkloadView) {
  return new Set(replicasOf(workload).map(({ meshletDid }) => meshletDid))
}

const DIGEST_SHOWN = 12

/** A digest is as long as a line; its beginning tells two of them apart. */
export function shortImage(image: string): string {
  const at = image.indexOf('@')
  if (at < 0) return image
  const digest = image.slice(at + 1).replace(/^sha256:/, '')
  return `${image.slice(0, at)}@${digest.slice(0, DIGEST_SHOWN)}`
}

function commitText({ record }: WorkloadView): string | undefined {
  const { source } = record
  if (source?.revision === undefined) return undefined
  return `${source.revision.slice(0, 10)}${source.dirty === true ? ' (dirty)' : ''}`
}
