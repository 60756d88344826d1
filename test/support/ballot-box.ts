import type {
  Attestation,
  Ballots,
  Proposal,
  Sponsorship,
  Vote,
} from '../../src/governance/ballots.ts'
import type { Decided } from '../../src/governance/decide.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import { recordCid } from '../../src/model/record-cid.ts'
import type { AtUri, Did, ProposalRecord } from '../../src/model/records.ts'
import { did } from './memory-view.ts'

/** Five owners who may all vote. */
export const [alice, bob, carol, dave, erin] = [
  did('alice'),
  did('bob'),
  did('carol'),
  did('dave'),
  did('erin'),
]
export const FIVE = [alice, bob, carol, dave, erin]

type Time = ProposalRecord['createdAt']

/** Day 0 of every vote. */
export const START_MS = Date.parse('2026-11-01T00:00:00Z')

/** A time, in days after the start. */
export function day(days: number): Time {
  return new Date(START_MS + days * 86_400_000).toISOString() as Time
}

export function dayMs(days: number): number {
  return Date.parse(day(days))
}

/** Proposals, votes and decisions, as they stand in the repos of their authors. */
export class BallotBox {
  proposals: Proposal[] = []
  votes: Vote[] = []
  attestations: Attestation[] = []
  sponsorships: Sponsorship[] = []
  #records = 0

  get ballots(): Ballots {
    const { proposals, votes, attestations, sponsorships } = this
    return { proposals, votes, attestations, sponsorships }
  }

  /** Proposes on day 0, for a week, with the standard shares. */
  propose(
    author: Did,
    action: string,
    subject: Did,
    electorate: readonly Did[],
    more: Partial<ProposalRecord> = {},
  ): Proposal {
    const value: ProposalRecord = {
      $type: COLLECTION.proposal,
      cluster: 'home',
      action,
      subject,
      electorate: [...electorate],
      quorumMillionths: 666_667,
      majorityMillionths: 666_667,
      ...(action === 'suspend' ? { until: day(14) } : {}),
      closesAt: day(7),
      createdAt: day(0),
      ...more,
    }
    const proposal = { ...this.#ref(author, COLLECTION.proposal, value), author, value }
    this.proposals.push(proposal)
    return proposal
  }

  vote(voter: Did, proposal: Proposal, choice: string, days = 1): Vote {
    const { uri, cid } = proposal
    const value = {
      $type: COLLECTION.vote,
      proposal: { uri, cid },
      choice,
      createdAt: day(days),
    } as const
    const vote = { ...this.#ref(voter, COLLECTION.vote, value), voter, value }
    this.votes.push(vote)
    return vote
  }

  /** What stands under the key of a vote is another one now. */
  revote({ uri, voter }: Vote, choice: string): void {
    const before = this.votes.find((vote) => vote.uri === uri)
    if (before === undefined) throw new Error(`${voter} has not voted`)
    const value = { ...before.value, choice }
    const after = { ...before, value, cid: recordCid(value) ?? '' }
    this.votes = this.votes.map((vote) => (vote.uri === uri ? after : vote))
  }

  /** Lends credit to a newcomer. */
  sponsor(by: Did, newcomer: Did, days = 1): this {
    this.sponsorships.push({ by, newcomer, sinceMs: dayMs(days) })
    return this
  }

  /** Each puts on record how it ended, as she sees it. */
  attest(by: readonly Did[], decided: Decided): void {
    const { proposal, state, decidedAtMs = START_MS, tally } = decided
    for (const did of by) {
      const value = {
        $type: COLLECTION.decision,
        proposal: { uri: proposal.uri, cid: proposal.cid },
        content: proposal.value,
        outcome: state,
        votes: tally.counted.map(({ voter, choice, uri, cid }) => ({
          voter,
          choice,
          vote: { uri, cid },
        })),
        decidedAt: new Date(decidedAtMs).toISOString() as Time,
        createdAt: day(8),
      } as const
      this.attestations.push({ ...this.#ref(did, COLLECTION.decision, value), by: did, value })
    }
  }

  #ref(did: Did, collection: string, value: object): { uri: AtUri; cid: string } {
    this.#records += 1
    const rkey = String(this.#records).padStart(4, '0')
    return { uri: `at://${did}/${collection}/${rkey}` as AtUri, cid: recordCid(value) ?? '' }
  }
}
