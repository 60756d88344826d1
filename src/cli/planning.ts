import { randomBytes } from 'node:crypto'
import type { Session } from '../atproto/session.ts'
import { ledgerTerms } from '../governance/ledger-terms.ts'
import { closedDayOf } from '../ledger/ledger-day.ts'
import { OwnersShares } from '../ledger/owners-share.ts'
import { CommuneError, messageOf } from '../model/errors.ts'
import { COLLECTION } from '../model/nsid.ts'
import { forecastPlan } from '../sync/forecast-plan.ts'
import { noteClusters } from '../sync/note-clusters.ts'
import { planSync, type PlanSyncInput } from '../sync/plan-sync.ts'
import type { RepoSnapshot } from '../sync/run-sync.ts'
import { hasWrites, type SyncPlan } from '../sync/sync-plan.ts'
import type { FolderOptions } from './command-options.ts'
import type { CommandContext } from './command-spec.ts'
import { candidatePlatforms } from './candidate-platforms.ts'
import { lookUpImages } from './look-up-images.ts'
import { debug, type Io } from './io.ts'
import type { LoadedFolder } from './load-folder.ts'
import { provenSpecsIn } from './proven-specs.ts'
import type { Reader, Reading } from './reading.ts'
import { suspectsOf } from './suspects.ts'
import { witnessCandidates } from './witness-candidates.ts'

const NONCE_BYTES = 12
/** A member whose PDS hangs is not to hold up what the owner publishes. */
const OTHERS_MS_MAX = 10_000

/** Makes plans for one folder, as often as the repo moves while it is being planned for. */
export interface Planning extends Disposable {
  makePlan(snapshot: RepoSnapshot): Promise<SyncPlan>
  /** The commune, without its workloads; undefined while no plan needed it, or it can't be read. */
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
  let isTried = false
  const read = async (isPatient: boolean) => {
    if (isTried) return
    isTried = true
    reading = await readWithin(context.io, reader, isPatient ? undefined : OTHERS_MS_MAX)
  }
  return {
    get reading() {
      return reading
    },
    async makePlan(snapshot) {
      const input = await inputOf(context, session, folder, options, snapshot)
      if (needsOthers(input)) await read(isAnyExclusive(input))
      const first = planSync({ ...input, ...knowledgeOf(reading, session) })
      if (!hasWrites(first)) return first
      await read(false)
      if (reading === undefined) return first
      const plan = planSync({ ...input, ...knowledgeOf(reading, session) })
      return withForecast(plan, reading, snapshot, context.io.clock.wallMs())
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
  nowMs: number,
): SyncPlan {
  const shares = new OwnersShares(view, (owner, day) => ledgerTerms(view, owner, day))
  const day = closedDayOf(nowMs)
  const noted = noteClusters(plan, { view, nameOf: names.account })
  return forecastPlan(noted, {
    view,
    nameOf: names.shortMeshlet,
    downAmong: (candidates) => suspectsOf(view, candidates, false).down,
    existing,
    shareOf: (owner) => shares.of(owner, day),
  })
}

/** What only the records of others can tell. */
type Knowledge = Pick<PlanSyncInput, 'platformsOf' | 'isProven' | 'candidatesOf'>

async function inputOf(
  context: CommandContext,
  session: Session,
  folder: LoadedFolder,
  options: FolderOptions,
  { existing, clusters = [] }: RepoSnapshot,
): Promise<Omit<PlanSyncInput, keyof Knowledge>> {
  const offline = options.offline ?? false
  const update = options.updateImages ?? false
  return {
    ...folder,
    owner: session.did,
    existing,
    existingClusters: clusters,
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
function needsOthers(input: Pick<PlanSyncInput, 'desired' | 'lookups'>): boolean {
  return isAnyExclusive(input) || [...input.lookups.values()].some(({ kind }) => kind === 'digest')
}

/** Without its witnesses such a workload would not run at all. */
function isAnyExclusive({ desired }: Pick<PlanSyncInput, 'desired'>): boolean {
  return desired.some(({ record }) => record.placement?.atMostOne === true)
}

/**
 * The records of the commune; undefined, and said, when they can't be read, or not in time. Who will
 * run what follows from machines, bids and statuses; the owner's own workloads, which her PDS has
 * listed already, and those of others say nothing of it.
 */
async function readWithin(
  io: Io,
  reader: Reader,
  timeoutMs: number | undefined,
): Promise<Reading | undefined> {
  const late = new AbortController()
  const cancel =
    timeoutMs === undefined ? () => {} : io.clock.schedule(timeoutMs, () => late.abort())
  try {
    return await reader.read({ signal: late.signal, without: COLLECTION.workload })
  } catch (error) {
    io.signal.throwIfAborted()
    if (late.signal.aborted)
      io.note('The records of others take long; going on without a forecast.\n')
    else if (!(error instanceof CommuneError)) throw error
    else debug(io, `the records of the commune can't be read: ${messageOf(error)}`)
    return undefined
  } finally {
    cancel()
  }
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
