import type { Did, Resources } from '../model/records.ts'
import type { ProfileName } from '../selection/liveness.ts'

/** When images go that nothing needs. */
export interface ImageCare {
  /** For how long one is kept that nothing uses, milliseconds. */
  readonly keepMs: number
  /** Share of the engine's disk above which they go earlier, from 0 to 1. */
  readonly fullShare: number
}

/** A week, and kubelet's upper threshold (imageGCHighThresholdPercent). */
export const STANDARD_IMAGE_CARE: ImageCare = { keepMs: 7 * 24 * 60 * 60_000, fullShare: 0.85 }

/** What the owner of a machine decides about it. */
export interface MeshletConfig {
  readonly did: Did
  readonly ownerDid: Did
  /** Owners whose workloads may run here, by the name of the cluster. */
  readonly clusters: ReadonlyMap<string, readonly Did[]>
  /** Whose policy this machine holds to in a cluster; its own owner’s where none is named. */
  readonly policyOwners?: ReadonlyMap<string, Did>
  /** What is offered; undefined parts are filled in from what the engine reports. */
  readonly offer: Resources
  readonly labels: Readonly<Record<string, string>>
  readonly liveness: ProfileName
  /** Where other meshlets reach this one; undefined behind NAT. */
  readonly endpoint?: string
  /** TCP ports of the machine where this program listens: no container may reach them. */
  readonly ownPorts?: readonly number[]
  /** What secrets are sealed for, `age1pq1…`. */
  readonly publicKey?: string
  /** Public half of the key that signs this machine's heartbeats, as did:key. */
  readonly heartbeatKey?: string
  readonly softwareVersion: string
  /** The standard when left out. */
  readonly imageCare?: ImageCare
  /** Name servers for containers with a way to the internet; `PUBLIC_RESOLVERS` when absent. */
  readonly resolvers?: readonly string[]
}

/** Quad9 and Cloudflare, which answer everybody. */
export const PUBLIC_RESOLVERS: readonly string[] = ['9.9.9.9', '1.1.1.1']

/** Everybody whose workloads may run here, the owner first. */
export function membersOf(config: MeshletConfig): readonly Did[] {
  const members = [...config.clusters.values()].flat()
  return [...new Set([config.ownerDid, ...members.toSorted()])]
}
