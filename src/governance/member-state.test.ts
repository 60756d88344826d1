import { expect, test } from 'vitest'
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
} from '../../test/support/ballot-box.ts'
import { did } from '../../test/support/memory-view.ts'
import type { Did } from '../model/records.ts'
import { decide } from './decide.ts'
import { memberState, type Roster } from './member-state.ts'

const HOME: Roster = { cluster: 'home', owner: carol, members: [alice, bob, dave, erin] }

function stateOf(box: BallotBox, subject: Did, days: number, roster = HOME) {
  return memberState(decide(box.ballots, dayMs(days)), roster, subject, dayMs(days))
}

function passing(box: BallotBox, action: string, more: object = {}, electorate = FIVE) {
  const proposal = box.propose(alice, action, erin, electorate, more)
  for (const voter of [alice, bob, dave]) box.vote(voter, proposal, 'yes')
  return proposal
}

test('who was expelled is expelled for everybody in the cluster', () => {
  const box = new BallotBox()
  passing(box, 'expel')
  expect(stateOf(box, erin, 2).kind).toBe('expelled')
  expect(stateOf(box, bob, 2).kind).toBe('none')
})

test('#67 a suspension that has expired is lifted by itself', () => {
  const box = new BallotBox()
  passing(box, 'suspend', { until: day(14) })
  expect(stateOf(box, erin, 13.9).kind).toBe('suspended')
  expect(stateOf(box, erin, 14).kind).toBe('lifted')
})

test('the last decision holds', () => {
  const box = new BallotBox()
  const { uri, cid } = passing(box, 'suspend', { until: day(14) })
  const next = box.propose(bob, 'reinstate', erin, FIVE, {
    previous: { uri, cid },
    createdAt: day(3),
  })
  expect(stateOf(box, erin, 3).kind).toBe('suspended')
  for (const voter of [alice, bob, dave]) box.vote(voter, next, 'yes', 4)
  expect(stateOf(box, erin, 5).kind).toBe('reinstated')
})

test('decides nothing for who could not vote', () => {
  const box = new BallotBox()
  passing(box, 'expel', {}, [alice, bob, dave, erin])
  expect(stateOf(box, erin, 2).kind).toBe('none')
})

test('voters whom she does not list decide nothing for her', () => {
  const box = new BallotBox()
  const socks = ['s1', 's2', 's3', 's4', 's5', 's6'].map(did)
  const proposal = box.propose(alice, 'expel', bob, [alice, bob, carol, ...socks])
  for (const voter of [alice, ...socks]) box.vote(voter, proposal, 'yes')
  expect(stateOf(box, bob, 2).kind).toBe('none')
})

test('a vote that leaves out most of her list decides nothing for her', () => {
  const box = new BallotBox()
  const many = { ...HOME, members: [...HOME.members, ...['f', 'g', 'h', 'i'].map(did)] }
  passing(box, 'expel')
  expect(stateOf(box, erin, 2, many).kind).toBe('none')
})

test('another cluster’s decisions are not hers', () => {
  const box = new BallotBox()
  passing(box, 'expel')
  expect(stateOf(box, erin, 2, { ...HOME, cluster: 'work' }).kind).toBe('none')
})
