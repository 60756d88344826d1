import type { Scenario } from '../story.ts'
import { SLOT } from '../stage.ts'
import { cast } from './cast.ts'

const THREE_SLOTS = { cpuMilli: 3 * SLOT.cpuMilli, memoryBytes: 3 * SLOT.memoryBytes }

/** Who runs what, and that nothing moves without need. */
export const PLACEMENT_SCENARIOS = {
  'nobody starts before all have bid': {
    machines: cast({ 'alice-1': 3, 'bob-1': 4, 'carol-1': 6 }),
    steps: [
      { afterMs: 5_000, do: 'publish', owner: 'alice', name: 'w0', replicas: 1, size: 1 },
      { afterMs: 0, do: 'so many run', name: 'w0', most: 1, forMs: 30_000 },
      { afterMs: 0, do: 'nothing stops', forMs: 30_000 },
      { afterMs: 40_000, do: 'heal' },
    ],
  },
  'nobody starts before the window is over': {
    machines: cast({ 'alice-1': 3, 'bob-1': 4, 'carol-1': 6 }),
    steps: [
      { afterMs: 4_000, do: 'daemon killed', machine: 'carol-1' },
      { afterMs: 0, do: 'records slow', machine: 'alice-1', factor: 3, forMs: 20_000 },
      { afterMs: 0, do: 'records slow', machine: 'bob-1', factor: 3, forMs: 20_000 },
      { afterMs: 1_000, do: 'hints lost' },
      { afterMs: 0, do: 'publish', owner: 'alice', name: 'w0', replicas: 1, size: 1 },
      { afterMs: 0, do: 'so many run', name: 'w0', most: 1, forMs: 20_000 },
      { afterMs: 0, do: 'nothing stops', forMs: 20_000 },
      { afterMs: 20_000, do: 'heal' },
    ],
  },
  'who came too late takes nothing away': {
    machines: cast({ 'alice-1': 3, 'bob-1': 9 }),
    steps: [
      { afterMs: 4_000, do: 'hints lost' },
      { afterMs: 0, do: 'records cut', from: 'alice-1', to: 'bob-1' },
      { afterMs: 1_000, do: 'publish', owner: 'alice', name: 'w0', replicas: 1, size: 1 },
      { afterMs: 15_000, do: 'so many run', name: 'w0', least: 1, on: 'alice-1', forMs: 100_000 },
      { afterMs: 0, do: 'heal' },
      { afterMs: 0, do: 'hints lost' },
      { afterMs: 100_000, do: 'power cut', machine: 'alice-1' },
      { afterMs: 60_000, do: 'so many run', name: 'w0', least: 1, on: 'bob-1', forMs: 1_000 },
      { afterMs: 2_000, do: 'heal' },
    ],
  },
  'the same room is promised once': {
    machines: cast({ 'alice-1': 1, 'bob-1': 1 }),
    steps: [
      // Whoever is invited and does not answer keeps the round open for a window.
      { afterMs: 4_000, do: 'daemon killed', machine: 'bob-1' },
      { afterMs: 1_000, do: 'publish', owner: 'alice', name: 'w0', replicas: 1, size: 1 },
      {
        afterMs: 0,
        do: 'so many writes',
        machine: 'alice-1',
        collection: 'bid',
        most: 2,
        forMs: 15_000,
      },
      { afterMs: 1_000, do: 'publish', owner: 'alice', name: 'w1', replicas: 1, size: 1 },
      { afterMs: 31_000, do: 'heal' },
    ],
  },
  'who waits for room runs when it comes free': {
    machines: cast({ 'alice-1': 1 }),
    steps: [
      { afterMs: 5_000, do: 'publish', owner: 'alice', name: 'w0', replicas: 1, size: 1 },
      { afterMs: 20_000, do: 'publish', owner: 'alice', name: 'w1', replicas: 1, size: 1 },
      { afterMs: 20_000, do: 'delete', owner: 'alice', name: 'w0' },
      { afterMs: 30_000, do: 'so many run', name: 'w1', least: 1, forMs: 1_000 },
      { afterMs: 2_000, do: 'heal' },
    ],
  },
  'asked for less and at once for more': {
    machines: cast({ 'alice-1': 8 }),
    steps: [
      { afterMs: 5_000, do: 'publish', owner: 'alice', name: 'w0', replicas: 2, size: 1 },
      // While another starts, a look has to wait for the engine's list, and the second word comes meanwhile.
      { afterMs: 20_000, do: 'publish', owner: 'alice', name: 'w1', replicas: 2, size: 1 },
      { afterMs: 300, do: 'scale', owner: 'alice', name: 'w0', fields: { replicas: 1 } },
      { afterMs: 0, do: 'scale', owner: 'alice', name: 'w0', fields: { replicas: 4 } },
      { afterMs: 40_000, do: 'heal' },
    ],
  },
  'what becomes bigger has room for a part of it only': {
    machines: cast({ 'alice-1': 3 }),
    steps: [
      { afterMs: 5_000, do: 'publish', owner: 'alice', name: 'w0', replicas: 3, size: 1 },
      {
        afterMs: 20_000,
        do: 'resize',
        owner: 'alice',
        name: 'w0',
        fields: { resources: { cpuMilli: 2 * SLOT.cpuMilli, memoryBytes: SLOT.memoryBytes } },
      },
      { afterMs: 60_000, do: 'heal' },
    ],
  },
  'what still runs takes its room': {
    machines: cast({ 'alice-1': 4 }),
    steps: [
      { afterMs: 5_000, do: 'publish', owner: 'alice', name: 'w0', replicas: 1, size: 3 },
      { afterMs: 20_000, do: 'resize', owner: 'alice', name: 'w0', fields: { resources: SLOT } },
      { afterMs: 0, do: 'publish', owner: 'alice', name: 'w1', replicas: 1, size: 3 },
      { afterMs: 60_000, do: 'heal' },
    ],
  },
  'scaling restarts nothing': {
    machines: cast({ 'alice-1': 3 }),
    steps: [
      { afterMs: 5_000, do: 'publish', owner: 'alice', name: 'w0', replicas: 1, size: 1 },
      { afterMs: 20_000, do: 'nothing stops', forMs: 60_000 },
      { afterMs: 0, do: 'scale', owner: 'alice', name: 'w0', fields: { replicas: 3 } },
      { afterMs: 60_000, do: 'heal' },
    ],
  },
  'a newcomer takes nothing away': {
    machines: cast({ 'alice-1': 2, 'bob-1': 6 }),
    steps: [
      { afterMs: 0, do: 'daemon killed', machine: 'bob-1' },
      { afterMs: 100, do: 'publish', owner: 'alice', name: 'w0', replicas: 1, size: 1 },
      { afterMs: 40_000, do: 'nothing stops', forMs: 110_000 },
      { afterMs: 0, do: 'so many run', name: 'w0', least: 1, most: 1, forMs: 110_000 },
      { afterMs: 0, do: 'start', machine: 'bob-1' },
      { afterMs: 120_000, do: 'heal' },
    ],
  },
  'a newcomer takes nothing away for the sake of spread': {
    machines: cast({ 'alice-1': 2, 'alice-2': 2, 'bob-1': 6 }),
    steps: [
      { afterMs: 0, do: 'daemon killed', machine: 'bob-1' },
      {
        afterMs: 100,
        do: 'publish',
        owner: 'alice',
        name: 'w0',
        replicas: 2,
        size: 1,
        spread: 'owner',
      },
      { afterMs: 40_000, do: 'nothing stops', forMs: 110_000 },
      { afterMs: 0, do: 'start', machine: 'bob-1' },
      { afterMs: 120_000, do: 'heal' },
    ],
  },
  'a standby without room says so': {
    machines: cast({ 'alice-1': 2, 'bob-1': 1 }),
    steps: [
      { afterMs: 5_000, do: 'publish', owner: 'alice', name: 'w0', replicas: 1, size: 1 },
      { afterMs: 20_000, do: 'publish', owner: 'bob', name: 'w1', replicas: 2, size: 1 },
      { afterMs: 20_000, do: 'power cut', machine: 'alice-1' },
      { afterMs: 60_000, do: 'start', machine: 'alice-1' },
      { afterMs: 60_000, do: 'heal' },
    ],
  },
  'what a workload has is room for its successor': {
    machines: cast({ 'alice-1': 2 }),
    steps: [
      { afterMs: 5_000, do: 'publish', owner: 'alice', name: 'w0', replicas: 2, size: 1 },
      {
        afterMs: 20_000,
        do: 'resize',
        owner: 'alice',
        name: 'w0',
        fields: { resources: { cpuMilli: 90, memoryBytes: 60 * 1024 ** 2 } },
      },
      { afterMs: 40_000, do: 'so many run', name: 'w0', least: 2, most: 2, forMs: 20_000 },
      { afterMs: 20_000, do: 'heal' },
    ],
  },
  'a move leaves no gap': {
    machines: cast({ 'alice-1': 3, 'bob-1': 3, 'carol-1': 3 }),
    steps: [
      { afterMs: 5_000, do: 'publish', owner: 'alice', name: 'w0', replicas: 1, size: 1 },
      { afterMs: 20_000, do: 'so many run', name: 'w0', least: 1, forMs: 180_000 },
      ...[11, 22, 33, 44].map((nonce) => ({
        afterMs: 40_000,
        do: 'rebalance',
        owner: 'alice',
        name: 'w0',
        fields: { placementNonce: `${nonce}` },
      })),
      { afterMs: 30_000, do: 'heal' },
    ],
  },
  'a new image goes out one by one': {
    machines: cast({ 'alice-1': 1, 'bob-1': 1, 'carol-1': 1 }),
    steps: [
      { afterMs: 5_000, do: 'publish', owner: 'alice', name: 'w0', replicas: 3, size: 1 },
      { afterMs: 20_000, do: 'so many run', name: 'w0', least: 2, forMs: 90_000 },
      {
        afterMs: 1_000,
        do: 'new env',
        owner: 'alice',
        name: 'w0',
        fields: { env: [{ name: 'NONCE', value: '1' }] },
      },
      { afterMs: 90_000, do: 'heal' },
    ],
  },
  'who is listed no more goes on for the time of the notice': {
    machines: cast({ 'alice-1': 3, 'bob-1': 2 }),
    steps: [
      { afterMs: 5_000, do: 'publish', owner: 'bob', name: 'w0', replicas: 1, size: 1 },
      { afterMs: 100, do: 'resize', owner: 'bob', name: 'w0', fields: { resources: THREE_SLOTS } },
      { afterMs: 20_000, do: 'so many run', name: 'w0', least: 1, forMs: 14 * 60_000 },
      { afterMs: 1_000, do: 'take back membership', machine: 'alice-1', owner: 'bob' },
      { afterMs: 14 * 60_000, do: 'heal' },
    ],
  },
} as const satisfies Readonly<Record<string, Scenario>>
