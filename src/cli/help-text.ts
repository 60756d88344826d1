import type { OptionSpec } from './command-spec.ts'

/** What an option does, and what holds without it. */
export function describeOption({ description, default: fallback }: OptionSpec): string {
  return fallback === undefined ? description : `${description} (default: ${fallback})`
}

/** Two columns, as commander sets its lists. */
export function formatRows(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([first]) => first.length))
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}\n`).join('')
}
