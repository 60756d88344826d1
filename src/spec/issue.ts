/** Something wrong in a file, with its place. Lines and columns count from 1. */
export interface Issue {
  /** Path of the file as given to the reader, with forward slashes. */
  readonly file: string
  readonly line: number
  readonly column: number
  /** Where in the document, such as `resources.cpu`; empty for the document or file itself. */
  readonly path: string
  readonly message: string
  /** Completes “expected …”. */
  readonly expected?: string
  /** What to write or do instead. */
  readonly suggestion?: string
  readonly severity: 'error' | 'warning'
  /** The line that the position points into, when it is short enough to show. */
  readonly sourceLine?: string
}

/** An issue with a file or folder as a whole. */
export function fileIssue(
  file: string,
  message: string,
  remarks: Partial<Pick<Issue, 'severity' | 'expected' | 'suggestion'>> = {},
): Issue {
  return { file, line: 1, column: 1, path: '', message, severity: 'error', ...remarks }
}

/** By file and position, then errors first. */
export function sortIssues(issues: readonly Issue[]): readonly Issue[] {
  return issues.toSorted(
    (a, b) =>
      compareText(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      compareText(a.severity, b.severity) ||
      compareText(a.message, b.message),
  )
}

/** True when something is wrong enough to refuse it. */
export function hasErrors(issues: readonly Issue[]): boolean {
  return issues.some((issue) => issue.severity === 'error')
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
