import type { Scenario } from '../story.ts'
import { cast } from './cast.ts'

/** `w0` is offered by all, and chosen is the first, which has the most room. */
const PUBLISHED = {
  afterMs: 5_000,
  do: 'publish',
  owner: 'alice',
  name: 'w0',
  replicas: 1,
  size: 1,
} as const
const THREE = cast({ 'alice-1': 9, 'bob-1': 5, 'carol-1': 3 })

/** Who accuses whom, who is down, who takes over, and what happens to whoever comes back. */
export const LIVENESS_SCENARIOS = {
  'who hears nobody accuses nobody': {
    liveness: 'fast',
    machines: THREE,
    steps: [
      PUBLISHED,
      { afterMs: 20_000, do: 'machine cut off', machine: 'carol-1', records: false },
      {
        afterMs: 0,
        do: 'so many writes',
        machine: 'carol-1',
        collection: 'suspicion',
        most: 0,
        forMs: 60_000,
      },
      { afterMs: 0, do: 'nothing stops', forMs: 60_000 },
      { afterMs: 61_000, do: 'heal' },
    ],
  },
  'who answers by record alone is not taken over': {
    liveness: 'fast',
    machines: THREE,
    steps: [
      PUBLISHED,
      { afterMs: 20_000, do: 'so many run', name: 'w0', least: 1, most: 1, forMs: 90_000 },
      { afterMs: 0, do: 'machine cut off', machine: 'alice-1', records: false },
      { afterMs: 60_000, do: 'heal' },
      { afterMs: 31_000, do: 'heal' },
    ],
  },
  'one accuser of three is not enough': {
    liveness: 'fast',
    machines: THREE,
    steps: [
      PUBLISHED,
      { afterMs: 20_000, do: 'so many run', name: 'w0', least: 1, most: 1, forMs: 60_000 },
      { afterMs: 0, do: 'daemon frozen', machine: 'alice-1', forMs: 11_000 },
      { afterMs: 5_000, do: 'start', machine: 'bob-1' },
      { afterMs: 60_000, do: 'heal' },
    ],
  },
  'two die one after the other and both are replaced': {
    liveness: 'fast',
    machines: cast({ 'alice-1': 9, 'bob-1': 7, 'carol-1': 3, 'dave-1': 2 }),
    steps: [
      PUBLISHED,
      { afterMs: 20_000, do: 'power cut', machine: 'alice-1' },
      { afterMs: 40_000, do: 'so many run', name: 'w0', least: 1, on: 'bob-1', forMs: 1_000 },
      { afterMs: 2_000, do: 'power cut', machine: 'bob-1' },
      { afterMs: 40_000, do: 'so many run', name: 'w0', least: 1, on: 'carol-1', forMs: 1_000 },
      { afterMs: 2_000, do: 'heal' },
    ],
  },
  'two of five die at once': {
    liveness: 'fast',
    machines: cast({ 'alice-1': 9, 'bob-1': 7, 'carol-1': 3, 'dave-1': 2, 'eve-1': 2 }),
    steps: [
      PUBLISHED,
      { afterMs: 20_000, do: 'power cut', machine: 'alice-1' },
      { afterMs: 0, do: 'power cut', machine: 'bob-1' },
      { afterMs: 40_000, do: 'so many run', name: 'w0', least: 1, on: 'carol-1', forMs: 1_000 },
      { afterMs: 2_000, do: 'heal' },
    ],
  },
  'two owners, and one machine dies': {
    liveness: 'fast',
    machines: cast({ 'alice-1': 9, 'bob-1': 3 }),
    steps: [
      PUBLISHED,
      { afterMs: 20_000, do: 'power cut', machine: 'alice-1' },
      { afterMs: 40_000, do: 'so many run', name: 'w0', least: 1, on: 'bob-1', forMs: 1_000 },
      { afterMs: 2_000, do: 'heal' },
    ],
  },
  'who was replaced while it was cut off takes nothing back': {
    liveness: 'fast',
    machines: THREE,
    steps: [
      PUBLISHED,
      { afterMs: 20_000, do: 'machine cut off', machine: 'alice-1', records: true },
      { afterMs: 40_000, do: 'so many run', name: 'w0', least: 1, on: 'bob-1', forMs: 120_000 },
      { afterMs: 1_000, do: 'heal' },
      { afterMs: 60_000, do: 'so many run', name: 'w0', least: 1, most: 1, forMs: 50_000 },
      { afterMs: 60_000, do: 'heal' },
    ],
  },
  'who was replaced while it was off starts nothing': {
    liveness: 'fast',
    machines: THREE,
    steps: [
      PUBLISHED,
      { afterMs: 20_000, do: 'power cut', machine: 'alice-1' },
      { afterMs: 40_000, do: 'so many run', name: 'w0', least: 1, on: 'bob-1', forMs: 100_000 },
      { afterMs: 1_000, do: 'so many run', name: 'w0', most: 1, forMs: 80_000 },
      { afterMs: 0, do: 'start', machine: 'alice-1' },
      { afterMs: 100_000, do: 'heal' },
    ],
  },
  'not being able to read who owns what is no reason to stop': {
    machines: cast({ 'alice-1': 6, 'bob-1': 1 }),
    steps: [
      { ...PUBLISHED, owner: 'bob' },
      { afterMs: 20_000, do: 'PDS down', who: 'bob-1', forMs: 20 * 60_000 },
      { afterMs: 0, do: 'so many run', name: 'w0', least: 1, on: 'alice-1', forMs: 20 * 60_000 },
      { afterMs: 1_000, do: 'state lost', machine: 'alice-1' },
      { afterMs: 21 * 60_000, do: 'heal' },
    ],
  },
  'not being able to read a workload is no reason to stop it': {
    machines: cast({ 'alice-1': 6, 'bob-1': 1 }),
    steps: [
      { ...PUBLISHED, owner: 'bob' },
      { afterMs: 20_000, do: 'PDS down', who: 'bob', forMs: 5 * 60_000 },
      { afterMs: 0, do: 'so many run', name: 'w0', least: 1, on: 'alice-1', forMs: 5 * 60_000 },
      { afterMs: 1_000, do: 'state lost', machine: 'alice-1' },
      { afterMs: 6 * 60_000, do: 'heal' },
    ],
  },
} as const satisfies Readonly<Record<string, Scenario>>
