import type { ExistingWorkload, PlanItem } from './sync-plan.ts'

interface RemovalInput {
  readonly set: string
  readonly desired: readonly { readonly name: string }[]
  readonly existing: readonly ExistingWorkload[]
  readonly prune: boolean
  readonly empty: boolean
  readonly anyInvalid: boolean
}

export interface Removals {
  readonly items: readonly PlanItem[]
  /** Why nothing is pruned; undefined when pruning is safe. */
  readonly blocked: string | undefined
}

/**
 * What is in the repo and no longer in the folder. Only records of this very set are looked at, so
 * that one folder never removes what another one published.
 */
export function planRemovals(input: RemovalInput): Removals {
  const wanted = new Set(input.desired.map(({ name }) => name))
  const owned = input.existing.filter(({ set }) => set === input.set)
  const gone = owned.filter(({ name }) => !wanted.has(name))
  const blocked = gone.length === 0 ? undefined : blockedBecause(input)
  const items = gone.map((entry) => removalOf(entry, input.prune, blocked))
  return { items, blocked }
}

/** Why nothing may be pruned, whatever is gone; undefined when it is safe. */
export function blockedBecause(
  input: Pick<RemovalInput, 'empty' | 'anyInvalid'>,
): string | undefined {
  if (input.empty) return 'the folder holds no workload, so nothing is pruned'
  if (input.anyInvalid) return 'something in the folder is not valid, so nothing is pruned'
  return undefined
}

function removalOf(entry: ExistingWorkload, prune: boolean, blocked: string | undefined): PlanItem {
  const { name, record } = entry
  if (blocked !== undefined) {
    return { action: 'keep', name, reason: `not in this folder, but ${blocked}` }
  }
  if (!prune) {
    return { action: 'keep', name, reason: 'not in this folder; --prune deletes it' }
  }
  if (record?.protect === true) {
    const reason = 'not in this folder; publish it once with protect: false to let it be deleted'
    return { action: 'skip', name, reason }
  }
  const hasVolumes = (record?.volumes?.length ?? 0) > 0
  const reason = 'not in this folder any more'
  return { action: 'delete', name, reason, hasVolumes, consequences: ['stops'] }
}
