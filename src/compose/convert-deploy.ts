import { quote, type Path } from '../spec/finding.ts'
import {
  isMap,
  listOf,
  mapOf,
  pairsOf,
  textOf,
  type ComposeMap,
  type ComposeValue,
} from './compose-value.ts'
import { convertBytes, convertCount, convertCpus, convertDuration } from './convert-amounts.ts'
import { changed, lost, NOTHING, type Converted, type Note } from './note.ts'

/** How many, and with how much. */
export function convertSize(service: ComposeMap): Converted {
  const parts = [replicas(service), resources(service)]
  return {
    fields: Object.assign({}, ...parts.map(({ fields }) => fields)) as Converted['fields'],
    notes: parts.flatMap(({ notes }) => notes),
  }
}

function replicas(service: ComposeMap): Converted {
  const deploy = mapOf(service['deploy'])
  const mode = textOf(deploy['mode']) ?? 'replicated'
  const isJob = mode.endsWith('-job')
  const jobNotes = isJob
    ? [changed(['deploy', 'mode'], 'it became a Job, which runs to its end on one machine')]
    : []
  const kind = isJob ? { kind: 'Job' } : {}
  if (mode === 'global' || mode === 'global-job') {
    return { fields: { ...kind, replicas: 'everywhere' }, notes: jobNotes }
  }
  const profiles = listOf(service['profiles']).map((item) => textOf(item) ?? '')
  // The empty profile is on whenever nobody names one.
  if (profiles.length > 0 && !profiles.includes('')) {
    const why = `it runs only with the profile ${profiles.join(', ')}; here it has no replicas until you give it some`
    return { fields: { ...kind, replicas: 0 }, notes: [...jobNotes, changed(['profiles'], why)] }
  }
  const path = 'replicas' in deploy ? ['deploy', 'replicas'] : ['scale']
  const given = deploy['replicas'] ?? service['scale']
  if (given === undefined || given === null) return { fields: kind, notes: jobNotes }
  const count = convertCount(given)
  if (count !== undefined) return { fields: { ...kind, replicas: count }, notes: jobNotes }
  return { fields: kind, notes: [...jobNotes, lost(path, 'it is no number of replicas')] }
}

function resources(service: ComposeMap): Converted {
  const all = mapOf(mapOf(service['deploy'])['resources'])
  const limits = mapOf(all['limits'])
  const reservations = mapOf(all['reservations'])
  const notes: Note[] = []
  const pick = (
    places: readonly (readonly [Path, ComposeValue | undefined])[],
    convert: (value: ComposeValue | undefined) => string | undefined,
  ): string | undefined => {
    const [first, ...others] = places.filter(([, value]) => value !== undefined && value !== null)
    if (first === undefined) return undefined
    const [path, value] = first
    for (const [other] of others) notes.push(lost(other, 'here a limit is also what is set aside'))
    // 0 and -1 mean "as much as there is", which nobody gives away here.
    const amount = convert(value)
    if (amount === undefined)
      notes.push(lost(path, `${quote(textOf(value) ?? '')} is no amount that can be asked for`))
    return amount
  }
  const cpu = pick(
    [
      [['deploy', 'resources', 'limits', 'cpus'], limits['cpus']],
      [['cpus'], service['cpus']],
      [['deploy', 'resources', 'reservations', 'cpus'], reservations['cpus']],
    ],
    convertCpus,
  )
  const memory = pick(
    [
      [['deploy', 'resources', 'limits', 'memory'], limits['memory']],
      [['mem_limit'], service['mem_limit']],
      [['deploy', 'resources', 'reservations', 'memory'], reservations['memory']],
      [['mem_reservation'], service['mem_reservation']],
    ],
    convertBytes,
  )
  for (const [kind, part] of [
    ['limits', limits],
    ['reservations', reservations],
  ] as const) {
    for (const key of ['devices', 'generic_resources', 'pids']) {
      if (key in part)
        notes.push(lost(['deploy', 'resources', kind, key], 'this cannot be asked for here'))
    }
  }
  const fields = {
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory === undefined ? {} : { memory }),
  }
  return { fields: Object.keys(fields).length === 0 ? {} : { resources: fields }, notes }
}

const FAILURE: Readonly<Record<string, string>> = { rollback: 'rollback', pause: 'halt' }

