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

/** The same for docs/performance.md, in Markdown, with the reasons in a list below it. */
export function markdownTable(results: readonly Result[]): string {
  const [idHead, valueHead, , ...rest] = HEAD
  const rows = results.map((result) => {
    const [id, value, , ...others] = cells(result)
    return [`\`${id}\``, value, ...others]
  })
  const reasons = results
    .filter(({ met }) => !met)
    .map(({ id, explained }) => `- \`${id}\`: ${explained}`)
  const table = inMarkdown([[idHead, valueHead, ...rest], ...rows])
  return reasons.length === 0
    ? table
    : `${table}\nWhat misses its target:\n\n${reasons.join('\n')}\n`
}

/** The rows that have something beside them, short enough for the README. */
export function ratioTable(results: readonly Result[]): string {
  const compared = results.filter(({ ratio }) => ratio !== null)
  const rows = compared.map((result) => {
    const [id, value, , beside, ratio, target, verdict] = cells(result)
    return [`\`${id}\``, result.name, value, beside, ratio, target, verdict]
  })
  return inMarkdown([['row', 'what', 'commune', 'beside it', 'ratio', 'target', ''], ...rows])
}

function inMarkdown([head = [], ...rows]: readonly (readonly (string | undefined)[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.map((cell) => cell ?? '').join(' | ')} |\n`).join('')
}
