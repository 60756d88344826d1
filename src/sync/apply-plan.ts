import { COLLECTION } from '../model/nsid.ts'
import type { Cid } from '../model/records.ts'
import type { RepoWriter, Write } from '../ports/records.ts'
import type { ClusterItem } from './plan-clusters.ts'
import { itemsOf, type SyncPlan } from './sync-plan.ts'

/** The PDS takes 200 writes and a body of 1,000,000 bytes; some room is left for the envelope. */
const WRITES_MAX = 200
const BYTES_MAX = 800_000

/** One commit that the PDS acknowledged. */
export interface Commit {
  /** Revision of the repo after it. */
  readonly rev: string
  /** Names of the records that it wrote or deleted, in its order. */
  readonly names: readonly string[]
  /** CID of every record that it wrote, by name. */
  readonly cids: ReadonlyMap<string, Cid>
}

interface ApplyPorts {
  readonly writer: RepoWriter
  /** Commit that the plan was made from: the writes fail with code `conflict` when the repo moved. */
  readonly swapCommit: Cid | undefined
  readonly signal?: AbortSignal
  /** Called before a commit is sent: should its answer be lost, these are in doubt. */
  readonly onSend?: (names: readonly string[]) => void
  /** Called after every commit, so that what was done is known even if a later one fails. */
  readonly onCommit?: (commit: Commit) => void
}

/**
 * Writes the plan: one commit up to the PDS's limit, beyond that several, each guarded by the one
 * before, first what is added and then what is deleted, so that it may stop after any of them.
 */
export async function applyPlan(plan: SyncPlan, ports: ApplyPorts): Promise<void> {
  let { swapCommit } = ports
  for (const batch of batchesOf(writesOf(plan))) {
    const names = batch.map(nameOfWrite)
    // Between two commits is a good place to stop.
    ports.signal?.throwIfAborted()
    ports.onSend?.(names)
    const result = await ports.writer.apply(batch, {
      ...(swapCommit === undefined ? {} : { swapCommit }),
      ...(ports.signal === undefined ? {} : { signal: ports.signal }),
    })
    swapCommit = result.commit
    const cids = names.flatMap((name, index) => {
      const cid = result.cids[index]
      return cid === undefined ? [] : [[name, cid] as const]
    })
    ports.onCommit?.({ rev: result.rev, names, cids: new Map(cids) })
  }
}

/** The writes of a plan, in the order in which they may be interrupted. */
export function writesOf(plan: SyncPlan): readonly Write[] {
  const puts = [...itemsOf(plan, 'create'), ...itemsOf(plan, 'update')].map(
    ({ name, record }): Write => ({
      action: 'put',
      collection: COLLECTION.workload,
      rkey: name,
      value: { ...record, $type: COLLECTION.workload },
    }),
  )
  const deletes = itemsOf(plan, 'delete').map(({ name }): Write => ({
    action: 'delete',
    collection: COLLECTION.workload,
    rkey: name,
  }))
  const rules = (plan.clusters ?? []).flatMap(writeOfCluster)
  const { put: rulePuts = [], delete: ruleDeletes = [] } = Object.groupBy(
    rules,
    ({ action }) => action,
  )
  return [...rulePuts, ...puts, ...deletes, ...ruleDeletes]
}

const CLUSTER_PREFIX = 'cluster/'

/** What a record goes by during a sync: a workload’s name, or `cluster/NAME`. */
export function nameOfWrite({ collection, rkey }: Pick<Write, 'collection' | 'rkey'>): string {
  return collection === COLLECTION.clusterPolicy ? nameOfCluster(rkey) : rkey
}

export function nameOfCluster(name: string): string {
  return `${CLUSTER_PREFIX}${name}`
}

/** Whether what goes by this name is a workload. */
export function isWorkloadName(name: string): boolean {
  return !name.startsWith(CLUSTER_PREFIX)
}

function writeOfCluster({ name, action, record }: ClusterItem): readonly Write[] {
  const place = { collection: COLLECTION.clusterPolicy, rkey: name } as const
  if (action === 'delete') return [{ action, ...place }]
  if (record === undefined) return []
  return [{ action: 'put', ...place, value: { ...record, $type: COLLECTION.clusterPolicy } }]
}

function batchesOf(writes: readonly Write[]): readonly (readonly Write[])[] {
  const batches: Write[][] = []
  let bytes = 0
  for (const write of writes) {
    const size = write.action === 'put' ? JSON.stringify(write.value).length * 2 : 0
    const last = batches.at(-1)
    if (last === undefined || last.length >= WRITES_MAX || bytes + size > BYTES_MAX) {
      batches.push([write])
      bytes = size
    } else {
      last.push(write)
      bytes += size
    }
  }
  return batches
}
