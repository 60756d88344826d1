import type { ClusterItem } from './plan-clusters.ts'

const HEADLINE: Readonly<Record<ClusterItem['action'], string>> = {
  create: 'rules of a cluster: new',
  update: 'rules of a cluster: changed',
  delete: 'rules of a cluster: gone from the folder',
  unchanged: 'rules of a cluster: unchanged',
  keep: 'rules of a cluster: kept',
  conflict: 'rules of a cluster: in conflict',
}

const HELD = '; your machines hold to them from now on'

/** Lines about the rules of one cluster; the first one without its sign. */
export function describeCluster(item: ClusterItem): readonly [string, ...string[]] {
  const { name, file, line, action, changes = [], reason, note } = item
  const place = file === undefined ? '' : line === undefined ? file : `${file}:${line}`
  const why = action === 'keep' || action === 'conflict' ? [reason] : []
  const held = action === 'update' && note === undefined ? HELD : ''
  return [
    `${name}  ${HEADLINE[action]}${held}  ${place}`.trimEnd(),
    ...why,
    ...(note === undefined ? [] : [note]),
    ...changes.map(
      ({ path, before, after }) =>
        `${path}: ${formatRule(path, before)} → ${formatRule(path, after)}`,
    ),
  ]
}

/** Shares as people write them. */
function formatRule(path: string, value: unknown): string {
  if (typeof value !== 'number') return '(standard)'
  const isShare = path === 'minimumContribution' || path.endsWith('Millionths')
  return isShare ? `${value / 10_000}%` : String(value)
}
