import type { Source } from '../model/records.ts'
import type { DeleteItem, ExistingWorkload, PlanItem } from './sync-plan.ts'

interface ConfirmInput {
  readonly set: string
  readonly existing: readonly ExistingWorkload[]
  readonly source: Pick<Source, 'repo'>
}

/**
 * Why a person should confirm the deletions of a plan: losing data, or most of a set, or what another
 * repository published under the same name of a set, is more often a mistake than a wish (DESIGN §9).
 * The old name of what is renamed is not counted as lost.
 */
export function confirmBecause(
  { set, existing, source }: ConfirmInput,
  items: readonly PlanItem[],
): readonly string[] {
  const deletions = items.filter((item): item is DeleteItem => item.action === 'delete')
  if (deletions.length === 0) return []
  const owned = existing.filter((entry) => entry.set === set).length
  const lost = deletions.filter(({ renamedTo }) => renamedTo === undefined)
  const withVolumes = deletions.filter(({ hasVolumes }) => hasVolumes)
  const foreign = fromElsewhere(deletions, existing, source.repo)
  return [
    ...(lost.length * 2 > owned
      ? [`deletes ${lost.length} of the ${owned} workloads of this set`]
      : []),
    ...(withVolumes.length > 0 ? [`deletes what has volumes: ${namesOf(withVolumes)}`] : []),
    ...(foreign.length > 0
      ? [`deletes what came from another repository: ${namesOf(foreign)}`]
      : []),
  ]
}

/** Two folders may be called alike, and so may their sets. */
function fromElsewhere(
  deletions: readonly DeleteItem[],
  existing: readonly ExistingWorkload[],
  repo: string | undefined,
): readonly DeleteItem[] {
  const repos = new Map(existing.map(({ name, record }) => [name, record?.source?.repo]))
  return deletions.filter(({ name }) => {
    const from = repos.get(name)
    return from !== undefined && from !== repo
  })
}

const NAMES_SHOWN_MAX = 10

function namesOf(items: readonly DeleteItem[]): string {
  const shown = items.slice(0, NAMES_SHOWN_MAX).map(({ name }) => name)
  const more = items.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}
