import type { Finding } from './finding.ts'
import { fileIssue, type Issue } from './issue.ts'
import type { PlacedFinding } from './read-yaml.ts'
import { positionAt, type SourceText } from './source-text.ts'
import type { DocumentText } from './split-documents.ts'

/** More issues in one document are summed up. */
const ISSUES_MAX = 100

/** What was found in a document, each with its place, and how much more than anybody would read. */
export function placeAll(
  findings: readonly (Finding | PlacedFinding)[],
  place: (entry: Finding | PlacedFinding) => Issue,
  { source, document }: { readonly source: SourceText; readonly document: DocumentText },
): readonly Issue[] {
  const issues = findings.slice(0, ISSUES_MAX).map(place)
  const more = findings.slice(ISSUES_MAX)
  if (more.length === 0) return issues
  const { line } = positionAt(source, document.offset + document.text.length)
  const hasError = more.some(({ severity }) => severity !== 'warning')
  const summary = fileIssue(source.file, `${more.length} more issues in this document`, {
    severity: hasError ? 'error' : 'warning',
  })
  return [...issues, { ...summary, line }]
}
