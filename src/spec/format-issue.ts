import { printable } from './finding.ts'
import type { Issue } from './issue.ts'

export interface FormatIssueOptions {
  readonly color: boolean
  /** Shown below the issue with a caret; the issue’s own line when absent. */
  readonly sourceLine?: string
}

const RED = '31'
const YELLOW = '33'
const BOLD = '1'
const DIM = '2'

/**
 * `file:line:column: error: path: message`, then what was expected, what to do, and the line of the
 * file with a caret. Several lines, without a line break at the end.
 */
export function formatIssue(issue: Issue, options: FormatIssueOptions): string {
  const paint = (code: string, text: string): string =>
    options.color ? `\u{1b}[${code}m${text}\u{1b}[0m` : text
  const isError = issue.severity === 'error'
  const place = paint(BOLD, `${printable(issue.file)}:${issue.line}:${issue.column}:`)
  const severity = paint(isError ? RED : YELLOW, `${issue.severity}:`)
  const path = issue.path === '' ? '' : `${issue.path}: `
  const lines = [`${place} ${severity} ${path}${issue.message}`]
  if (issue.expected !== undefined) lines.push(`  expected ${issue.expected}`)
  if (issue.suggestion !== undefined) lines.push(`  try: ${issue.suggestion}`)
  const sourceLine = options.sourceLine ?? issue.sourceLine
  if (sourceLine !== undefined && sourceLine !== '') {
    lines.push(...excerpt(sourceLine, issue).map((line) => paint(DIM, line)))
  }
  return lines.join('\n')
}

function excerpt(sourceLine: string, { line, column }: Issue): readonly string[] {
  const margin = ' '.repeat(String(line).length)
  // Tabs stay tabs before the caret, so that it stands below its place whatever their width.
  const before = printableLine(sourceLine.slice(0, column - 1)).replaceAll(/[^\t]/g, ' ')
  return [`  ${line} | ${printableLine(sourceLine)}`, `  ${margin} | ${before}^`]
}

function printableLine(text: string): string {
  return text.split('\t').map(printable).join('\t')
}
