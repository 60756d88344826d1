import type { Did, WorkloadRecord } from '../model/records.ts'
import { rememberByText } from '../model/remember.ts'
import type { Amount } from '../model/request.ts'
import { judge, nameRule, type Refusal } from '../policy/judge.ts'
import { faultInGvisor } from '../policy/gvisor-fault.ts'
import { gvisorWish, withIsolation } from '../policy/isolation.ts'
import { limitFor, totalRuleOf, type Limit } from '../policy/limit.ts'
import type { Policy } from '../policy/policy.ts'
import { termsFor, type Party } from '../policy/terms-for.ts'
import type { Clock } from '../ports/clock.ts'
import type { EngineInfo } from '../ports/engine.ts'
import type { Desired } from '../reconcile/actions.ts'
import type { ImageRefusals } from './image-refusals.ts'
import type { MeshletConfig } from './config.ts'
import type { Reservations } from './reservations.ts'

export interface HouseRulesOptions {
  readonly config: Pick<MeshletConfig, 'ownerDid' | 'clusters'>
  /** What holds now; it may change while the program runs. */
  readonly policy: () => Policy
  readonly reservations: Reservations
  /** What was found of images when they were to be pulled. */
  readonly imageRefusals: ImageRefusals
  /** All that the machine offers. */
  readonly capacity: () => Amount
  /** What the engine says of itself; undefined until it first answered. */
  readonly engineInfo: () => EngineInfo | undefined
  readonly clock: Clock
}

/** As the plan of a workload has them. */
export type Walls = Pick<Desired & { kind: 'run' }, 'runtime' | 'userIds'>

/** Ids of users and groups that a container has where root in it is nobody outside: Docker’s, and Podman’s. */
const MAPPED_IDS = 65_536
/** Owners of whom is remembered what they are here. */
const PARTIES_MAX = 4_096

/** What the policy of this machine says of the work of others, and of its owner’s own. */
export class HouseRules {
  readonly #options: HouseRulesOptions
  readonly #partyOf: (owner: string) => Party
  #known: { given: Policy; info: EngineInfo | undefined; policy: Policy } | undefined

  constructor(options: HouseRulesOptions) {
    this.#options = options
    this.#partyOf = rememberByText(PARTIES_MAX, (owner) =>
      Object.freeze(partyOf(options.config, owner as Did)),
    )
  }

  /** Why such a container may not run here now; undefined when it may. */
  judge(workload: WorkloadRecord, owner: Did): Refusal | undefined {
    const { clock, imageRefusals } = this.#options
    const party = this.#partyOf(owner)
    const policy = this.#policy()
    const info = this.#options.engineInfo()
    return (
      judge(policy, party, workload, clock.wallMs()) ??
      imageRefusals.of(workload.image, owner) ??
      (info && faultInGvisor(info.gvisor, gvisorWish(policy, party, workload), workload)) ??
      (info?.host?.userNamespaces ? faultOfUser(workload) : undefined)
    )
  }

  /** What this machine puts between such a container and itself. */
  wallsFor(workload: WorkloadRecord, owner: Did): Walls {
    const { engineInfo } = this.#options
    const info = engineInfo()
    const runtime = info?.gvisor?.runtime
    const party = this.#partyOf(owner)
    const isMeant = runtime !== undefined && gvisorWish(this.#policy(), party, workload)
    return {
      ...(isMeant ? { runtime } : {}),
      ...(info?.host?.userNamespaces ? { userIds: MAPPED_IDS } : {}),
    }
  }

  /** The rule by which an owner’s work runs here only while the walls are shown to stand. */
  canaryRuleFor(owner: Did): string | undefined {
    const { value, rule } = termsFor(this.#options.policy(), this.#partyOf(owner)).term('canary')
    return value === 'required' ? nameRule(rule.name) : undefined
  }

  /** How much a workload may hold here beside what others hold; undefined without any limit. */
  limitOf(uri: string, owner: Did): Limit | undefined {
    const { reservations, capacity } = this.#options
    const policy = this.#policy()
    const party = this.#partyOf(owner)
    const heldBy = (isMeant: (other: Party) => boolean) =>
      reservations.heldBeside(uri, (other) => isMeant(this.#partyOf(other)))
    // Most policies limit nothing, and this is asked at every look at every workload: each sum is
    // made when it is needed.
    return limitFor(policy, party, {
      offer: capacity(),
      get own() {
        return heldBy(({ isOwn }) => isOwn)
      },
      get others() {
        return heldBy(({ isOwn }) => !isOwn)
      },
      get sameRule() {
        const rule = totalRuleOf(policy, party)
        return heldBy((other) => totalRuleOf(policy, other) === rule)
      },
    })
  }

  /**
   * The owner’s policy, on a machine with such walls. Until the engine says what it has, nothing is
   * refused for the want of it: nothing can be started then either.
   */
  #policy(): Policy {
    const [given, info] = [this.#options.policy(), this.#options.engineInfo()]
    if (this.#known?.given !== given || this.#known.info !== info) {
      const policy = withIsolation(given, {
        gvisor: info === undefined || info.gvisor !== undefined,
        userNamespaces: info?.host?.userNamespaces ?? false,
      })
      this.#known = { given, info, policy: Object.freeze({ ...policy }) }
    }
    return this.#known.policy
  }
}

function faultOfUser({ user }: WorkloadRecord): Refusal | undefined {
  const beyond = user?.split(':').find((id) => Number(id) >= MAPPED_IDS)
  if (beyond === undefined) return undefined
  const message = `user ${beyond} is none here: with user namespaces containers have ${MAPPED_IDS} ids`
  return { reason: 'constraint', message }
}

/** Who an owner is from this machine’s point of view. */
export function partyOf({ ownerDid, clusters }: HouseRulesOptions['config'], owner: Did): Party {
  return {
    owner,
    isOwn: owner === ownerDid,
    clusters: [...clusters].filter(([, members]) => members.includes(owner)).map(([name]) => name),
  }
}
