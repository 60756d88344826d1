import { CommuneError } from '../model/errors.ts'
import { LABEL } from '../model/nsid.ts'
import type { EngineNetwork, NetworkCreate } from '../ports/engine.ts'
import type { WallState } from '../ports/walls.ts'
import { requireWalls } from './require-walls.ts'

/** As the Docker driver. */
export function ensureNetwork(
  networks: Map<string, EngineNetwork>,
  network: NetworkCreate,
  firewall: WallState,
): string {
  if (network.egress !== 'none') requireWalls(firewall)
  return add(networks, network)
}

/** Those of one meshlet, by name. */
export function networksOf(
  networks: ReadonlyMap<string, EngineNetwork>,
  meshletDid: string,
): readonly EngineNetwork[] {
  return [...networks.values()]
    .filter((network) => network.labels[LABEL.meshletDid] === meshletDid)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function add(networks: Map<string, EngineNetwork>, { name, labels }: NetworkCreate): string {
  const existing = networks.get(name)
  if (existing && existing.labels[LABEL.meshletDid] !== labels[LABEL.meshletDid]) {
    throw new CommuneError('name-taken', `A network ${name} exists that is not ours`)
  }
  networks.set(name, { name, labels })
  return name
}
