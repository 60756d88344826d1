import type { Egress } from '../model/egress.ts'
import { recordKeyFor } from '../model/record-key.ts'

/** Characters of a hash that a name carries: enough that names of one engine never meet by chance. */
const SHORT = 8
const INTERNET = '-internet'

/** Several meshlets can share an engine, so a name tells them apart. */
function prefixOf(meshletDid: string, uri: string): string {
  const name = uri.slice(uri.lastIndexOf('/') + 1)
  return `commune-${name}-${recordKeyFor(`${meshletDid} ${uri}`).slice(0, SHORT)}`
}

/** Name of one replica's container. A new spec has a new name, so that both can exist for a while. */
export function containerName(
  meshletDid: string,
  uri: string,
  replica: number,
  specHash: string,
): string {
  return `${prefixOf(meshletDid, uri)}-${replica}-${specHash.slice(0, SHORT)}`
}

/**
 * Name of the network that the replicas of a workload share on one machine. One with a way out has a
 * name of its own: while replicas change from one to the other, both are there.
 */
export function networkName(meshletDid: string, uri: string, egress: Egress): string {
  return `${prefixOf(meshletDid, uri)}${egress === 'internet' ? INTERNET : ''}`
}

/** Whether a network of ours is one with a way to the internet. */
export function isInternetNetwork(name: string): boolean {
  return name.endsWith(INTERNET)
}
