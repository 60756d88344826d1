import type { WorkloadRecord } from '../model/records.ts'
import { specHash } from '../model/spec-hash.ts'
import type { CreateItem, ExistingWorkload, PlanItem } from './sync-plan.ts'

/**
 * A name that comes and another that goes, with the same container, are probably one workload. Of
 * several that fit, the one from the same file goes first, then the first by name. A rename is a new
 * workload all the same: nothing of the old one is moved.
 */
export function markRenames(
  items: readonly PlanItem[],
  existing: ReadonlyMap<string, ExistingWorkload>,
): readonly PlanItem[] {
  const created = items.filter((item): item is CreateItem => item.action === 'create')
  if (created.length === 0) return items
  const gone = new Map<string, WorkloadRecord[]>()
  for (const name of items
    .filter(isGone)
    .map(({ name: old }) => old)
    .toSorted()) {
    const record = existing.get(name)?.record
    if (record === undefined) continue
    const hash = contentHash(record)
    gone.set(hash, [...(gone.get(hash) ?? []), record])
  }
  if (gone.size === 0) return items
  const renames = match(created, gone)
  const renamedTo = new Map([...renames].map(([to, { name }]) => [name, to]))
  return items.map((item) => {
    if (item.action === 'create') return withOldName(item, renames.get(item.name))
    const to = isGone(item) ? renamedTo.get(item.name) : undefined
    return to === undefined ? item : { ...item, renamedTo: to }
  })
}

function match(
  created: readonly CreateItem[],
  gone: ReadonlyMap<string, WorkloadRecord[]>,
): ReadonlyMap<string, WorkloadRecord> {
  const hashes = new Map(created.map(({ name, record }) => [name, contentHash(record)]))
  const renames = new Map<string, WorkloadRecord>()
  const take = (fits: (item: CreateItem, old: WorkloadRecord) => boolean) => {
    for (const item of created) {
      if (renames.has(item.name)) continue
      const left = gone.get(hashes.get(item.name) ?? '') ?? []
      const index = left.findIndex((old) => fits(item, old))
      const [old] = index < 0 ? [] : left.splice(index, 1)
      if (old !== undefined) renames.set(item.name, old)
    }
  }
  take((item, old) => old.source?.path !== undefined && old.source.path === item.file)
  take(() => true)
  return renames
}

function withOldName(item: CreateItem, old: WorkloadRecord | undefined): CreateItem {
  if (old === undefined) return item
  const hasVolumes = (old.volumes?.length ?? 0) > 0
  return { ...item, renamedFrom: old.name, ...(hasVolumes ? { leavesVolumes: true } : {}) }
}

function isGone({ action }: PlanItem): boolean {
  return action === 'delete' || action === 'keep' || action === 'skip'
}

/** What runs, whatever it is called; the digest of a tag may have moved meanwhile. */
function contentHash(record: WorkloadRecord): string {
  return specHash({ ...record, image: record.image.replace(/(:[^/@]+)@.*$/, '$1') })
}
