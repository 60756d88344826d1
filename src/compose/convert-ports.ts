import { quote } from '../spec/finding.ts'
import { isMap, listOf, textOf, type ComposeMap, type ComposeValue } from './compose-value.ts'
import { changed, lost, type Converted, type Note } from './note.ts'

/** Most ports that a workload may have. */
const PORTS_MAX = 64
const SHORT =
  /^(?:(?:\[[^\]]*\]|[^:]*(?::[^:]*)*?):)?(?:(\d*(?:-\d+)?):)?(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/i

interface Port {
  readonly container: number
  readonly name?: string
  readonly protocol?: string
}

/** Ports that are published, and those that are only named with `expose`: here both only listen. */
export function convertPorts(service: ComposeMap): Converted {
  const notes: Note[] = []
  const ports = new Map<string, Port>()
  const add = (
    found: readonly Port[] | undefined,
    path: readonly (string | number)[],
    text: string,
  ) => {
    if (found === undefined)
      return notes.push(lost(path, `${quote(text)} is no port that is known here`))
    for (const port of found) {
      const id = `${port.container}/${port.protocol ?? 'tcp'}`
      if (ports.has(id)) continue
      if (ports.size < PORTS_MAX) ports.set(id, port)
      else return notes.push(lost(path, `a workload has at most ${PORTS_MAX} ports`))
    }
    return 0
  }
  let published = false
  for (const [index, item] of listOf(service['ports']).entries()) {
    published ||= isMap(item) ? 'published' in item : (textOf(item) ?? '').includes(':')
    add(isMap(item) ? longPort(item) : shortPorts(item), ['ports', index], shown(item))
  }
  for (const [index, item] of listOf(service['expose']).entries()) {
    add(shortPorts(item), ['expose', index], shown(item))
  }
  if (published) {
    const why =
      'each machine chooses the outer port itself, on its loopback address; only the inner port is kept'
    notes.push(changed(['ports'], why))
  }
  return { fields: ports.size === 0 ? {} : { ports: [...ports.values()] }, notes }
}

function longPort(item: ComposeMap): readonly Port[] | undefined {
  const range = shortPorts(item['target'] ?? null)
  const protocol = protocolOf(textOf(item['protocol']))
  const name = textOf(item['name'])
  const isName = name !== undefined && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(name)
  if (protocol === undefined) return undefined
  return range?.map((port) => ({ ...port, ...(isName ? { name } : {}), ...protocol }))
}

function shortPorts(item: ComposeValue): readonly Port[] | undefined {
  const [, , first, last = first, word] = SHORT.exec((textOf(item) ?? '').trim()) ?? []
  const protocol = protocolOf(word)
  const from = Number(first)
  const to = Number(last)
  if (first === undefined || protocol === undefined || from < 1 || to > 65_535 || to < from)
    return undefined
  // One more than fits, so that the excess is noticed.
  const count = Math.min(to - from + 1, PORTS_MAX + 1)
  return Array.from({ length: count }, (_, index) => ({ container: from + index, ...protocol }))
}

function protocolOf(word: string | undefined): { readonly protocol?: string } | undefined {
  const protocol = (word ?? 'tcp').toLowerCase()
  if (protocol === 'tcp') return {}
  return protocol === 'udp' ? { protocol } : undefined
}

function shown(item: ComposeValue): string {
  return textOf(item) ?? JSON.stringify(item)
}
