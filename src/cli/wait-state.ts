import type { Cid } from '../model/records.ts'
import {
  isReady,
  replicasOf,
  wantedCount,
  type Replica,
  type WorkloadView,
} from './workload-view.ts'

/** How far one workload is on the way to what was published. */
export type WaitState =
  | { readonly kind: 'done'; readonly text: string }
  | { readonly kind: 'going'; readonly text: string }
  /** Nobody else can be asked. */
  | { readonly kind: 'not-placed'; readonly text: string; readonly reasons: readonly string[] }
  /** The machines that were chosen gave up. */
  | { readonly kind: 'not-healthy'; readonly text: string; readonly reasons: readonly string[] }
  /** Somebody published something newer. */
  | { readonly kind: 'superseded'; readonly text: string }

/** Judges one workload by the public records; `revision` is the record that is waited for. */
export function waitStateOf(
  workload: WorkloadView | undefined,
  revision: Cid,
  nameOf: (did: Replica['meshletDid']) => string,
): WaitState {
  if (workload === undefined) return { kind: 'superseded', text: 'deleted meanwhile' }
  if (workload.cid !== revision) {
    return { kind: 'superseded', text: 'a newer revision was published meanwhile' }
  }
  const wanted = wantedCount(workload)
  const observed = new Set(
    workload.statuses
      .filter(({ record }) => record.observedRevision === revision)
      .map(({ meshletDid }) => meshletDid),
  )
  const current = replicasOf(workload).filter(
    (replica) => observed.has(replica.meshletDid) && replica.specHash === workload.specHash,
  )
  const ready = current.filter(isReady).length
  const count = `${Math.min(ready, wanted)}/${wanted} running`
  if (wanted === 0) return { kind: 'done', text: 'no replica is wanted' }
  if (ready >= wanted && workload.choice.missing === 0) return { kind: 'done', text: count }
  const failures = failuresOf(workload, current, nameOf)
  if (failures.length > 0) return { kind: 'not-healthy', text: count, reasons: failures }
  const refusals = refusalsOf(workload, nameOf)
  if (refusals !== undefined) {
    const text = `${count}, ${workload.choice.missing} not placed`
    return { kind: 'not-placed', text, reasons: refusals }
  }
  return { kind: 'going', text: [count, ...detailsOf(workload, current, nameOf)].join('; ') }
}

/** What will not get better by waiting: a verdict of the machine that runs it. */
function failuresOf(
  workload: WorkloadView,
  current: readonly Replica[],
  nameOf: (did: Replica['meshletDid']) => string,
): readonly string[] {
  const verdicts = workload.statuses
    .filter(({ record }) => record.failed === workload.specHash)
    .map(
      ({ meshletDid, record }) =>
        `${nameOf(meshletDid)}: the roll-out failed${record.lastError === undefined ? '' : `: ${record.lastError}`}`,
    )
  const broken = current
    .filter(isBroken)
    .map((replica) => `${nameOf(replica.meshletDid)}: ${describeReplica(replica)}`)
  return [...verdicts, ...broken]
}

/** What never ran may still come up: a failed pull is tried again, and then somebody else takes over. */
function isBroken({ phase, health, exitCode }: Replica): boolean {
  if (phase === 'crash-loop' || health === 'unhealthy') return true
  return phase === 'failed' && exitCode !== undefined
}

/** Why it is short although every candidate has answered; undefined while somebody may still bid. */
function refusalsOf(
  workload: WorkloadView,
  nameOf: (did: Replica['meshletDid']) => string,
): readonly string[] | undefined {
  const { candidates, choice, bids, placementKey } = workload
  if (choice.missing === 0 || candidates.unread.length > 0) return undefined
  if (candidates.candidates.length === 0) {
    return ['no machine may run it: none is yours, and nobody accepts your work']
  }
  const answers = new Map(
    bids
      .filter(({ value }) => value.placementKey === placementKey)
      .map(({ meshletDid, value }) => [meshletDid, value]),
  )
  const silent = candidates.candidates.some(({ meshletDid }) => !answers.has(meshletDid))
  if (silent) return undefined
  return [...answers]
    .filter(([, record]) => record.slots === 0 || record.refused !== undefined)
    .map(([did, record]) => `${nameOf(did)}: ${record.message ?? record.reason ?? 'passed'}`)
}

function detailsOf(
  workload: WorkloadView,
  current: readonly Replica[],
  nameOf: (did: Replica['meshletDid']) => string,
): readonly string[] {
  const unready = current.filter((replica) => !isReady(replica))
  if (unready.length > 0) {
    return unready.map((replica) => `${nameOf(replica.meshletDid)}: ${describeReplica(replica)}`)
  }
  const { winners } = workload.choice
  if (winners.length === 0) return ['waiting for bids']
  return [`chosen: ${winners.map(({ meshletDid }) => nameOf(meshletDid)).join(', ')}`]
}

/** A replica in a few words. */
export function describeReplica(replica: Replica): string {
  const health =
    replica.health === undefined || replica.health === 'none' || replica.phase !== 'running'
      ? ''
      : `, ${replica.health}`
  const exit = replica.exitCode === undefined ? '' : `, exit code ${replica.exitCode}`
  const memory = replica.oomKilled === true ? ', out of memory' : ''
  const error = replica.lastError === undefined ? '' : `: ${replica.lastError}`
  return `${replica.phase}${health}${exit}${memory}${error}`
}
