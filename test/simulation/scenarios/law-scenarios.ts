import type { Scenario, Step } from '../story.ts'
import { cast } from './cast.ts'

const MINUTE_MS = 60_000
const FOUR = cast({ 'alice-1': 6, 'bob-1': 6, 'carol-1': 6, 'dave-1': 0 })
const W0 = { owner: 'dave', name: 'w0', replicas: 1, size: 1 } as const
/** More than half of three are two. */
const HALF = 500_000
const RECORDED = {
  ...{ afterMs: 500, do: 'put a result on record' },
  ...{ outcome: 'passed', agedDays: 0, number: 0 },
} as const
const W1 = { ...W0, name: 'w1' } as const
const ONE = {
  ...{ owner: 'dave', name: 'w0', atMostOne: true, stops: false },
  witnesses: ['alice-1', 'bob-1', 'carol-1'],
} as const

/** A proposal with the standard share, made just now. */
function propose(action: string, subject: string, electorate: readonly string[]): Step {
  const [by = ''] = electorate
  const standard = { share: 666_667, agedDays: 0, follows: false, number: 0 }
  return { afterMs: 0, do: 'propose', by, action, subject, electorate, ...standard }
}

/** All of them vote on what was proposed last; again: although some of them have voted. */
function vote(by: readonly string[], choice = 'yes', again = false): Step {
  return { afterMs: 500, do: 'vote', by, choice, onNewest: true, again, agedDays: 0, number: 0 }
}

