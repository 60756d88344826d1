import { randomBytes } from 'node:crypto'
import type { Session } from '../atproto/session.ts'
import { CommuneError, messageOf } from '../model/errors.ts'
import { forecastPlan } from '../sync/forecast-plan.ts'
import { planSync, type PlanSyncInput } from '../sync/plan-sync.ts'
import type { RepoSnapshot } from '../sync/run-sync.ts'
import { hasWrites, type SyncPlan } from '../sync/sync-plan.ts'
import type { FolderOptions } from './command-options.ts'
import type { CommandContext } from './command-spec.ts'
import { candidatePlatforms } from './candidate-platforms.ts'
import { lookUpImages } from './look-up-images.ts'
import { debug } from './io.ts'
import type { LoadedFolder } from './load-folder.ts'
import { provenSpecsIn } from './proven-specs.ts'
import type { Reader, Reading } from './reading.ts'
import { suspectsOf } from './suspects.ts'
import { witnessCandidates } from './witness-candidates.ts'

const NONCE_BYTES = 12

/** Makes plans for one folder, as often as the repo moves while it is being planned for. */
export interface Planning extends Disposable {
  makePlan(snapshot: RepoSnapshot): Promise<SyncPlan>
  /** The records of the commune; undefined while no plan needed them, or they can't be read. */
  readonly reading: Reading | undefined
}

/**
 * The planner with the clock, the chance and the registries of the real world. The records of the
 * others are read once, and only when there is something to write: looking whether all is published
 * costs no more than reading the owner's own records.
 */
export function openPlanning(
  context: CommandContext,
  { session, reader }: { readonly session: Session; readonly reader: Reader },
  folder: LoadedFolder,
  options: FolderOptions,
): Planning {
  refuseContradictions(options)
  let reading: Reading | undefined
  const read = async () => {
    reading ??= await reader.read().catch((error: unknown) => {
      if (!(error instanceof CommuneError)) throw error
      debug(context.io, `the records of the commune can't be read: ${messageOf(error)}`)
      return undefined
    })
  }
  return {
    get reading() {
      return reading
    },
    async makePlan(snapshot) {
      const input = await inputOf(context, session, folder, options, snapshot)
      if (needsOthers(input)) await read()
      const first = planSync({ ...input, ...knowledgeOf(reading, session) })
      if (!hasWrites(first)) return first
      await read()
      if (reading === undefined) return first
      const plan = planSync({ ...input, ...knowledgeOf(reading, session) })
      return withForecast(plan, reading, snapshot)
    },
    [Symbol.dispose]: () => reading?.[Symbol.dispose](),
  }
}

/** A fresh `placementNonce`: with it the bidding begins anew. */
export function drawNonce(): string {
  return randomBytes(NONCE_BYTES).toString('base64url')
}

function withForecast(
  plan: SyncPlan,
  { view, names }: Reading,
  { existing }: RepoSnapshot,
): SyncPlan {
  return forecastPlan(plan, {
    view,
    nameOf: names.shortMeshlet,
    downAmong: (candidates) => suspectsOf(view, candidates, false).down,
    existing,
  })
}

/** What only the records of others can tell. */
type Knowledge = Pick<PlanSyncInput, 'platformsOf' | 'isProven' | 'candidatesOf'>

async function inputOf(
  context: CommandContext,
  session: Session,
  folder: LoadedFolder,
  options: FolderOptions,
  { existing }: RepoSnapshot,
): Promise<Omit<PlanSyncInput, keyof Knowledge>> {
  const offline = options.offline ?? false
  const update = options.updateImages ?? false
  return {
    ...folder,
    owner: session.did,
    existing,
    lookups: await lookUpImages(context, { ...folder, existing, offline, update }),
    offline,
    updateImages: update,
    prune: options.prune ?? false,
    adopt: options.adopt ?? false,
    redo: options.redo ?? false,
    now: new Date(context.io.clock.wallMs()).toISOString(),
    newNonce: drawNonce,
  }
}

/** Witnesses may have to change, and an image may fit no machine, although no file changed. */
function needsOthers({ desired, lookups }: Pick<PlanSyncInput, 'desired' | 'lookups'>): boolean {
  const isAnyExclusive = desired.some(({ record }) => record.placement?.atMostOne === true)
  return isAnyExclusive || [...lookups.values()].some(({ kind }) => kind === 'digest')
}

function knowledgeOf(reading: Reading | undefined, { did }: Session): Knowledge {
  return {
    platformsOf: (clusters) => reading && candidatePlatforms(reading.view, did, clusters),
    isProven: reading === undefined ? () => undefined : provenSpecsIn(reading),
    candidatesOf: (name, clusters) =>
      reading && witnessCandidates(reading.view, did, name, clusters),
  }
}

function refuseContradictions({ offline, updateImages }: FolderOptions): void {
  if (offline !== true || updateImages !== true) return
  throw new CommuneError('usage', '--offline and --update-images do not go together.', {
    hint: 'Leave one of them out.',
  })
}
