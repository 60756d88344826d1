import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { Did, SuspicionRecord, WorkloadStatusRecord } from '../model/records.ts'
import { slotsOf } from '../selection/select.ts'
import { evidenceOf, type Evidence } from './evidence.ts'
import type { Reading } from './reading.ts'
import { wantedText } from './get-workloads.ts'
import { wantedCount, type MachineStatus, type WorkloadView } from './workload-view.ts'

/** In what way the records and what runs differ. */
export type FindingKind =
  /** Chosen, and runs too little. */
  | 'not-running'
  /** Chosen, and says nothing at all. */
  | 'no-status'
  /** Runs although others were chosen who run it already. */
  | 'not-chosen'
  /** Runs without having bid. */
  | 'no-bid'
  /** Runs another container spec than the one that is published. */
  | 'other-spec'
  /** Says that it runs the workload, and may not. */
  | 'stranger'
  /** Says that it runs a workload that does not exist any more. */
  | 'leftover'

export interface Finding {
  readonly kind: FindingKind
  readonly meshlet: Did
  readonly name: string
  readonly message: string
  /** Something changed so lately that this may pass by itself. */
  readonly underWay: boolean
  readonly evidence: readonly Evidence[]
}

/** What the records say of one workload, and whether that is what runs. */
export interface Verification {
  readonly name: string
  readonly uri: string
  readonly verdict: 'same' | 'under way' | 'different'
  readonly wanted: string
  readonly placementKey: string
  readonly chosen: readonly {
    readonly meshlet: Did
    readonly name: string
    readonly slots: number
    /** Replicas that it says are running. */
    readonly running: number
  }[]
  /** Replicas that nobody offers to run. */
  readonly missing: number
  /** Who does not count, being down by the suspicions of the others. */
  readonly down: readonly Did[]
  readonly findings: readonly Finding[]
}

export interface VerifyTime {
  readonly nowMs: number
  /** How long a change may take until it is seen everywhere, milliseconds. */
  readonly graceMs: number
}

/** The judgement over several findings: one that will not pass by itself outweighs all others. */
export function verdictOf(findings: readonly Finding[]): Verification['verdict'] {
  if (findings.length === 0) return 'same'
  return findings.every(({ underWay }) => underWay) ? 'under way' : 'different'
}

/**
 * Compares the choice, computed by the very function that the meshlets use, with the statuses. As for
 * any fresh reader a suspicion that is not answered counts at once.
 */
export function verifyWorkload(
  reading: Reading,
  workload: WorkloadView,
  time: VerifyTime,
): Verification {
  const { names } = reading
  const { choice, suspects } = workload
  const findings = [...chosenOnes(reading, workload), ...otherOnes(reading, workload)]
  const changedMs = lastChangeMs(reading, workload, time)
  const underWay = time.nowMs - changedMs < time.graceMs
  const judged = findings.map((finding) => ({ ...finding, underWay }))
  return {
    name: workload.name,
    uri: workload.uri,
    verdict: verdictOf(judged),
    wanted: wantedText(workload),
    placementKey: workload.placementKey,
    chosen: choice.winners.map(({ meshletDid, slots }) => ({
      meshlet: meshletDid,
      name: names.meshlet(meshletDid),
      slots,
      running: runningOn(statusOf(workload, meshletDid)?.record),
    })),
    missing: choice.missing,
    down: [...suspects.down].toSorted(),
    findings: judged,
  }
}

/** Statuses about workloads of this owner of which there is no record any more. */
export function leftovers(reading: Reading, time: VerifyTime): readonly Finding[] {
  const { view, owner, names } = reading
  const published = new Set(
    view.list<object>(owner, COLLECTION.workload).map(([name]) => uriOf(owner, name)),
  )
  return view.dids.flatMap((did) =>
    view
      .list<WorkloadStatusRecord>(did, COLLECTION.workloadStatus)
      .filter(([, { value }]) => value.workload.startsWith(uriOf(owner, '')))
      .filter(([, { value }]) => !published.has(value.workload) && runningOn(value) > 0)
      .map(([rkey, { value }]) => ({
        kind: 'leftover' as const,
        meshlet: did,
        name: names.meshlet(did),
        message: `says that ${value.workload} runs, which does not exist any more`,
        underWay: time.nowMs - (view.changedAtMs(owner) ?? 0) < time.graceMs,
        evidence: evidenceOf(view, did, COLLECTION.workloadStatus, rkey),
      })),
  )
}

type Unjudged = Omit<Finding, 'underWay'>

