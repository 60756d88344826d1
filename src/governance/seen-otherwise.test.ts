import { expect, test } from 'vitest'
import {
  alice,
  bob,
  carol,
  dave,
  erin,
  FIVE,
  BallotBox,
  dayMs,
} from '../../test/support/ballot-box.ts'
import { decide } from './decide.ts'

/** Alice, Bob and Carol expel Erin; Dave says nothing. */
function expulsion() {
  const box = new BallotBox()
  const proposal = box.propose(alice, 'expel', erin, FIVE)
  const votes = [alice, bob, carol].map((voter) => box.vote(voter, proposal, 'yes'))
  return { box, proposal, votes, decided: () => decide(box.ballots, dayMs(2))[0]! }
}

test('nothing is shown while all have the same on record', () => {
  const { box, decided } = expulsion()
  box.attest([alice, bob, dave], decided())
  expect(decided().seenOtherwise).toEqual([])
})

test('a vote that says something else under its key than it was counted as is shown', () => {
  const { box, votes, decided } = expulsion()
  box.attest([bob], decided())
  box.revote(votes[2]!, 'no')
  expect(decided()).toMatchObject({
    state: 'open',
    seenOtherwise: [{ by: bob, voter: carol, recorded: 'yes', now: 'no' }],
  })
})

test('two readers who were shown different votes find it out from each other', () => {
  const { box, votes, decided } = expulsion()
  box.attest([alice, bob], decided())
  box.revote(votes[2]!, 'no')
  box.vote(dave, { ...decided().proposal }, 'no')
  box.attest([dave], decided())
  expect(decided()).toMatchObject({
    state: 'failed',
    seenOtherwise: [
      { by: alice, recorded: 'passed', now: 'failed' },
      { by: alice, voter: carol, recorded: 'yes', now: 'no' },
      { by: bob, recorded: 'passed', now: 'failed' },
      { by: bob, voter: carol, recorded: 'yes', now: 'no' },
    ],
  })
})

test('a vote that was deleted after it was counted is shown, and what is on record stays', () => {
  const { box, decided } = expulsion()
  box.attest([alice, bob, carol], decided())
  box.votes = box.votes.filter(({ voter }) => voter !== carol)
  expect(decided()).toMatchObject({
    state: 'passed',
    seenOtherwise: [
      { by: alice, voter: carol, recorded: 'yes', now: undefined },
      { by: bob, voter: carol, recorded: 'yes', now: undefined },
      { by: carol, voter: carol, recorded: 'yes', now: undefined },
    ],
  })
})

test('who claims that somebody voted otherwise turns nothing by it', () => {
  const { box, decided } = expulsion()
  box.attest([dave], decided())
  const [one] = box.attestations
  const votes = [{ voter: alice, choice: 'no' }] as const
  box.attestations = [{ ...one!, value: { ...one!.value, votes: [...votes] } }]
  expect(decided()).toMatchObject({
    state: 'passed',
    seenOtherwise: [{ by: dave, voter: alice, recorded: 'no', now: 'yes' }],
  })
})
