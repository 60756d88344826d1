import { randomBytes } from 'node:crypto'
import type { Session } from '../atproto/session.ts'
import { formatPlan } from '../sync/format-plan.ts'
import { CommuneError, messageOf } from '../model/errors.ts'
import { planSync } from '../sync/plan-sync.ts'
import type { ProvenSpec } from '../sync/previous-spec.ts'
import type { RepoSnapshot } from '../sync/run-sync.ts'
import { planData, type Outcome } from '../sync/plan-data.ts'
import { itemsOf, type SyncPlan } from '../sync/sync-plan.ts'
import type { FolderOptions } from './command-options.ts'
import type { CommandContext } from './command-spec.ts'
import { candidatePlatforms } from './candidate-platforms.ts'
import { lookUpImages } from './look-up-images.ts'
import { debug, type Io } from './io.ts'
import type { LoadedFolder } from './load-folder.ts'
import { printData, type OutputFormat } from './output.ts'
import { readProvenSpecs } from './proven-specs.ts'
import type { Reader } from './reading.ts'
import { witnessCandidates } from './witness-candidates.ts'

const NONCE_BYTES = 12

/** The planner with the clock, the chance and the registries of the real world. */
export async function makePlan(
  context: CommandContext,
  { session, reader }: { readonly session: Session; readonly reader: Reader },
  folder: LoadedFolder,
  options: FolderOptions,
  snapshot: RepoSnapshot,
): Promise<SyncPlan> {
  const offline = options.offline ?? false
  const update = options.updateImages ?? false
  if (offline && update) {
    throw new CommuneError('usage', '--offline and --update-images do not go together.', {
      hint: 'Leave one of them out.',
    })
  }
  const lookups = await lookUpImages(context, {
    ...folder,
    existing: snapshot.existing,
    offline,
    update,
  })
  const isAnyExclusive = folder.desired.some(({ record }) => record.placement?.atMostOne === true)
  const isAnyNew = [...lookups.values()].some(({ kind }) => kind === 'digest')
  using reading = isAnyExclusive || isAnyNew ? await reader.read() : undefined
  return planSync({
    ...folder,
    owner: session.did,
    existing: snapshot.existing,
    lookups,
    offline,
    updateImages: update,
    platformsOf: (clusters) => reading && candidatePlatforms(reading.view, session.did, clusters),
    prune: options.prune ?? false,
    adopt: options.adopt ?? false,
    now: new Date(context.io.clock.wallMs()).toISOString(),
    isProven: await provenSpecs(context, snapshot, reader),
    candidatesOf: (name, clusters) =>
      reading && witnessCandidates(reading.view, session.did, name, clusters),
    newNonce: drawNonce,
  })
}

/** A fresh `placementNonce`: with it the bidding begins anew. */
export function drawNonce(): string {
  return randomBytes(NONCE_BYTES).toString('base64url')
}

/** Only what is on trial has to be asked about. What can't be read is no reason not to sync. */
async function provenSpecs(
  { io }: CommandContext,
  { existing }: RepoSnapshot,
  reader: Reader,
): Promise<ProvenSpec> {
  const unknown = () => undefined
  if (existing.every(({ record }) => record?.previous === undefined)) return unknown
  return readProvenSpecs(reader).catch((error: unknown) => {
    debug(io, `it is not known which containers proved themselves: ${messageOf(error)}`)
    return unknown
  })
}

export interface ShowPlanOptions {
  readonly format: OutputFormat
  readonly handle: string
  /** What became of it; absent before it is applied. */
  readonly outcome?: Outcome
}

/** The plan as a result, in the format that was asked for. */
export function showPlan(io: Io, plan: SyncPlan, options: ShowPlanOptions): void {
  const { format } = options
  switch (format) {
    case 'json':
    case 'yaml':
      return printData(io, format, planData(plan, options.handle, options.outcome))
    case 'name':
      return io.out(
        plan.items
          .filter(({ action }) => action !== 'unchanged' && action !== 'invalid')
          .map(({ name }) => `${name}\n`)
          .join(''),
      )
    case 'table':
    case 'wide': {
      const wide = format === 'wide'
      const text = formatPlan(plan, {
        color: io.color.out,
        wide,
        ownerName: options.handle,
        done: options.outcome !== undefined,
      })
      return io.out(`${text}\n`)
    }
  }
}

/** True when something in the folder could not be published. */
export function hasInvalid(plan: SyncPlan): boolean {
  return itemsOf(plan, 'invalid').length > 0
}
