import { compareText } from '../model/canonical.ts'
import { followSet } from '../cluster/follow-set.ts'
import { candidates, type Candidate } from '../cluster/membership.ts'
import { membershipFacts } from '../cluster/membership-facts.ts'
import { membersOf as listedMembersOf } from '../cluster/recognition.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did, MeshletStatusRecord } from '../model/records.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import type { Feed, RecordView } from '../ports/records.ts'
import { hash64, mix } from '../selection/mix.ts'
import type { StandingRole } from '../xrpc/access.ts'
import type { ChangedKeys } from './changed-keys.ts'
import type { ClusterLaw } from './cluster-law.ts'
import { membersOf, type MeshletConfig } from './config.ts'
import type { Peer } from './heartbeats.ts'
import type { LedgerShare } from './ledger-share.ts'
import { rolesByDid } from './roles.ts'

/** Up to this many peers all are called. */
const CALL_ALL_MAX = 128
/**
 * Beyond, each machine calls this many times the square root of their number. Two that don't call each
 * other then have 64 acquaintances in common who tell the one of the other (twice this, squared), and 32
 * where half of all can't be called: that they have none happens to nobody.
 */
const CALLED_PER_ROOT = 4
/** Beyond as many, looks at all of them take a rest for this long for each, and for all, milliseconds. */
const REST_MS_EACH = 0.5
const REST_MS_MAX = 500

/**
 * Beyond the limit each machine calls others than its neighbour does, so that all are called equally
 * often; always the same ones, so that silence means something. Who can't be called is left out there.
 */
export function sampleOf(
  inTurn: readonly Did[],
  endpointOf: (did: Did) => string | undefined,
): readonly Peer[] {
  if (inTurn.length <= CALL_ALL_MAX)
    return inTurn.map((did) => ({ did, endpoint: endpointOf(did) }))
  const count = Math.max(CALL_ALL_MAX, Math.ceil(CALLED_PER_ROOT * Math.sqrt(inTurn.length)))
  const sample: Peer[] = []
  for (const did of inTurn) {
    const endpoint = endpointOf(did)
    if (endpoint !== undefined) sample.push({ did, endpoint })
    if (sample.length === count) break
  }
  return sample
}

/** Of more than all are called, in which order this machine asks who can be. */
export function inTurnFor(self: Did, peers: readonly Did[]): readonly Did[] {
  if (peers.length <= CALL_ALL_MAX) return peers
  const own = hash64(self)
  return peers
    .map((did) => ({ did, mixed: mix(own, hash64(did)) }))
    .toSorted((a, b) => a.mixed - b.mixed || compareText(a.did, b.did))
    .map(({ did }) => did)
}

export interface NeighbourhoodParts {
  /** Names the workloads that run here or were bid for. */
  readonly busyWith: () => readonly string[]
  /** Says who has no rights at present. */
  readonly law: Pick<ClusterLaw, 'isOut' | 'noteChanged'>
  /** Is made of the members' books. */
  readonly fairShare: Pick<LedgerShare, 'noteChanged'>
}

/** Who is around this machine by the records, as of the last look. */
export class Neighbourhood {
  readonly #config: MeshletConfig
  readonly #view: RecordView
  readonly #feed: Feed
  readonly #busyWith: () => readonly string[]
  readonly #law: NeighbourhoodParts['law']
  readonly #fairShare: NeighbourhoodParts['fairShare']
  #followed: ReadonlySet<Did> = new Set()
  #hasChanged = true
  /** Links, member lists or votes among it. */
  #hasMembershipChanged = true
  /** What all but the addresses was read from. */
  #readFrom: string | undefined
  /** What was looked at, by the version of all links and lists. */
  #seen: { readonly version: string | undefined; readonly owners: string } | undefined
  #candidateSets: readonly (readonly Candidate[])[] = []
  #meshlets: readonly Did[] = []
  /** All machines around, those that are not called too. */
  #inTurn: readonly Did[] = []
  #peers: readonly Peer[] = []
  #roles: ReadonlyMap<Did, readonly StandingRole[]> = new Map()

  constructor(
    config: MeshletConfig,
    view: RecordView,
    feed: Feed,
    { busyWith, law, fairShare }: NeighbourhoodParts,
  ) {
    this.#config = config
    this.#view = view
    this.#feed = feed
    this.#busyWith = busyWith
    this.#law = law
    this.#fairShare = fairShare
  }

