import { recordKeyFor } from '../model/record-key.ts'

/** Characters of a hash that a name carries: enough that names of one engine never meet by chance. */
const SHORT = 8

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

/** Name of the network that the replicas of a workload share on one machine. */
export function networkName(meshletDid: string, uri: string): string {
  return prefixOf(meshletDid, uri)
}
