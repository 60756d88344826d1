import type { Session } from '../atproto/session.ts'
import { METHOD } from '../model/nsid.ts'
import type { Did, WorkloadRecord } from '../model/records.ts'
import type { MeshletClient } from '../xrpc/client.ts'
import { askMachine } from './ask-machine.ts'
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

/** Asks one machine. That it can't be asked or refuses is an answer; only an abort rejects. */
export async function askForLogs(io: Io, source: LogSource, did: Did): Promise<LogAnswer> {
  const { session, client, reading, workload, query } = source
  const { tail, since, replica } = query
  const params = {
    workload: workload.uri,
    tail,
    ...(since === undefined ? {} : { since: since as WorkloadRecord['createdAt'] }),
    ...(replica === undefined ? {} : { replica }),
  }
  const answer = await askMachine(io, { session, reading, down: workload.suspects.down }, did, {
    method: 'getLogs',
    what: 'its lines',
    rule: "only the workload's owner may read its lines",
    call: (address) => client.call({ ...address, method: METHOD.getLogs, params }),
  })
  if (answer.kind === 'silent') return answer
  const machine = reading.names.meshlet(did)
  const lines = answer.body.lines.map((line) => ({ meshlet: did, machine, ...line }))
  return { kind: 'lines', lines }
}

/** Oldest first; lines of one moment stay in the order in which they came. */
export function inOrderOfTime(lines: readonly LogLine[]): readonly LogLine[] {
  return lines.toSorted((a, b) => {
    const [left, right] = [a.time ?? '', b.time ?? '']
    return left < right ? -1 : left > right ? 1 : 0
  })
}

/** `alice.test/box#0 | line`, the bars below each other, or the bare line. Each ends with a newline. */
export function formatLogLines(lines: readonly LogLine[], hasPrefix = true): string {
  if (!hasPrefix) return lines.map(({ line }) => `${printable(line)}\n`).join('')
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
