import { formatPath, type Finding } from './finding.ts'
import type { Issue } from './issue.ts'
import { locate } from './locate.ts'
import type { PlacedFinding, YamlDocument } from './read-yaml.ts'
import { positionAt, type SourceText } from './source-text.ts'
import type { DocumentText } from './split-documents.ts'

/** Turns a finding about a document into an issue with a place in its file. */
export function placeFinding(
  source: SourceText,
  document: DocumentText,
  { root }: YamlDocument,
  entry: Finding | PlacedFinding,
): Issue {
  const { path, message, expected, suggestion, severity } = entry
  const placed = 'offset' in entry ? entry : { offset: locate(root, entry) }
  const first = 'firstOffset' in placed ? placed.firstOffset : undefined
  const where =
    first === undefined ? '' : `; first on line ${positionAt(source, document.offset + first).line}`
  return {
    file: source.file,
    ...positionAt(source, document.offset + placed.offset),
    path: formatPath(path),
    message: `${message}${where}`,
    ...(expected === undefined ? {} : { expected }),
    ...(suggestion === undefined ? {} : { suggestion }),
    severity,
  }
}
