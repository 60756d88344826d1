import { dirname, join } from 'node:path'
import { looksSecret } from '../spec/check-env.ts'
import { formatPath, quote, type Path } from '../spec/finding.ts'
import { fileIssue, type Issue } from '../spec/issue.ts'
import { readTextFile } from '../spec/read-file.ts'
import type { Position } from '../spec/source-text.ts'
import { readComposeText, type ComposeText } from './compose-text.ts'
import {
  isList,
  isMap,
  listOf,
  mapOf,
  pairsOf,
  textOf,
  type ComposeMap,
  type ComposeValue,
} from './compose-value.ts'
import { parseDotenv } from './dotenv.ts'
import { interpolate, type Variables } from './interpolate.ts'
import { isLeftOut } from './left-out.ts'
import { mergeCompose, withoutMarks } from './merge-compose.ts'
import { changed, mend, type Note } from './note.ts'

const FILES_MAX = 100
const SERVICES_MAX = 1000
const EXTENDS_DEPTH_MAX = 32

/** The services of some Compose files, each with everything that it extends and includes. */
export interface ComposeProject {
  readonly services: ReadonlyMap<string, ComposeMap>
  /** Volumes, networks, secrets and configs. */
  readonly top: ComposeMap
  readonly notes: readonly Note[]
  /** What stands behind a name of which the environment gives no value. */
  readonly variables: Variables
  readonly place: (path: Path) => Position & { readonly file: string }
}

export type LoadedCompose =
  | { readonly ok: true; readonly project: ComposeProject }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/** What Compose finds in the files, later ones over earlier ones, with the variables of `env`. */
export async function loadCompose(
  paths: readonly string[],
  env: ReadonlyMap<string, string>,
): Promise<LoadedCompose> {
  const variables: Variables = {
    get: (name) => env.get(name),
    // Of one that is not set, the name tells.
    isSecret: (name) => looksSecret(name, env.get(name) ?? 'unknown'),
  }
  const loading: Loading = {
    variables,
    files: new Map(),
    included: new Map(),
    issues: [],
    notes: [],
  }
  let whole: ComposeMap = {}
  for (const path of paths) {
    const value = await loadWithIncludes(path, loading)
    whole = mapOf(mergeCompose(whole, value))
  }
  const services = new Map<string, ComposeMap>()
  for (const name of Object.keys(mapOf(whole['services']))) {
    const service = await extendService(
      { file: paths.at(-1) ?? '', all: whole, name, chain: [] },
      loading,
    )
    if (service === undefined) continue
    services.set(name, await withEnvFiles(name, mapOf(withoutMarks(service)), loading))
  }
  const first = loading.files.get(paths[0] ?? '')
  if (loading.issues.length === 0 && services.size === 0 && first !== undefined) {
    const expected = '"services:" with at least one service'
    loading.issues.push(fileIssue(first.file, 'there is no service in this file', { expected }))
  }
  if (services.size > SERVICES_MAX) {
    loading.issues.push(fileIssue(paths[0] ?? '', `more than ${SERVICES_MAX} services`))
  }
  if (loading.issues.length > 0) return { ok: false, issues: loading.issues }
  const { notes } = loading
  const top = mapOf(withoutMarks(whole))
  const place = (path: Path) => placeIn([...loading.files.values()], path)
  return { ok: true, project: { services, top, notes, variables, place } }
}

interface Loading {
  readonly variables: Variables
  readonly files: Map<string, ComposeText>
  /** Files with all that they include. */
  readonly included: Map<string, ComposeMap>
  readonly issues: Issue[]
  readonly notes: Note[]
}

async function loadFile(
  path: string,
  loading: Loading,
  from?: Issue,
): Promise<ComposeText | undefined> {
  const known = loading.files.get(path)
  if (known !== undefined) return known
  const refuse = (issues: readonly Issue[]): undefined => {
    // A file that another one names is reported where it is named.
    loading.issues.push(
      ...(from === undefined
        ? issues
        : issues.map((issue) => ({ ...from, message: `${from.message}: ${issue.message}` }))),
    )
  }
  if (loading.files.size >= FILES_MAX)
    return refuse([fileIssue(path, `more than ${FILES_MAX} files`)])
  const decoded = await readTextFile(path, path)
  if (!decoded.ok) return refuse([decoded.issue])
  const read = readComposeText(decoded.text, path)
  if (!read.ok) {
    loading.issues.push(...read.issues)
    return undefined
  }
  const isOld = isWithoutServices(read.text.value)
  const place = isOld ? (at: Path) => read.text.place(at.slice(1)) : read.text.place
  const value = interpolateAll(isOld ? { services: read.text.value } : read.text.value, loading)
  const problem = misshapen(value)
  if (problem !== undefined) {
    return refuse([{ ...fileIssue(path, problem.message), ...place(problem.path) }])
  }
  const text = { ...read.text, place, value: withPaths(value, dirname(path)) }
  loading.files.set(path, text)
  return text
}

