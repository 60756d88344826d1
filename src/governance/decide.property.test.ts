import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BallotBox, day, dayMs } from '../../test/support/ballot-box.ts'
import { did } from '../../test/support/memory-view.ts'
import { decide } from './decide.ts'
import { memberState } from './member-state.ts'

const OWNERS = ['alice', 'bob', 'carol', 'dave', 'erin'].map(did)
const ACTIONS = ['admit', 'suspend', 'reinstate', 'expel'] as const
const owner = fc.constantFrom(...OWNERS)

type Owner = (typeof OWNERS)[number]

interface Draft {
  readonly author: (typeof OWNERS)[number]
  readonly subject: (typeof OWNERS)[number]
  readonly action: (typeof ACTIONS)[number]
  readonly madeAt: number
  readonly follows: number | undefined
  /** Half, or the standard. */
  readonly share: number
}

const draft = fc.record<Draft>({
  author: owner,
  subject: fc.constantFrom(...OWNERS.slice(0, 2)),
  action: fc.constantFrom(...ACTIONS),
  madeAt: fc.nat(6),
  follows: fc.option(fc.nat(5), { nil: undefined }),
  share: fc.constantFrom(500_000, 666_667),
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
  for (const { author, subject, action, madeAt, follows, share } of drafts) {
    const before = follows === undefined ? undefined : box.proposals[follows]
    box.propose(author, action, subject, OWNERS, {
      createdAt: day(madeAt),
      closesAt: day(madeAt + 3),
      quorumMillionths: share,
      majorityMillionths: share,
      ...(action === 'admit' && madeAt > 3 ? { sponsorsMin: 1 } : {}),
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

const chances = fc.infiniteStream(fc.nat(1_000))
const ROSTERS = OWNERS.map((owner) => ({ cluster: 'home', owner, members: OWNERS }))

/** Two that contradict each other, each with half of the votes. */
function rivals(box: BallotBox): BallotBox {
  const [alice, bob, carol, dave, erin] = OWNERS as [Owner, Owner, Owner, Owner, Owner]
  const shares = { quorumMillionths: 500_000, majorityMillionths: 500_000 }
  const expel = box.propose(alice, 'expel', erin, OWNERS, { ...shares, closesAt: day(2) })
  const reinstate = box.propose(dave, 'reinstate', erin, OWNERS, shares)
  for (const voter of [alice, bob]) box.vote(voter, expel, 'yes')
  for (const voter of [carol, dave]) box.vote(voter, reinstate, 'yes')
  return box
}

/** What is on record with some, what was deleted by others, and loans to newcomers. */
function troubled(box: BallotBox, nowMs: number, draw: () => number): BallotBox {
  for (const one of decide(box.ballots, nowMs))
    if (one.state === 'passed' || one.state === 'failed')
      box.attest(
        one.tally.voters.filter(() => draw() < 400),
        one,
      )
  for (const by of OWNERS) if (draw() < 300) box.sponsor(by, OWNERS[draw() % 2]!, draw() % 9)
  box.votes = box.votes.filter(() => draw() < 850)
  box.proposals = box.proposals.filter(() => draw() < 950)
  return box
}

function outcomes({ ballots }: Pick<BallotBox, 'ballots'>, nowMs: number) {
  const decided = decide(ballots, nowMs)
  const states = ROSTERS.flatMap((roster) =>
    OWNERS.map((subject) => memberState(decided, roster, subject, nowMs)),
  )
  return { decided, states }
}

test('the order in which records come changes no result, whatever was deleted meanwhile', () => {
  const met = new Set<string>()
  fc.assert(
    fc.property(drafts, votes, fc.nat(30), fc.boolean(), chances, (a, b, now, rival, chance) => {
      const draw = () => chance.next().value as number
      const box = troubled(rival ? rivals(play(a, b)) : play(a, b), dayMs(now), draw)
      const shuffle = <T>(items: readonly T[]) =>
        items
          .map((item) => ({ item, at: draw() }))
          .toSorted((x, y) => x.at - y.at)
          .map(({ item }) => item)
      const { proposals, votes: cast, attestations, sponsorships } = box
      const shuffled = {
        proposals: shuffle(proposals),
        votes: shuffle(cast),
        attestations: shuffle(attestations),
        sponsorships: shuffle(sponsorships),
      }
      const first = outcomes(box, dayMs(now))
      expect(outcomes({ ballots: shuffled }, dayMs(now))).toEqual(first)
      for (const { state, why, attestedBy } of first.decided) {
        met.add(state).add(/equal votes/.test(why) ? 'equal votes' : 'others')
        if (attestedBy.length > 0) met.add('on record')
      }
      for (const { kind } of first.states) met.add(kind)
    }),
    { seed: 6, numRuns: 1_000 },
  )
  // Else it would say nothing about what matters.
  for (const kind of ['open', 'passed', 'failed', 'invalid', 'frozen', 'equal votes', 'on record'])
    expect(met).toContain(kind)
  for (const kind of ['none', 'admitted', 'suspended', 'lifted', 'expelled', 'frozen'])
    expect(met).toContain(kind)
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
        expect(tally.yes + tally.no + tally.abstain).toBeGreaterThanOrEqual(tally.quorum)
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