function chosenOnes(reading: Reading, workload: WorkloadView): readonly Unjudged[] {
  return workload.choice.winners.flatMap(({ meshletDid, slots }): readonly Unjudged[] => {
    const status = statusOf(workload, meshletDid)
    const base = finding(reading, workload, meshletDid)
    if (status === undefined) {
      const message = `was chosen for ${slots} and has published no status`
      return [{ ...base, kind: 'no-status', message }]
    }
    const running = runningOn(status.record)
    if (running < slots) {
      const { phase, lastError } = status.record
      const why = lastError === undefined ? '' : `: ${lastError}`
      const message = `was chosen for ${slots}, runs ${running} and says ${phase}${why}`
      return [{ ...base, kind: 'not-running', message }]
    }
    const old = runningReplicas(status.record).filter(
      ({ specHash }) => specHash !== undefined && specHash !== workload.specHash,
    )
    if (old.length === 0) return []
    const message = `runs ${old.length} of another version than the published ${workload.specHash}`
    return [{ ...base, kind: 'other-spec', message }]
  })
}

/** Who runs more than was chosen. Whoever stands in for a chosen one that does not run yet may. */
function otherOnes(reading: Reading, workload: WorkloadView): readonly Unjudged[] {
  const { choice, suspects, candidates, bids } = workload
  const chosenAndRunning = choice.winners.reduce(
    (sum, { meshletDid, slots }) =>
      sum + Math.min(slots, runningOn(statusOf(workload, meshletDid)?.record)),
    0,
  )
  let standIns = Math.max(0, wantedCount(workload) - chosenAndRunning)
  const found: Unjudged[] = []
  for (const { meshletDid, record } of workload.statuses) {
    const surplus = runningOn(record) - slotsOf(choice, meshletDid)
    // Nobody knows what runs on a machine that is down; its last word does not count.
    if (surplus <= 0 || suspects.down.has(meshletDid)) continue
    const base = finding(reading, workload, meshletDid)
    const says = `says that it runs ${runningOn(record)}`
    if (!candidates.candidates.some((candidate) => candidate.meshletDid === meshletDid)) {
      found.push({ ...base, kind: 'stranger', message: `${says}, and is no candidate` })
    } else if (!bids.some((bid) => bid.meshletDid === meshletDid)) {
      found.push({ ...base, kind: 'no-bid', message: `${says}, and has written no bid` })
    } else if (surplus > standIns) {
      const chosen = slotsOf(choice, meshletDid)
      found.push({ ...base, kind: 'not-chosen', message: `${says}, and was chosen for ${chosen}` })
    } else standIns -= surplus
  }
  return found
}

function finding(
  { view, names }: Reading,
  { uri }: WorkloadView,
  did: Did,
): Pick<Finding, 'meshlet' | 'name' | 'evidence'> {
  const rkey = recordKeyFor(uri)
  return {
    meshlet: did,
    name: names.meshlet(did),
    evidence: [
      ...evidenceOf(view, did, COLLECTION.bid, rkey),
      ...evidenceOf(view, did, COLLECTION.workloadStatus, rkey),
    ],
  }
}

/**
 * When something changed that the machines have to act on, as far as records tell. A time in the
 * future is no excuse for anything.
 */
function lastChangeMs(
  { view, owner }: Reading,
  workload: WorkloadView,
  { nowMs, graceMs }: VerifyTime,
): number {
  const { candidates, bids } = workload
  const known = new Set(candidates.candidates.map(({ meshletDid }) => meshletDid))
  const statuses = workload.statuses.filter(({ meshletDid }) => known.has(meshletDid))
  const suspicions = candidates.candidates.flatMap(({ meshletDid }) =>
    view
      .list<SuspicionRecord>(meshletDid, COLLECTION.suspicion)
      .map(([, { value }]) => value.createdAt),
  )
  const written = [
    ...suspicions,
    ...bids.map(({ value }) => value.createdAt),
    ...statuses.map(({ record }) => record.updatedAt ?? record.createdAt),
  ]
  const times = [view.changedAtMs(owner) ?? 0, ...written.map((time) => Date.parse(time))]
  return Math.max(0, ...times.filter((ms) => ms <= nowMs + graceMs))
}

function statusOf({ statuses }: WorkloadView, did: Did): MachineStatus | undefined {
  return statuses.find(({ meshletDid }) => meshletDid === did)
}

function runningReplicas(record: WorkloadStatusRecord) {
  return (record.replicas ?? []).filter(({ phase }) => phase === 'running')
}

function runningOn(record: WorkloadStatusRecord | undefined): number {
  return record === undefined ? 0 : runningReplicas(record).length
}

function uriOf(owner: Did, name: string): string {
  return `at://${owner}/${COLLECTION.workload}/${name}`
}
