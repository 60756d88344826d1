import { CommuneError } from '../../model/errors.ts'
import { METHOD } from '../../model/nsid.ts'
import type { Did, WorkloadRecord } from '../../model/records.ts'
import { isDid } from '../../model/workload-uri.ts'
import { sleep } from '../../ports/clock.ts'
import { askMachine } from '../ask-machine.ts'
import type { ReadingOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import type { Io } from '../io.ts'
import { openLoginIfAny, type OpenLogin } from '../open-login.ts'
import { parseOutput, printList, type Column, type OutputFormat } from '../output.ts'
import { openReader, type Reading } from '../reading.ts'
import { parseSince } from '../since.ts'
import { shortDigests } from '../table.ts'
import { eventsOfMachine, eventsOfRecords, mergeTimeline, type TimelineEvent } from '../timeline.ts'
import { workloadView, type WorkloadView } from '../workload-view.ts'

interface EventsOptions extends ReadingOptions {
  readonly follow?: boolean
  readonly since?: string
}

/** The most that one machine gives at once. */
const EVENTS_MAX = 500
/** How often it is asked whether something new has happened. */
const FOLLOW_MS = 3_000
const WITHOUT_LOGIN = 'Shown is only what public records show'

/**
 * Tells afterwards what happened to a workload. A repo keeps only the present version of a record, so
 * the machines are asked for what they remember; who does not answer is said on stderr.
 */
export async function runEvents(
  context: CommandContext,
  [name = '']: readonly string[],
  options: EventsOptions,
): Promise<number> {
  const { io } = context
  const format = parseOutput(options.output)
  const since =
    options.since === undefined ? undefined : parseSince(options.since, io.clock.wallMs())
  const reader = await openReader(context, options)
  // Once, however long it is followed: a PDS allows few logins.
  await using login = await openLoginIfAny(context, options, WITHOUT_LOGIN)
  if (options.follow !== true) {
    using reading = await reader.read()
    const events = await eventsOf(context, login, { reading, name, since })
    print(io, reading, { format, events, empty: `Nothing has happened to ${name} in that time.` })
    return EXIT.done
  }
  const told = new Set<string>()
  while (!io.signal.aborted) {
    try {
      using reading = await reader.read()
      const all = await eventsOf(context, login, { reading, name, since })
      const events = all.filter((event) => !told.has(keyOf(event)))
      if (events.length > 0)
        print(told.size === 0 ? io : headless(io, format), reading, { format, events })
      for (const event of events) told.add(keyOf(event))
    } catch (error) {
      if (io.signal.aborted) break
      if (told.size === 0 || !(error instanceof CommuneError)) throw error
    }
    await sleep(io.clock, FOLLOW_MS, io.signal).catch(() => undefined)
  }
  return EXIT.interrupted
}

async function eventsOf(
  context: CommandContext,
  login: OpenLogin | undefined,
  about: { readonly reading: Reading; readonly name: string; readonly since: string | undefined },
): Promise<readonly TimelineEvent[]> {
  const { reading, name, since } = about
  const workload = workloadView(reading.view, reading.owner, name)
  const remembered = await askAll(context, login, { reading, workload, since })
  return mergeTimeline(eventsOfRecords(reading, workload), remembered).filter(
    ({ time }) => since === undefined || time >= since,
  )
}

/** What tells one event from another, whether a record or a machine tells of it. */
function keyOf({ time, kind, actor, subject, reason }: TimelineEvent): string {
  return JSON.stringify([time, kind, actor, subject, reason])
}

/** What follows a table needs no header again. */
function headless(io: Io, format: OutputFormat): Io {
  if (format !== 'table' && format !== 'wide') return io
  return { ...io, out: (text) => io.out(text.slice(text.indexOf('\n') + 1)) }
}

function print(
  io: Io,
  { names }: Reading,
  what: {
    readonly format: OutputFormat
    readonly events: readonly TimelineEvent[]
    readonly empty?: string
  },
): void {
  const { format, events, empty = '' } = what
  const called = format === 'wide' ? names.meshlet : names.shortMeshlet
  const nameOf = (text: string) => (isDid(text) ? called(text) : text)
  const columns: readonly Column<TimelineEvent>[] = [
    { header: 'time', cell: ({ time }) => time.replace(/\.\d+Z$/, 'Z') },
    { header: 'who', cell: ({ actor }) => nameOf(actor) },
    { header: 'what', cell: ({ kind }) => kind },
    {
      header: 'about',
      cell: ({ subject }) => (subject === undefined ? undefined : nameOf(subject)),
    },
    ...(format === 'wide'
      ? [{ header: 'records', cell: evidenceText } satisfies Column<TimelineEvent>]
      : []),
    { header: 'why', cell: ({ reason }) => shortDigests(withNames(reason, nameOf)) },
  ]
  printList(io, format, {
    items: events,
    columns,
    nameOf: ({ time, kind }) => `${time}/${kind}`,
    empty,
  })
}

async function askAll(
  context: CommandContext,
  login: OpenLogin | undefined,
  about: {
    readonly reading: Reading
    readonly workload: WorkloadView
    readonly since: string | undefined
  },
): Promise<readonly TimelineEvent[]> {
  const { io } = context
  const { reading, workload, since } = about
  if (login === undefined) return []
  const { allowPrivateAddresses } = login.connection
  const client = await context.drivers.createMeshletClient({ allowPrivateAddresses })
  const params = {
    workload: workload.uri,
    limit: EVENTS_MAX,
    ...(since === undefined ? {} : { since: since as WorkloadRecord['createdAt'] }),
  }
  const source = { session: login.session, reading, down: workload.suspects.down }
  const ask = async (did: Did) => {
    const answer = await askMachine(io, source, did, {
      method: 'listEvents',
      what: 'what it remembers',
      rule: 'only those who share a commune with it may ask what it remembers',
      call: (address) => client.call({ ...address, method: METHOD.listEvents, params }),
    })
    if (answer.kind === 'silent') io.note(`${answer.reason}\n`)
    return answer.kind === 'silent'
      ? []
      : eventsOfMachine(reading, workload, did, answer.body.events)
  }
  const machines = new Set([
    ...workload.candidates.candidates.map(({ meshletDid }) => meshletDid),
    ...workload.statuses.map(({ meshletDid }) => meshletDid),
  ])
  return (await Promise.all([...machines].toSorted().map(ask))).flat()
}

function evidenceText({ evidence }: TimelineEvent): string {
  return evidence.map(({ uri, cid }) => `${uri} ${cid}`).join(', ')
}

/** Machines speak of each other by DID. */
function withNames(text: string, nameOf: (did: string) => string): string {
  return text.replaceAll(/did:[a-z]+:[\w.:%-]*[\w%-]/g, nameOf)
}
