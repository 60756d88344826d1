import { compareText } from '../model/canonical.ts'
import { rememberByVersion } from '../model/remember.ts'
import type { Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import { clusterLists, type ClusterList, countedLists } from './cluster-lists.ts'
import type { Candidate, CandidateSet } from './membership.ts'
import { claimedOwner, ownedMeshlets } from './owned-meshlets.ts'
import { anyOf, type Verdict } from './verdict.ts'

/** A machine that an owner names. */
export interface NamedMachine {
  readonly meshletDid: Did
  /** Whether it is hers. */
  readonly verdict: Verdict
}

/** With whom it lists. */
interface Machine extends NamedMachine {
  readonly claimedOwner: Did | undefined
  readonly lists: readonly ClusterList[]
  /** Those that count where none is named. */
  readonly counted: readonly ClusterList[]
  /** What `accepts` says of an owner whom it does not list. */
  readonly otherwise: 'no' | 'unknown'
  /** It as a candidate: the same object in each set. */
  readonly as: Readonly<Record<Candidate['verdict'], Candidate>>
}

/** What follows from links and member lists, worked out once for as long as none of them changes. */
export const membershipFacts: (view: RecordView) => MembershipFacts = rememberByVersion(
  (view: RecordView) => view.membershipVersion?.(),
  (view) => new MembershipFacts(view),
)

/**
 * Reads each link and each list once, however many owners are asked about. In a commune where everybody
 * works with everybody there are as many candidate sets as owners, each of all machines: those that are
 * equal are one and the same, so that what follows from them can be told once as well.
 */
export class MembershipFacts {
  readonly #view: RecordView
  readonly #machines = new Map<Did, readonly Machine[]>()
  readonly #members = new Map<string, readonly Did[]>()
  readonly #sets = new Map<string, CandidateSet>()
  #last:
    | { readonly found: readonly Candidate[]; readonly ordered: readonly Candidate[] }
    | undefined

  constructor(view: RecordView) {
    this.#view = view
  }

  /** `ownedMeshlets`, without the reasons. */
  machinesOf(owner: Did): readonly NamedMachine[] {
    return this.#machinesOf(owner)
  }

  /** `membersOf` of recognition. */
  membersOf(owner: Did, clusters?: readonly string[]): readonly Did[] {
    return once(this.#members, nameOf(owner, clusters), () => {
      const members = new Set<Did>()
      for (const { verdict, lists } of this.#machinesOf(owner))
        if (verdict === 'yes')
          for (const list of countedLists(lists, clusters))
            for (const member of list.members) members.add(member)
      members.delete(owner)
      return [...members].toSorted(compareText)
    })
  }

  /** `someMeshletAccepts` of recognition. */
  someAccepts(owner: Did, other: Did): Verdict {
    if (this.#view.repoState(owner) === 'unknown') return 'unknown'
    const lists = new ListsWith(other)
    return anyOf(this.#machinesOf(owner).map((machine) => ofMember(machine, other, lists)))
  }

  /** `candidateSet` of membership. */
  candidateSet(owner: Did, clusters?: readonly string[]): CandidateSet {
    return once(this.#sets, nameOf(owner, clusters), () => {
      const members = this.membersOf(owner, clusters)
      return {
        candidates: this.#inOrder(owner, this.#candidatesOf(owner, members, clusters)),
        unread: [owner, ...members].filter((did) => this.#view.repoState(did) === 'unknown'),
      }
    })
  }

  /** By owner, then DID. */
  #candidatesOf(owner: Did, members: readonly Did[], clusters: readonly string[] | undefined) {
    const found: Candidate[] = []
    const lists = new ListsWith(owner)
    for (const one of [owner, ...members].toSorted(compareText))
      for (const machine of this.#machinesOf(one)) {
        const verdict = one === owner ? ofOwn(machine, clusters) : ofMember(machine, owner, lists)
        if (verdict !== 'no') found.push(machine.as[verdict])
      }
    return found
  }

  /** By DID. A machine that several owners name, and that was never read, is a member's. */
  #inOrder(owner: Did, found: readonly Candidate[]): readonly Candidate[] {
    const last = this.#last
    if (last?.found.length === found.length && last.found.every((one, i) => one === found[i]))
      return last.ordered
    const isOwn = ({ ownerDid }: Candidate) => ownerDid === owner
    const byDid = new Map<Did, Candidate>()
    for (const candidate of found) {
      const known = byDid.get(candidate.meshletDid)
      if (known === undefined || !isOwn(candidate)) byDid.set(candidate.meshletDid, candidate)
    }
    const ordered = [...byDid.values()].toSorted((a, b) => compareText(a.meshletDid, b.meshletDid))
    // Who is named twice may be another one's for the next owner.
    if (byDid.size === found.length) this.#last = { found, ordered: Object.freeze(ordered) }
    return Object.freeze(ordered)
  }

  #machinesOf(owner: Did): readonly Machine[] {
    return once(this.#machines, owner, () =>
      ownedMeshlets(this.#view, owner).map(({ meshletDid, verdict }): Machine => {
        const as = (known: Candidate['verdict']): Candidate =>
          Object.freeze({ meshletDid, ownerDid: owner, verdict: known })
        const lists = clusterLists(this.#view, meshletDid)
        return {
          meshletDid,
          verdict,
          claimedOwner: claimedOwner(this.#view, meshletDid),
          lists,
          counted: countedLists(lists),
          otherwise: this.#view.repoState(meshletDid) === 'unknown' ? 'unknown' : 'no',
          as: { yes: as('yes'), unknown: as('unknown') },
        }
      }),
    )
  }
}

function ofOwn({ verdict, lists }: Machine, clusters: readonly string[] | undefined): Verdict {
  return !clusters || countedLists(lists, clusters).length > 0 ? verdict : 'no'
}

/** `accepts` of recognition, of a machine that is its owner's at all. */
function ofMember(machine: Machine, owner: Did, lists: ListsWith): Verdict {
  if (machine.verdict === 'no') return 'no'
  const isListed = machine.claimedOwner === owner || lists.includes(machine.counted)
  if (!isListed && machine.otherwise === 'no') return 'no'
  return isListed ? machine.verdict : 'unknown'
}

/** Which lists name an owner; asked once of each, however many machines share it. */
class ListsWith {
  readonly #owner: Did
  readonly #known = new Map<ReadonlySet<Did>, boolean>()

  constructor(owner: Did) {
    this.#owner = owner
  }

  includes(lists: readonly ClusterList[]): boolean {
    for (const { members } of lists) if (this.#isIn(members)) return true
    return false
  }

  #isIn(members: ReadonlySet<Did>): boolean {
    const before = this.#known.get(members)
    if (before !== undefined) return before
    const found = members.has(this.#owner)
    this.#known.set(members, found)
    return found
  }
}

function nameOf(owner: Did, clusters: readonly string[] = []): string {
  return [owner, ...clusters].join(' ')
}

function once<T>(known: Map<string, T>, name: string, compute: () => T): T {
  const before = known.get(name)
  if (before !== undefined) return before
  const value = compute()
  known.set(name, value)
  return value
}
