import { METHOD } from '../../model/nsid.ts'
import type { Did, WorkloadRecord } from '../../model/records.ts'
import { isDid } from '../../model/workload-uri.ts'
import { askMachine } from '../ask-machine.ts'
import type { ReadingOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { openLoginIfAny } from '../open-login.ts'
import { parseOutput, printList, type Column } from '../output.ts'
import { openReader, type Reading } from '../reading.ts'
import { parseSince } from '../since.ts'
import { shortDigests } from '../table.ts'
import { eventsOfMachine, eventsOfRecords, mergeTimeline, type TimelineEvent } from '../timeline.ts'
import { workloadView, type WorkloadView } from '../workload-view.ts'

interface EventsOptions extends ReadingOptions {
  readonly since?: string
}

/** The most that one machine gives at once. */
const EVENTS_MAX = 500

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
  using reading = await reader.read()
  const workload = workloadView(reading.view, reading.owner, name)
  const remembered = await askAll(context, options, { reading, workload, since })
  const events = mergeTimeline(eventsOfRecords(reading, workload), remembered)
  const { names } = reading
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
    items: events.filter(({ time }) => since === undefined || time >= since),
    columns,
    nameOf: ({ time, kind }) => `${time}/${kind}`,
    empty: `Nothing has happened to ${name} in that time.`,
  })
  return EXIT.done
}

async function askAll(
  context: CommandContext,
  options: EventsOptions,
  about: {
    readonly reading: Reading
    readonly workload: WorkloadView
    readonly since: string | undefined
  },
): Promise<readonly TimelineEvent[]> {
  const { io } = context
  const { reading, workload, since } = about
  const without = 'Shown is only what public records show'
  await using login = await openLoginIfAny(context, options, without)
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
