import { canonicalJson } from '../model/canonical.ts'
import type { Cid, WorkloadRecord } from '../model/records.ts'
import type { Commit } from './apply-plan.ts'
import type { RepoSnapshot } from './run-sync.ts'
import type { PlanItem, SyncPlan } from './sync-plan.ts'

/**
 * What a sync has written so far, over all its commits and all plans that it had to make. Owned by
 * one run of `runSync`.
 */
export class SyncProgress {
  readonly #done = new Map<string, PlanItem>()
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
    return [...this.#done.keys()].toSorted()
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
  recognise({ existing, rev }: RepoSnapshot): void {
    const found = new Map(existing.map((entry) => [entry.name, entry]))
    for (const name of this.#inDoubt) {
      const item = this.#item(name)
      const entry = found.get(name)
      const hasArrived =
        item !== undefined && 'record' in item
          ? entry?.record !== undefined && isSame(entry.record, item.record)
          : entry === undefined
      if (!hasArrived) continue
      this.#finish(name, entry?.cid)
      this.#rev = rev ?? this.#rev
    }
    this.#inDoubt = []
  }

  /** The last plan, with what earlier ones did in the place of what is the same by now. */
  wholeOf(plan: SyncPlan): SyncPlan {
    if (this.#done.size === 0) return plan
    const items = plan.items.map((item) =>
      item.action === 'unchanged' ? (this.#done.get(item.name) ?? item) : item,
    )
    const named = new Set(items.map(({ name }) => name))
    const gone = [...this.#done.values()].filter(({ name }) => !named.has(name))
    return { ...plan, items: [...items, ...gone].toSorted(byName) }
  }

  #finish(name: string, cid: Cid | undefined): void {
    const item = this.#item(name)
    if (item !== undefined) this.#done.set(name, item)
    if (cid === undefined) this.#cids.delete(name)
    else this.#cids.set(name, cid)
  }

  #item(name: string): PlanItem | undefined {
    return this.#plan?.items.find((item) => item.name === name && WRITTEN.has(item.action))
  }
}

const WRITTEN: ReadonlySet<PlanItem['action']> = new Set(['create', 'update', 'delete'])

function isSame({ $type: _a, ...a }: WorkloadRecord, { $type: _b, ...b }: WorkloadRecord): boolean {
  return canonicalJson(a) === canonicalJson(b)
}

function byName(a: PlanItem, b: PlanItem): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}
