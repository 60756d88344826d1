import { CommuneError, messageOf } from '../../model/errors.ts'
import { formatDuration, parseDuration } from '../../model/duration.ts'
import { COLLECTION } from '../../model/nsid.ts'
import type { Did, MeshletStatusRecord, WorkloadStatusRecord } from '../../model/records.ts'
import { parseWorkloadUri } from '../../model/workload-uri.ts'
import { sleep } from '../../ports/clock.ts'
import type { ConnectionOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import type { Io } from '../io.ts'
import { openLogin } from '../open-login.ts'
import { tellMachine } from '../order-by-record.ts'
import { parseOutput, printData } from '../output.ts'
import { findOwnMachine, type OwnMachine } from '../own-machine.ts'
import { openSessionReader, type Reader, type Reading } from '../reading.ts'
import { shortageOf } from '../shortage.ts'
import { workloadViews } from '../workload-view.ts'

interface DrainOptions extends ConnectionOptions {
  readonly output?: string
  readonly reason?: string
  readonly timeout?: string
  readonly wait?: boolean
  readonly shutdown?: boolean
}

/** DESIGN §6: work is moved away first, for at most so long without a replacement. */
const TIMEOUT_MS = 15 * 60_000
const TIMEOUT_MS_MAX = 24 * 3_600_000
/** After its time is over the machine still has to stop what is left, and to say so. */
const STOPPING_MS = 60_000
const POLL_MS = 1_000

/** Has a machine give all its work away; with `--wait` until nothing runs there any more. */
export async function runDrain(
  context: CommandContext,
  [name = '']: readonly string[],
  options: DrainOptions,
): Promise<number> {
  const { io } = context
  const format = parseOutput(options.output)
  const timeoutMs = options.timeout === undefined ? TIMEOUT_MS : parseTimeout(options.timeout)
  await using login = await openLogin(context, options)
  const { session, connection } = login
  const reader = await openSessionReader(context, session, connection)
  using reading = await reader.read()
  const machine = findOwnMachine(reading, name)
  const { allowPrivateAddresses } = reader
  const order = options.shutdown === true ? 'shutdown' : 'drain'
  const input = { timeoutMs, ...(options.reason === undefined ? {} : { reason: options.reason }) }
  const { state, message } = await tellMachine(context, {
    view: reading.view,
    session,
    allowPrivateAddresses,
    machine,
    order,
    input,
  })
  if (message !== undefined) io.note(`${message}\n`)
  const waited = options.wait === true ? await waitUntilEmpty(io, reader, machine, options) : 'no'
  const now = waited === 'empty' ? 'empty' : state
  if (format === 'json' || format === 'yaml')
    printData(io, format, { meshlet: machine.did, name: machine.name, state: now, message })
  else io.out(format === 'name' ? `${machine.did}\n` : `${machine.name} is ${now}\n`)
  return EXIT_AFTER[waited]
}

const EXIT_AFTER = {
  no: EXIT.done,
  empty: EXIT.done,
  late: EXIT.timedOut,
  interrupted: EXIT.interrupted,
} as const

/** Follows what the machine publishes, and says on stderr what changes. */
async function waitUntilEmpty(
  io: Io,
  reader: Reader,
  machine: OwnMachine,
  { timeout, shutdown }: DrainOptions,
): Promise<Exclude<keyof typeof EXIT_AFTER, 'no'>> {
  const timeoutMs = timeout === undefined ? TIMEOUT_MS : parseTimeout(timeout)
  const deadline = io.clock.monotonicMs() + timeoutMs + STOPPING_MS
  let told = ''
  for (;;) {
    const progress = await progressOf(io, reader, machine.did)
    const isDone = progress.rest?.length === 0 && (shutdown !== true || progress.isStopped)
    if (isDone) return 'empty'
    if (progress.text !== told) io.note(`${progress.text}\n`)
    told = progress.text
    if (io.clock.monotonicMs() >= deadline) {
      io.note(`Not empty after ${formatDuration(timeoutMs + STOPPING_MS)}; it goes on draining.\n`)
      return 'late'
    }
    try {
      await sleep(io.clock, POLL_MS, io.signal)
    } catch (error) {
      if (!io.signal.aborted) throw error
      io.note('Stopped waiting. The machine goes on draining.\n')
      return 'interrupted'
    }
  }
}

interface Progress {
  /** Uris of what still runs there; undefined while that can't be found out. */
  readonly rest: readonly string[] | undefined
  readonly isStopped: boolean
  readonly text: string
}

async function progressOf(io: Io, reader: Reader, did: Did): Promise<Progress> {
  try {
    using reading = await reader.read()
    const problem = reading.view.repoProblem(did)
    if (problem !== undefined)
      return { rest: undefined, isStopped: false, text: `Its records can't be read: ${problem}` }
    const { view } = reading
    const status = view.get<MeshletStatusRecord>(did, COLLECTION.meshletStatus, 'self')
    const rest = view
      .list<WorkloadStatusRecord>(did, COLLECTION.workloadStatus)
      .map(([, { value }]) => value.workload)
      .toSorted()
    return { rest, isStopped: status?.value.state === 'stopped', text: restText(reading, rest) }
  } catch (error) {
    // A PDS that can't be read just now says nothing about the work.
    if (!io.signal.aborted && !(error instanceof CommuneError)) throw error
    return { rest: undefined, isStopped: false, text: messageOf(error) }
  }
}

/** What still runs there, and why nobody takes it over. */
function restText(reading: Reading, rest: readonly string[]): string {
  if (rest.length === 0) return 'Nothing runs there any more; it says goodbye.'
  const own = new Map(workloadViews(reading.view, reading.owner).map((view) => [view.uri, view]))
  const lines = rest.map((uri) => {
    const parsed = parseWorkloadUri(uri)
    const name = parsed ? `${reading.names.account(parsed.owner)}/${parsed.name}` : uri
    const view = own.get(uri as Parameters<typeof own.get>[0])
    const shortage = view === undefined ? [] : shortageOf(view, reading.names.meshlet)
    return [`  ${name}`, ...shortage.map((reason) => `    ${reason}`)].join('\n')
  })
  return [`Still there:`, ...lines].join('\n')
}

function parseTimeout(text: string): number {
  const parsed = parseDuration(text)
  if (parsed.ok && parsed.value <= TIMEOUT_MS_MAX) return parsed.value
  const expected = parsed.ok ? 'at most 24h' : parsed.expected
  throw new CommuneError('usage', `--timeout ${text} is not understood: expected ${expected}.`)
}
