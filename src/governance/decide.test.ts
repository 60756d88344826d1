import { describe, expect, test } from 'vitest'
import {
  alice,
  bob,
  carol,
  dave,
  erin,
  FIVE,
  BallotBox,
  day,
  dayMs,
  START_MS,
} from '../../test/support/ballot-box.ts'
import { did } from '../../test/support/memory-view.ts'
import type { Did } from '../model/records.ts'
import type { Proposal } from './ballots.ts'
import { decide, type Decided } from './decide.ts'

function outcome(box: BallotBox, proposal: Proposal, days = 2): Decided {
  const found = decide(box.ballots, dayMs(days)).find(
    (one) => one.proposal.uri === proposal.uri && one.proposal.cid === proposal.cid,
  )
  if (!found) throw new Error('the proposal is not among the decisions')
  return found
}

function voteAll(box: BallotBox, proposal: Proposal, yes: readonly Did[], no: readonly Did[] = []) {
  for (const voter of yes) box.vote(voter, proposal, 'yes')
  for (const voter of no) box.vote(voter, proposal, 'no')
}

describe('one vote', () => {
  test('passes at once when more than two thirds say yes, and nobody can turn it any more', () => {
    const box = new BallotBox()
    const proposal = box.propose(alice, 'suspend', erin, FIVE)
    voteAll(box, proposal, [alice, bob])
    expect(outcome(box, proposal).state).toBe('open')
    voteAll(box, proposal, [carol])
    expect(outcome(box, proposal)).toMatchObject({
      state: 'passed',
      why: '3 of 4 say yes',
      decidedAtMs: dayMs(1),
    })
  })

  test('fails when it closes without a quorum', () => {
    const box = new BallotBox()
    const proposal = box.propose(alice, 'suspend', erin, FIVE)
    voteAll(box, proposal, [alice, bob])
    expect(outcome(box, proposal, 8)).toMatchObject({
      state: 'failed',
      why: '2 of 4 voted, 3 are needed',
    })
  })

  test('equal votes fail', () => {
    const box = new BallotBox()
    const proposal = box.propose(alice, 'suspend', erin, FIVE, { majorityMillionths: 500_000 })
    voteAll(box, proposal, [alice, bob], [carol, dave])
    expect(outcome(box, proposal)).toMatchObject({
      state: 'failed',
      why: '2 yes and 2 no: equal votes fail',
    })
  })

  test('abstentions count for the quorum and for nothing else', () => {
    const box = new BallotBox()
    const proposal = box.propose(alice, 'expel', erin, FIVE)
    voteAll(box, proposal, [alice, bob])
    box.vote(carol, proposal, 'abstain')
    expect(outcome(box, proposal).state).toBe('open')
    expect(outcome(box, proposal, 8).state).toBe('passed')
  })

  test('of two members the other one decides alone, of three both others', () => {
    const box = new BallotBox()
    const two = box.propose(alice, 'expel', bob, [alice, bob])
    box.vote(alice, two, 'yes')
    expect(outcome(box, two).state).toBe('passed')
    const three = box.propose(alice, 'expel', carol, [alice, bob, carol])
    box.vote(alice, three, 'yes')
    expect(outcome(box, three).state).toBe('open')
    box.vote(bob, three, 'no')
    expect(outcome(box, three).state).toBe('failed')
  })

  test('a vote after the close does not count', () => {
    const box = new BallotBox()
    const proposal = box.propose(alice, 'expel', erin, FIVE)
    voteAll(box, proposal, [alice, bob])
    box.vote(carol, proposal, 'yes', 7.5)
    expect(outcome(box, proposal, 8).state).toBe('failed')
  })

  test('a proposal that was changed after it was voted on was not voted on', () => {
    const box = new BallotBox()
    const proposal = box.propose(alice, 'reinstate', erin, FIVE)
    voteAll(box, proposal, [alice, bob, carol, dave])
    const value = { ...proposal.value, action: 'expel' }
    const changed = { ...proposal, cid: 'bafychanged', value }
    box.proposals = [changed]
    const { tally, state } = outcome(box, changed)
    expect(state).toBe('open')
    expect(tally.ignored.map(({ reason }) => reason)).toEqual(
      Array.from({ length: 4 }, () => 'other-version'),
    )
  })

  test.each([
    [{ electorate: undefined }, 'it does not say who may vote'],
    [{ electorate: [bob] }, 'it was made by somebody who may not vote on it'],
    [{ quorumMillionths: 0 }, 'it would be decided by less than half'],
    [{ majorityMillionths: undefined }, 'it does not say how many votes it takes'],
    [{ closesAt: day(-1) }, 'it closes before it was made'],
    [{ closesAt: day(400) }, 'it is open for over 366 days'],
    [{ until: undefined }, 'it does not say when the suspension ends'],
    [{ until: day(200) }, 'it suspends for more than 90 days after the vote'],
    [{ action: 'banish' }, 'it asks for “banish”, which nobody knows'],
    [{ action: 'uphold' }, 'it names no claim'],
    [
      { action: 'uphold', claim: { uri: 'at://did:plc:x/y/z', cid: 'bafy' } },
      'it names no dispute',
    ],
    [{ electorate: [alice], subject: alice }, 'it leaves nobody to vote'],
  ])('%o is invalid', (fault, why) => {
    const box = new BallotBox()
    const proposal = box.propose(alice, 'suspend', erin, FIVE, fault as never)
    voteAll(box, proposal, FIVE)
    expect(outcome(box, proposal)).toMatchObject({ state: 'invalid', why })
  })
})

