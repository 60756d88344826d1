import { compareText } from '../model/canonical.ts'
import type { Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import { neverRead, ownedMeshlets, type OwnedMeshlet } from './owned-meshlets.ts'
import { accepts, membersOf, someMeshletAccepts } from './recognition.ts'
import type { Verdict } from './verdict.ts'

/** One machine, or one owner without machines, as the viewer's owner sees it. */
export interface MemberRow {
  readonly ownerDid: Did
  readonly meshletDid?: Did
  /** Whether this machine and the viewer may work for each other. */
  readonly verdict: Verdict
  /** One line for people. */
  readonly reason: string
}

export interface Viewer {
  readonly ownerDid: Did
  /** Owners to look at besides those that the viewer and her members list. */
  readonly alsoKnown?: readonly Did[]
}

/**
 * Who works with the viewer, who does not, and why, one line a machine: her own first, then by
 * owner and machine. Shows her own machines, whom she lists, and who lists her among all that her
 * members list or that the caller knows of.
 */
export function explainMembers(view: RecordView, viewer: Viewer): readonly MemberRow[] {
  const { ownerDid } = viewer
  const listed = new Set(membersOf(view, ownerDid))
  const nearby = [...listed].flatMap((member) => membersOf(view, member))
  const strangers = new Set([...nearby, ...(viewer.alsoKnown ?? [])])
  const rows = [...listed].flatMap((member) => listedRows(view, ownerDid, member))
  for (const stranger of strangers)
    if (stranger !== ownerDid && !listed.has(stranger))
      rows.push(...strangerRows(view, ownerDid, stranger))
  return [...ownRows(view, ownerDid), ...rows.toSorted(byOwnerAndMeshlet)].map((row) => ({
    ...row,
    reason: [row.reason, ...problemsOf(view, row)].join('; '),
  }))
}

/** What is wrong with repos that were read, such as that they hold more than is read. */
function problemsOf(view: RecordView, { ownerDid, meshletDid }: MemberRow): readonly string[] {
  const problemOf = (did: Did | undefined, whose: string): readonly string[] => {
    if (did === undefined || view.repoState(did) === 'unknown') return []
    const problem = view.repoProblem(did)
    return problem === undefined ? [] : [`${whose} repo: ${problem}`]
  }
  return [...problemOf(ownerDid, 'the owner’s'), ...problemOf(meshletDid, 'the meshlet’s')]
}

function ownRows(view: RecordView, owner: Did): readonly MemberRow[] {
  const owned = ownedMeshlets(view, owner)
  if (owned.length === 0) return [withoutMeshlets(view, owner)]
  return owned.map((meshlet) => ({
    ...rowOf(meshlet),
    reason: meshlet.verdict === 'yes' ? 'your own' : meshlet.reason,
  }))
}

/** Rows of somebody whom the viewer lists. */
function listedRows(view: RecordView, viewer: Did, member: Did): readonly MemberRow[] {
  const owned = ownedMeshlets(view, member)
  if (owned.length === 0) return [withoutMeshlets(view, member)]
  return owned.map((meshlet) => {
    if (meshlet.verdict !== 'yes') return rowOf(meshlet)
    const verdict = accepts(view, meshlet.meshletDid, viewer)
    return { ...rowOf(meshlet), verdict, reason: REASON_LISTED[verdict] }
  })
}

const REASON_LISTED: Readonly<Record<Verdict, string>> = {
  yes: 'you list each other',
  no: 'you list them, but this meshlet does not list you',
  unknown: 'you list them; whom this meshlet lists has not been read yet',
}

/** Rows of somebody whom the viewer does not list: only if they list her is there anything to say. */
function strangerRows(view: RecordView, viewer: Did, stranger: Did): readonly MemberRow[] {
  if (someMeshletAccepts(view, stranger, viewer) !== 'yes') return []
  return ownedMeshlets(view, stranger)
    .filter(
      ({ verdict, meshletDid }) => verdict === 'yes' && accepts(view, meshletDid, viewer) === 'yes',
    )
    .map((meshlet) => ({
      ...rowOf(meshlet),
      verdict: 'no',
      reason: 'they list you, but you do not list them',
    }))
}

function withoutMeshlets(view: RecordView, owner: Did): MemberRow {
  if (view.repoState(owner) === 'unknown')
    return {
      ownerDid: owner,
      verdict: 'unknown',
      reason: neverRead(view, owner, 'the owner’s repo'),
    }
  return { ownerDid: owner, verdict: 'no', reason: 'the owner has no meshlet record yet' }
}

function rowOf({ ownerDid, meshletDid, verdict, reason }: OwnedMeshlet): MemberRow {
  return { ownerDid, meshletDid, verdict, reason }
}

function byOwnerAndMeshlet(a: MemberRow, b: MemberRow): number {
  return compareText(a.ownerDid, b.ownerDid) || compareText(a.meshletDid ?? '', b.meshletDid ?? '')
}
