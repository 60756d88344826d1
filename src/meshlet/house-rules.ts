import type { Did, WorkloadRecord } from '../model/records.ts'
import type { Amount } from '../model/request.ts'
import { judge, type Refusal } from '../policy/judge.ts'
import { limitFor, totalRuleOf, type Limit } from '../policy/limit.ts'
import type { Policy } from '../policy/policy.ts'
import type { Party } from '../policy/terms-for.ts'
import type { Clock } from '../ports/clock.ts'
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
  readonly clock: Clock
}

/** What the policy of this machine says of the work of others, and of its owner’s own. */
export class HouseRules {
  readonly #options: HouseRulesOptions

  constructor(options: HouseRulesOptions) {
    this.#options = options
  }

  /** Why such a container may not run here now; undefined when it may. */
  judge(workload: WorkloadRecord, owner: Did): Refusal | undefined {
    const { config, policy, clock, imageRefusals } = this.#options
    return (
      judge(policy(), partyOf(config, owner), workload, clock.wallMs()) ??
      imageRefusals.of(workload.image, owner)
    )
  }

  /** How much a workload may hold here beside what others hold; undefined without any limit. */
  limitOf(uri: string, owner: Did): Limit | undefined {
    const { config, reservations, capacity } = this.#options
    const policy = this.#options.policy()
    const party = partyOf(config, owner)
    const heldBy = (isMeant: (other: Party) => boolean) =>
      reservations.heldBeside(uri, (other) => isMeant(partyOf(config, other)))
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
}

/** Who an owner is from this machine’s point of view. */
export function partyOf({ ownerDid, clusters }: HouseRulesOptions['config'], owner: Did): Party {
  return {
    owner,
    isOwn: owner === ownerDid,
    clusters: [...clusters].filter(([, members]) => members.includes(owner)).map(([name]) => name),
  }
}