describe('hostile votes', () => {
  test('#61 a double vote is found, shown, and counts for neither side', () => {
    const box = new BallotBox()
    const proposal = box.propose(alice, 'expel', erin, FIVE)
    voteAll(box, proposal, [alice, bob, carol])
    box.vote(carol, proposal, 'no')
    const { state, equivocators, tally } = outcome(box, proposal)
    expect([state, equivocators, tally.yes, tally.no]).toEqual(['open', [carol], 2, 0])
  })

  test('#61 a yes to two proposals that contradict each other counts for neither', () => {
    const box = new BallotBox()
    const expel = box.propose(alice, 'expel', erin, FIVE)
    const suspend = box.propose(bob, 'suspend', erin, FIVE)
    voteAll(box, expel, [alice, bob, carol])
    voteAll(box, suspend, [carol])
    expect(outcome(box, expel)).toMatchObject({ state: 'open', equivocators: [carol] })
    expect(outcome(box, suspend)).toMatchObject({ state: 'open', equivocators: [carol] })
  })

  test('#62 the subject’s own vote is ignored', () => {
    const box = new BallotBox()
    const proposal = box.propose(alice, 'expel', erin, FIVE)
    voteAll(box, proposal, [alice, bob, carol], [erin])
    const { state, tally } = outcome(box, proposal)
    expect([state, tally.no, tally.voters.length]).toEqual(['passed', 0, 4])
    expect(tally.ignored).toMatchObject([{ reason: 'subject', vote: { voter: erin } }])
  })

  test('#63 votes that a decision lists and nobody cast decide nothing', () => {
    const box = new BallotBox()
    const proposal = box.propose(alice, 'expel', erin, FIVE)
    box.vote(alice, proposal, 'yes')
    box.attest([alice], { ...outcome(box, proposal), state: 'passed' })
    const [forged] = box.attestations
    const votes = [bob, carol, dave].map((voter) => ({ voter, choice: 'yes' as const }))
    box.attestations = [{ ...forged!, value: { ...forged!.value, votes } }]
    expect(outcome(box, proposal)).toMatchObject({ state: 'open', tally: { yes: 1 } })
  })

  test('#63 a decision whose proposal was forged decides nothing, whoever signs it', () => {
    const box = new BallotBox()
    const proposal = box.propose(alice, 'expel', erin, FIVE)
    const forged = { ...proposal, value: { ...proposal.value, electorate: [dave, erin] } }
    box.attest([dave], { ...outcome(box, proposal), proposal: forged, state: 'failed' })
    expect(outcome(box, proposal).state).toBe('open')
  })

  test('#64 who does not name the last decision comes too late', () => {
    const box = new BallotBox()
    const first = box.propose(alice, 'suspend', erin, FIVE)
    voteAll(box, first, [alice, bob, carol])
    const stale = box.propose(dave, 'expel', erin, FIVE, { createdAt: day(2) })
    voteAll(box, stale, [alice, bob, carol, dave])
    expect(outcome(box, stale, 3)).toMatchObject({
      state: 'invalid',
      why: 'it names a decision before it that was not the last one any more',
    })
    expect(outcome(box, first, 3).state).toBe('passed')
    const { uri, cid } = first
    const next = box.propose(dave, 'expel', erin, FIVE, {
      createdAt: day(2),
      previous: { uri, cid },
    })
    voteAll(box, next, [alice, bob, carol])
    expect(outcome(box, next, 3).state).toBe('passed')
  })

  test('#64 a decision that failed, is unknown, or is about somebody else can’t be followed', () => {
    const box = new BallotBox()
    const failed = box.propose(alice, 'expel', erin, FIVE)
    voteAll(box, failed, [], [alice, bob, carol, dave])
    const other = box.propose(alice, 'expel', dave, FIVE)
    voteAll(box, other, [alice, bob, carol, erin])
    const link = (previous: { uri: string; cid: string }) =>
      outcome(box, box.propose(bob, 'suspend', erin, FIVE, { previous } as never)).why
    expect(link(failed)).toBe('it follows something that was never decided')
    expect(link(other)).toBe('it follows a decision about something else')
    expect(link({ uri: 'at://did:plc:x/y/z', cid: 'bafy' })).toBe(
      'it follows a decision that is not known',
    )
  })

  test('nobody takes over a chain of decisions with voters of her own', () => {
    const box = new BallotBox()
    const first = box.propose(alice, 'expel', erin, FIVE)
    voteAll(box, first, [alice, bob, carol])
    const socks = Array.from({ length: 9 }, (_, index) => did(`sock${index}`))
    const { uri, cid } = first
    const takeover = box.propose(dave, 'reinstate', erin, [...FIVE, ...socks], {
      previous: { uri, cid },
      createdAt: day(2),
    })
    voteAll(box, takeover, [dave, ...socks])
    expect(outcome(box, takeover, 3)).toMatchObject({
      state: 'invalid',
      why: 'it follows a decision of which most voters were others',
    })
    expect(outcome(box, first, 3).state).toBe('passed')
  })
})

