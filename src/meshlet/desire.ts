import { egressOf } from '../model/egress.ts'
import type { EngineContainer } from '../ports/engine.ts'
import type { Desired } from '../reconcile/actions.ts'
import { holdsGround } from '../selection/displacement.ts'
import type { Contact } from '../selection/contact.ts'
import { isAtMostOne } from '../selection/lease.ts'
import { slotsOf } from '../selection/select.ts'
import type { Did, WorkloadStatusRecord } from '../model/records.ts'
import { replicaOf } from '../reconcile/plan-workload.ts'
import { runningReplicas, type Placement } from './observe.ts'

/** A positive no, and a container without its replacement, last this long before work is stopped. */
export const NOTICE_MS = 15 * 60_000

/** All who refuse a workload for the same reason have said so by then. */
export const REFUSED_BY_ALL_MS = 30_000

const WITH_NOTICE: ReadonlySet<string> = new Set(['policy', 'walls'])

/** Knowing whether somebody took work over takes seconds; it is looked at this often. */
const COMING_BACK_MS = 500

export interface DesireInput {
  readonly self: Did
  readonly placement: Placement
  readonly containers: readonly EngineContainer[]
  readonly statusOf: (meshlet: Did) => WorkloadStatusRecord | undefined
  /** Who is back by hearsay only; what their records say they run does not count yet. */
  readonly hearsay: ReadonlySet<Did>
  /** A new bid of this machine that the PDS has not acknowledged yet. */
  readonly bidUnderWay: 'nothing' | 'offer' | 'withdrawal'
  /** Replicas for which there is room here beside what is held for other workloads. */
  readonly fits: number
  /** This machine is suspected and has not answered yet: somebody else may have taken over. */
  readonly isComingBack: boolean
  /** It began so lately that it may not have read of that suspicion yet. */
  readonly isCatchingUp: boolean
  /** How this machine stands to the workload's candidates now. */
  readonly contactWith: () => Contact
  /** Since when this machine is positively no candidate. */
  readonly notCandidateSinceMs: number | undefined
  /** Since when it runs more than it was chosen for. */
  readonly surplusSinceMs: number | undefined
  /** Time that is left for replacements while this machine is drained, milliseconds. */
  readonly drainLeftMs: number | undefined
  /** Whether this machine offers to run it, and will probably be chosen. */
  readonly expectsToWin: () => boolean
  /** What is open between its containers and this machine, as is positively known. */
  readonly breach: string | undefined
  /** Like the times above, on the monotonic clock. */
  readonly now: number
}

export interface Desire {
  readonly desired: Desired
  /** Replicas that run here although others were chosen, until those run. */
  readonly surplus: number
  readonly why: string
  /** When to look again although nothing changed. */
  readonly againInMs?: number
}

/**
 * What is to run here. Whoever was not chosen, or not any more, gives way only when the replacements
 * are seen running, or after the notice; nothing new is started while part of the picture is unknown.
 */
export function desire(input: DesireInput): Desire {
  const { self, placement, containers } = input
  const running = containers.filter((container) => container.state === 'running').length
  if (input.drainLeftMs === 0)
    return none('the machine is being drained, and the time for a replacement is over')
  if (input.breach !== undefined) return none(input.breach)
  if (placement.membership === 'no' && !isInNotice(input.notCandidateSinceMs, input.now))
    return none('this machine is no candidate of the workload any more')
  const contact = isStoppedByPartition(placement) ? input.contactWith() : undefined
  if (contact?.kind === 'cut-off') return cutOff(input, contact)
  if (input.bidUnderWay === 'withdrawal') return keep('the bid is being taken back')
  const chosen = slotsOf(placement.choice, self)
  const wanted = wantedHere(input, chosen)
  const surplus = wanted - chosen
  if (wanted === 0) return containers.length > 0 ? none(whyNone(placement)) : notChosen(input)
  if (mayBeReplaced(input) && running < Math.min(chosen, containers.length))
    return {
      ...keep('it may run elsewhere since this machine was away'),
      againInMs: COMING_BACK_MS,
    }
  const waitsFor = whatIsOpen(input, contact)
  // What is already here is kept and repaired; what is missing waits until the picture is whole.
  const held = waitsFor === undefined ? undefined : heldOf(containers, chosen)
  return {
    desired: {
      kind: 'run',
      workload: placement.record.value,
      revision: placement.record.cid,
      specHash: placement.specHash,
      slots: held?.length ?? chosen,
      ...(held && { held }),
      standIns: surplus,
    },
    surplus,
    why: waitsFor ?? 'chosen',
    ...(contact?.againInMs === undefined ? {} : { againInMs: contact.againInMs }),
  }
}

/** The replicas that are here of those chosen. One that runs is not ended for another with a lower number. */
function heldOf(containers: readonly EngineContainer[], chosen: number): readonly number[] {
  const present = containers.map((container) => replicaOf(container))
  const held = new Set(present.filter((replica) => replica >= 0 && replica < chosen))
  return [...held].toSorted((a, b) => a - b)
}

function isStoppedByPartition({ record }: Placement): boolean {
  return record.value.placement?.onPartition === 'stop'
}

/** The workload's owner wants nothing to run where nobody can see it. */
function cutOff({ placement, self }: DesireInput, { heard, needed }: Contact): Desire {
  const reason = `cut off: ${heard} of ${needed} needed are in touch with this machine, itself included`
  const slots = slotsOf(placement.choice, self)
  if (slots === 0) return none(reason)
  const { value: workload } = placement.record
  const desired = { kind: 'hold', workload, slots, phase: 'stopped', reason } as const
  return { desired, surplus: 0, why: reason }
}

