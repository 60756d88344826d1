import { formatDuration } from '../model/duration.ts'
import type { Cid, Did, WorkloadRecord } from '../model/records.ts'
import { grouped, shortageOf, type Remark } from './shortage.ts'
import {
  discountOf,
  isOutdated,
  isReady,
  replicasOf,
  wantedCount,
  type MachineStatus,
  type Replica,
  type WorkloadView,
} from './workload-view.ts'

/** How far one workload is on the way to what was published. */
export type WaitState =
  | { readonly kind: 'done'; readonly text: string }
  | { readonly kind: 'going'; readonly text: string }
  | NotPlaced
  | NotHealthy
  /** Somebody published something newer. */
  | { readonly kind: 'superseded'; readonly text: string }

/** Nobody else can be asked. */
interface NotPlaced {
  readonly kind: 'not-placed'
  readonly text: string
  readonly reasons: readonly string[]
  /** False while somebody counts as down who may be back in a moment. */
  readonly certain: boolean
}

/** The machines that were chosen gave up. */
interface NotHealthy {
  readonly kind: 'not-healthy'
  readonly text: string
  readonly reasons: readonly string[]
  /** Whose log lines tell more. */
  readonly machines: readonly Did[]
}

type NameOf = (did: Did) => string

export interface WaitContext {
  readonly nameOf: NameOf
  /** For how long the container of a running replica has been up, milliseconds. */
  readonly upMs: (replica: Replica) => number
}

/** As the schema of workload files says. */
const HEALTHY_AFTER_MS = 10_000

/** Judges one workload by the public records; `revision` is the record that is waited for. */
export function waitStateOf(
  workload: WorkloadView | undefined,
  revision: Cid,
  { nameOf, upMs }: WaitContext,
): WaitState {
  if (workload === undefined) return { kind: 'superseded', text: 'deleted meanwhile' }
  if (workload.cid !== revision) {
    return { kind: 'superseded', text: 'a newer revision was published meanwhile' }
  }
  const wanted = wantedCount(workload)
  if (wanted === 0) return { kind: 'done', text: 'no replica is wanted' }
  const statuses = workload.statuses.filter(
    ({ meshletDid }) => discountOf(workload, meshletDid) === undefined,
  )
  const current = currentReplicas(workload, statuses, revision)
  const ready = inPlace(workload, current.filter(isReady))
  const count = `${Math.min(ready, wanted)}/${wanted} running`
  if (ready >= wanted && workload.choice.missing === 0) {
    const healthyAfterMs = workload.record.update?.healthyAfterMs ?? HEALTHY_AFTER_MS
    const fresh = current.filter((one) => needsProof(one) && upMs(one) < healthyAfterMs)
    const watching = `watching for ${formatDuration(healthyAfterMs)} whether it stays up`
    const open = [...(fresh.length === 0 ? [] : [watching]), ...olderOnes(workload, nameOf)]
    return open.length === 0
      ? { kind: 'done', text: count }
      : { kind: 'going', text: [count, ...open].join('; ') }
  }
  const failures = failuresOf(workload, statuses, current)
  if (failures.length > 0) {
    const machines = [...new Set(failures.map(({ did }) => did))]
    return { kind: 'not-healthy', text: count, machines, reasons: grouped(failures, nameOf) }
  }
  return (
    notPlaced(workload, count, nameOf) ?? {
      kind: 'going',
      text: [count, ...pauseOf(workload), ...detailsOf(workload, current, nameOf)].join('; '),
    }
  )
}

/** Replicas of exactly this revision, on machines that have seen it. */
function currentReplicas(
  workload: WorkloadView,
  statuses: readonly MachineStatus[],
  revision: Cid,
): readonly Replica[] {
  const observed = new Set(
    statuses
      .filter(({ record }) => record.observedRevision === revision)
      .map(({ meshletDid }) => meshletDid),
  )
  return replicasOf(workload).filter(
    (replica) => observed.has(replica.meshletDid) && replica.specHash === workload.specHash,
  )
}

/** Who still runs what came before: callers may reach it until it ends. */
function olderOnes(workload: WorkloadView, nameOf: NameOf): readonly string[] {
  const machines = replicasOf(workload)
    .filter((replica) => isOutdated(replica, workload))
    .map(({ meshletDid }) => nameOf(meshletDid))
  return machines.length === 0
    ? []
    : [`what came before still runs on ${[...new Set(machines)].join(', ')}`]
}

/** How many run where they were chosen to: whoever still stands in for another is to go. */
function inPlace({ choice }: WorkloadView, ready: readonly Replica[]): number {
  return choice.winners.reduce((sum, { meshletDid, slots }) => {
    const here = ready.filter((replica) => replica.meshletDid === meshletDid).length
    return sum + Math.min(slots, here)
  }, 0)
}

/** What will not get better by waiting: a verdict of the machine that runs it. */
function failuresOf(
  workload: WorkloadView,
  statuses: readonly MachineStatus[],
  current: readonly Replica[],
): readonly Remark[] {
  const verdicts = statuses
    .filter(({ record }) => record.failed === workload.specHash)
    .map(({ meshletDid, record }) => ({
      did: meshletDid,
      text: `the roll-out failed${lastErrorOf(record)}${whatNext(workload.record)}`,
    }))
  const broken = current
    .filter((replica) => isBroken(replica, workload.record))
    .map((replica) => ({ did: replica.meshletDid, text: describeReplica(replica) }))
  return [...verdicts, ...broken]
}

