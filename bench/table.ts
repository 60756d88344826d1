import type { Result } from './result.ts'

const HEAD = ['id', 'value', 'p95', 'beside it', 'ratio', 'target', ''] as const

/** The table for people. What is not met says why below it. */
export function formatTable(results: readonly Result[]): string {
  const rows = [HEAD, ...results.map(cells)]
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const notMet = results.filter(({ met }) => !met)
  const reasons = notMet.map(({ id, explained }) => `${id}: ${explained}`)
  return [...lines, ...(reasons.length > 0 ? ['', ...reasons] : [])].join('\n')
}

function cells(result: Result): readonly string[] {
  const { id, value, unit, p95, baseline, ratio, target, met } = result
  return [
    id,
    `${value} ${unit}`,
    String(p95),
    baseline === null ? '' : `${baseline.name}: ${baseline.value}`,
    ratio === null ? '' : `${ratio} ×`,
    target ?? '',
    target === null ? '' : met ? 'met' : 'not met',
  ]
}
