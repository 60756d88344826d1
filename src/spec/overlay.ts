import { schema, validate } from './overlay-validator.gen.ts'
import type { OverlayFile } from './overlay-file.gen.ts'
import { describeValue } from './describe-schema.ts'
import { finding, formatPath, quote, type Finding, type Path } from './finding.ts'
import { fileIssue, hasErrors, type Issue } from './issue.ts'
import { mergePatch } from './merge-patch.ts'
import { placeAll } from './place-all.ts'
import { placeFinding } from './place-finding.ts'
import { readYaml, type PlacedFinding } from './read-yaml.ts'
import { schemaFindings } from './schema-findings.ts'
import { sourceTextOf, withoutByteOrderMark } from './source-text.ts'
import { splitDocuments } from './split-documents.ts'
import { nearest } from './suggest.ts'
import { declaredVariables, withValues, type Variables } from './variables.ts'

/** One change of one workload, and where the overlay says it. */
interface Patch {
  readonly name: string
  /** Where in the workload. */
  readonly target: Path
  /** Where in the overlay. */
  readonly origin: Path
  readonly value: unknown
}

/** What an environment changes. */
export interface Overlay {
  readonly set?: string
  /** Those of the folder, with the values of this environment. */
  readonly variables: Variables
  /** The document of a workload with all that this overlay changes. */
  readonly apply: (name: string, document: unknown) => unknown
  /** A finding about a patched document, when it is the overlay that says so. */
  readonly place: (name: string, entry: Finding) => Issue | undefined
  /** Patches of workloads that are not there. */
  readonly unapplied: (names: ReadonlySet<string>) => readonly Issue[]
}

export type ParsedOverlay =
  | { readonly overlay: Overlay; readonly issues: readonly Issue[] }
  | { readonly overlay?: undefined; readonly issues: readonly Issue[] }

/**
 * Reads the file of an overlay.
 *
 * @param variables as commune.yaml declares them
 * @param given values that win over all others
 */
export function parseOverlay(
  text: string,
  file: string,
  variables: Variables,
  given: Variables,
): ParsedOverlay {
  const source = sourceTextOf(file, withoutByteOrderMark(text))
  const [document, ...more] = splitDocuments(source.text)
  if (document === undefined || more.length > 0) {
    const message =
      document === undefined ? 'the file is empty' : 'the file holds several documents'
    return { issues: [fileIssue(file, message, { expected: 'one document with kind: Overlay' })] }
  }
  const own = declaredVariables(readYaml(document).root)
  const all = withValues(variables, own, given)
  const options = variables.size === 0 ? { isText } : { isText, variables: all }
  const yaml = readYaml(document, options)
  const place = (entry: Finding | PlacedFinding) => placeFinding(source, document, yaml, entry)
  const findings =
    yaml.root === null
      ? yaml.findings
      : [...yaml.findings, ...check(yaml.value), ...undeclared(own, variables)]
  const issues = placeAll(findings, place, { source, document })
  if (yaml.root === null || hasErrors(issues)) return { issues }
  const value = yaml.value as OverlayFile
  const patches = patchesOf(value)
  return {
    issues,
    overlay: {
      ...(value.set === undefined ? {} : { set: value.set }),
      variables: all,
      apply: (name, workload) =>
        patches
          .filter((patch) => patch.name === name)
          .reduce((merged, patch) => mergePatch(merged, wrap(patch.target, patch.value)), workload),
      place: (name, entry) => {
        const path = originOf(patches, name, entry.path)
        return path && { ...place({ ...entry, path }), path: formatPath(entry.path) }
      },
      unapplied: (names) => placeAll(unknownNames(patches, names), place, { source, document }),
    },
  }
}

/** Variables of containers, wherever an overlay sets them. */
function isText(path: Path): boolean {
  const [first, , third] = path
  if (first === 'env') return path.length === 3
  return first === 'patches' && third === 'env' && path.length === 4
}

function check(value: unknown): readonly Finding[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const expected = 'a mapping that begins with kind: Overlay'
    return [finding([], `found ${describeValue(value)}`, { expected })]
  }
  return validate(value) ? [] : schemaFindings(validate.errors ?? [], value, schema)
}

function undeclared(own: Variables, variables: Variables): readonly Finding[] {
  return [...own.keys()]
    .filter((name) => !variables.has(name))
    .map((name) => {
      const close = nearest(name, [...variables.keys()])
      return finding(['variables', name], `the variable ${name} is not declared`, {
        at: 'key',
        suggestion: close ?? 'declare it under variables in commune.yaml',
      })
    })
}

function patchesOf(value: OverlayFile): readonly Patch[] {
  const short = (key: 'replicas' | 'images' | 'env', target: string): readonly Patch[] =>
    Object.entries(value[key] ?? {}).map(([name, part]) => ({
      name,
      target: [target],
      origin: [key, name],
      value: part,
    }))
  const long = (value.patches ?? []).map(({ name, ...part }, index) => ({
    name,
    target: [],
    origin: ['patches', index],
    value: part,
  }))
  return [
    ...short('replicas', 'replicas'),
    ...short('images', 'image'),
    ...short('env', 'env'),
    ...long,
  ]
}

function wrap(target: Path, value: unknown): unknown {
  return target.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value)
}

/** The last patch that says something of a path wins, as it does when they are applied. */
function originOf(patches: readonly Patch[], name: string, path: Path): Path | undefined {
  const patch = patches.findLast(
    (one) => one.name === name && says(wrap(one.target, one.value), path) && path.length > 0,
  )
  return patch && [...patch.origin, ...path.slice(patch.target.length)]
}

/** True when a patch gives the value at a path, or one that contains it and is no mapping. */
function says(patch: unknown, path: Path): boolean {
  let value = patch
  for (const part of path) {
    if (Array.isArray(value)) return true
    if (typeof value !== 'object' || value === null) return value !== undefined
    value = (value as Record<string | number, unknown>)[part]
  }
  return value !== undefined
}

function unknownNames(patches: readonly Patch[], names: ReadonlySet<string>): readonly Finding[] {
  return patches
    .filter(({ name }) => !names.has(name))
    .map(({ name, origin }) => {
      const path = origin[0] === 'patches' ? [...origin, 'name'] : origin
      const close = nearest(name, [...names])
      const at = origin[0] === 'patches' ? 'value' : 'key'
      return finding(path, `there is no workload ${quote(name)} in this folder`, {
        at,
        ...(close === undefined ? {} : { suggestion: close }),
      })
    })
}
