import { CommuneError } from '../../model/errors.ts'
import { METHOD } from '../../model/nsid.ts'
import type { Did } from '../../model/records.ts'
import { isConsentWithdrawn } from '../../selection/bids.ts'
import { askMachine } from '../ask-machine.ts'
import type { ReadingOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { openLogin } from '../open-login.ts'
import { parseOutput, printData } from '../output.ts'
import { openReader, type Reading } from '../reading.ts'
import { workloadView, type WorkloadView } from '../workload-view.ts'

interface WorkOrderOptions extends ReadingOptions {
  readonly meshlet?: string
}

type OrderMethod =
  | 'deleteWorkload'
  | 'pauseWorkload'
  | 'resumeWorkload'
  | 'stopWorkload'
  | 'restartWorkload'

interface Done {
  readonly meshlet: Did
  readonly machine: string
  readonly state: string
  readonly message?: string
}

type Command = (
  context: CommandContext,
  args: readonly string[],
  options: WorkOrderOptions,
) => Promise<number>

/** Stops the replicas where they are; nobody else takes their place. */
export const runPause: Command = (...given) => order('pauseWorkload', holders, given)

/** Starts what was paused, and lets it run again where it was stopped. */
export const runResume: Command = (...given) => order('resumeWorkload', holdersAndRefusers, given)

/** Starts the replicas again, on each machine one after the other. */
export const runRestart: Command = (...given) => order('restartWorkload', holders, given)

/** Ends the replicas of one machine and gives their place to the next in line. */
export const runStop: Command = (context, args, options) => {
  if (options.meshlet !== undefined) return order('stopWorkload', holders, [context, args, options])
  const [name = 'NAME'] = args
  throw new CommuneError('usage', 'Where should it stop?', {
    hint:
      `Name a machine: "commune stop ${name} --meshlet MACHINE"; another one takes its place. ` +
      `"commune pause ${name}" stops it everywhere, "commune delete ${name}" for good.`,
  })
}

/** Takes back the consent of one machine; what runs of it there moves away. */
export const runWithdraw: Command = (...given) => order('deleteWorkload', everybody, given)

/** Also who does not hold it, and may some day. */
function everybody(workload: WorkloadView): readonly Did[] {
  const candidates = workload.candidates.candidates.map(({ meshletDid }) => meshletDid)
  return [...new Set([...holdersAndRefusers(workload), ...candidates])]
}

/** Machines that say that they hold replicas. */
function holders({ statuses }: WorkloadView): readonly Did[] {
  return statuses.map(({ meshletDid }) => meshletDid)
}

/** Also who was told to stop, and says nothing more of it than its refusal. */
function holdersAndRefusers(workload: WorkloadView): readonly Did[] {
  const refusers = workload.bids.filter(({ value }) => isConsentWithdrawn(value))
  return [...new Set([...holders(workload), ...refusers.map(({ meshletDid }) => meshletDid)])]
}

async function order(
  method: OrderMethod,
  meant: (workload: WorkloadView) => readonly Did[],
  [context, [name = ''], options]: Parameters<Command>,
): Promise<number> {
  const { io } = context
  const format = parseOutput(options.output)
  await using login = await openLogin(context, options)
  const reader = await openReader(context, options)
  using reading = await reader.read()
  const workload = workloadView(reading.view, reading.owner, name)
  const machines = chosen(meant(workload), reading, options.meshlet)
  if (machines.length === 0) {
    io.note(`Nothing of ${name} runs. "commune explain ${name}" says why.\n`)
    return EXIT.failed
  }
  const { allowPrivateAddresses } = reader
  const client = await context.drivers.createMeshletClient({ allowPrivateAddresses })
  const input = { workload: workload.uri }
  const source = { session: login.session, reading, down: workload.suspects.down }
  const answers = await Promise.all(
    machines.map(async (did) => ({
      did,
      answer: await askMachine(io, source, did, {
        method,
        what: 'an answer',
        rule: "only the workload's owner and the machine's owner may do this",
        call: (address) => client.call({ ...address, method: METHOD[method], input }),
      }),
    })),
  )
  const done = answers.flatMap(({ did, answer }): readonly Done[] =>
    answer.kind === 'answer'
      ? [{ meshlet: did, machine: reading.names.meshlet(did), ...answer.body }]
      : [],
  )
  if (format === 'json' || format === 'yaml') printData(io, format, done)
  else
    for (const { machine, state, message = '' } of done)
      io.out(`${machine}: ${state}. ${message}\n`)
  const silent = answers.flatMap(({ answer }) => (answer.kind === 'silent' ? [answer.reason] : []))
  for (const reason of silent) io.note(`${reason}\n`)
  return silent.length === 0 ? EXIT.done : EXIT.failed
}

function chosen(
  machines: readonly Did[],
  { names }: Reading,
  meant: string | undefined,
): readonly Did[] {
  if (meant === undefined) return machines
  const found = machines.filter((did) => names.isCalled(did, meant))
  if (found.length > 0 || machines.length === 0) return found
  const there = machines.map((did) => names.meshlet(did)).join(', ')
  throw new CommuneError('not-found', `It has nothing to do with a machine "${meant}".`, {
    hint: `There are: ${there}.`,
  })
}