/** What the votes of the members change, and what they do not. */
export const LAW_SCENARIOS = {
  'who is suspended keeps what runs and gets nothing new': {
    machines: FOUR,
    steps: [
      { ...W0, afterMs: 5_000, do: 'publish' },
      { afterMs: 40_000, do: 'nothing stops', forMs: 20 * MINUTE_MS },
      propose('suspend', 'dave', ['alice', 'bob', 'carol']),
      vote(['alice', 'bob', 'carol']),
      { ...W1, afterMs: 20_000, do: 'publish' },
      { afterMs: 0, do: 'so many run', name: 'w1', most: 0, forMs: 20 * MINUTE_MS },
      { afterMs: 20 * MINUTE_MS + 1_000, do: 'heal' },
    ],
  },
  'who is expelled keeps what runs for the time of the notice': {
    machines: FOUR,
    steps: [
      { ...W0, afterMs: 5_000, do: 'publish' },
      { ...W1, afterMs: 0, do: 'publish', everywhere: true },
      { afterMs: 40_000, do: 'so many run', name: 'w0', least: 1, forMs: 14 * MINUTE_MS },
      { afterMs: 0, do: 'so many run', name: 'w1', least: 3, forMs: 14 * MINUTE_MS },
      propose('expel', 'dave', ['alice', 'bob', 'carol']),
      vote(['alice', 'bob', 'carol']),
      { afterMs: 17 * MINUTE_MS, do: 'so many run', name: 'w0', most: 0, forMs: MINUTE_MS },
      { afterMs: MINUTE_MS, do: 'heal' },
    ],
  },
  'what must never run twice goes on for the time of the notice': {
    machines: FOUR,
    steps: [
      { ...ONE, afterMs: 5_000, do: 'publish for one' },
      { afterMs: 60_000, do: 'so many run', name: 'w0', least: 1, forMs: 14 * MINUTE_MS },
      propose('expel', 'dave', ['alice', 'bob', 'carol']),
      vote(['alice', 'bob', 'carol']),
      { afterMs: 17 * MINUTE_MS, do: 'so many run', name: 'w0', most: 0, forMs: MINUTE_MS },
      { afterMs: MINUTE_MS, do: 'heal' },
    ],
  },
  'what must never run twice keeps its lease for the notice, also when its program starts again': {
    machines: cast({ 'alice-1': 6, 'bob-1': 0, 'carol-1': 0, 'dave-1': 0 }),
    steps: [
      { ...ONE, afterMs: 5_000, do: 'publish for one' },
      { afterMs: 60_000, do: 'so many run', name: 'w0', least: 1, forMs: 14 * MINUTE_MS },
      propose('expel', 'dave', ['alice', 'bob', 'carol']),
      vote(['alice', 'bob', 'carol']),
      { afterMs: MINUTE_MS, do: 'start', machine: 'alice-1' },
      { afterMs: 17 * MINUTE_MS, do: 'so many run', name: 'w0', most: 0, forMs: MINUTE_MS },
      { afterMs: MINUTE_MS, do: 'heal' },
    ],
  },
  'who had no vote is not bound': {
    machines: FOUR,
    steps: [
      propose('expel', 'dave', ['alice', 'bob']),
      vote(['alice', 'bob']),
      { ...W0, afterMs: 20_000, do: 'publish' },
      { afterMs: 30_000, do: 'so many run', name: 'w0', least: 1, on: 'carol-1', forMs: MINUTE_MS },
      { afterMs: MINUTE_MS, do: 'heal' },
    ],
  },
  'votes of those whom one does not know bind nobody': {
    machines: [
      { name: 'alice-1', owner: 'alice', members: ['bob'], slots: 6 },
      { name: 'bob-1', owner: 'bob', members: ['alice', 'carol', 'dave', 'eve'], slots: 0 },
      { name: 'carol-1', owner: 'carol', members: ['bob'], slots: 6 },
      { name: 'dave-1', owner: 'dave', members: ['bob'], slots: 6 },
      { name: 'eve-1', owner: 'eve', members: ['bob'], slots: 6 },
    ],
    steps: [
      propose('expel', 'bob', ['carol', 'alice', 'dave', 'eve']),
      vote(['carol', 'dave', 'eve']),
      { ...W0, afterMs: 20_000, do: 'publish', owner: 'bob', everywhere: true },
      { afterMs: 30_000, do: 'so many run', name: 'w0', least: 1, on: 'alice-1', forMs: MINUTE_MS },
      { afterMs: MINUTE_MS, do: 'heal' },
    ],
  },
  'who says yes and no has not voted': {
    machines: FOUR,
    steps: [
      { ...propose('expel', 'dave', ['alice', 'bob', 'carol']), share: HALF },
      vote(['alice']),
      vote(['bob'], 'no'),
      vote(['bob'], 'yes', true),
      { ...W0, afterMs: 20_000, do: 'publish' },
      { afterMs: 30_000, do: 'so many run', name: 'w0', least: 1, forMs: MINUTE_MS },
      { afterMs: MINUTE_MS, do: 'heal' },
    ],
  },
  'what was changed after the vote was not voted on': {
    machines: FOUR,
    steps: [
      { ...propose('expel', 'carol', ['alice', 'bob', 'carol', 'dave']), share: HALF },
      vote(['alice', 'bob', 'dave']),
      { afterMs: 0, do: 'change what was proposed', subject: 'dave', number: 0 },
      { ...W0, afterMs: 20_000, do: 'publish' },
      { afterMs: 30_000, do: 'so many run', name: 'w0', least: 1, forMs: MINUTE_MS },
      { afterMs: MINUTE_MS, do: 'heal' },
    ],
  },
  'results on record are the same in any order': {
    machines: FOUR,
    steps: [
      propose('expel', 'dave', ['alice', 'bob', 'carol']),
      vote(['alice', 'bob', 'carol']),
      { ...RECORDED, by: ['alice', 'bob', 'carol'] },
      { ...W0, afterMs: 20_000, do: 'publish' },
      { afterMs: 0, do: 'so many run', name: 'w0', most: 0, forMs: MINUTE_MS },
      { afterMs: MINUTE_MS, do: 'heal' },
    ],
  },
  'of two decisions that contradict each other neither holds': {
    machines: FOUR,
    steps: [
      propose('expel', 'dave', ['alice', 'bob', 'carol']),
      { ...propose('suspend', 'dave', ['alice', 'bob', 'carol']), number: 1 },
      { ...RECORDED, by: ['alice', 'bob', 'carol'] },
      { ...RECORDED, by: ['alice', 'bob', 'carol'], number: 1 },
      { ...W0, afterMs: 20_000, do: 'publish' },
      { afterMs: 30_000, do: 'so many run', name: 'w0', least: 1, forMs: MINUTE_MS },
      { afterMs: MINUTE_MS, do: 'heal' },
    ],
  },
  'what one gave another one took': {
    machines: FOUR,
    steps: [
      claim('alice-1', 'bob', 1_000),
      claim('bob-1', 'carol', 500),
      claim('carol-1', 'alice', 9_999),
      { ...W0, afterMs: 20_000, do: 'publish' },
      { afterMs: MINUTE_MS, do: 'heal' },
    ],
  },
  'nobody answers for a machine that its owner does not name': {
    machines: cast({ 'alice-1': 6, 'alice-2': 6, 'bob-1': 6 }),
    steps: [
      { afterMs: 20_000, do: 'PDS lost its repo', who: 'bob' },
      claim('bob-1', 'alice', 1_000),
      { afterMs: 0, do: 'dispute', by: 'alice', number: 0 },
      { afterMs: 0, do: 'answer', by: 'bob', choice: 'concede', number: 0 },
      { afterMs: MINUTE_MS, do: 'heal' },
    ],
  },
} as const satisfies Readonly<Record<string, Scenario>>

/** So many thousandths of the claim are acknowledged. */
function claim(machine: string, taker: string, acknowledged: number): Step {
  return { afterMs: 0, do: 'claim use', machine, taker, daysBack: 2, claimed: 800, acknowledged }
}