/** How a new version replaces the old one. */
export function convertUpdate(service: ComposeMap): Converted {
  const deploy = mapOf(service['deploy'])
  const config = deploy['update_config']
  const notes: Note[] =
    'rollback_config' in deploy
      ? [lost(['deploy', 'rollback_config'], 'going back is a roll-out like any other here')]
      : []
  if (!isMap(config)) return { fields: {}, notes }
  const path = (key: string): Path => ['deploy', 'update_config', key]
  const order = textOf(config['order']) === 'start-first' ? 'start-first' : 'stop-first'
  const parallelism = convertCount(config['parallelism']) ?? 1
  const monitor = convertDuration(config['monitor'])
  const action = textOf(config['failure_action'])
  const onFailure = FAILURE[action ?? 'pause']
  if (onFailure === undefined)
    notes.push(lost(path('failure_action'), 'a roll-out that failed never goes on here'))
  if ('delay' in config && textOf(config['delay']) !== '0s') {
    notes.push(
      lost(
        path('delay'),
        'the next replica follows when the last one was healthy for healthyAfter',
      ),
    )
  }
  if ('max_failure_ratio' in config)
    notes.push(lost(path('max_failure_ratio'), 'the first failure counts here'))
  // Compose means all at once by 0.
  const count = parallelism === 0 ? 1000 : parallelism
  const update = {
    order,
    ...(order === 'start-first' ? { maxSurge: count } : { maxUnavailable: count }),
    ...(monitor === undefined ? {} : { healthyAfter: monitor }),
    ...(onFailure === undefined ? {} : { onFailure }),
  }
  return { fields: { update }, notes }
}

const LABEL = /^(?:node\.labels|engine\.labels)\.([\w./-]+)\s*(==|!=)\s*([\w.-]+)$/
const PLATFORM = /^node\.platform\.(arch|os)\s*(==|!=)\s*(\w+)$/
const ARCH: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' }

/** Where it may run. */
export function convertPlacement(service: ComposeMap): Converted {
  const placement = mapOf(mapOf(service['deploy'])['placement'])
  const constraints: string[] = []
  const notes: Note[] = []
  const [os, arch] = (textOf(service['platform']) ?? '').split('/')
  if (arch !== undefined && os === 'linux') constraints.push(`arch=${ARCH[arch] ?? arch}`)
  else if (os !== undefined && os !== '' && os !== 'linux')
    notes.push(lost(['platform'], 'containers run on Linux here'))
  for (const [index, item] of listOf(placement['constraints']).entries()) {
    const text = (textOf(item) ?? '').trim()
    const [, key, operator = '', value = ''] = LABEL.exec(text) ?? PLATFORM.exec(text) ?? []
    const sign = operator === '==' ? '=' : '!='
    if (key === undefined) {
      const why = `${quote(text)} speaks of a swarm; say it with a label of the machine`
      notes.push(lost(['deploy', 'placement', 'constraints', index], why))
    } else if (key !== 'os') {
      constraints.push(`${key}${sign}${key === 'arch' ? (ARCH[value] ?? value) : value}`)
    }
  }
  const spread = preferred(placement, notes)
  const fields = {
    ...(constraints.length === 0 ? {} : { constraints: [...new Set(constraints)] }),
    ...(spread === undefined ? {} : { spread }),
  }
  return Object.keys(fields).length === 0 && notes.length === 0 ? NOTHING : { fields, notes }
}

function preferred(placement: ComposeMap, notes: Note[]): string | undefined {
  const [first, ...more] = listOf(placement['preferences'])
  if (more.length > 0)
    notes.push(lost(['deploy', 'placement', 'preferences', 1], 'only one spread counts here'))
  const label = /^node\.labels\.(.+)$/.exec(textOf(pairsOf(first)['spread']) ?? '')?.[1]
  if (label !== undefined) return label
  if (first !== undefined)
    notes.push(
      lost(['deploy', 'placement', 'preferences', 0], 'say it with a label of the machine'),
    )
  if (!('max_replicas_per_node' in placement)) return undefined
  notes.push(
    changed(
      ['deploy', 'placement', 'max_replicas_per_node'],
      'spread: meshlet is a wish, and no limit',
    ),
  )
  return 'meshlet'
}
