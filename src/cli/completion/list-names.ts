import { candidates } from '../../cluster/membership.ts'
import { ownedMeshlets } from '../../cluster/owned-meshlets.ts'
import type { CommandContext } from '../command-spec.ts'
import { openReader, type Reading } from '../reading.ts'
import { workloadViews } from '../workload-view.ts'
import type { NameKind } from './grammar.ts'

/** Names that somebody may be about to type, sorted, in the form that commands take. */
export async function listNames(
  context: CommandContext,
  kind: NameKind,
): Promise<readonly string[]> {
  const reader = await openReader(context, {})
  using reading = await reader.read()
  return namesIn(reading, kind)
}

/** The same out of what was read. */
export function namesIn(
  { view, owner, names }: Pick<Reading, 'view' | 'owner' | 'names'>,
  kind: NameKind,
): readonly string[] {
  switch (kind) {
    case 'workloads':
      return workloadViews(view, owner).map(({ name }) => name)
    case 'meshlets': {
      const machines = [...ownedMeshlets(view, owner), ...candidates(view, owner)]
      const shown = machines.map(({ meshletDid }) => names.shortMeshlet(meshletDid))
      return [...new Set(shown)].toSorted((a, b) => (a < b ? -1 : 1))
    }
  }
}
