import { describe, expect, test } from 'vitest'
import { did } from '../../test/support/memory-view.ts'
import { contactOf, type ContactInput } from './contact.ts'

const FENCE_MS = 10_000
const NOW = 100_000

interface Scene {
  /** Machines of each voter; the machine that asks is `a1`. */
  readonly voters: readonly (readonly string[])[]
  /** Age of the newest acknowledged heartbeat of each machine, milliseconds. */
  readonly ages?: Readonly<Record<string, number>>
  readonly down?: readonly string[]
  readonly unreachable?: readonly string[]
  readonly startedMs?: number
}

function contact({ voters, ages = {}, down = [], unreachable = [], startedMs = 0 }: Scene) {
  const input: ContactInput = {
    self: did('a1'),
    electorate: voters.map((names, i) => ({ name: did(`v${i}`), meshlets: names.map(did) })),
    down: new Set(down.map(did)),
    canCall: (peer) => !unreachable.some((name) => did(name) === peer),
    acknowledgedMs: (peer) => {
      const found = Object.entries(ages).find(([name]) => did(name) === peer)
      return found && NOW - found[1]
    },
    startedMs,
    fenceMs: FENCE_MS,
    now: NOW,
  }
  return contactOf(input)
}

const THREE = [['a1'], ['b1'], ['c1']]

describe('a machine is in touch', () => {
  test.each<[string, Scene, object]>([
    [
      'while more than half have acknowledged',
      { voters: THREE, ages: { b1: 4_000 } },
      { heard: 2 },
    ],
    ['of two, while the other has', { voters: [['a1'], ['b1']], ages: { b1: 0 } }, { heard: 2 }],
    ['of two, when the other is down', { voters: [['a1'], ['b1']], down: ['b1'] }, { needed: 1 }],
    ['when it is alone', { voters: [['a1']] }, { heard: 1, needed: 1 }],
    [
      'with an owner one of whose machines has',
      { voters: [['a1'], ['b1', 'b2'], ['c1']], ages: { b2: 1_000 } },
      { heard: 2 },
    ],
    [
      'with those with whom no heartbeat can pass left out',
      { voters: THREE, unreachable: ['b1', 'c1'] },
      { heard: 1, needed: 1 },
    ],
    [
      'with those who are down left out',
      { voters: [...THREE, ['d1'], ['e1']], ages: { b1: 0 }, down: ['c1', 'd1'] },
      { heard: 2, needed: 2 },
    ],
  ])('%s', (_, scene, expected) => {
    expect(contact(scene)).toMatchObject({ kind: 'in-touch', ...expected })
  })

  test('until the acknowledgement that makes the majority is too old', () => {
    const voters = [...THREE, ['d1'], ['e1']]
    const ages = { b1: 1_000, c1: 7_000, d1: 9_000 }
    expect(contact({ voters, ages })).toMatchObject({ kind: 'in-touch', againInMs: 3_000 })
  })
})

describe('a machine is cut off', () => {
  test.each<[string, Scene]>([
    ['when nobody has acknowledged for S', { voters: THREE, ages: { b1: FENCE_MS, c1: 60_000 } }],
    ['when half have, and no more', { voters: [...THREE, ['d1']], ages: { b1: 0 } }],
    ['of two, when the other has not', { voters: [['a1'], ['b1']] }],
    [
      'although its owner’s other machines have',
      { voters: [['a1', 'a2'], ['b1'], ['c1']], ages: { a2: 0 } },
    ],
  ])('%s', (_, scene) => {
    expect(contact(scene).kind).toBe('cut-off')
  })

  test('not before it has run for S', () => {
    const unsure = { kind: 'unsure', heard: 1, needed: 2, againInMs: 3_000 }
    expect(contact({ voters: THREE, startedMs: NOW - 7_000 })).toEqual(unsure)
    expect(contact({ voters: THREE, startedMs: NOW - FENCE_MS }).kind).toBe('cut-off')
  })
})
