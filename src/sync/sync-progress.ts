import { canonicalJson } from '../model/canonical.ts'
import type { Cid } from '../model/records.ts'
import { nameOfCluster, type Commit } from './apply-plan.ts'
import type { ClusterItem } from './plan-clusters.ts'
import type { RepoSnapshot } from './run-sync.ts'
import type { PlanItem, SyncPlan } from './sync-plan.ts'

/**
 * What a sync has written so far, over all its commits and all plans that it had to make. Owned by
 * one run of `runSync`.
 */
export class SyncProgress {
  readonly #done = new Map<string, PlanItem>()
  readonly #doneClusters = new Map<string, ClusterItem>()
  readonly #cids = new Map<string, Cid>()
  #rev: string | undefined
  #plan: SyncPlan | undefined
  /** Sent, and not answered yet. */
  #inDoubt: readonly string[] = []

  /** Revision of the repo after the last commit of this run; undefined while there was none. */
  get rev(): string | undefined {
    return this.#rev
  }

  /** CID of every record that was written, by name. */
  get cids(): ReadonlyMap<string, Cid> {
    return this.#cids
  }

  /** Names of all that was written or deleted, sorted. */
  get names(): readonly string[] {
    return [...this.#done.keys(), ...this.#doneClusters.keys()].toSorted()
  }

  begin(plan: SyncPlan): void {
    this.#plan = plan
    this.#inDoubt = []
  }

  sent(names: readonly string[]): void {
    this.#inDoubt = names
  }

  committed({ rev, names, cids }: Commit): void {
    this.#rev = rev
    this.#inDoubt = []
    for (const name of names) this.#finish(name, cids.get(name))
  }

  /**
   * Finds out from the repo whether a commit arrived whose answer was lost. It did if the repo holds
   * exactly what was sent: each record has a time, and mostly a nonce, of this very run.
   */
  recognise({ existing, clusters = [], rev }: RepoSnapshot): void {
    const found = new Map<string, Found>([
      ...existing.map((entry) => [entry.name, entry] as const),
      ...clusters.map((entry) => [nameOfCluster(entry.name), entry] as const),
    ])
    for (const name of this.#inDoubt) {
      const sent = this.#recordOf(name)
      const entry = found.get(name)
      const hasArrived =
        sent !== undefined
          ? entry?.record !== undefined && isSame(entry.record, sent)
          : entry === undefined
      if (!hasArrived) continue
      this.#finish(name, entry?.cid)
      this.#rev = rev ?? this.#rev
    }
    this.#inDoubt = []
  }

  /** The last plan, with what earlier ones did in the place of what is the same by now. */
  wholeOf(plan: SyncPlan): SyncPlan {
    if (this.#done.size + this.#doneClusters.size === 0) return plan
    const items = plan.items.map((item) =>
      item.action === 'unchanged' ? (this.#done.get(item.name) ?? item) : item,
    )
    const named = new Set(items.map(({ name }) => name))
    const gone = [...this.#done.values()].filter(({ name }) => !named.has(name))
    const clusters = (plan.clusters ?? []).map((item) =>
      item.action === 'unchanged'
        ? (this.#doneClusters.get(nameOfCluster(item.name)) ?? item)
        : item,
    )
    return {
      ...plan,
      items: [...items, ...gone].toSorted(byName),
      ...(plan.clusters === undefined ? {} : { clusters }),
    }
  }

  #finish(name: string, cid: Cid | undefined): void {
    const item = this.#item(name)
    const cluster = this.#cluster(name)
    if (item !== undefined) this.#done.set(name, item)
    if (cluster !== undefined) this.#doneClusters.set(name, cluster)
    if (cid === undefined) this.#cids.delete(name)
    else this.#cids.set(name, cid)
  }

  #recordOf(name: string): object | undefined {
    const item = this.#item(name)
    if (item !== undefined) return 'record' in item ? item.record : undefined
    return this.#cluster(name)?.record
  }

  #cluster(name: string): ClusterItem | undefined {
    return this.#plan?.clusters?.find(
      (item) => nameOfCluster(item.name) === name && WRITTEN.has(item.action),
    )
  }

  #item(name: string): PlanItem | undefined {
    return this.#plan?.items.find((item) => item.name === name && WRITTEN.has(item.action))
  }
}

const WRITTEN: ReadonlySet<PlanItem['action']> = new Set(['create', 'update', 'delete'])

interface Found {
  readonly cid: Cid
  readonly record?: object
}

function isSame(before: object, after: object): boolean {
  const [a, b] = [before, after].map((record) => ({ ...record, $type: undefined }))
  return canonicalJson(a) === canonicalJson(b)
}

function byName(a: PlanItem, b: PlanItem): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}
