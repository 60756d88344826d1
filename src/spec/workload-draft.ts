import { parseDuration } from '../model/duration.ts'
import { invariant } from '../model/errors.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Parsed } from '../model/parsed.ts'
import { parseBytes, parseCpuMilli } from '../model/quantity.ts'
import type { WorkloadRecord } from '../model/records.ts'
import type { WorkloadFile } from './workload-file.gen.ts'

/** A workload record as far as its file decides it. */
export type WorkloadDraft = Omit<
  WorkloadRecord,
  'createdAt' | 'source' | 'placementNonce' | 'previous' | 'rollout'
>

/**
 * The record of a document that has passed all checks: amounts as integers in thousandths of a core,
 * bytes and milliseconds; variables in the order of their names, so that only content makes a
 * difference; what the file leaves out is left out.
 */
export function toWorkloadDraft(document: WorkloadFile): WorkloadDraft {
  const { replicas } = document
  return defined({
    $type: COLLECTION.workload,
    kind: document.kind,
    name: document.name,
    image: document.image,
    entrypoint: document.entrypoint,
    command: document.command,
    env: toEnv(document.env),
    user: document.user === undefined ? undefined : String(document.user),
    workingDir: document.workingDir,
    tmpfs: document.tmpfs,
    stopSignal: document.stopSignal,
    security: document.security,
    runtime: document.runtime,
    capAdd: document.capAdd,
    readOnly: document.readOnly,
    egress: document.egress,
    resources: toResources(document.resources),
    secrets: document.secrets,
    ports: document.ports,
    volumes: document.volumes?.map(toVolume),
    healthcheck: toHealthcheck(document.healthcheck),
    liveness: toHealthcheck(document.liveness),
    replicas: replicas === 'everywhere' ? undefined : replicas,
    everywhere: replicas === 'everywhere' ? true : undefined,
    restart: toRestart(document.restart),
    update: toUpdate(document.update),
    constraints: document.constraints,
    spread: document.spread,
    clusters: document.clusters,
    placement: toPlacement(document.placement),
    priority: document.priority,
    stopGracePeriodMs: toMillis(document.stopGracePeriod),
    schedule: document.schedule,
    imagePolicy: document.imagePolicy,
    protect: document.protect,
  })
}

type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> }
type Amount = string | number | undefined

/** Absent, not undefined: a record has no way to say undefined. */
function defined<T extends object>(value: T): Defined<T> {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  return Object.fromEntries(entries) as Defined<T>
}

function toEnv(env: WorkloadFile['env']): WorkloadDraft['env'] {
  if (env === undefined) return undefined
  const names = Object.keys(env).toSorted()
  return names.map((name) => ({ name, value: String(env[name]) }))
}

function toResources(resources: WorkloadFile['resources']): WorkloadDraft['resources'] {
  if (resources === undefined) return undefined
  return defined({
    cpuMilli: amount(resources.cpu, parseCpuMilli),
    memoryBytes: amount(resources.memory, parseBytes),
    storageBytes: amount(resources.storage, parseBytes),
  })
}

function toVolume(
  volume: NonNullable<WorkloadFile['volumes']>[number],
): NonNullable<WorkloadDraft['volumes']>[number] {
  const { name, path, size, onLoss } = volume
  return defined({ name, path, sizeBytes: amount(size, parseBytes), onLoss })
}

function toHealthcheck(check: WorkloadFile['healthcheck']): WorkloadDraft['healthcheck'] {
  if (check === undefined) return undefined
  return defined({
    http: check.http,
    tcp: check.tcp,
    exec: check.exec,
    intervalMs: toMillis(check.interval),
    timeoutMs: toMillis(check.timeout),
    startPeriodMs: toMillis(check.startPeriod),
    retries: check.retries,
  })
}

function toRestart(restart: WorkloadFile['restart']): WorkloadDraft['restart'] {
  if (restart === undefined) return undefined
  return defined({
    policy: restart.policy,
    backoffInitialMs: toMillis(restart.backoff?.initial),
    backoffMaxMs: toMillis(restart.backoff?.max),
  })
}

function toUpdate(update: WorkloadFile['update']): WorkloadDraft['update'] {
  if (update === undefined) return undefined
  const { healthyAfter, deadline, before, ...same } = update
  return defined({
    ...same,
    healthyAfterMs: toMillis(healthyAfter),
    deadlineMs: toMillis(deadline),
    before: before === undefined ? undefined : toOneOff(before),
  })
}

function toOneOff({
  timeout,
  ...same
}: NonNullable<NonNullable<WorkloadFile['update']>['before']>): NonNullable<
  NonNullable<WorkloadDraft['update']>['before']
> {
  return defined({ ...same, timeoutMs: toMillis(timeout) })
}

function toPlacement(placement: WorkloadFile['placement']): WorkloadDraft['placement'] {
  if (placement === undefined) return undefined
  const { bidWindow, ...same } = placement
  return defined({ ...same, bidWindowMs: toMillis(bidWindow) })
}

function toMillis(value: Amount): number | undefined {
  return amount(value, parseDuration)
}

function amount(
  value: Amount,
  parse: (value: string | number) => Parsed<number>,
): number | undefined {
  if (value === undefined) return undefined
  const result = parse(value)
  invariant(result.ok, 'a document was converted that had not been checked')
  return result.value
}
