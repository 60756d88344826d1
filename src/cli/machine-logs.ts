import type { Session } from '../atproto/session.ts'
import { CommuneError, messageOf } from '../model/errors.ts'
import { COLLECTION, METHOD } from '../model/nsid.ts'
import type { Did, MeshletStatusRecord, WorkloadRecord } from '../model/records.ts'
import type { MeshletClient } from '../xrpc/client.ts'
import type { Io } from './io.ts'
import type { Reading } from './reading.ts'
import { printable } from './table.ts'
import type { WorkloadView } from './workload-view.ts'

/** A line that a replica wrote, and where. */
export interface LogLine {
  readonly meshlet: Did
  readonly machine: string
  readonly replica?: number
  readonly stream?: string
  /** ISO 8601, UTC. */
  readonly time?: string
  readonly line: string
}

export interface LogQuery {
  /** Lines of each machine at most. */
  readonly tail: number
  /** ISO 8601. */
  readonly since?: string
  /** Index on the machine; all of them when absent. */
  readonly replica?: number
}

/** The lines, or a sentence that says why there are none. */
export type LogAnswer =
  | { readonly kind: 'lines'; readonly lines: readonly LogLine[] }
  | { readonly kind: 'silent'; readonly reason: string }

export interface LogSource {
  readonly session: Pick<Session, 'getServiceAuth'>
  readonly client: MeshletClient
  readonly reading: Reading
  readonly workload: WorkloadView
  readonly query: LogQuery
}

const TIMEOUT_MS = 10_000

/** Asks one machine. That it can't be asked or refuses is an answer; only an abort rejects. */
export async function askForLogs(io: Io, source: LogSource, did: Did): Promise<LogAnswer> {
  const { session, client, reading, workload, query } = source
  const machine = reading.names.meshlet(did)
  if (workload.suspects.down.has(did)) {
    return { kind: 'silent', reason: `${machine} is down, so that its lines can't be read.` }
  }
  const status = reading.view.get<MeshletStatusRecord>(did, COLLECTION.meshletStatus, 'self')
  const endpoint = status?.value.endpoint
  if (endpoint === undefined) {
    const reason = `${machine} publishes no address (it may be behind NAT), so that it can't be asked.`
    return { kind: 'silent', reason }
  }
  const { tail, since, replica } = query
  try {
    const answer = await client.call({
      did,
      endpoint,
      method: METHOD.getLogs,
      token: await session.getServiceAuth({ aud: did, lxm: METHOD.getLogs, signal: io.signal }),
      params: {
        workload: workload.uri,
        tail,
        ...(since === undefined ? {} : { since: since as WorkloadRecord['createdAt'] }),
        ...(replica === undefined ? {} : { replica }),
      },
      signal: AbortSignal.any([io.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    return {
      kind: 'lines',
      lines: answer.lines.map((line) => ({ meshlet: did, machine, ...line })),
    }
  } catch (error) {
    io.signal.throwIfAborted()
    return { kind: 'silent', reason: refusalText(error, machine, did) }
  }
}

/** In words that need no knowledge of the protocol. */
function refusalText(error: unknown, machine: string, did: Did): string {
  switch (error instanceof CommuneError ? error.code : undefined) {
    case 'unreachable':
    case 'timeout':
      return `${machine} can't be reached from here: it may be off or behind NAT.`
    case 'forbidden':
    case 'unauthorized':
      return `${machine} refuses: only the workload's owner may read its lines.`
    case 'not-found':
      return `Nothing of it is on ${machine} any more.`
    default:
      return `${machine} does not give its lines: ${messageOf(error).replaceAll(did, machine)}`
  }
}

/** Oldest first; lines of one moment stay in the order in which they came. */
export function inOrderOfTime(lines: readonly LogLine[]): readonly LogLine[] {
  return lines.toSorted((a, b) => {
    const [left, right] = [a.time ?? '', b.time ?? '']
    return left < right ? -1 : left > right ? 1 : 0
  })
}

/** `alice.test/box#0 | line`, the bars below each other. Each ends with a newline. */
export function formatLogLines(lines: readonly LogLine[]): string {
  const prefixes = lines.map(({ machine, replica }) =>
    replica === undefined ? machine : `${machine}#${replica}`,
  )
  const width = Math.max(0, ...prefixes.map(({ length }) => length))
  return lines
    .map(({ line }, index) => {
      const text = `${(prefixes[index] ?? '').padEnd(width)} | ${printable(line)}`
      return `${text.trimEnd()}\n`
    })
    .join('')
}
