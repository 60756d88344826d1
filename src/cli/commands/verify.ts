import { parseDuration } from '../../model/duration.ts'
import { CommuneError } from '../../model/errors.ts'
import type { ReadingOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { VERIFY_EXIT } from '../exit.ts'
import { parseOutput, printData } from '../output.ts'
import { openReader } from '../reading.ts'
import { printable } from '../table.ts'
import {
  leftovers,
  verifyWorkload,
  verdictOf,
  type Finding,
  type Verification,
} from '../verification.ts'
import { requireReadable, workloadView, workloadViews } from '../workload-view.ts'

interface VerifyOptions extends ReadingOptions {
  readonly grace?: string
}

const GRACE_MS = 60_000

/** Computes from public records alone who is to run what, and whether that is what runs. */
export async function runVerify(
  context: CommandContext,
  [name]: readonly string[],
  options: VerifyOptions,
): Promise<number> {
  const { io } = context
  const format = parseOutput(options.output)
  const graceMs = graceOf(options.grace)
  const reader = await openReader(context, options)
  using reading = await reader.read()
  requireReadable(reading.view, reading.owner)
  const time = { nowMs: io.clock.wallMs(), graceMs }
  const { view, owner } = reading
  const workloads =
    name === undefined ? workloadViews(view, owner) : [workloadView(view, owner, name)]
  const verified = workloads.map((workload) => verifyWorkload(reading, workload, time))
  const others = name === undefined ? leftovers(reading, time) : []
  switch (format) {
    case 'json':
    case 'yaml':
      printData(io, format, { workloads: verified, leftovers: others })
      break
    case 'name':
      io.out(
        verified
          .filter(({ verdict }) => verdict === 'different')
          .map((one) => `${one.name}\n`)
          .join(''),
      )
      break
    case 'table':
    case 'wide':
      io.out([...verified.map(formatVerification), formatFindings(others)].join(''))
      break
  }
  const findings = [...verified.flatMap((one) => one.findings), ...others]
  return verdictOf(findings) === 'different' ? VERIFY_EXIT.different : VERIFY_EXIT.same
}

function graceOf(text: string | undefined): number {
  if (text === undefined) return GRACE_MS
  const parsed = parseDuration(text)
  if (parsed.ok) return parsed.value
  throw new CommuneError('usage', `--grace ${text} is not understood: expected ${parsed.expected}.`)
}

const VERDICTS: Readonly<Record<Verification['verdict'], string>> = {
  same: 'what runs is what the records say',
  'under way': 'under way: something changed a moment ago',
  different: 'what runs is not what the records say',
}

function formatVerification(one: Verification): string {
  const chosen = one.chosen.map(({ name, slots, running }) => `${name} ${running}/${slots}`)
  const where = chosen.length === 0 ? 'nobody was chosen' : chosen.join(', ')
  const missing = one.missing > 0 ? `; nobody offers to run ${one.missing}` : ''
  const head = `${one.name}: ${VERDICTS[one.verdict]} (${one.wanted} wanted; ${where}${missing})`
  return `${printable(head)}\n${formatFindings(one.findings)}`
}

function formatFindings(findings: readonly Finding[]): string {
  return findings
    .flatMap(({ name, message, evidence }) => [
      `  ${name} ${message}`,
      ...evidence.map(({ uri, cid }) => `    ${uri} ${cid}`),
    ])
    .map((line) => `${printable(line)}\n`)
    .join('')
}
