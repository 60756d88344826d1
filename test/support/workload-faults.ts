import type { Issue } from '../../src/spec/issue.ts'
import { parseDocuments } from '../../src/spec/parse-documents.ts'

/** Three lines of a workload in which nothing is wrong. */
export const HEAD = 'kind: Workload\nname: hello\nimage: busybox:1.37\n'

/** `line:column path: message`, the stable part of an issue. */
function summary({ line, column, path, message, severity }: Issue): string {
  return `${line}:${column} ${severity === 'warning' ? 'warning ' : ''}${path}: ${message}`
}

/** Everything that is wrong with a file. */
export function summaries(text: string): readonly string[] {
  return parseDocuments(text, 'a.yaml').issues.map(summary)
}

/** The first thing that is wrong with a file. */
export function firstIssue(text: string): Issue {
  const [issue] = parseDocuments(text, 'a.yaml').issues
  if (issue === undefined) throw new Error('no issue')
  return issue
}

/** What a workload with these lines added is told; lines count from the first one added. */
export function faults(lines: string): readonly string[] {
  return parseDocuments(HEAD + lines, 'a.yaml').issues.map((issue) =>
    summary({ ...issue, line: issue.line - 3 }),
  )
}