/** What makes a file none of Compose. */
function misshapen(value: ComposeMap): { path: Path; message: string } | undefined {
  if (!('services' in value) && !('include' in value)) {
    return { path: [], message: 'this is no Compose file: there is no "services:"' }
  }
  const { services } = value
  if (services !== undefined && services !== null && !isMap(services)) {
    return { path: ['services'], message: '"services:" must hold a mapping of services' }
  }
  const wrong = Object.entries(mapOf(services)).find(
    ([, service]) => service !== null && !isMap(service),
  )
  return (
    wrong && {
      path: ['services', wrong[0]],
      message: `the service ${quote(wrong[0])} is no mapping`,
    }
  )
}

/** Files from before 2016 have their services at the top. */
function isWithoutServices(value: ComposeMap): boolean {
  const items = Object.values(value)
  return (
    !('services' in value) &&
    !('include' in value) &&
    items.length > 0 &&
    items.every((item) => isMap(item) && ('image' in item || 'build' in item || 'extends' in item))
  )
}

/** Paths in a file count from its folder, wherever the service that they belong to ends up. */
function withPaths(value: ComposeMap, folder: string): ComposeMap {
  const services = Object.entries(mapOf(value['services'])).map(([name, service]) => {
    const files = isMap(service) ? service['env_file'] : undefined
    if (files === undefined || files === null) return [name, service ?? {}] as const
    const resolved = listOf(files).map((item) => {
      const path = textOf(isMap(item) ? item['path'] : item) ?? ''
      const absolute = path.startsWith('/') ? path : join(folder, path)
      return isMap(item) ? { ...item, path: absolute } : absolute
    })
    return [name, { ...mapOf(service), env_file: resolved }] as const
  })
  return { ...value, services: Object.fromEntries(services) }
}

async function loadWithIncludes(
  path: string,
  loading: Loading,
  chain: readonly string[] = [],
): Promise<ComposeMap> {
  const known = loading.included.get(path)
  if (known !== undefined) return known
  const text = await loadFile(path, loading)
  if (text === undefined) return {}
  let value: ComposeMap = {}
  for (const [index, item] of listOf(text.value['include']).entries()) {
    for (const part of listOf(isMap(item) ? item['path'] : item)) {
      const name = textOf(part) ?? ''
      const place = text.place(['include', index])
      const issue = { ...fileIssue(path, `include ${quote(name)}`), ...place }
      value = mapOf(mergeCompose(value, await include(name, issue, [...chain, path], loading)))
    }
  }
  const whole = mapOf(mergeCompose(value, text.value))
  loading.included.set(path, whole)
  return whole
}

async function include(
  name: string,
  issue: Issue,
  chain: readonly string[],
  loading: Loading,
): Promise<ComposeMap> {
  const target = join(dirname(issue.file), name)
  if (/^(?:[a-z]+:\/\/|git@|oci:)/.test(name)) {
    const suggestion = 'fetch it, and name the file'
    loading.issues.push({ ...issue, message: `${issue.message} is no file`, suggestion })
  } else if (chain.includes(target)) {
    const message = `${issue.message}: these files include each other without end`
    loading.issues.push({ ...issue, message })
  } else if ((await loadFile(target, loading, issue)) !== undefined) {
    return await loadWithIncludes(target, loading, chain)
  }
  return {}
}

interface Extending {
  readonly file: string
  readonly all: ComposeMap
  readonly name: string
  readonly chain: readonly string[]
}

