import { stringify } from 'yaml'
import type { WorkloadDraft } from '../spec/workload-draft.ts'
import { parseDocuments } from '../spec/parse-documents.ts'
import { lost, type Converted, type Note } from './note.ts'

/** Each round removes at least one thing; a workload has fewer than this many. */
const ROUNDS_MAX = 200
/** A part of one of these is nothing by itself. */
const INDIVISIBLE = new Set(['healthcheck', 'restart', 'update', 'command', 'entrypoint'])
const NEEDED = new Set(['kind', 'name', 'image', ''])

/**
 * The same without what a workload file may not say: whoever wrote the Compose file may have asked
 * for things that only the checks of workload files refuse. Undefined when what is wrong can't be
 * left out; the notes then say why.
 */
export function fitWorkload(converted: Converted): {
  readonly fields: Converted['fields'] | undefined
  /** What the fields ask for, once they pass the checks. */
  readonly record?: WorkloadDraft | undefined
  readonly notes: readonly Note[]
} {
  const fields = structuredClone(converted.fields) as Record<string, unknown>
  const notes: Note[] = []
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const { issues, workloads } = parseDocuments(stringify(fields), '')
    const errors = issues.filter(({ severity }) => severity === 'error')
    if (errors.length === 0)
      return { fields, record: workloads[0]?.record, notes: [...converted.notes, ...notes] }
    for (const { path, message, expected } of errors) {
      const why = expected === undefined ? message : `${message}, expected ${expected}`
      notes.push(lost(path === '' ? [] : [path], why))
    }
    const paths = errors.map(({ path }) => splitPath(path))
    if (paths.some(([key]) => NEEDED.has(key))) break
    remove(fields, paths)
  }
  return { fields: undefined, notes: [...converted.notes, ...notes] }
}

/** `ports[0].container` is in the first port, `env.A.B` is the variable `A.B`. */
function splitPath(path: string): readonly [key: string, part?: string | number] {
  const [, key = '', index, rest] = /^(\w*)(?:\[(\d+)\]|\.(.*))?/s.exec(path) ?? []
  if (INDIVISIBLE.has(key)) return [key]
  if (index !== undefined) return [key, Number(index)]
  if (rest === undefined) return [key]
  return [key, key === 'env' ? rest : (/^\w*/.exec(rest)?.[0] ?? rest)]
}

function remove(
  fields: Record<string, unknown>,
  paths: readonly (readonly [key: string, part?: string | number])[],
): void {
  // From the end, so that what is left keeps its place in its list.
  const ordered = paths.toSorted(([, a], [, b]) => (Number(b) || 0) - (Number(a) || 0))
  const done = new Set<string>()
  for (const [key, part] of ordered) {
    if (done.has(`${key} ${part}`)) continue
    done.add(`${key} ${part}`)
    const value = fields[key]
    if (part === undefined || typeof value !== 'object' || value === null) delete fields[key]
    else if (Array.isArray(value) && typeof part === 'number') value.splice(part, 1)
    else delete (value as Record<string, unknown>)[part]
    const left = fields[key]
    if (typeof left === 'object' && left !== null && Object.keys(left).length === 0)
      delete fields[key]
  }
}
