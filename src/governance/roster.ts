import { ownedMeshlets } from '../cluster/owned-meshlets.ts'
import { membersOf, recognises } from '../cluster/recognition.ts'
import { compareText } from '../model/canonical.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { ClusterRecord, Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import type { Roster } from './member-state.ts'

/** The clusters that an owner's machines have, each with all whom they list in it, by name. */
export function rostersOf(view: RecordView, owner: Did): readonly Roster[] {
  const listed = new Map<string, Set<Did>>()
  for (const { meshletDid, verdict } of ownedMeshlets(view, owner)) {
    if (verdict !== 'yes') continue
    for (const [cluster, { value }] of view.list<ClusterRecord>(meshletDid, COLLECTION.cluster)) {
      const members = listed.get(cluster) ?? new Set<Did>()
      for (const member of value.members) if (member !== owner) members.add(member)
      listed.set(cluster, members)
    }
  }
  return [...listed]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([cluster, members]) => ({ cluster, owner, members: [...members].toSorted(compareText) }))
}

/** Who votes on a proposal of this owner: herself, and whom she lists and who works with her. */
export function electorateOf(view: RecordView, roster: Roster, subject: Did): readonly Did[] {
  const { owner, members } = roster
  return [owner, ...members.filter((member) => recognises(view, owner, member) === 'yes')]
    .filter((did) => did !== subject)
    .toSorted(compareText)
}

/** Whose votes may concern an owner: herself, her members, and whom those list. */
export function neighboursOf(view: RecordView, owner: Did): readonly Did[] {
  const members = membersOf(view, owner)
  const nearby = members.flatMap((member) => membersOf(view, member))
  return [...new Set([owner, ...members, ...nearby])].toSorted(compareText)
}
