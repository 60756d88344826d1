import { suggestDnsLabel } from '../model/name.ts'
import { quote, type Path } from '../spec/finding.ts'
import {
  isMap,
  isTrue,
  listOf,
  mapOf,
  textOf,
  type ComposeMap,
  type ComposeValue,
} from './compose-value.ts'
import { convertBytes } from './convert-amounts.ts'
import { changed, lost, mend, type Converted, type Note } from './note.ts'

interface Mount {
  readonly type: string
  readonly source: string | undefined
  readonly target: string
  readonly isReadOnly: boolean
  readonly size?: string
}

const NO_FOLDER =
  'folders and files of the machine cannot be mounted; put them into the image, or into a volume'

/** Volumes and file systems in memory. */
export function convertStorage(service: ComposeMap, top: ComposeMap): Converted {
  const notes: Note[] = []
  const volumes = new Map<string, Record<string, unknown>>()
  const tmpfs = new Map<string, string>()
  for (const [index, item] of listOf(service['volumes']).entries()) {
    const path: Path = ['volumes', index]
    const mount = isMap(item) ? longMount(item) : shortMount(item)
    if (textOf(item)?.startsWith(':') === true) {
      const why = `${quote(textOf(item) ?? '')} says nothing before the colon; is a variable not set?`
      notes.push(mend(path, why))
    } else if (mount === undefined) {
      notes.push(lost(path, 'it is no volume that Compose knows'))
    } else if (mount.type === 'tmpfs') {
      tmpfs.set(
        mount.target,
        mount.size === undefined ? mount.target : `${mount.target}:size=${mount.size}`,
      )
    } else if (mount.type === 'volume') {
      const name = freeName(mount, volumes)
      volumes.set(name, { name, path: mount.target })
      notes.push(...volumeNotes(mount, path, top))
    } else {
      const what =
        mount.type === 'bind'
          ? NO_FOLDER
          : `a mount of type ${quote(mount.type)} cannot be had here`
      notes.push(lost(path, `${mount.source ?? ''} at ${mount.target}: ${what}`))
    }
  }
  for (const [index, item] of listOf(service['tmpfs']).entries()) {
    const text = textOf(item) ?? ''
    const [target = '', options] = text.split(':')
    const size = /(?:^|,)size=(\w+)/.exec(options ?? '')?.[1]
    tmpfs.set(target, size === undefined ? target : `${target}:size=${size}`)
    if (options !== undefined && options !== `size=${size}`) {
      notes.push(lost(['tmpfs', index], 'of its options only size is known here'))
    }
  }
  return {
    fields: {
      ...(volumes.size === 0 ? {} : { volumes: [...volumes.values()] }),
      ...(tmpfs.size === 0 ? {} : { tmpfs: [...tmpfs.values()] }),
    },
    notes,
  }
}

function longMount(item: ComposeMap): Mount | undefined {
  const target = textOf(item['target'])
  if (target === undefined) return undefined
  const size = convertBytes(mapOf(item['tmpfs'])['size'])
  return {
    type: textOf(item['type']) ?? 'volume',
    source: textOf(item['source']),
    target,
    isReadOnly: isTrue(item['read_only']),
    ...(size === undefined ? {} : { size: size.replace(/i$/, '').toLowerCase() }),
  }
}

function shortMount(item: ComposeValue): Mount | undefined {
  const text = textOf(item)
  if (text === undefined || text === '') return undefined
  // The colon of a Windows drive divides nothing.
  const parts = (text.match(/(?:^[A-Za-z]:[\\/][^:]*|[^:]+)/g) ?? []) as string[]
  const [first = '', second, mode = ''] = parts
  const isReadOnly = mode.split(',').includes('ro')
  if (second === undefined || !second.startsWith('/')) {
    return { type: 'volume', source: undefined, target: first, isReadOnly: second === 'ro' }
  }
  const isFolder = /^(?:[./~\\$]|[A-Za-z]:[\\/])/.test(first)
  return { type: isFolder ? 'bind' : 'volume', source: first, target: second, isReadOnly }
}

function freeName(mount: Mount, taken: ReadonlyMap<string, unknown>): string {
  const base = suggestDnsLabel(mount.source ?? mount.target) ?? 'data'
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? base : `${base.slice(0, 58)}-${count}`
    if (!taken.has(name)) return name
  }
}

function volumeNotes(mount: Mount, path: Path, top: ComposeMap): readonly Note[] {
  const settings = mapOf(mapOf(top['volumes'])[mount.source ?? ''])
  const isForeign = isTrue(settings['external']) || isMap(settings['external'])
  const hasDriver =
    'driver_opts' in settings || !['local', undefined].includes(textOf(settings['driver']))
  return [
    ...(mount.isReadOnly ? [changed(path, 'a volume is always writable here')] : []),
    ...(isForeign
      ? [changed(path, 'it was made outside of Compose; here the volume begins empty')]
      : []),
    ...(hasDriver
      ? [
          changed(
            path,
            'volumes have no drivers here: they are folders of the machine that runs it',
          ),
        ]
      : []),
  ]
}

/** Secrets keep their names and places; their values are not in these files, and stay out. */
export function convertSecrets(service: ComposeMap): Converted {
  const secrets = new Map<string, { name: string; file: string }>()
  const notes: Note[] = []
  for (const [index, item] of listOf(service['secrets']).entries()) {
    const source = textOf(isMap(item) ? item['source'] : item) ?? ''
    const target = (isMap(item) ? textOf(item['target']) : undefined) ?? source
    const name = suggestDnsLabel(source)
    if (name === undefined) {
      notes.push(lost(['secrets', index], 'it has no name'))
      continue
    }
    secrets.set(name, { name, file: target.startsWith('/') ? target : `/run/secrets/${target}` })
    notes.push(
      mend(
        ['secrets', index],
        `the value of the secret ${name} has to be sealed for your machines; it was not read`,
      ),
    )
  }
  return { fields: secrets.size === 0 ? {} : { secrets: [...secrets.values()] }, notes }
}