describe('competing decisions', () => {
  /** Two that pass side by side, since the second was open before the first was decided. */
  function rivals() {
    const box = new BallotBox()
    const shares = { quorumMillionths: 500_000, majorityMillionths: 500_000 }
    const expel = box.propose(alice, 'expel', erin, FIVE, { ...shares, closesAt: day(2) })
    const reinstate = box.propose(dave, 'reinstate', erin, FIVE, shares)
    voteAll(box, expel, [alice, bob])
    voteAll(box, reinstate, [carol, dave])
    return { box, expel, reinstate }
  }

  test('freeze: neither holds, and each says which other one there is', () => {
    const { box, expel, reinstate } = rivals()
    expect(outcome(box, expel, 8)).toMatchObject({
      state: 'frozen',
      competesWith: [reinstate.uri],
    })
    expect(outcome(box, reinstate, 8)).toMatchObject({ state: 'frozen', competesWith: [expel.uri] })
  })

  test('are ended by all voters together, and by no fewer', () => {
    const { box, expel } = rivals()
    const { uri, cid } = expel
    const end = box.propose(alice, 'expel', erin, FIVE, {
      previous: { uri, cid },
      createdAt: day(8),
      closesAt: day(15),
    })
    for (const voter of [alice, bob, carol]) box.vote(voter, end, 'yes', 9)
    expect(outcome(box, end, 10)).toMatchObject({ state: 'open' })
    expect(outcome(box, end, 16)).toMatchObject({ state: 'failed' })
    box.vote(dave, end, 'yes', 9)
    expect(outcome(box, end, 10)).toMatchObject({ state: 'passed' })
  })

  test('two that say the same are no rivals', () => {
    const box = new BallotBox()
    const one = box.propose(alice, 'expel', erin, FIVE)
    const two = box.propose(bob, 'expel', erin, FIVE)
    for (const proposal of [one, two]) voteAll(box, proposal, [alice, bob, carol])
    expect([outcome(box, one).state, outcome(box, two).state]).toEqual(['passed', 'passed'])
  })
})

describe('what was decided stays decided', () => {
  test('when most voters have it on record, deleting votes and the proposal changes nothing', () => {
    const box = new BallotBox()
    const proposal = box.propose(alice, 'expel', erin, FIVE)
    voteAll(box, proposal, [alice, bob, carol])
    box.attest([alice, bob, carol], outcome(box, proposal))
    box.votes = []
    box.proposals = []
    expect(outcome(box, proposal, 30)).toMatchObject({
      state: 'passed',
      attestedBy: [alice, bob, carol],
      decidedAtMs: START_MS + 86_400_000,
    })
  })

  test('half of the voters are too few for that', () => {
    const box = new BallotBox()
    const proposal = box.propose(alice, 'expel', erin, FIVE)
    voteAll(box, proposal, [alice, bob, carol])
    box.attest([alice, bob], outcome(box, proposal))
    box.votes = []
    expect(outcome(box, proposal, 30).state).toBe('failed')
  })

  test('a backdated vote can’t turn what most have on record as failed', () => {
    const box = new BallotBox()
    const proposal = box.propose(alice, 'expel', erin, FIVE)
    voteAll(box, proposal, [alice, bob])
    box.attest([alice, bob, dave], outcome(box, proposal, 8))
    box.vote(carol, proposal, 'yes')
    expect(outcome(box, proposal, 9).state).toBe('failed')
  })
})
