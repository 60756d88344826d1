import { candidateSet } from '../../src/cluster/membership.ts'
import { COLLECTION, LABEL } from '../../src/model/nsid.ts'
import { parseWorkloadUri } from '../../src/model/workload-uri.ts'
import type { ContainerCreate } from '../../src/ports/engine.ts'
import type { VirtualCommune } from '../support/virtual-commune.ts'
import { RememberedView } from './true-view.ts'

const LINKS: ReadonlySet<string> = new Set([
  COLLECTION.meshlet,
  COLLECTION.meshletOwner,
  COLLECTION.cluster,
])

/**
 * Complains when something is made for an owner who never had the consent of the machine's owner, or
 * who has lost it as far as the machine has read. What runs may be repaired until the notice is over.
 */
export function watchStrangers(world: VirtualCommune): void {
  // What a PDS lost may go on being known, and goes on counting.
  const view = new RememberedView(world.repos)
  const everCandidates = new Map<string, Set<string>>()
  world.repos.onCommit((_, { changes }) => {
    if (!changes.some(({ collection }) => LINKS.has(collection))) return
    for (const { config } of world.machines.values()) {
      const ever = everCandidates.get(config.ownerDid) ?? new Set()
      everCandidates.set(config.ownerDid, ever)
      for (const { meshletDid } of candidateSet(view, config.ownerDid).candidates)
        ever.add(meshletDid)
    }
  })
  world.trace.onAction((machine, call, subject) => {
    if (call !== 'createContainer' || world.hostile.has(machine.name)) return
    const { labels, name } = subject as ContainerCreate
    const owner = parseWorkloadUri(labels[LABEL.workload] ?? '')?.owner
    if (owner !== undefined && everCandidates.get(owner)?.has(machine.did)) return
    const at = `${Math.round(world.clock.monotonicMs())} ms`
    world.violations.push(`${at}: stranger: ${machine.name} makes ${name} for ${owner}`)
  })
}
