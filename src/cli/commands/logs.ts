import { CommuneError } from '../../model/errors.ts'
import type { Did } from '../../model/records.ts'
import type { ReadingOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { followLogs } from '../follow-logs.ts'
import { askForLogs, formatLogLines, inOrderOfTime, type LogQuery } from '../machine-logs.ts'
import { openLogin } from '../open-login.ts'
import { parseOutput, printData } from '../output.ts'
import { openReader, type Reading } from '../reading.ts'
import { parseSince } from '../since.ts'
import { discountedReplicas, replicasOf, workloadView, type Replica } from '../workload-view.ts'

interface LogsOptions extends ReadingOptions {
  readonly follow?: boolean
  readonly tail?: string
  readonly since?: string
  readonly meshlet?: string
  readonly replica?: string
  /** False with `--no-prefix`. */
  readonly prefix?: boolean
}

const TAIL = 100
const TAIL_MAX = 10_000
const REPLICA_MAX = 10_000

/**
 * Asks every machine that holds a replica for its lines; only the workload's owner may. A machine
 * that can't be asked is said on stderr, and the lines of the others are shown all the same.
 */
export async function runLogs(
  context: CommandContext,
  [name = '']: readonly string[],
  options: LogsOptions,
): Promise<number> {
  const { io } = context
  const format = parseOutput(options.output)
  const query = queryOf(options, io.clock.wallMs())
  await using login = await openLogin(context, options)
  const reader = await openReader(context, options)
  if (options.follow) {
    const holders = (reading: Reading) => holdersNow(reading, name, options)
    const session = login.session
    const { prefix } = options
    return followLogs(context, { session, reader, name, query, format, holders, prefix })
  }
  using reading = await reader.read()
  const workload = workloadView(reading.view, reading.owner, name)
  const holders = holdersNow(reading, name, options)
  if (holders.length === 0) {
    io.note(`Nothing of ${name} runs. "commune explain ${name}" says why.\n`)
    return EXIT.failed
  }
  const { allowPrivateAddresses } = reader
  const client = await context.drivers.createMeshletClient({ allowPrivateAddresses })
  const source = { session: login.session, client, reading, workload, query }
  const answers = await Promise.all(holders.map((did) => askForLogs(io, source, did)))
  const lines = inOrderOfTime(
    answers.flatMap((answer) => (answer.kind === 'lines' ? answer.lines : [])),
  ).slice(-query.tail)
  if (format === 'json' || format === 'yaml') printData(io, format, lines)
  else io.out(formatLogLines(lines, options.prefix))
  for (const answer of answers) if (answer.kind === 'silent') io.note(`${answer.reason}\n`)
  const isAnswered = answers.some(({ kind }) => kind === 'lines')
  if (isAnswered && lines.length === 0) io.note(`${name} has printed nothing.\n`)
  return isAnswered ? EXIT.done : EXIT.failed
}

function holdersNow(reading: Reading, name: string, options: LogsOptions): readonly Did[] {
  const workload = workloadView(reading.view, reading.owner, name)
  const replicas = [...replicasOf(workload), ...discountedReplicas(workload)]
  return holdersOf(replicas, reading, options)
}

/** The machines to ask, each once. Fails with `not-found` when the one that was named holds nothing. */
function holdersOf(
  replicas: readonly Replica[],
  { names }: Reading,
  { meshlet, replica }: LogsOptions,
): readonly Did[] {
  const matching = replicas.filter(
    ({ meshletDid, index }) =>
      (meshlet === undefined || names.isCalled(meshletDid, meshlet)) &&
      (replica === undefined || index === Number(replica)),
  )
  if (matching.length === 0 && replicas.length > 0) {
    const there = replicas.map(({ meshletDid, index }) => `${names.meshlet(meshletDid)}#${index}`)
    throw new CommuneError('not-found', 'There is no such replica.', {
      hint: `There are: ${there.join(', ')}.`,
    })
  }
  return [...new Set(matching.map(({ meshletDid }) => meshletDid))]
}

function queryOf({ tail, since, replica }: LogsOptions, nowMs: number): LogQuery {
  return {
    tail: tail === undefined ? TAIL : parseCount('--tail', tail, 1, TAIL_MAX),
    ...(since === undefined ? {} : { since: parseSince(since, nowMs) }),
    ...(replica === undefined ? {} : { replica: parseCount('--replica', replica, 0, REPLICA_MAX) }),
  }
}

function parseCount(flag: string, text: string, min: number, max: number): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= min && count <= max) return count
  throw new CommuneError('usage', `${flag} ${text} is not understood.`, {
    hint: `Give a number from ${min} to ${max}.`,
  })
}
