import type { Standing } from '../governance/standing.ts'
import type { Did } from '../model/records.ts'
import type { Amount } from '../model/request.ts'
import type { Hours } from './hours.ts'
import type { ImagePattern } from './image-pattern.ts'

/** What the owner of a machine allows to run on it, for whom. */
export interface Policy {
  /** Kept free for the machine’s own owner: nobody else’s work gets it. */
  readonly reserve: Amount
  readonly rules: readonly Rule[]
  /** Lists of owners, which go before every rule. */
  readonly owners?: OwnerLists
  /** Whether votes of a cluster to suspend or expel somebody take effect here; they do if absent. */
  readonly decisions?: 'follow' | 'advise'
}

/** Never for the machine’s own owner. */
export interface OwnerLists {
  /** Whose work is never taken, with where that is said and why. */
  readonly blocked: ReadonlyMap<Did, string>
  /** Whose work alone is taken; undefined: everybody’s who is not blocked. */
  readonly allowed?: ReadonlySet<Did>
}

/** For whom a rule speaks. */
export type Subject =
  | { readonly kind: 'owner'; readonly owner: Did }
  | { readonly kind: 'cluster'; readonly cluster: string }
  /** Everybody but the machine’s own owner. */
  | { readonly kind: 'members' }
  /** The machine’s own owner. */
  | { readonly kind: 'own' }

export interface Rule {
  /** As people call it. */
  readonly name: string
  readonly subject: Subject
  readonly terms: Partial<Terms>
}

/** What may be said in a rule; what one leaves out is said by a less specific one. */
export interface Terms {
  /** False: nothing of theirs runs here. */
  readonly allow: boolean
  /** An image has to fit one of them. */
  readonly images: readonly ImagePattern[]
  /** Most that one image may take, in bytes on the disk; Infinity without a limit. */
  readonly imageSize: number
  /** Most that the images of all whom the rule decides for take together; likewise. */
  readonly imageTotal: number
  /** An image needs a signature of one of them; none is needed when there are none. */
  readonly signatures: readonly Signer[]
  readonly security: 'restricted' | 'baseline'
  /** What their containers run in, unless the workload asks for more. */
  readonly runtime: 'runc' | 'gvisor'
  readonly capabilities: readonly string[]
  /** Whether user or group 0 may be asked for. */
  readonly rootUser: boolean
  readonly writableRoot: boolean
  readonly egress: 'none' | 'internet'
  readonly volumes: boolean
  /** Whether the owner of a workload may run commands inside of its containers. */
  readonly exec: boolean
  /** Whether a trial has to have shown that the walls around containers stand, or only tells. */
  readonly canary: 'required' | 'advised'
  /** Ports that a container may declare. */
  readonly ports: readonly PortRange[]
  /** Most that one replica may ask for. */
  readonly resources: Partial<Amount>
  /** Most that all whom the rule decides for may hold together. */
  readonly total: Partial<Amount>
  /** When their work may run. */
  readonly hours: readonly Hours[]
  /** How an owner has to stand with her cluster, at least, for new work to be taken. */
  readonly standing: Standing
}

/** Whose signature counts, and for which images; for all when it does not say. */
export type Signer = { readonly images?: readonly ImagePattern[] } & (
  | {
      readonly kind: 'identity'
      /** Address of who vouches for the identity, exactly. */
      readonly issuer: string
      /** As in the certificate; * stands for any characters. */
      readonly subject: string
    }
  | {
      readonly kind: 'key'
      /** PEM. */
      readonly key: string
    }
)

/** Both ends belong to it. */
export interface PortRange {
  readonly first: number
  readonly last: number
}
