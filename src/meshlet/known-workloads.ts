import { COLLECTION } from '../model/nsid.ts'
import type { AtUri, Did, WorkloadRecord } from '../model/records.ts'
import { rememberByObject } from '../model/remember.ts'
import { workloadUri } from '../model/workload-uri.ts'
import type { RecordView, StoredRecord } from '../ports/records.ts'
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
    workloadsOf(view, owner).map(({ uri }) => uri),
  )
  const here = engineState.lastSeen?.byWorkload.keys() ?? []
  return [...new Set<string>([...recorded, ...here, ...ownWorkloads(own)])].toSorted()
}

/** A workload of somebody's repo. */
export interface OwnedWorkload {
  readonly uri: AtUri
  readonly record: StoredRecord<WorkloadRecord>
}

type Listed = readonly (readonly [rkey: string, StoredRecord<WorkloadRecord>])[]

/**
 * All workloads of an owner, sorted; the same as long as her list is, uris included: whatever is kept by
 * uri is found much faster by a text that was looked up before than by one that was just made.
 */
export function workloadsOf(view: RecordView, owner: Did): readonly OwnedWorkload[] {
  const listed = view.list<WorkloadRecord>(owner, COLLECTION.workload)
  // All who have none share one list.
  if (listed.length === 0) return []
  const byOwner = namedIn(listed)
  const known = byOwner.get(owner)
  if (known !== undefined) return known
  const found = listed.map(([name, record]) => ({ uri: workloadUri(owner, name), record }))
  byOwner.set(owner, found)
  return found
}

const namedIn = rememberByObject<Listed, Map<Did, readonly OwnedWorkload[]>>(() => new Map())
