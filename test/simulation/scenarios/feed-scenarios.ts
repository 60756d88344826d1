import type { Scenario } from '../story.ts'
import { cast } from './cast.ts'

const ONE = { do: 'publish', owner: 'alice', replicas: 1, size: 1 } as const
const TWO = cast({ 'alice-1': 1, 'bob-1': 6 })

/** What is read is what was written, though streams and PDSs lose it, mix it up or forget it. */
export const FEED_SCENARIOS = {
  'what is sent again is not done again': {
    machines: TWO,
    steps: [
      { ...ONE, afterMs: 20_000, name: 'w0' },
      { ...ONE, afterMs: 10_000, name: 'w1' },
      { afterMs: 20_000, do: 'delete', owner: 'alice', name: 'w1' },
      { ...ONE, afterMs: 20_000, name: 'w2' },
      { afterMs: 20_000, do: 'so many run', name: 'w1', most: 0, forMs: 120_000 },
      { afterMs: 0, do: 'events replayed', who: 'alice', count: 3 },
      { afterMs: 121_000, do: 'heal' },
    ],
  },
  'what the stream lost is read': {
    machines: TWO,
    steps: [
      { ...ONE, afterMs: 20_000, name: 'w0' },
      { afterMs: 20_000, do: 'events lost', who: 'alice', count: 1 },
      { ...ONE, afterMs: 0, name: 'w1' },
      { ...ONE, afterMs: 1_000, name: 'w2' },
      { afterMs: 60_000, do: 'so many run', name: 'w1', least: 1, forMs: 1_000 },
      { afterMs: 2_000, do: 'heal' },
    ],
  },
  'a hint tells of one record only': {
    machines: cast({ 'alice-1': 6, 'bob-1': 4 }),
    steps: [
      { afterMs: 20_000, do: 'hints lost' },
      { afterMs: 0, do: 'events lost', who: 'alice-1', count: 2 },
      { ...ONE, afterMs: 0, name: 'w0' },
      { afterMs: 600, do: 'heal' },
      { ...ONE, afterMs: 0, name: 'w1' },
      { afterMs: 60_000, do: 'heal' },
    ],
  },
  'what a backup lacks was not deleted': {
    machines: TWO,
    steps: [
      { ...ONE, afterMs: 5_000, name: 'w0' },
      { afterMs: 30_000, do: 'so many run', name: 'w0', least: 1, forMs: 12 * 60_000 },
      { afterMs: 0, do: 'PDS restored from a backup', who: 'alice', commits: 1 },
      { afterMs: 12 * 60_000, do: 'heal' },
    ],
  },
  'what a host has forgotten is read': {
    machines: TWO,
    steps: [
      { ...ONE, afterMs: 20_000, name: 'w0' },
      // Between hanging up and connecting again.
      { afterMs: 20_000, do: 'stream closed', who: 'alice', count: 1 },
      { ...ONE, afterMs: 0, name: 'w1' },
      { afterMs: 0, do: 'cursors outdated', who: 'alice', count: 1 },
      { afterMs: 60_000, do: 'so many run', name: 'w1', least: 1, forMs: 1_000 },
      { afterMs: 2_000, do: 'heal' },
    ],
  },
} as const satisfies Readonly<Record<string, Scenario>>
