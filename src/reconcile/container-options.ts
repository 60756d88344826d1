import { egressOf } from '../model/egress.ts'
import { sha256Hex } from '../model/hash.ts'
import { LABEL } from '../model/nsid.ts'
import type { ContainerSpec, Did, WorkloadRecord } from '../model/records.ts'
import type { ContainerCreate } from '../ports/engine.ts'
import { requestOf } from '../model/request.ts'
import type { Desired } from './actions.ts'
import { networkName } from './container-names.ts'
import { STOP_GRACE_MS } from './plan-workload.ts'

/** Range of user ids for workloads that name none: far from the ids of real accounts. */
const UID_FIRST = 200_000
const UID_COUNT = 1_000_000_000
/** Where users of containers are other ones outside, below the system’s own of the image. */
const MAPPED_UID_FIRST = 10_000

export interface ContainerIdentity {
  readonly meshletDid: Did
  readonly ownerDid: Did
  readonly uri: string
  readonly revision: string
  readonly specHash: string
  readonly replica: number
  readonly name: string
  readonly leaseEpoch?: number | undefined
}

export interface MachineOptions extends Pick<Desired & { kind: 'run' }, 'runtime' | 'userIds'> {
  /** Public name servers for containers with a way to the internet. */
  readonly resolvers: readonly string[]
}

/**
 * Everything that the engine is told about a container. The engine's driver adds the hardening; nothing
 * in a record can take it away.
 */
export function containerOptions(
  spec: Omit<ContainerSpec, 'specHash' | '$type'> & Pick<WorkloadRecord, 'stopGracePeriodMs'>,
  identity: ContainerIdentity,
  { runtime, userIds, resolvers }: MachineOptions,
): ContainerCreate {
  const resources = requestOf(spec)
  const egress = egressOf(spec)
  return {
    name: identity.name,
    image: spec.image,
    labels: labelsFor(identity),
    network: networkName(identity.meshletDid, identity.uri, egress),
    security: spec.security === 'baseline' ? 'baseline' : 'restricted',
    user: spec.user ?? defaultUser(identity.uri, userIds),
    env: environment(spec, identity),
    stopGracePeriodMs: spec.stopGracePeriodMs ?? STOP_GRACE_MS,
    readOnly: spec.readOnly ?? true,
    capAdd: spec.capAdd ?? [],
    tmpfs: spec.tmpfs ?? [],
    memoryBytes: resources.memoryBytes,
    cpuMilli: resources.cpuMilli,
    hostname: `${identity.uri.slice(identity.uri.lastIndexOf('/') + 1)}-${identity.replica}`.slice(
      0,
      63,
    ),
    ...(runtime === undefined ? {} : { runtime }),
    ...(egress === 'internet' ? { resolvers } : {}),
    ...(spec.entrypoint ? { entrypoint: spec.entrypoint } : {}),
    ...(spec.command ? { command: spec.command } : {}),
    ...(spec.workingDir ? { workingDir: spec.workingDir } : {}),
    ...(spec.stopSignal ? { stopSignal: spec.stopSignal } : {}),
  }
}

/** The labels of the contract. */
export function labelsFor(identity: ContainerIdentity): Record<string, string> {
  return {
    [LABEL.meshletDid]: identity.meshletDid,
    [LABEL.workload]: identity.uri,
    [LABEL.replica]: String(identity.replica),
    [LABEL.spec]: identity.specHash,
    [LABEL.revision]: identity.revision,
    ...(identity.leaseEpoch === undefined ? {} : { [LABEL.epoch]: String(identity.leaseEpoch) }),
  }
}

/** The workload's own variables, then ours, which it can't override. */
function environment(
  spec: Pick<ContainerSpec, 'env'>,
  identity: ContainerIdentity,
): Record<string, string> {
  const own = Object.fromEntries((spec.env ?? []).map(({ name, value }) => [name, value]))
  return {
    ...own,
    COMMUNE_WORKLOAD: identity.uri,
    COMMUNE_OWNER_DID: identity.ownerDid,
    COMMUNE_MESHLET_DID: identity.meshletDid,
    COMMUNE_REPLICA: String(identity.replica),
    ...(identity.leaseEpoch === undefined ? {} : { COMMUNE_EPOCH: String(identity.leaseEpoch) }),
  }
}

/**
 * An id of its own for each workload, so that two workloads never share files or process limits; where
 * there are only some ids, two may share one.
 */
function defaultUser(uri: string, userIds: number | undefined): string {
  const [first, count] =
    userIds === undefined ? [UID_FIRST, UID_COUNT] : [MAPPED_UID_FIRST, userIds - MAPPED_UID_FIRST]
  const id = first + (Number.parseInt(sha256Hex(uri).slice(0, 8), 16) % count)
  return `${id}:${id}`
}
