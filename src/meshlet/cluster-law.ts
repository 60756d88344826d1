import { agreementOf, describeState, type Agreement } from '../governance/agreement.ts'
import { recordUri } from '../governance/ballots.ts'
import { rulesOf, stepsHash } from '../governance/cluster-rules.ts'
import { memberState, type MemberState, type Roster } from '../governance/member-state.ts'
import { standingsOf, type MemberStanding } from '../governance/member-standing.ts'
import { isAtLeast } from '../governance/standing.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { ClusterPolicyRecord, ClusterRecord, Did } from '../model/records.ts'
import { judgeStanding } from '../policy/judge-standing.ts'
import type { Policy } from '../policy/policy.ts'
import type { Clock } from '../ports/clock.ts'
import type { RecordView } from '../ports/records.ts'
import type { Obstacle } from '../selection/decide-bid.ts'
import type { MeshletConfig } from './config.ts'
import { partyOf } from './house-rules.ts'

export interface ClusterLawOptions {
  readonly config: Pick<MeshletConfig, 'ownerDid' | 'clusters' | 'policyOwners'>
  readonly view: RecordView
  readonly policy: () => Policy
  readonly clock: Clock
}

/** What a machine's `cluster` record says of the policy that it holds to. */
export type HeldPolicy = Pick<ClusterRecord, 'policy' | 'steps' | 'stepsSince'>

/** What depends on the time is computed anew so often, and all of it when records have changed. */
const KEPT_MS = 60_000

interface Known {
  readonly agreement: Agreement
  readonly standings: ReadonlyMap<Did, readonly MemberStanding[]> | undefined
  readonly untilMs: number
}

/**
 * What the members of this machine’s clusters have agreed on, as far as its owner goes by that: who
 * is suspended or expelled, and how each stands. It only ever takes away: nobody is let in by it.
 */
export class ClusterLaw {
  readonly #options: ClusterLawOptions
  #known: Known | undefined

  constructor(options: ClusterLawOptions) {
    this.#options = options
  }

  /** Records have changed from which it follows. */
  noteChanged(): void {
    this.#known = undefined
  }

  /**
   * The policy that this machine holds to in a cluster, of its own owner unless it was told another,
   * and since when it has held to these steps; `before` is what it said so far.
   */
  policyOf(cluster: string, before: HeldPolicy | undefined): HeldPolicy | undefined {
    const { config, view, clock } = this.#options
    const owner = config.policyOwners?.get(cluster) ?? config.ownerDid
    const record = view.get<ClusterPolicyRecord>(owner, COLLECTION.clusterPolicy, cluster)
    if (record === undefined) return undefined
    const policy = { uri: recordUri(owner, COLLECTION.clusterPolicy, cluster), cid: record.cid }
    const steps = stepsHash(rulesOf(record.value))
    const now = new Date(clock.wallMs()).toISOString() as NonNullable<HeldPolicy['stepsSince']>
    const stepsSince = before?.steps === steps ? (before.stepsSince ?? now) : now
    return { policy, steps, stepsSince }
  }

  /** Why this owner’s work may not run here, or nothing new of it; undefined when it may. */
  obstacleOf(owner: Did): Obstacle | undefined {
    const { config, policy } = this.#options
    const party = partyOf(config, owner)
    if (party.isOwn || party.clusters.length === 0) return undefined
    return (
      this.#decided(owner, party.clusters) ?? judgeStanding(policy(), party, this.standingOf(owner))
    )
  }

  /** Whether the cluster has taken the rights of a member from somebody, here. */
  isOut(owner: Did): boolean {
    const { clusters } = partyOf(this.#options.config, owner)
    return this.#decided(owner, clusters) !== undefined
  }

  /** Served after everybody else, when room is short. */
  isLastInLine(owner: Did): boolean {
    return !isAtLeast(this.standingOf(owner)?.standing ?? 'good', 'newcomer')
  }

  /** The best of her standings in the clusters of this machine that list her; undefined: unknown. */
  standingOf(owner: Did): MemberStanding | undefined {
    const { clusters } = partyOf(this.#options.config, owner)
    const known = this.#now().standings?.get(owner) ?? []
    const found = known.filter(({ cluster }) => clusters.includes(cluster))
    // A cluster that asks for nothing is content.
    return found.length < clusters.length ? undefined : found[0]
  }

  /** Consent is given in a cluster: what one has decided takes nothing away in another. */
  #decided(owner: Did, clusters: readonly string[]): Obstacle | undefined {
    const { clock, policy } = this.#options
    if (policy().decisions === 'advise' || clusters.length === 0) return undefined
    const { decided } = this.#now().agreement
    const found = clusters.map((cluster) => ({
      cluster,
      state: memberState(decided, this.#rosterOf(cluster), owner, clock.wallMs()),
    }))
    const out = found.filter(({ state }) => OUT.has(state.kind))
    if (out.length < found.length) return undefined
    const milder = out.find(({ state }) => state.kind === 'suspended') ?? out[0]
    if (milder === undefined) return undefined
    const what = `${milder.cluster} has voted: its owner is ${describeState(milder.state)}`
    return milder.state.kind === 'suspended'
      ? { reason: 'standing', message: what }
      : { reason: 'policy', message: what }
  }

  #rosterOf(cluster: string): Roster {
    const { config } = this.#options
    const members = config.clusters.get(cluster) ?? []
    return {
      cluster,
      owner: config.ownerDid,
      members: members.filter((member) => member !== config.ownerDid),
    }
  }

  #now(): Known {
    const { config, view, clock } = this.#options
    const nowMs = clock.monotonicMs()
    if (this.#known !== undefined && nowMs < this.#known.untilMs) return this.#known
    const wallMs = clock.wallMs()
    const agreement = agreementOf(view, config.ownerDid, wallMs)
    const standings = standingsOf(view, config.ownerDid, agreement, wallMs)
    this.#known = { agreement, standings, untilMs: nowMs + KEPT_MS }
    return this.#known
  }
}

const OUT: ReadonlySet<MemberState['kind']> = new Set(['suspended', 'expelled'])
