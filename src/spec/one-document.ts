import type { ParsedNode } from 'yaml'
import type { Finding } from './finding.ts'
import { fileIssue, hasErrors, type Issue } from './issue.ts'
import { placeAll } from './place-all.ts'
import { placeFinding } from './place-finding.ts'
import { readYaml, type PlacedFinding } from './read-yaml.ts'
import { sourceTextOf, withoutByteOrderMark } from './source-text.ts'
import { splitDocuments } from './split-documents.ts'

export interface OneDocument {
  /** What the document says; undefined when the file is empty or has an error. */
  readonly value?: unknown
  /** Its syntax tree, where a value is not enough. */
  readonly root?: ParsedNode | null
  readonly issues: readonly Issue[]
}

/** Reads a file that holds exactly one YAML document; `check` says what is wrong with its value. */
export function readOneDocument(
  text: string,
  file: string,
  check: (value: unknown) => readonly Finding[],
): OneDocument {
  const source = sourceTextOf(file, withoutByteOrderMark(text))
  const [document, ...more] = splitDocuments(source.text)
  if (document === undefined) {
    return { issues: [fileIssue(file, 'the file is empty', { severity: 'warning' })] }
  }
  if (more.length > 0) {
    return { issues: [fileIssue(file, 'the file holds several documents', { expected: 'one' })] }
  }
  const yaml = readYaml(document)
  const found = yaml.root === null ? yaml.findings : [...yaml.findings, ...check(yaml.value)]
  const place = (entry: Finding | PlacedFinding) => placeFinding(source, document, yaml, entry)
  const issues = placeAll(found, place, { source, document })
  return hasErrors(issues) ? { issues } : { value: yaml.value, root: yaml.root, issues }
}
