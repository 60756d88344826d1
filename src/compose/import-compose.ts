import { suggestDnsLabel } from '../model/name.ts'
import { unsupportedParts } from '../model/unsupported.ts'
import { formatPath, type Path } from '../spec/finding.ts'
import type { Issue } from '../spec/issue.ts'
import type { WorkloadDraft } from '../spec/workload-draft.ts'
import type { ComposeMap } from './compose-value.ts'
import { convertService } from './convert-service.ts'
import { fitWorkload } from './fit-workload.ts'
import { loadCompose, type ComposeProject } from './load-compose.ts'
import { changed, mend, refused, type Note, type Weight } from './note.ts'
import { renderWorkload } from './render-workload.ts'

/** A remark with its place. */
export interface Remark {
  readonly weight: Weight
  readonly file: string
  readonly line: number
  readonly column: number
  /** Name of the service, and where in it: `web.ports[0]`. */
  readonly path: string
  readonly message: string
}

export interface ImportedWorkload {
  readonly name: string
  readonly service: string
  /** The text of its file. */
  readonly text: string
}

export type ImportedCompose =
  | {
      readonly ok: true
      readonly workloads: readonly ImportedWorkload[]
      readonly remarks: readonly Remark[]
    }
  | { readonly ok: false; readonly issues: readonly Issue[] }

interface ImportSettings {
  /** Variables for `${NAME}`; what the shell has stays out, since the records are public. */
  readonly env: ReadonlyMap<string, string>
  /** What stands behind `$schema=` in the first line of each file. */
  readonly schema: string
}

/**
 * Turns Compose files, later ones over earlier ones, into workload files that pass all checks, and
 * tells all that was not carried over.
 */
export async function importCompose(
  paths: readonly string[],
  { env, schema }: ImportSettings,
): Promise<ImportedCompose> {
  const loaded = await loadCompose(paths, env)
  if (!loaded.ok) return loaded
  const { project } = loaded
  const workloads: ImportedWorkload[] = []
  const remarks: Remark[] = []
  const taken = new Set<string>()
  for (const [service, value] of project.services) {
    const name = freeName(service, taken)
    const renamed =
      name === service ? [] : [changed([], `it is called ${name} here: names are DNS labels`)]
    const ofLoading = project.notes.filter(
      ({ path }) => path[0] === 'services' && path[1] === service,
    )
    const own = ofLoading.map((note) => ({ ...note, path: note.path.slice(2) }))
    const { fields, record, notes } = fitWorkload(convertService(name, value, project))
    const all = distinct([...renamed, ...own, ...refusals(value, record), ...notes])
    if (fields === undefined) {
      all.push(mend([], 'no workload can be made of it'))
    } else {
      const files = [...new Set(paths)].join(', ')
      workloads.push({
        name,
        service,
        text: renderWorkload(fields, { files, service, notes: all, schema }),
      })
    }
    remarks.push(...all.map((note) => remarkOf(project, note, ['services', service], service)))
  }
  const others = project.notes.filter(({ path }) => path[0] !== 'services')
  remarks.push(...others.map((note) => remarkOf(project, note, [], '')))
  return { ok: true, workloads, remarks }
}

/** What no machine of this version takes, at the place of the service that asked for it. */
function refusals(service: ComposeMap, record: WorkloadDraft | undefined): readonly Note[] {
  if (record === undefined) return []
  return unsupportedParts(record).map(({ name, key }) => {
    const path = key === 'kind' ? ['deploy', 'mode'] : key in service ? [key] : []
    return refused(path, `the machines of this version take no workload with ${name}`)
  })
}

function freeName(service: string, taken: Set<string>): string {
  const base = suggestDnsLabel(service) ?? 'service'
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? base : `${base.slice(0, 58)}-${count}`
    if (taken.has(name)) continue
    taken.add(name)
    return name
  }
}

/** A service that extends another one says some things twice. */
function distinct(notes: readonly Note[]): Note[] {
  const seen = new Set<string>()
  return notes.filter(({ weight, path, message }) => {
    const id = [weight, formatPath(path), message].join('\n')
    return !seen.has(id) && seen.add(id)
  })
}

function remarkOf(project: ComposeProject, note: Note, prefix: Path, service: string): Remark {
  const { file, line, column } = project.place([...prefix, ...note.path])
  const path = [service === '' ? undefined : service, formatPath(note.path) || undefined]
  return {
    weight: note.weight,
    file,
    line,
    column,
    path: path.filter((part) => part !== undefined).join('.'),
    message: note.message,
  }
}
