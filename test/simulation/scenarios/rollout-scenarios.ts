import type { Scenario } from '../story.ts'
import { cast } from './cast.ts'

const W0 = { owner: 'alice', name: 'w0' } as const
const newEnv = (afterMs: number, value: string) =>
  ({ afterMs, do: 'new env', ...W0, fields: { env: [{ name: 'NONCE', value }] } }) as const
const PUBLISH = { afterMs: 5_000, do: 'publish', ...W0, replicas: 3, size: 1 } as const
/** Room for the old and the new beside each other. */
const WIDE = cast({ 'alice-1': 2, 'bob-1': 2, 'carol-1': 2 })
const NARROW = cast({ 'alice-1': 1, 'bob-1': 1, 'carol-1': 1 })

/** How a new container replaces the old one. */
export const ROLLOUT_SCENARIOS = {
  'with room for both, a new image takes nothing away': {
    machines: WIDE,
    steps: [
      PUBLISH,
      { afterMs: 25_000, do: 'so many run', name: 'w0', least: 3, forMs: 120_000 },
      {
        afterMs: 1_000,
        do: 'new env',
        ...W0,
        fields: { env: [{ name: 'NONCE', value: '1' }], update: { maxUnavailable: 0 } },
      },
      { afterMs: 120_000, do: 'heal' },
    ],
  },
  'a newer image in the middle of a roll-out takes its place': {
    machines: WIDE,
    steps: [
      PUBLISH,
      { afterMs: 25_000, do: 'so many run', name: 'w0', least: 3, forMs: 150_000 },
      newEnv(1_000, '1'),
      newEnv(14_000, '2'),
      { afterMs: 140_000, do: 'heal' },
    ],
  },
  'the same without room for both leaves one gap at a time': {
    machines: NARROW,
    steps: [
      PUBLISH,
      { afterMs: 25_000, do: 'so many run', name: 'w0', least: 2, forMs: 150_000 },
      newEnv(1_000, '1'),
      newEnv(14_000, '2'),
      { afterMs: 140_000, do: 'heal' },
    ],
  },
  'a bad image comes back from the one machine that it got to': {
    machines: WIDE,
    steps: [
      PUBLISH,
      { afterMs: 40_000, do: 'so many run', name: 'w0', least: 3, forMs: 120_000 },
      { afterMs: 1_000, do: 'bad image', ...W0 },
      { afterMs: 1_000, do: 'so many run', name: 'w0', most: 4, forMs: 100_000 },
      { afterMs: 120_000, do: 'heal' },
    ],
  },
  'a roll-out that is held replaces nothing': {
    machines: NARROW,
    steps: [
      PUBLISH,
      { afterMs: 25_000, do: 'pause roll-out', ...W0 },
      { afterMs: 10_000, do: 'nothing stops', forMs: 60_000 },
      newEnv(1_000, '1'),
      { afterMs: 60_000, do: 'resume roll-out', ...W0 },
      { afterMs: 90_000, do: 'heal' },
    ],
  },
  'an undo takes nothing away either': {
    machines: WIDE,
    steps: [
      PUBLISH,
      newEnv(40_000, '1'),
      { afterMs: 90_000, do: 'so many run', name: 'w0', least: 3, forMs: 100_000 },
      { afterMs: 1_000, do: 'undo', ...W0 },
      { afterMs: 100_000, do: 'heal' },
    ],
  },
} as const satisfies Readonly<Record<string, Scenario>>