/** What ended while this machine was away may run elsewhere by now: it is not started just yet. */
function mayBeReplaced({ isComingBack, isCatchingUp }: DesireInput): boolean {
  return isComingBack || isCatchingUp
}

/** Why nothing new may be started yet. */
function whatIsOpen(
  { self, placement, fits, bidUnderWay, isComingBack, now }: DesireInput,
  contact: Contact | undefined,
): string | undefined {
  const { choice, rounds, windowMs, replicas } = placement
  if (isComingBack) return 'waits until the suspicion of this machine is answered'
  if (placement.unread.length > 0) return `waits until ${placement.unread.join(', ')} can be read`
  if (contact?.kind === 'unsure') return 'waits until enough others are in touch with this machine'
  // Until then it may hand its place to another workload that would be whole with it.
  const isYoung = now - rounds.seenAtMs < windowMs
  if (isYoung && choice.missing > 0 && replicas !== 'everywhere')
    return 'waits for a window, since it is short of replicas'
  if (bidUnderWay !== 'nothing') return 'waits until the bid is acknowledged'
  // It may have to wait for the next round in which it can say so.
  return slotsOf(choice, self) > fits
    ? 'waits until its bid says that there is less room'
    : undefined
}

/** The replicas chosen, and those that still stand in for others. */
function wantedHere(input: DesireInput, chosen: number): number {
  const { self, placement } = input
  // One of those chosen may be down just now: that makes none of those beyond it less of a stand-in.
  const beyond = input.containers.filter(
    (container) => container.state === 'running' && replicaOf(container) >= chosen,
  ).length
  if (beyond === 0) return chosen
  const held = chosen + beyond
  const most = placement.replicas === 'everywhere' ? 1 : placement.replicas
  if (placement.unread.length > 0 || placement.membership === 'unknown')
    return Math.max(chosen, Math.min(held, most))
  const surplusForMs = input.now - (input.surplusSinceMs ?? input.now)
  // What the policy does not allow any more, and what stands behind walls that are open, has the whole
  // notice, whether somebody takes it or not.
  const hasNotice = WITH_NOTICE.has(refusalReason(placement, self) ?? '')
  if (isAtMostOne(placement.record.value) && placement.choice.winners.length > 0) {
    // It stops for whoever is chosen, who starts it only then. What moved us to refuse it may move her
    // too, though, a moment later.
    if (!hasNotice || surplusForMs >= REFUSED_BY_ALL_MS) return chosen
  }
  if (holdsGround(placement.selectInput, placement.rounds, self, surplusForMs)) return held
  const drains = input.drainLeftMs !== undefined && refusalReason(placement, self) === 'draining'
  if (surplusForMs >= NOTICE_MS && !drains) return chosen
  // Nobody stands in for a replica that is to run on every machine, this one included. After a
  // restart the rounds are open again for a window: what runs under an offer goes on meanwhile.
  if (placement.replicas === 'everywhere') {
    const mayGoOn = placement.down.has(self) || slotsOf(placement.prospect, self) > 0
    return hasNotice || mayGoOn ? held : chosen
  }
  const mayStillCome = placement.prospect.missing === 0 || othersMayBid(placement, self)
  const hasTime = drains || hasNotice
  if (!mayStillCome && !hasTime && refusalReason(placement, self) !== undefined) return chosen
  const others = placement.choice.winners
    .filter(({ meshletDid }) => meshletDid !== self && !input.hearsay.has(meshletDid))
    .reduce(
      (sum, { meshletDid, slots }) =>
        sum + Math.min(slots, runningReplicas(input.statusOf(meshletDid))),
      0,
    )
  const needed = Math.max(0, placement.replicas - others)
  return Math.max(chosen, Math.min(held, needed))
}

/** Whether a candidate other than us has neither refused nor passed for good. */
function othersMayBid({ candidates, down }: Placement, self: Did): boolean {
  return candidates.some(({ meshletDid }) => meshletDid !== self && !down.has(meshletDid))
}

/** Why this machine took its offer back; undefined when it did not. */
function refusalReason({ bids }: Placement, self: Did): string | undefined {
  const own = bids.find(({ meshletDid }) => meshletDid === self)?.value
  return own?.refused && (own.reason ?? 'refused')
}

/** Whether the time is not over for which somebody who is no candidate any more goes on. */
export function isInNotice(sinceMs: number | undefined, now: number): boolean {
  return sinceMs === undefined || now - sinceMs < NOTICE_MS
}

function whyNone({ replicas, choice }: Placement): string {
  if (replicas === 0) return 'the workload is scaled to zero'
  const names = choice.winners.map(({ meshletDid }) => meshletDid)
  return names.length > 0 ? `replaced: it runs on ${names.join(', ')}` : 'not chosen'
}

/** Nothing of it is here, but what takes time may begin while others still bid. */
function notChosen({ placement, expectsToWin }: DesireInput): Desire {
  const { record, specHash, placementKey } = placement
  const reason = 'not chosen'
  // Who needs a lease first is not the one that starts next, and may not have a network left over.
  const mayBegin = egressOf(record.value) === 'none' && !isAtMostOne(record.value)
  if (!mayBegin || !expectsToWin()) return none(reason)
  const ahead = { placementKey, specHash, revision: record.cid }
  return { desired: { kind: 'none', reason, ahead }, surplus: 0, why: reason }
}

function none(reason: string): Desire {
  return { desired: { kind: 'none', reason }, surplus: 0, why: reason }
}

function keep(reason: string): Desire {
  return { desired: { kind: 'keep', reason }, surplus: 0, why: reason }
}
