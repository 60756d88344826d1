import type { Session } from '../../atproto/session.ts'
import type { Cid, Did } from '../../model/records.ts'
import type { ConnectionOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { editWorkloads } from '../edit-workload.ts'
import { EXIT } from '../exit.ts'
import { showFailureLogs } from '../failure-logs.ts'
import { openLogin } from '../open-login.ts'
import { parseOutput, printData, type OutputFormat } from '../output.ts'
import { drawNonce } from '../planning.ts'
import { openSessionReader, type Reader } from '../reading.ts'
import { parseWaitTimeout, waitForWorkloads } from '../wait.ts'
import {
  isReady,
  type Replica,
  replicasOf,
  type WorkloadView,
  workloadViews,
} from '../workload-view.ts'

interface RebalanceOptions extends ConnectionOptions {
  readonly output?: string
  readonly dryRun?: boolean
  readonly wait?: boolean
  readonly timeout?: string
}

/** Replicas that run on one machine. */
interface Place {
  readonly meshlet: Did
  readonly name: string
  readonly replicas: number
}

/** One workload, before and after; `after` only when it was waited for. */
interface Moved {
  readonly name: string
  readonly revision?: Cid
  readonly before: readonly Place[]
  readonly after?: readonly Place[]
}

/**
 * Draws a new nonce for each of the workloads, so that all bids for them are made anew. The machines
 * that hold them now have no advantage, and keep them until the newly chosen ones run.
 */
export async function runRebalance(
  context: CommandContext,
  given: readonly string[],
  options: RebalanceOptions,
): Promise<number> {
  const format = parseOutput(options.output)
  const timeoutMs = parseWaitTimeout(options.timeout)
  const names = [...new Set(given)].toSorted()
  await using login = await openLogin(context, options)
  const { session, connection } = login
  const reader = await openSessionReader(context, session, connection)
  const before = await placesOf(reader, names)
  const { isWritten, revisions } = await editWorkloads(
    context,
    { session, reader },
    {
      names,
      change: (record) => ({ ...record, placementNonce: drawNonce() }),
      consequences: ['moves'],
      reason: 'the bidding is to begin anew',
      dryRun: options.dryRun,
    },
  )
  if (!isWritten) {
    show(context, format, describe(names, before), 'would open the bidding anew')
    return EXIT.done
  }
  const code =
    options.wait === true
      ? await wait(context, session, reader, { revisions, timeoutMs })
      : EXIT.done
  const after = options.wait === true ? await placesOf(reader, names, isChosen) : undefined
  show(context, format, describe(names, before, after, revisions), 'bidding opened anew')
  return code
}

async function wait(
  context: CommandContext,
  session: Session,
  reader: Reader,
  what: { readonly revisions: ReadonlyMap<string, Cid>; readonly timeoutMs: number },
): Promise<number> {
  return waitForWorkloads(context.io, {
    reader,
    ...what,
    showLogs: (name, machines) => showFailureLogs(context, { session, reader }, { name, machines }),
  })
}

/** What stood in until the chosen ran is still ending, and tells no place of the workload. */
function isChosen({ choice }: WorkloadView, { meshletDid }: Replica): boolean {
  return choice.winners.some((winner) => winner.meshletDid === meshletDid)
}

/** Where each of them runs, by the statuses of the machines. */
async function placesOf(
  reader: Reader,
  names: readonly string[],
  counts: (view: WorkloadView, replica: Replica) => boolean = () => true,
): Promise<ReadonlyMap<string, readonly Place[]>> {
  using reading = await reader.read()
  const views = workloadViews(reading.view, reading.owner).filter(({ name }) =>
    names.includes(name),
  )
  return new Map(
    views.map((view) => {
      const ready = replicasOf(view).filter((one) => isReady(one) && counts(view, one))
      const machines = Map.groupBy(ready, (one) => one.meshletDid)
      const places = [...machines].map(([meshlet, { length }]) => ({
        meshlet,
        name: reading.names.meshlet(meshlet),
        replicas: length,
      }))
      return [view.name, places.toSorted((a, b) => (a.name < b.name ? -1 : 1))]
    }),
  )
}

function describe(
  names: readonly string[],
  before: ReadonlyMap<string, readonly Place[]>,
  after?: ReadonlyMap<string, readonly Place[]>,
  revisions?: ReadonlyMap<string, Cid>,
): readonly Moved[] {
  return names.map((name) => {
    const revision = revisions?.get(name)
    return {
      name,
      ...(revision === undefined ? {} : { revision }),
      before: before.get(name) ?? [],
      ...(after === undefined ? {} : { after: after.get(name) ?? [] }),
    }
  })
}

function show(
  { io }: CommandContext,
  format: OutputFormat,
  moved: readonly Moved[],
  done: string,
): void {
  switch (format) {
    case 'json':
    case 'yaml':
      return printData(io, format, moved)
    case 'name':
      return io.out(moved.map(({ name }) => `${name}\n`).join(''))
    case 'table':
    case 'wide':
      return io.out(
        moved
          .map(({ name, before, after }) => {
            if (after === undefined) return `${name}: ${done}; it runs on ${placesText(before)}\n`
            return `${name}: ran on ${placesText(before)}, runs on ${placesText(after)}\n`
          })
          .join(''),
      )
  }
}

function placesText(places: readonly Place[]): string {
  if (places.length === 0) return 'no machine'
  return places
    .map(({ name, replicas }) => (replicas === 1 ? name : `${name} × ${replicas}`))
    .join(', ')
}
