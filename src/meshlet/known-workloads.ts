import { COLLECTION } from '../model/nsid.ts'
import type { WorkloadRecord } from '../model/records.ts'
import { workloadUri } from '../model/workload-uri.ts'
import type { RecordView } from '../ports/records.ts'
import { membersOf, type MeshletConfig } from './config.ts'
import type { EngineState } from './engine-state.ts'
import type { OwnRecords } from './own-records.ts'
import { ownWorkloads } from './self-records.ts'

export interface KnownWorkloadsOptions {
  readonly config: MeshletConfig
  readonly view: RecordView
  readonly own: OwnRecords
  readonly engineState: Pick<EngineState, 'lastSeen'>
}

/**
 * Uris of all workloads that this machine may have to do with, sorted; the empty text stands for what
 * carries our labels and names none.
 */
export function knownWorkloads({
  config,
  view,
  own,
  engineState,
}: KnownWorkloadsOptions): string[] {
  const recorded = membersOf(config).flatMap((owner) =>
    view.list<WorkloadRecord>(owner, COLLECTION.workload).map(([name]) => workloadUri(owner, name)),
  )
  const here = engineState.lastSeen?.byWorkload.keys() ?? []
  return [...new Set<string>([...recorded, ...here, ...ownWorkloads(own)])].toSorted()
}
