import type { ReadingOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { showFailureLogs } from '../failure-logs.ts'
import { openLoginIfAny } from '../open-login.ts'
import { parseOutput, printData } from '../output.ts'
import { openReader, type Reading } from '../reading.ts'
import { revisionText, rolloutView, type RolloutPhase, type RolloutView } from '../rollout-view.ts'
import { formatTable, printable, shortDigests } from '../table.ts'
import { parseWaitTimeout, waitForWorkloads } from '../wait.ts'
import { workloadView } from '../workload-view.ts'

interface StatusOptions extends ReadingOptions {
  readonly wait?: boolean
  readonly timeout?: string
}

/** Shows where the roll-out of a workload stands; with `--wait` follows it to its end. */
export async function runRolloutStatus(
  context: CommandContext,
  [name = '']: readonly string[],
  options: StatusOptions,
): Promise<number> {
  const { io } = context
  const format = parseOutput(options.output)
  const timeoutMs = parseWaitTimeout(options.timeout)
  const reader = await openReader(context, options)
  let code: number | undefined
  if (options.wait === true) {
    await using login = await openLoginIfAny(context, options, 'Log lines can’t be shown')
    const revisions = new Map([[name, await revisionNow(reader, name)]])
    code = await waitForWorkloads(io, {
      reader,
      revisions,
      timeoutMs,
      showLogs: async (of, machines) => {
        if (login?.session.did !== reader.owner) return
        const from = { session: login.session, reader }
        await showFailureLogs(context, from, { name: of, machines })
      },
    })
  }
  using reading = await reader.read()
  const view = rolloutView(workloadView(reading.view, reading.owner, name))
  if (format === 'json' || format === 'yaml') printData(io, format, view)
  else if (format === 'name') io.out(`${view.name}\n`)
  else io.out(formatStatus(view, reading))
  return code ?? (FAILED.has(view.phase) ? EXIT.notHealthy : EXIT.done)
}

const FAILED: ReadonlySet<RolloutPhase> = new Set(['halted', 'rolled back', 'rolling back'])

async function revisionNow(
  reader: Awaited<ReturnType<typeof openReader>>,
  name: string,
): Promise<string> {
  using reading = await reader.read()
  return workloadView(reading.view, reading.owner, name).cid
}

function formatStatus(view: RolloutView, { names }: Reading): string {
  const { name, phase, revision, wanted, updated, ready, isPaused } = view
  const head = `${name}: revision ${printable(revisionText(revision))} ${SENTENCE[phase]}`
  const counts = `${updated} of ${wanted} ${wanted === 1 ? 'replica' : 'replicas'} on it, ${ready} ready`
  const held = isPaused ? `; paused, until "commune rollout resume ${name}"` : ''
  const error = view.error === undefined ? '' : `${printable(shortDigests(view.error))}\n`
  const rows = view.replicas.map(({ meshlet, index, revision: number, state }) => [
    `${names.meshlet(meshlet)}#${index}`,
    number === undefined ? '?' : String(number),
    shortDigests(state),
  ])
  const table = rows.length === 0 ? '' : `\n${formatTable(['machine', 'revision', 'state'], rows)}`
  return `${head}; ${counts}${held}\n${error}${table}`
}

const SENTENCE: Readonly<Record<RolloutPhase, string>> = {
  complete: 'is rolled out',
  'under way': 'is being rolled out',
  paused: 'is held',
  'rolling back': 'failed, and the one before comes back',
  'rolled back': 'failed, and the one before runs',
  halted: 'failed, and all is left as it was',
}
