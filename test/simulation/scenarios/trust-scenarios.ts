import type { Scenario } from '../story.ts'
import { cast } from './cast.ts'

const FOUR = cast({ 'alice-1': 9, 'bob-1': 5, 'carol-1': 3, 'mallory-1': 9 })
const W0 = { owner: 'alice', name: 'w0' } as const
const VILLAINY = { machine: 'mallory-1', target: W0, number: 0 } as const

const EXCLUSIVE = {
  ...W0,
  do: 'publish for one',
  witnesses: ['alice-1', 'bob-1', 'carol-1'],
  atMostOne: true,
  stops: false,
} as const
const THREE = cast({ 'alice-1': 9, 'bob-1': 5, 'carol-1': 3 })

/** What somebody who means ill can't do, and what must never run twice. */
export const TRUST_SCENARIOS = {
  'a backdated bid takes nothing over': {
    liveness: 'patient',
    machines: FOUR,
    steps: [
      { afterMs: 2_000, do: 'daemon killed', machine: 'mallory-1' },
      { ...W0, afterMs: 3_000, do: 'publish', replicas: 1, size: 1 },
      { afterMs: 30_000, do: 'so many run', name: 'w0', least: 1, most: 1, forMs: 120_000 },
      { ...VILLAINY, afterMs: 0, do: 'hostile: backdated bid' },
      { ...VILLAINY, afterMs: 0, do: 'hostile: false status' },
      { afterMs: 120_000, do: 'heal' },
    ],
  },
  'who objects alone has no say': {
    liveness: 'patient',
    machines: FOUR,
    steps: [
      { afterMs: 2_000, do: 'daemon killed', machine: 'mallory-1' },
      { ...W0, afterMs: 3_000, do: 'publish', replicas: 1, size: 1 },
      {
        afterMs: 30_000,
        do: 'so many writes',
        machine: 'alice-1',
        collection: 'bid',
        most: 0,
        forMs: 110_000,
      },
      { ...VILLAINY, afterMs: 0, do: 'hostile: objections to everybody' },
      { afterMs: 120_000, do: 'heal' },
    ],
  },
  'who is not listed in return gets nothing': {
    machines: [
      { name: 'alice-1', owner: 'alice', members: [], slots: 1 },
      { name: 'bob-1', owner: 'bob', members: ['alice'], slots: 9 },
    ],
    steps: [
      { ...W0, afterMs: 5_000, do: 'publish', replicas: 2, size: 1 },
      { afterMs: 0, do: 'so many run', name: 'w0', most: 0, on: 'bob-1', forMs: 60_000 },
      { afterMs: 60_000, do: 'heal' },
    ],
  },
  'consent that was taken back is not given again by a new key': {
    machines: cast({ 'alice-1': 1, 'bob-1': 9 }),
    steps: [
      { ...W0, afterMs: 5_000, do: 'publish', replicas: 1, size: 1 },
      { ...W0, afterMs: 20_000, do: 'withdraw consent', machine: 'bob-1' },
      { afterMs: 20_000, do: 'state lost', machine: 'bob-1' },
      { afterMs: 20_000, do: 'so many run', name: 'w0', most: 0, on: 'bob-1', forMs: 90_000 },
      { ...W0, afterMs: 0, do: 'rebalance', fields: { placementNonce: '7' } },
      { afterMs: 90_000, do: 'heal' },
    ],
  },
  'what must never run twice ends with its lease': {
    liveness: 'fast',
    machines: THREE,
    steps: [
      { ...EXCLUSIVE, afterMs: 20_000 },
      { afterMs: 30_000, do: 'so many run', name: 'w0', least: 1, on: 'alice-1', forMs: 500 },
      { afterMs: 1_000, do: 'daemon frozen', machine: 'alice-1', forMs: 60_000 },
      { afterMs: 70_000, do: 'heal' },
    ],
  },
  'a witness is bound until the holder is dead': {
    liveness: 'patient',
    machines: THREE,
    steps: [
      { ...EXCLUSIVE, afterMs: 400_000 },
      { afterMs: 100_000, do: 'so many run', name: 'w0', least: 1, on: 'alice-1', forMs: 500 },
      { afterMs: 1_000, do: 'daemon frozen', machine: 'alice-1', forMs: 400_000 },
      { ...W0, afterMs: 100, do: 'rebalance', fields: { placementNonce: '7' } },
      { afterMs: 420_000, do: 'heal' },
    ],
  },
} as const satisfies Readonly<Record<string, Scenario>>
