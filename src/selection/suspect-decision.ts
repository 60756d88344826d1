import { compareText } from '../model/canonical.ts'
import type { Did } from '../model/records.ts'
import { isIn, votesNeeded, type Electorate, type Voter } from './electorate.ts'
import { patienceWith, type LivenessProfile, type Patience } from './liveness.ts'

/** What this meshlet knows of one peer's life. Times are of the local monotonic clock. */
export interface PeerLife {
  /** Epoch in its status record. */
  readonly epoch: number
  /** Last heartbeat, direct or passed on; undefined when none since the start. */
  readonly lastHeardMs: number | undefined
  /** When its last answer, or its newer epoch, was read. */
  readonly lastAnsweredMs?: number | undefined
}

/** An own suspicion record. */
export interface OwnSuspicion {
  readonly epoch: number
  /** When it was written; the start of the program when that is not known. */
  readonly writtenAtMs: number
  /** Whether the suspect answered it or has a newer epoch. */
  readonly isVoid: boolean
  /**
   * It has stood unanswered for so long that others may have acted on it. Then being heard ends it no
   * more: the suspect has to answer, so that it can move its bids first (DESIGN §6, Epochs).
   */
  readonly hasStood?: boolean
}

export interface SuspectInput {
  readonly self: Did
  /** Electorates that this meshlet is in: one for each owner whose candidate it is. */
  readonly electorates: readonly Electorate[]
  readonly peers: ReadonlyMap<Did, PeerLife>
  readonly own: ReadonlyMap<Did, OwnSuspicion>
  readonly profile: LivenessProfile
  readonly patience: Patience
  /** Who is down by the records: a majority of the others is enough. */
  readonly down?: ReadonlySet<Did>
  /** When this program began to listen. */
  readonly startedAtMs: number
  readonly now: number
}

export interface SuspectDecision {
  /** Suspicions to write, by suspect. */
  readonly suspect: readonly {
    readonly did: Did
    readonly epoch: number
    /** For how long nothing was heard. */
    readonly silentForMs: number
  }[]
  /** Suspects whose suspicion is to be deleted, by DID. */
  readonly clear: readonly Did[]
  /** When the next peer becomes suspect if nothing is heard; undefined when there is none. */
  readonly againInMs?: number
}

/**
 * Whom to challenge now. A peer that has been silent for the patience with it, and only if this
 * meshlet itself hears more than half of an electorate that both are in (of two voters, one is
 * enough; the down are left out): the small side of a partition accuses nobody. Nothing is written
 * while all is well.
 */
export function suspectDecision(input: SuspectInput): SuspectDecision {
  const peers = [...input.peers].toSorted(([a], [b]) => compareText(a, b))
  const common = input.electorates.filter((electorate) => isIn(electorate, input.self))
  const hearing = common.filter((electorate) => hearsEnough(input, electorate))
  const suspect = []
  const waits = []
  for (const [did, peer] of peers) {
    if (did === input.self || isChallenged(input, did, peer)) continue
    const silentForMs = input.now - lastSign(input, peer)
    const remaining = patienceWith(input.patience, did, input.profile) - silentForMs
    if (remaining > 0) waits.push(remaining)
    else if (hearing.some((electorate) => isIn(electorate, did)))
      suspect.push({ did, epoch: peer.epoch, silentForMs })
    // A heartbeat more or less, and the others are heard again.
    else if (common.some((electorate) => isIn(electorate, did)))
      waits.push(input.profile.heartbeatMs)
  }
  const clear = clearable(input, common)
  return { suspect, clear, ...(waits.length > 0 && { againInMs: Math.min(...waits) }) }
}

/**
 * A heartbeat makes the writer delete a suspicion that nobody has acted on yet, and so does no longer
 * working together.
 */
function clearable({ own, peers }: SuspectInput, common: readonly Electorate[]): readonly Did[] {
  return [...own]
    .filter(([did, { writtenAtMs, hasStood }]) => {
      const heardMs = peers.get(did)?.lastHeardMs
      const isHeard = heardMs !== undefined && heardMs > writtenAtMs && hasStood !== true
      return isHeard || !common.some((electorate) => isIn(electorate, did))
    })
    .map(([did]) => did)
    .toSorted(compareText)
}

/** A suspicion of its present epoch stands already, unanswered. */
function isChallenged({ own }: SuspectInput, did: Did, peer: PeerLife): boolean {
  const suspicion = own.get(did)
  return suspicion !== undefined && !suspicion.isVoid && suspicion.epoch >= peer.epoch
}

function lastSign({ startedAtMs }: SuspectInput, peer: PeerLife): number {
  return Math.max(startedAtMs, peer.lastHeardMs ?? 0, peer.lastAnsweredMs ?? 0)
}

function hearsEnough(input: SuspectInput, electorate: Electorate): boolean {
  const voters = electorate.filter(({ meshlets }) =>
    meshlets.some((did) => input.down?.has(did) !== true),
  )
  const heard = voters.filter((voter) => isHeard(input, voter)).length
  return heard >= votesNeeded(voters.length, true)
}

/**
 * Heard in the last half of the time after which it would be challenged itself. Whoever is cut off
 * hears the last of everybody at about the same moment, give or take a heartbeat: when the first is to
 * be challenged, nobody counts as heard any more.
 */
function isHeard({ self, peers, profile, now }: SuspectInput, { meshlets }: Voter): boolean {
  return meshlets.some((did) => {
    if (did === self) return true
    const heardMs = peers.get(did)?.lastHeardMs
    return heardMs !== undefined && now - heardMs < profile.challengeMs / 2
  })
}
