import { CommuneError } from '../../model/errors.ts'
import type { LabelerOptions, ReadingOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { printBids } from '../get-bids.ts'
import { printClusters } from '../get-clusters.ts'
import { printMembers } from '../get-members.ts'
import { printMeshlets } from '../get-meshlets.ts'
import { printDisputes } from '../get-disputes.ts'
import { printProposals } from '../get-proposals.ts'
import { printWorkloads } from '../get-workloads.ts'
import type { Io } from '../io.ts'
import { parseOutput, type OutputFormat } from '../output.ts'
import { openReader, type Reading } from '../reading.ts'
import { requireReadable } from '../workload-view.ts'

export interface GetOptions extends ReadingOptions, LabelerOptions {}

/** What every kind of thing is listed with. */
export interface GetInput {
  readonly context: CommandContext
  readonly options: GetOptions
  readonly io: Io
  readonly reading: Reading
  readonly format: OutputFormat
  /** Only this one. */
  readonly name: string | undefined
}

const KINDS: Readonly<Record<string, (input: GetInput) => void | Promise<void>>> = {
  workloads: printWorkloads,
  meshlets: printMeshlets,
  members: printMembers,
  bids: printBids,
  clusters: printClusters,
  proposals: printProposals,
  disputes: printDisputes,
}

/** Lists one kind of thing, as the public records have it. */
export async function runGet(
  context: CommandContext,
  [kind = '', name]: readonly string[],
  options: GetOptions,
): Promise<number> {
  const format = parseOutput(options.output)
  const print = KINDS[kind] ?? KINDS[`${kind}s`]
  if (print === undefined) {
    throw new CommuneError('usage', `There is nothing called "${kind}" to get.`, {
      hint: `Use one of ${Object.keys(KINDS).join(', ')}.`,
    })
  }
  const reader = await openReader(context, options)
  using reading = await reader.read()
  requireReadable(reading.view, reading.owner)
  await print({ context, options, io: context.io, reading, format, name })
  return EXIT.done
}
