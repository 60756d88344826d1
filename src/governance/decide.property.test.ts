import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BallotBox, day, dayMs } from '../../test/support/ballot-box.ts'
import { did } from '../../test/support/memory-view.ts'
import { decide } from './decide.ts'
import { memberState } from './member-state.ts'

const OWNERS = ['alice', 'bob', 'carol', 'dave', 'erin'].map(did)
const ACTIONS = ['admit', 'suspend', 'reinstate', 'expel'] as const
const owner = fc.constantFrom(...OWNERS)

interface Draft {
  readonly author: (typeof OWNERS)[number]
  readonly subject: (typeof OWNERS)[number]
  readonly action: (typeof ACTIONS)[number]
  readonly madeAt: number
  readonly follows: number | undefined
}

const draft = fc.record<Draft>({
  author: owner,
  subject: fc.constantFrom(...OWNERS.slice(0, 2)),
  action: fc.constantFrom(...ACTIONS),
  madeAt: fc.nat(6),
  follows: fc.option(fc.nat(5), { nil: undefined }),
})
interface Voting {
  readonly voter: (typeof OWNERS)[number]
  readonly proposal: number
  readonly choice: string
  readonly at: number
}

const voting = fc.record<Voting>({
  voter: owner,
  proposal: fc.nat(5),
  choice: fc.constantFrom('yes', 'yes', 'no', 'abstain'),
  at: fc.nat(9),
})

function play(drafts: readonly Draft[], votes: readonly Voting[]): BallotBox {
  const box = new BallotBox()
  for (const { author, subject, action, madeAt, follows } of drafts) {
    const before = follows === undefined ? undefined : box.proposals[follows]
    box.propose(author, action, subject, OWNERS, {
      createdAt: day(madeAt),
      closesAt: day(madeAt + 3),
      ...(before === undefined ? {} : { previous: { uri: before.uri, cid: before.cid } }),
    })
  }
  for (const { voter, proposal, choice, at } of votes) {
    const on = box.proposals[proposal]
    if (on !== undefined) box.vote(voter, on, choice, at)
  }
  return box
}

const drafts = fc.array(draft, { minLength: 1, maxLength: 6 })
const votes = fc.array(voting, { maxLength: 40 })

test('the order in which records come changes no result', () => {
  fc.assert(
    fc.property(
      drafts,
      votes,
      fc.nat(12),
      fc.infiniteStream(fc.nat(1_000)),
      (a, b, now, chance) => {
        const { ballots } = play(a, b)
        const shuffle = <T>(items: readonly T[]) =>
          items
            .map((item) => ({ item, at: chance.next().value as number }))
            .toSorted((x, y) => x.at - y.at)
            .map(({ item }) => item)
        const shuffled = {
          proposals: shuffle(ballots.proposals),
          votes: shuffle(ballots.votes),
          attestations: [],
          sponsorships: [],
        }
        expect(decide(shuffled, dayMs(now))).toEqual(decide(ballots, dayMs(now)))
      },
    ),
  )
})

test('two that contradict each other and follow the same decision never both hold', () => {
  fc.assert(
    fc.property(drafts, votes, (a, b) => {
      const decided = decide(play(a, b).ballots, dayMs(30))
      const passed = decided.filter(({ state }) => state === 'passed')
      for (const one of passed)
        for (const other of passed) {
          const [x, y] = [one.proposal.value, other.proposal.value]
          const isSame = x.subject === y.subject && x.previous?.uri === y.previous?.uri
          if (isSame) expect(x.action).toBe(y.action)
        }
    }),
  )
})

test('what passed has a majority of voters other than its subject', () => {
  fc.assert(
    fc.property(drafts, votes, (a, b) => {
      for (const { state, tally, proposal } of decide(play(a, b).ballots, dayMs(30))) {
        if (state !== 'passed') continue
        expect(tally.yes).toBeGreaterThan(tally.no)
        expect(tally.yes + tally.no + tally.abstain).toBeGreaterThanOrEqual(3)
        expect(tally.counted.map(({ voter }) => voter)).not.toContain(proposal.value.subject)
      }
    }),
  )
})

test('results that most have on record outlive any deletion', () => {
  fc.assert(
    fc.property(drafts, votes, fc.infiniteStream(fc.boolean()), (a, b, chance) => {
      const box = play(a, b)
      const before = decide(box.ballots, dayMs(30))
      const roster = { cluster: 'home', owner: OWNERS[2]!, members: OWNERS }
      const stateOf = (list: typeof before) =>
        OWNERS.map((subject) => memberState(list, roster, subject, dayMs(30)).kind)
      // Only while no two compete: what is frozen is not on record as passed.
      fc.pre(before.every(({ state }) => state !== 'frozen'))
      for (const one of before)
        if (one.state === 'passed' || one.state === 'failed') box.attest(one.tally.voters, one)
      box.votes = box.votes.filter(() => chance.next().value)
      box.proposals = box.proposals.filter(() => chance.next().value)
      expect(stateOf(decide(box.ballots, dayMs(30)))).toEqual(stateOf(before))
    }),
  )
})
