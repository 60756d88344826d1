import type { Session } from '../../atproto/session.ts'
import { parseDuration } from '../../model/duration.ts'
import { CommuneError, messageOf } from '../../model/errors.ts'
import { COLLECTION, METHOD } from '../../model/nsid.ts'
import type { Did, MeshletOwnerRecord, MeshletStatusRecord } from '../../model/records.ts'
import type { MeshletClient } from '../../xrpc/client.ts'
import type { ConnectionOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { openLogin } from '../open-login.ts'
import { parseOutput, printData } from '../output.ts'
import { openSessionReader, type Reading } from '../reading.ts'
import { printable } from '../table.ts'
import { replicasOf, workloadView, type WorkloadView } from '../workload-view.ts'

interface LogsOptions extends ConnectionOptions {
  readonly output?: string
  readonly tail?: string
  readonly since?: string
}

interface Line {
  readonly meshlet: Did
  readonly machine: string
  readonly replica?: number
  readonly stream?: string
  readonly time?: string
  readonly line: string
}

type Timestamp = MeshletOwnerRecord['createdAt']

interface Query {
  readonly tail: number
  readonly since: string | undefined
}

const TAIL = 100
const TAIL_MAX = 10_000
const TIMEOUT_MS = 10_000

/** Asks every machine that holds a replica for its lines; only the workload's owner may. */
export async function runLogs(
  context: CommandContext,
  [name = '']: readonly string[],
  options: LogsOptions,
): Promise<number> {
  const { io } = context
  const format = parseOutput(options.output)
  const query = {
    tail: parseTail(options.tail),
    since: parseSince(options.since, io.clock.wallMs()),
  }
  await using login = await openLogin(context, options)
  const reader = await openSessionReader(context, login.session, login.connection)
  using reading = await reader.read()
  const workload = workloadView(reading.view, reading.owner, name)
  const holders = holdersOf(workload)
  if (holders.length === 0)
    io.note(`Nothing of ${name} runs. "commune explain ${name}" says why.\n`)
  const { allowPrivateAddresses } = reader
  const client = await context.drivers.createMeshletClient({ allowPrivateAddresses })
  const { session } = login
  const answers = await Promise.all(
    holders.map((did) => linesOf(context, { session, client, reading, workload, did, query })),
  )
  const failed = answers.filter((answer) => typeof answer === 'string')
  const lines = answers.flatMap((answer) => (typeof answer === 'string' ? [] : answer))
  lines.sort((a, b) => compareTimes(a, b))
  if (format === 'json' || format === 'yaml') printData(io, format, lines)
  else io.out(lines.map(formatLine).join(''))
  for (const problem of failed) io.note(`${problem}\n`)
  return failed.length > 0 ? EXIT.failed : EXIT.done
}

function holdersOf(workload: WorkloadView): readonly Did[] {
  return [...new Set(replicasOf(workload).map(({ meshletDid }) => meshletDid))]
}

/** The lines, or a sentence that says why there are none. */
async function linesOf(
  { io }: CommandContext,
  from: {
    readonly session: Session
    readonly client: MeshletClient
    readonly reading: Reading
    readonly workload: WorkloadView
    readonly did: Did
    readonly query: Query
  },
): Promise<readonly Line[] | string> {
  const { session, client, reading, workload, did, query } = from
  const machine = reading.names.meshlet(did)
  const status = reading.view.get<MeshletStatusRecord>(did, COLLECTION.meshletStatus, 'self')
  const endpoint = status?.value.endpoint
  if (endpoint === undefined) return `${machine} has no address that it can be asked at.`
  try {
    const answer = await client.call({
      did,
      endpoint,
      method: METHOD.getLogs,
      token: await session.getServiceAuth({ aud: did, lxm: METHOD.getLogs }),
      params: {
        workload: workload.uri,
        tail: query.tail,
        ...(query.since === undefined ? {} : { since: query.since as Timestamp }),
      },
      signal: AbortSignal.any([io.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    return answer.lines.map((line) => ({ meshlet: did, machine, ...line }))
  } catch (error) {
    io.signal.throwIfAborted()
    return `${machine} does not give its lines: ${messageOf(error)}`
  }
}

function formatLine({ machine, replica, line }: Line): string {
  const which = replica === undefined ? '' : `#${replica}`
  return `${machine}${which} | ${printable(line)}\n`
}

function compareTimes(a: Line, b: Line): number {
  const [left, right] = [a.time ?? '', b.time ?? '']
  return left < right ? -1 : left > right ? 1 : 0
}

function parseTail(text: string | undefined): number {
  if (text === undefined) return TAIL
  const lines = Number(text)
  if (Number.isInteger(lines) && lines >= 1 && lines <= TAIL_MAX) return lines
  throw new CommuneError('usage', `--tail ${text} is not understood.`, {
    hint: `Give a number from 1 to ${TAIL_MAX}.`,
  })
}

function parseSince(text: string | undefined, nowMs: number): string | undefined {
  if (text === undefined) return undefined
  const parsed = parseDuration(text)
  if (parsed.ok) return new Date(nowMs - parsed.value).toISOString()
  throw new CommuneError('usage', `--since ${text} is not understood: expected ${parsed.expected}.`)
}