  /** Links or statuses, or what this machine has to do with, may be others than at the last look. */
  noteChanged({ membership }: Pick<ChangedKeys, 'membership'> = { membership: true }): void {
    if (membership) for (const part of [this.#law, this.#fairShare]) part.noteChanged()
    this.#hasMembershipChanged ||= membership
    this.#hasChanged = true
  }

  /** Reads the records anew if something has changed, and follows the repos that they name. */
  look(): void {
    if (!this.#hasChanged) return
    this.#hasChanged = false
    this.follow()
    this.#lookAtMembers()
    this.#peers = sampleOf(this.#inTurn, (did) => this.#endpointOf(did))
  }

  /** Most of what changes is what machines say of themselves: then there is nothing to do. */
  #lookAtMembers(): void {
    const version = this.#view.membershipVersion?.()
    const from = version && [version, ...membersOf(this.#config)].join(' ')
    if (!this.#hasMembershipChanged && from !== undefined && from === this.#readFrom) return
    this.#hasMembershipChanged = false
    this.#readFrom = from
    this.#candidateSets = this.#candidateSetsNow()
    const around = this.#candidateSets.flatMap((set) => set.map(({ meshletDid }) => meshletDid))
    this.#meshlets = [...new Set(around)]
    this.#inTurn = inTurnFor(this.#config.did, this.#machinesAround())
    this.#roles = rolesByDid(this.#view, this.#config, this.#candidateSets, (owner) =>
      this.#law.isOut(owner),
    )
  }

  /** Members, and whoever was one until the last of her work here has ended. */
  follow(): void {
    const { did, ownerDid } = this.#config
    const former = this.#busyWith().flatMap((uri) => parseWorkloadUri(uri)?.owner ?? [])
    const owners = [...new Set([...membersOf(this.#config), ...former])]
    const version = this.#view.membershipVersion?.()
    const seen = { version, owners: owners.join(' ') }
    if (
      version !== undefined &&
      version === this.#seen?.version &&
      seen.owners === this.#seen.owners
    )
      return
    const { repos, machines } = followSet(this.#view, did, ownerDid, owners)
    this.#followed = repos
    this.#feed.follow(repos, machines)
    this.#seen = seen
  }

  /** Whether its repo bears on anything here. */
  follows(did: Did): boolean {
    return this.#followed.has(did)
  }

  /** The candidate sets that this machine is in, of all owners; those that are the same once. */
  get candidateSets(): readonly (readonly Candidate[])[] {
    return this.#candidateSets
  }

  /** All who may share a workload with this machine, itself included; each once. */
  get meshlets(): readonly Did[] {
    return this.#meshlets
  }

  /** Machines of the members and of their members: whoever may share a workload with this one. */
  get peers(): readonly Peer[] {
    return this.#peers
  }

  /** One of all machines around, also of those that are not called; undefined for any other. */
  peerOf(did: Did): Peer | undefined {
    if (did === this.#config.did || !this.follows(did)) return undefined
    return { did, endpoint: this.#endpointOf(did) }
  }

  /**
   * The more machines there are, the longer a look at all of them takes, and the more often one of them
   * is heard of: what comes within this time is looked at together, milliseconds.
   */
  get gapMs(): number {
    const { length } = this.#inTurn
    return length <= CALL_ALL_MAX ? 0 : Math.min(REST_MS_MAX, length * REST_MS_EACH)
  }

  /** What somebody is here; undefined for a stranger. */
  rolesOf(did: Did): readonly StandingRole[] | undefined {
    return this.#roles.get(did)
  }

  #candidateSetsNow(): readonly (readonly Candidate[])[] {
    const sets = new Set(membersOf(this.#config).map((owner) => candidates(this.#view, owner)))
    return [...sets].filter((set) => set.some(({ meshletDid }) => meshletDid === this.#config.did))
  }

  #machinesAround(): readonly Did[] {
    const view = this.#view
    const facts = membershipFacts(view)
    const members = membersOf(this.#config)
    const owners = new Set([
      ...members,
      ...members.flatMap((member) => [...listedMembersOf(view, member)]),
    ])
    return [...owners]
      .toSorted()
      .flatMap((owner) => facts.machinesOf(owner))
      .filter(({ meshletDid, verdict }) => meshletDid !== this.#config.did && verdict !== 'no')
      .map(({ meshletDid }) => meshletDid)
  }

  #endpointOf(did: Did): string | undefined {
    const status = this.#view.get<MeshletStatusRecord>(did, COLLECTION.meshletStatus, 'self')
    return status?.value.endpoint
  }
}
