import { stringify } from 'yaml'
import { CommuneError } from '../../model/errors.ts'
import { formatField } from '../../sync/format-field.ts'
import type { LabelerOptions, ReadingOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { describeDispute } from '../describe-dispute.ts'
import { describeProposal } from '../describe-proposal.ts'
import { failureLogs } from '../failure-logs.ts'
import { explainWorkload, formatExplanation } from '../explanation.ts'
import { formatAge } from '../age.ts'
import { statusText, workloadData } from '../get-workloads.ts'
import { parseOutput, printData } from '../output.ts'
import { openLoginIfAny } from '../open-login.ts'
import { openReader, type Reader } from '../reading.ts'
import { revisionText, rolloutView } from '../rollout-view.ts'
import { printable, shortDigests } from '../table.ts'
import { replicasOf, workloadView, type WorkloadView } from '../workload-view.ts'

/** Everything about one workload: what was published, where it came from, and how it is doing. */
export async function runDescribe(
  context: CommandContext,
  [name = '', id]: readonly string[],
  options: ReadingOptions & LabelerOptions,
): Promise<number> {
  const { io } = context
  const format = parseOutput(options.output)
  const reader = await openReader(context, options)
  using reading = await reader.read()
  if (id !== undefined && name === 'proposal')
    return describeProposal(io, reading, { id, format, options })
  if (id !== undefined && name === 'dispute') return describeDispute(io, reading, { id, format })
  if (id !== undefined)
    throw new CommuneError('usage', `There is nothing called "${name}" to describe.`, {
      hint: 'Give the name of a workload, or proposal or dispute and its id.',
    })
  const workload = workloadView(reading.view, reading.owner, name)
  const nowMs = io.clock.wallMs()
  switch (format) {
    case 'json':
    case 'yaml':
      printData(io, format, { ...workloadData(workload), statuses: workload.statuses })
      break
    case 'name':
      io.out(`${workload.name}\n`)
      break
    case 'table':
    case 'wide':
      io.out(
        [
          facts(workload, reading.names.account(reading.owner), nowMs),
          section('Published', stringify(asWritten(workload))),
          formatExplanation(explainWorkload(reading, workload, nowMs), nowMs, format === 'wide'),
          ...(await lastLines(context, options, reader, workload)),
        ].join('\n'),
      )
      break
  }
  return EXIT.done
}

/** What those printed that fail: not in public records, so only the owner is told, by the machines. */
async function lastLines(
  context: CommandContext,
  options: ReadingOptions,
  reader: Reader,
  workload: WorkloadView,
): Promise<readonly string[]> {
  const failing = replicasOf(workload).filter(
    ({ phase, health }) => FAILING.has(phase) || health === 'unhealthy',
  )
  if (failing.length === 0 || options.owner !== undefined) return []
  await using login = await openLoginIfAny(context, options, 'Log lines can’t be shown')
  if (login?.session.did !== reader.owner) return []
  const machines = [...new Set(failing.map(({ meshletDid }) => meshletDid))]
  const from = { session: login.session, reader }
  const text = await failureLogs(context, from, { name: workload.name, machines })
  return [section('What it printed last', text)]
}

const FAILING: ReadonlySet<string> = new Set(['crash-loop', 'failed'])

function facts(workload: WorkloadView, owner: string, nowMs: number): string {
  const { record, cid, uri } = workload
  const { source } = record
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Name', workload.name],
    ['Owner', owner],
    ['Status', statusText(workload)],
    ['Roll-out', rolloutText(workload)],
    ['Uri', uri],
    ['Revision', cid],
    ['Spec hash', workload.specHash],
    ['First published', `${record.createdAt} (${formatAge(record.createdAt, nowMs) ?? '?'} ago)`],
    ['Set', source?.set],
    ['File', source?.path],
    ['Repository', source?.repo],
    ['Commit', source?.revision && `${source.revision}${source.dirty === true ? ' (dirty)' : ''}`],
  ]
  const known = rows.filter(([, value]) => value !== undefined)
  const width = Math.max(...known.map(([label]) => label.length))
  return known
    .map(([label, value]) => `${label.padEnd(width)}  ${printable(value ?? '')}\n`)
    .join('')
}

/** What is remarkable about it: nothing when the newest revision simply runs, as the first one does. */
function rolloutText(workload: WorkloadView): string | undefined {
  const { phase, revision, updated, wanted, isPaused, error } = rolloutView(workload)
  if (phase === 'complete' && revision.number === 1 && !isPaused) return undefined
  const held = isPaused && phase !== 'paused' ? ', paused' : ''
  const why = error === undefined ? '' : `: ${shortDigests(error)}`
  return `revision ${revisionText(revision)}: ${phase}${held}, ${updated} of ${wanted} on it${why}`
}

/** What the owner wrote, in the units of workload files. */
function asWritten({ record }: WorkloadView): unknown {
  const {
    $type: _type,
    source: _source,
    previous: _previous,
    rollout: _rollout,
    createdAt: _at,
    placementNonce: _nonce,
    ...rest
  } = record
  const { kind, name, image, replicas, everywhere, resources, ...more } = rest
  // As people write it: what it is first. In the repo fields are ordered by the length of their names.
  const ordered = { kind, name, image, replicas, everywhere, resources, ...more }
  return inFileUnits(JSON.parse(JSON.stringify(ordered)) as unknown)
}

function inFileUnits(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inFileUnits)
  if (value === null || typeof value !== 'object') return value
  const fields = Object.entries(value).filter(([name]) => name !== '$type')
  return Object.fromEntries(
    fields.map(([name, part]) => {
      const text = typeof part === 'number' ? formatField(name, part) : undefined
      return text === undefined || text.path === name
        ? [name, inFileUnits(part)]
        : [text.path, text.text]
    }),
  )
}

function section(title: string, body: string): string {
  return `${title}\n${body.replace(/^(?=.)/gm, '  ')}`
}
