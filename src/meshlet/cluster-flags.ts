import type { Did } from '../model/records.ts'
import { isDid } from '../model/workload-uri.ts'
import { listOf, type Raw } from './flag-values.ts'

/** The name of the cluster that `--cluster-members` speaks of. */
const DEFAULT_CLUSTER = 'default'

/** Whose work may run here, by cluster. */
export function parseClusters(raw: Raw, faults: string[]): Map<string, readonly Did[]> {
  const clusters = new Map<string, readonly Did[]>()
  const add = (flag: string, name: string, list: unknown) => {
    const members = (Array.isArray(list) ? list : String(list).split(',')).map((one) =>
      String(one).trim(),
    )
    const good = members.filter((member) => member !== '')
    for (const member of good)
      if (!isDid(member))
        faults.push(`${flag}: "${member}" is no DID; expected did:plc:… or did:web:…`)
    clusters.set(name, good.filter(isDid))
  }
  if (raw['clusterMembers'] !== undefined)
    add('--cluster-members', DEFAULT_CLUSTER, raw['clusterMembers'])
  for (const one of listOf('cluster', raw['cluster'], faults)) {
    const [, name, list] = /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)=(.*)$/.exec(String(one)) ?? []
    if (name === undefined)
      faults.push(`--cluster: "${String(one)}" expected NAME=DID,DID with a DNS label as name`)
    else add('--cluster', name, list)
  }
  return clusters
}

/** Whose rules this machine holds to, by cluster; nothing when none is named. */
export function parsePolicyOwners(
  raw: Raw,
  faults: string[],
): { readonly policyOwners?: ReadonlyMap<string, Did> } {
  const owners = new Map<string, Did>()
  for (const one of listOf('clusterPolicy', raw['clusterPolicy'], faults)) {
    const [, name, did = ''] = /^([^=]+)=(.*)$/.exec(String(one)) ?? []
    if (name !== undefined && isDid(did)) owners.set(name, did)
    else faults.push(`--cluster-policy: "${String(one)}" expected NAME=DID`)
  }
  return owners.size === 0 ? {} : { policyOwners: owners }
}
