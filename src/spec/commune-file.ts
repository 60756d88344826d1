import { validate, schema } from './commune-validator.gen.ts'
import type { CommuneFile } from './commune-file.gen.ts'
import { describeValue } from './describe-schema.ts'
import { finding, type Finding } from './finding.ts'
import { fileIssue, type Issue } from './issue.ts'
import { readOneDocument } from './one-document.ts'
import { schemaFindings } from './schema-findings.ts'
import { declaredVariables, type Variables } from './variables.ts'

export interface CommuneFileResult {
  readonly set?: string
  /** Undefined when the file declares none: then nothing is replaced in workload files. */
  readonly variables?: Variables
  /** Files of overlays, by name. */
  readonly overlays?: ReadonlyMap<string, string>
  readonly issues: readonly Issue[]
}

/** True for the file of settings at the root of a folder. */
export function isCommuneFile(file: string): boolean {
  return file === 'commune.yaml' || file === 'commune.yml'
}

/** A file of settings further down: nobody would notice that nothing heeds it. */
export function misplacedCommuneFile(file: string): Issue | undefined {
  const name = file.slice(file.lastIndexOf('/') + 1)
  if (name === file || !isCommuneFile(name)) return undefined
  const suggestion = 'move it to the root of the folder that is synced, or sync this folder'
  return fileIssue(file, `${name} counts only at the root`, { suggestion })
}

/** Reads the settings of a folder: one document, all of whose keys may be left out. */
export function parseCommuneFile(text: string, file: string): CommuneFileResult {
  const { value, root, issues } = readOneDocument(text, file, check)
  const { set, variables, overlays } = (value ?? {}) as CommuneFile
  return {
    ...(set === undefined ? {} : { set }),
    ...(variables === undefined ? {} : { variables: declaredVariables(root ?? null) }),
    ...(overlays === undefined ? {} : { overlays: new Map(Object.entries(overlays)) }),
    issues,
  }
}

function check(value: unknown): readonly Finding[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [
      finding([], `found ${describeValue(value)}`, { expected: 'a mapping such as set: home' }),
    ]
  }
  return validate(value) ? [] : schemaFindings(validate.errors ?? [], value, schema)
}
