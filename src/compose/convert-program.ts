import { quote } from '../spec/finding.ts'
import {
  isList,
  isTrue,
  listOf,
  mapOf,
  textOf,
  type ComposeMap,
  type ComposeValue,
} from './compose-value.ts'
import { convertCount, convertDuration } from './convert-amounts.ts'
import { changed, lost, NOTHING, type Converted, type Note } from './note.ts'
import { splitShellWords } from './shell-words.ts'

const SIGNALS = new Set(
  'SIGTERM SIGINT SIGQUIT SIGHUP SIGUSR1 SIGUSR2 SIGWINCH SIGABRT SIGALRM SIGKILL SIGRTMIN+3'.split(
    ' ',
  ),
)

/** What runs in the container, as whom, and how it is asked to end. */
export function convertProgram(service: ComposeMap): Converted {
  const parts = [
    words(service, 'entrypoint'),
    words(service, 'command'),
    workingDir(service),
    user(service),
    stopSignal(service),
    stopGracePeriod(service),
  ]
  return {
    fields: Object.assign({}, ...parts.map(({ fields }) => fields)) as Converted['fields'],
    notes: parts.flatMap(({ notes }) => notes),
  }
}

function words(service: ComposeMap, key: 'entrypoint' | 'command'): Converted {
  const value = service[key]
  if (value === undefined || value === null) return NOTHING
  const split = isList(value)
    ? value.map((item) => textOf(item) ?? '')
    : splitShellWords(textOf(value) ?? '')
  if (split === undefined) {
    return {
      fields: {},
      notes: [lost([key], 'a quote in it is not closed, so its words are unknown')],
    }
  }
  if (split.length > 0) return { fields: { [key]: split }, notes: [] }
  return {
    fields: {},
    notes: [lost([key], `an empty one cannot be said here; the image’s own ${key} runs`)],
  }
}

function workingDir({ working_dir: value }: ComposeMap): Converted {
  const path = textOf(value)
  return path === undefined ? NOTHING : { fields: { workingDir: path }, notes: [] }
}

function user({ user: value }: ComposeMap): Converted {
  const name = textOf(value)
  if (name === undefined || name === '') return NOTHING
  if (name === 'root' || name === 'root:root') return { fields: { user: '0' }, notes: [] }
  if (/^\d+(?::\d+)?$/.test(name)) return { fields: { user: name }, notes: [] }
  return {
    fields: {},
    notes: [
      lost(
        ['user'],
        `write the number of ${quote(name)}, such as "1000:1000"; its name is known in the image only`,
      ),
    ],
  }
}

function stopSignal({ stop_signal: value }: ComposeMap): Converted {
  const text = textOf(value)
  if (text === undefined) return NOTHING
  const signal = text.toUpperCase().startsWith('SIG')
    ? text.toUpperCase()
    : `SIG${text.toUpperCase()}`
  if (SIGNALS.has(signal)) return { fields: { stopSignal: signal }, notes: [] }
  return {
    fields: {},
    notes: [lost(['stop_signal'], `${quote(text)} is no signal that ends a program here`)],
  }
}

function stopGracePeriod({ stop_grace_period: value }: ComposeMap): Converted {
  if (value === undefined || value === null) return NOTHING
  const stopGracePeriod = convertDuration(value)
  if (stopGracePeriod !== undefined) return { fields: { stopGracePeriod }, notes: [] }
  return { fields: {}, notes: [lost(['stop_grace_period'], 'it is no duration such as 30s')] }
}

/** How to tell whether it works. */
export function convertHealthcheck(service: ComposeMap): Converted {
  if (!('healthcheck' in service) || service['healthcheck'] === null) return NOTHING
  const check = mapOf(service['healthcheck'])
  const test = check['test']
  const path = ['healthcheck', 'test']
  if (isTrue(check['disable']) || textOf(listOf(test)[0]) === 'NONE') return NOTHING
  const command = probeOf(test)
  if (command === undefined) {
    const why =
      test === undefined
        ? 'the check of the image is not used here; write its command as exec'
        : 'it is no command'
    return { fields: {}, notes: [lost(path, why)] }
  }
  const notes: Note[] = []
  const timing = (key: string): string | undefined => {
    const value = check[key]
    if (value === undefined || value === null) return undefined
    const duration = convertDuration(value)
    if (duration === undefined)
      notes.push(lost(['healthcheck', key], 'it is no duration such as 30s'))
    return duration
  }
  const retries = convertCount(check['retries'])
  const fields = {
    exec: { command },
    interval: timing('interval') ?? '30s',
    timeout: timing('timeout') ?? '30s',
    startPeriod: timing('start_period'),
    retries: retries === 0 ? 1 : retries,
  }
  if ('start_interval' in check) {
    notes.push(lost(['healthcheck', 'start_interval'], 'probes have one interval here'))
  }
  return { fields: { healthcheck: fields }, notes }
}

function probeOf(test: ComposeValue | undefined): readonly string[] | undefined {
  if (!isList(test)) {
    const line = textOf(test)
    return line === undefined || line === '' ? undefined : ['/bin/sh', '-c', line]
  }
  const [kind, ...rest] = test.map((item) => textOf(item) ?? '')
  if (rest.length === 0) return undefined
  if (kind === 'CMD') return rest
  return kind === 'CMD-SHELL' ? ['/bin/sh', '-c', rest.join(' ')] : undefined
}

const POLICIES: Readonly<Record<string, string>> = {
  no: 'no',
  false: 'no',
  none: 'no',
  always: 'always',
  any: 'always',
  'unless-stopped': 'always',
  'on-failure': 'on-failure',
}

/** When it is started again: by `restart`, or by `deploy.restart_policy`, which wins in Compose. */
export function convertRestart(service: ComposeMap): Converted {
  const deployed = mapOf(service['deploy'])['restart_policy']
  const policy = mapOf(deployed)
  const hasPolicy = deployed !== undefined && deployed !== null
  const path = hasPolicy ? ['deploy', 'restart_policy'] : ['restart']
  const given = hasPolicy ? (textOf(policy['condition']) ?? 'any') : textOf(service['restart'])
  if (given === undefined) return NOTHING
  const [word = '', times] = given.split(':')
  const known = POLICIES[word]
  if (known === undefined)
    return { fields: {}, notes: [lost(path, `${quote(given)} is no policy of Compose`)] }
  const delay = convertDuration(policy['delay'])
  const backoff = delay === undefined || known === 'no' ? undefined : { initial: delay }
  const notes = [
    ...(times === undefined && !('max_attempts' in policy)
      ? []
      : [
          changed(
            path,
            'starts are not counted here: the pause between them grows, up to backoff.max',
          ),
        ]),
    ...('window' in policy
      ? [lost([...path, 'window'], 'whether a start succeeded is told by the health check')]
      : []),
  ]
  return {
    fields: { restart: { policy: known, ...(backoff === undefined ? {} : { backoff }) } },
    notes,
  }
}