function lastErrorOf({ lastError }: MachineStatus['record']): string {
  return lastError === undefined ? '' : `: ${lastError}`
}

function whatNext({ previous, update }: WorkloadView['record']): string {
  if (previous === undefined) return ''
  return update?.onFailure === 'halt' ? '; it was halted' : '; back to the version before'
}

/** Between two crashes a container runs too: without a probe only time tells that it stays up. */
function needsProof(replica: Replica): boolean {
  return isReady(replica) && (replica.health !== 'healthy' || (replica.restarts ?? 0) > 0)
}

/** What never ran may still come up: a failed pull is tried again, and then somebody else takes over. */
function isBroken({ phase, health, exitCode }: Replica, { restart }: WorkloadRecord): boolean {
  if (phase === 'crash-loop' || health === 'unhealthy') return true
  if (phase === 'failed') return exitCode !== undefined
  const isLeftAlone = restart?.policy === 'no' || restart?.policy === 'on-failure'
  return phase === 'stopped' && exitCode !== undefined && isLeftAlone
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

/** Why it is short although every candidate has answered; undefined while somebody may still bid. */
function notPlaced(workload: WorkloadView, count: string, nameOf: NameOf): NotPlaced | undefined {
  const { candidates, choice, suspects } = workload
  if (choice.missing === 0 || candidates.unread.length > 0) return undefined
  const text = `${count}, ${choice.missing} not placed`
  const reasons = shortageOf(workload, nameOf)
  const known = candidates.candidates.map(({ meshletDid }) => meshletDid)
  if (known.length === 0) return { kind: 'not-placed', text, reasons, certain: true }
  const answers = answersOf(workload)
  const isSilent = (did: Did) => !answers.has(did) && !suspects.down.has(did)
  if (known.some(isSilent)) return undefined
  // Whose answer was no has said so before, and would say it again.
  const missed = known.filter((did) => suspects.down.has(did) && answers.get(did) === undefined)
  return { kind: 'not-placed', text, reasons, certain: missed.length === 0 }
}

/** What each candidate answered to this placement: why not, or undefined for an offer. */
function answersOf({ bids, placementKey }: WorkloadView): ReadonlyMap<Did, string | undefined> {
  return new Map(
    bids
      .filter(({ value }) => value.placementKey === placementKey)
      .map(({ meshletDid, value }) => {
        const isOffer = value.slots > 0 && value.refused === undefined
        return [meshletDid, isOffer ? undefined : (value.message ?? value.reason ?? 'passed')]
      }),
  )
}

/** What is known of the way there: what is not ready, who was chosen, and who gave up. */
function detailsOf(
  workload: WorkloadView,
  current: readonly Replica[],
  nameOf: NameOf,
): readonly string[] {
  const unready = current.filter((replica) => !isReady(replica))
  // A replica that never started has no spec yet, and so is none of the current ones.
  const failing = replicasOf(workload).filter(
    ({ lastError, phase }) => lastError && phase !== 'running',
  )
  const shown = unready.length > 0 ? unready : failing
  const { winners } = workload.choice
  const chosen =
    winners.length === 0
      ? ['waiting for bids']
      : [`chosen: ${winners.map(({ meshletDid }) => nameOf(meshletDid)).join(', ')}`]
  const remarks = shown.map((one) => ({ did: one.meshletDid, text: describeReplica(one) }))
  return [
    ...(shown.length > 0 ? grouped(remarks, nameOf) : chosen),
    ...grouped(refusalsOf(workload), nameOf).map((text) => `gave up: ${text}`),
  ]
}

/** Its owner holds it: that ends when she says so, and not by waiting. */
function pauseOf({ record, name }: WorkloadView): readonly string[] {
  if (record.rollout?.paused !== true) return []
  return [`the roll-out is paused ("commune rollout resume ${name}" lets it go on)`]
}

/** Who had taken it and could not run it. */
function refusalsOf({ bids, placementKey }: WorkloadView): readonly Remark[] {
  return bids
    .filter(({ value }) => value.placementKey === placementKey && value.refused !== undefined)
    .map(({ meshletDid, value }) => ({
      did: meshletDid,
      text: value.message ?? value.reason ?? 'gives no reason',
    }))
}

/** A replica in a few words. */
export function describeReplica(replica: Replica): string {
  const health =
    replica.health === undefined || replica.health === 'none' || replica.phase !== 'running'
      ? ''
      : `, ${replica.health}`
  const isUp = replica.phase === 'running' || replica.phase === 'starting'
  const restarts = isUp && replica.restarts ? `, started again ${times(replica.restarts)}` : ''
  // Of one that runs it is the end before, which is told only with its restarts.
  const isTold = !isUp || restarts !== ''
  const exit = isTold && replica.exitCode !== undefined ? `, exit code ${replica.exitCode}` : ''
  const memory = isTold && replica.oomKilled === true ? ', out of memory' : ''
  const error = replica.lastError === undefined ? '' : `: ${replica.lastError}`
  return `${replica.phase}${health}${restarts}${exit}${memory}${error}`
}
