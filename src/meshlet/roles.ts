import type { Candidate } from '../cluster/membership.ts'
import { membershipFacts } from '../cluster/membership-facts.ts'
import { recognises } from '../cluster/recognition.ts'
import type { Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import type { StandingRole } from '../xrpc/access.ts'
import { membersOf, type MeshletConfig } from './config.ts'

/**
 * What everybody is to this meshlet by the records: its owner, the members that recognise her and
 * their machines, and whoever else may run work of those. Who is not in the table is a stranger;
 * who is listed but does not list us back, or whom the cluster has suspended or expelled, is known,
 * with no rights.
 */
export function rolesByDid(
  view: RecordView,
  config: MeshletConfig,
  candidateSets: readonly (readonly Candidate[])[],
  isOut: (owner: Did) => boolean = () => false,
): ReadonlyMap<Did, readonly StandingRole[]> {
  const roles = new Map<Did, Set<StandingRole>>()
  const grant = (did: Did, ...granted: readonly StandingRole[]) => {
    const known = roles.get(did) ?? new Set<StandingRole>()
    for (const role of granted) known.add(role)
    roles.set(did, known)
  }
  const facts = membershipFacts(view)
  for (const owner of membersOf(config)) {
    // Her machines stay candidates: who holds work of others has to be heard.
    const isMember = recognises(view, config.ownerDid, owner) === 'yes' && !isOut(owner)
    const granted: readonly StandingRole[] = isMember ? ['member'] : []
    grant(owner, ...granted)
    for (const { meshletDid, verdict } of facts.machinesOf(owner))
      if (verdict === 'yes') grant(meshletDid, ...granted)
  }
  for (const set of candidateSets) for (const { meshletDid } of set) grant(meshletDid, 'candidate')
  grant(config.ownerDid, 'meshletOwner', 'member')
  return new Map([...roles].map(([did, granted]) => [did, [...granted]]))
}