/** A service on top of the one that it extends, and that one on top of its own, to the end. */
async function extendService(
  { file, all, name, chain }: Extending,
  loading: Loading,
): Promise<ComposeMap | undefined> {
  const service = mapOf(mapOf(all['services'])[name])
  const given = service['extends']
  if (given === undefined || given === null) return service
  const parent = textOf(isMap(given) ? given['service'] : given) ?? ''
  const other = textOf(mapOf(given)['file'])
  const path: Path = ['services', name, 'extends']
  const place = placeIn([...loading.files.values()], path)
  const issue = { ...fileIssue(place.file, `extends ${quote(parent)}`), ...place }
  const id = `${file}\n${name}`
  if (chain.includes(id) || chain.length > EXTENDS_DEPTH_MAX) {
    const message = `${issue.message}: these services extend each other without end`
    loading.issues.push({ ...issue, message })
    return undefined
  }
  const target = other === undefined ? file : join(dirname(file), other)
  const source = other === undefined ? all : (await loadFile(target, loading, issue))?.value
  if (source === undefined) return undefined
  if (!isMap(mapOf(source['services'])[parent])) {
    const where = other === undefined ? 'here' : `in ${target}`
    loading.issues.push({
      ...issue,
      message: `${issue.message}: there is no such service ${where}`,
    })
    return undefined
  }
  const chained = { file: target, all: source, name: parent, chain: [...chain, id] }
  const base = await extendService(chained, loading)
  if (base === undefined) return undefined
  const { extends: _extends, ...own } = service
  return mapOf(mergeCompose(base, own))
}

/** The variables of the files that a service names, below those that it gives itself. */
async function withEnvFiles(
  name: string,
  service: ComposeMap,
  loading: Loading,
): Promise<ComposeMap> {
  const { env_file: files, ...rest } = service
  if (files === undefined) return service
  let values: ComposeMap = {}
  for (const item of listOf(files)) {
    const file = textOf(isMap(item) ? item['path'] : item) ?? ''
    const path: Path = ['services', name, 'env_file']
    const isRequired = !isMap(item) || textOf(item['required']) !== 'false'
    const decoded = await readTextFile(file, file)
    if (decoded.ok) {
      values = { ...values, ...Object.fromEntries(parseDotenv(decoded.text, loading.variables)) }
      loading.notes.push(
        changed(
          path,
          `the variables of ${file} were written into env, which everybody can read; changes of that file need another import`,
        ),
      )
    } else if (isRequired) {
      loading.notes.push(
        mend(path, `${file}: ${decoded.issue.message}; its variables are missing in env`),
      )
    }
  }
  return { ...rest, environment: { ...values, ...pairsOf(rest['environment']) } }
}

function interpolateAll(value: ComposeMap, loading: Loading): ComposeMap {
  const visit = (item: ComposeValue, at: Path): ComposeValue => {
    if (typeof item === 'string') return put(item, at)
    if (isList(item)) return item.map((part, index) => visit(part, [...at, index]))
    if (!isMap(item)) return item
    return Object.fromEntries(
      Object.entries(item).map(([key, part]) => [key, visit(part, [...at, key])]),
    )
  }
  const put = (text: string, at: Path): string => {
    const { text: result, problems } = interpolate(text, loading.variables)
    const isUsed = isCarriedOver(at)
    if (isUsed) loading.notes.push(...problems.map((problem) => noteOf(problem, at)))
    return result
  }
  return mapOf(visit(value, []))
}

/** What an extension holds is reported where it is used, and what nothing is made of is not at all. */
function isCarriedOver([top, , key]: Path): boolean {
  if (String(top).startsWith('x-')) return false
  return top !== 'services' || (key !== 'build' && !isLeftOut(String(key)))
}

function noteOf(problem: ReturnType<typeof interpolate>['problems'][number], path: Path): Note {
  const { kind, name, message } = problem
  switch (kind) {
    case 'unset':
      return changed(
        path,
        `${name} is not set, so it is empty; set it in .env or in a file for --env-file`,
      )
    case 'required':
      return mend(
        path,
        `${name} must be set${message === '' ? '' : ` (${message})`}; set it in .env or in a file for --env-file`,
      )
    case 'secret':
      return mend(
        path,
        `${name} looks like a secret, which everybody could read here, so its value was not written; see secrets`,
      )
    case 'malformed':
      return mend(path, `${quote(name)} is no reference to a variable that Compose knows`)
  }
}

function placeIn(texts: readonly ComposeText[], path: Path): Position & { readonly file: string } {
  const [, service = ''] = path
  const text = texts.find(({ value }) => service in mapOf(value['services'])) ?? texts[0]
  if (text === undefined) throw new RangeError(`nothing was read: ${formatPath(path)}`)
  return { file: text.file, ...text.place(path) }
}
