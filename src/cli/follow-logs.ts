import type { Session } from '../atproto/session.ts'
import { CommuneError, messageOf } from '../model/errors.ts'
import { COLLECTION, METHOD } from '../model/nsid.ts'
import type { Did, MeshletStatusRecord } from '../model/records.ts'
import { sleep } from '../ports/clock.ts'
import type { CommandContext } from './command-spec.ts'
import { EXIT } from './exit.ts'
import { formatLogLines, type LogQuery } from './machine-logs.ts'
import type { OutputFormat } from './output.ts'
import type { Reader, Reading } from './reading.ts'
import { workloadView } from './workload-view.ts'

export interface FollowLogs {
  readonly session: Pick<Session, 'getServiceAuth'>
  readonly reader: Reader
  readonly name: string
  readonly query: LogQuery
  readonly format: OutputFormat
  /** Whether each line begins with who wrote it. */
  readonly prefix?: boolean | undefined
  /** Machines that hold replicas, by the records. */
  readonly holders: (reading: Reading) => readonly Did[]
}

interface Machine {
  readonly did: Did
  readonly name: string
  readonly endpoint: string
}

/** How often the records are read for machines that came to hold replicas. */
const LOOK_MS = 10_000
const RETRY_FIRST_MS = 1_000
const RETRY_MAX_MS = 30_000
/** Lines asked for after a connection was lost: what was missed, as far as it goes. */
const CATCH_UP_LINES = 10_000

/**
 * Shows the lines of all replicas as they are written, also of machines that come to hold one
 * meanwhile, until it is interrupted. A connection that is lost is made again, and goes on where it was.
 */
export async function followLogs(context: CommandContext, what: FollowLogs): Promise<number> {
  const { io } = context
  const followed = new Map<Did, Promise<void>>()
  let isEmptyTold = false
  while (!io.signal.aborted) {
    try {
      using reading = await what.reader.read()
      const { uri } = workloadView(reading.view, reading.owner, what.name)
      for (const did of what.holders(reading)) {
        const machine = machineOf(reading, did)
        if (followed.has(did) || machine === undefined) continue
        const isLate = followed.size > 0
        const ended = followMachine(context, what, machine, uri, isLate)
        followed.set(
          did,
          ended.then((end) => void (end === 'gone' && followed.delete(did))),
        )
      }
    } catch (error) {
      if (io.signal.aborted) break
      if (followed.size === 0) throw error
    }
    if (followed.size === 0 && !isEmptyTold) io.note(`Nothing of ${what.name} runs yet.\n`)
    isEmptyTold = true
    await sleep(io.clock, LOOK_MS, io.signal).catch(() => undefined)
  }
  await Promise.all(followed.values())
  return EXIT.interrupted
}

function machineOf({ view, names }: Reading, did: Did): Machine | undefined {
  const status = view.get<MeshletStatusRecord>(did, COLLECTION.meshletStatus, 'self')
  const endpoint = status?.value.endpoint
  return endpoint === undefined ? undefined : { did, name: names.meshlet(did), endpoint }
}

/** One machine, over and over, until it is interrupted, the machine refuses, or all is gone there. */
async function followMachine(
  context: CommandContext,
  what: FollowLogs,
  machine: Machine,
  workload: string,
  isLate: boolean,
): Promise<'ended' | 'gone'> {
  const { io, drivers } = context
  const { query, session, reader } = what
  let since = query.since
  let tail = isLate ? CATCH_UP_LINES : query.tail
  let retryMs = RETRY_FIRST_MS
  const shown = new Map<number, string>()
  while (!io.signal.aborted) {
    try {
      const lxm = METHOD.subscribeLogs
      const token = await session.getServiceAuth({ aud: machine.did, lxm, signal: io.signal })
      const params = { workload, ...query, ...(since === undefined ? {} : { since }), tail }
      const { allowPrivateAddresses } = reader
      const { endpoint } = machine
      const subscription = { endpoint, token, params, allowPrivateAddresses, signal: io.signal }
      const before = new Map(shown)
      for await (const line of drivers.subscribeLogs(subscription)) {
        retryMs = RETRY_FIRST_MS
        const { replica = 0, time = '' } = line
        if (time < (before.get(replica) ?? '')) continue
        show(context, what, machine, line)
        shown.set(replica, time)
        since = [...shown.values()].toSorted()[0] ?? since
        tail = CATCH_UP_LINES
      }
    } catch (error) {
      if (io.signal.aborted) return 'ended'
      if (error instanceof CommuneError && error.code === 'not-found') return 'gone'
      if (!(error instanceof CommuneError) || !error.retry) {
        io.note(`${machine.name}: ${messageOf(error)}\n`)
        return 'ended'
      }
      io.note(`${machine.name} can't be reached; trying again.\n`)
      await sleep(io.clock, retryMs, io.signal).catch(() => undefined)
      retryMs = Math.min(2 * retryMs, RETRY_MAX_MS)
    }
  }
  return 'ended'
}

function show(
  { io }: CommandContext,
  { format, prefix }: FollowLogs,
  { did, name }: Machine,
  line: { readonly replica?: number; readonly line: string },
): void {
  const whole = { meshlet: did, machine: name, ...line }
  io.out(format === 'json' ? `${JSON.stringify(whole)}\n` : formatLogLines([whole], prefix))
}
