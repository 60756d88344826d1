import { canonicalJson, compareText } from './canonical.ts'
import { sha256Hex } from './hash.ts'
import { rememberByObject } from './remember.ts'
import { DEFAULT_REQUEST } from './request.ts'
import type { ContainerSpec, Healthcheck, WorkloadRecord } from './records.ts'

/** Hexadecimal digits of a spec hash: 128 bits. */
const SPEC_HASH_DIGITS = 32

type Shape = Omit<ContainerSpec, 'specHash' | '$type'>
type Shaped = Pick<WorkloadRecord, keyof Shape>

/**
 * The part of a workload that shapes its container, in its normal form: what equals the default is
 * left out, and lists whose order means nothing are sorted. Records that run the same container
 * give the same spec.
 */
export function containerSpecOf(workload: Shaped): ContainerSpec {
  const shape = shapeOf(workload)
  return { specHash: hashOf(shape), ...shape }
}

/**
 * Hash over the fields that shape the container, 32 hexadecimal digits: the first half of SHA-256
 * over the canonical JSON of the normal form. Equal hashes need no restart.
 */
export const specHash = rememberByObject((workload: Shaped): string => hashOf(shapeOf(workload)))

function hashOf(shape: Shape): string {
  return sha256Hex(canonicalJson(shape)).slice(0, SPEC_HASH_DIGITS)
}

function shapeOf(workload: Shaped): Shape {
  return {
    image: workload.image,
    // An empty list differs from none: as in Compose, it drops what the image says.
    ...given('entrypoint', workload.entrypoint),
    ...given('command', workload.command),
    ...givenList('env', envOf(workload.env)),
    ...given('user', workload.user),
    ...given('workingDir', workload.workingDir),
    ...givenList('tmpfs', sortedSet(workload.tmpfs)),
    ...given('stopSignal', workload.stopSignal),
    ...given('security', unless(workload.security, 'restricted')),
    ...given('runtime', workload.runtime),
    ...givenList('capAdd', sortedSet(workload.capAdd)),
    ...given('readOnly', unless(workload.readOnly, true)),
    ...given('egress', unless(workload.egress, 'none')),
    ...given('resources', resourcesOf(workload.resources)),
    ...givenList('secrets', sortedSet(workload.secrets?.map(({ name, file }) => ({ name, file })))),
    ...givenList('ports', sortedSet(workload.ports?.map(portOf))),
    ...givenList('volumes', sortedSet(workload.volumes?.map(volumeOf))),
    ...given('healthcheck', healthcheckOf(workload.healthcheck)),
    ...given('liveness', healthcheckOf(workload.liveness)),
  }
}

/** By name; where a name stands twice the last one holds, as it does for the engine. */
function envOf(env: WorkloadRecord['env']): { name: string; value: string }[] {
  const byName = new Map((env ?? []).map(({ name, value }) => [name, value]))
  return [...byName]
    .map(([name, value]) => ({ name, value }))
    .toSorted((a, b) => compareText(a.name, b.name))
}

function resourcesOf(resources: WorkloadRecord['resources']): WorkloadRecord['resources'] {
  const amounts = {
    ...given('cpuMilli', unless(resources?.cpuMilli, DEFAULT_REQUEST.cpuMilli)),
    ...given('memoryBytes', unless(resources?.memoryBytes, DEFAULT_REQUEST.memoryBytes)),
    ...given('storageBytes', unless(resources?.storageBytes, DEFAULT_REQUEST.storageBytes)),
  }
  return Object.keys(amounts).length > 0 ? amounts : undefined
}

function portOf(port: NonNullable<WorkloadRecord['ports']>[number]) {
  return {
    container: port.container,
    ...given('name', port.name),
    ...given('protocol', unless(port.protocol, 'tcp')),
  }
}

function volumeOf(volume: NonNullable<WorkloadRecord['volumes']>[number]) {
  return {
    name: volume.name,
    path: volume.path,
    ...given('sizeBytes', unless(volume.sizeBytes, 0)),
    ...given('onLoss', unless(volume.onLoss, 'keep')),
  }
}

function healthcheckOf(check: Healthcheck | undefined): Healthcheck | undefined {
  if (!check) return undefined
  const { http, tcp, exec } = check
  return {
    ...(http && { http: { port: http.port, ...given('path', unless(http.path, '/')) } }),
    ...(tcp && { tcp: { port: tcp.port } }),
    ...(exec && { exec: { command: [...exec.command] } }),
    ...given('intervalMs', check.intervalMs),
    ...given('timeoutMs', check.timeoutMs),
    ...given('startPeriodMs', unless(check.startPeriodMs, 0)),
    ...given('retries', check.retries),
  }
}

/** The value, or undefined when it is the default. */
function unless<T>(value: T | undefined, usual: T): T | undefined {
  return value === usual ? undefined : value
}

/** A field to spread into an object, or none: optional fields may not hold undefined. */
function given<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [P in K]?: V })
}

function givenList<K extends string, V>(name: K, list: readonly V[]): { [P in K]?: V[] } {
  return list.length === 0 ? {} : given(name, [...list])
}

/** Sorted by canonical JSON, each value once: for lists whose order means nothing. */
function sortedSet<T>(list: readonly T[] | undefined): T[] {
  const byText = new Map((list ?? []).map((item) => [canonicalJson(item), item]))
  return [...byText].toSorted(([a], [b]) => compareText(a, b)).map(([, item]) => item)
}
