import type { Scenario, Step } from '../story.ts'
import { cast } from './cast.ts'

const MINUTE_MS = 60_000
const FOUR = cast({ 'alice-1': 6, 'bob-1': 6, 'carol-1': 6, 'dave-1': 0 })
const OTHERS = ['alice', 'bob', 'carol'] as const
const HELD = { minimum: 500_000, graceDays: 0, stepDays: 1 } as const

/** The others ask Dave for half of what he takes; he has taken, and given nothing. */
const RIDER: readonly Step[] = [
  { afterMs: 5_000, do: 'name a policy', by: OTHERS, ...HELD },
  {
    ...{ afterMs: 500, do: 'claim use', machine: 'alice-1', taker: 'dave' },
    ...{ daysBack: 4, claimed: 800, acknowledged: 1_000 },
  },
  publish('w0'),
]

function publish(name: string, afterMs = 5_000): Step {
  return { afterMs, do: 'publish', owner: 'dave', name, replicas: 1, size: 1 }
}

/** Until all have seen of each other that it is another day. */
function day(days = 1): readonly Step[] {
  return [
    { afterMs: 0, do: 'days pass', days },
    { afterMs: 17 * MINUTE_MS, do: 'heal' },
  ]
}

function run(name: string, bounds: object, afterMs = 30_000): Step {
  return { afterMs, do: 'so many run', name, forMs: 10 * MINUTE_MS, ...bounds }
}

/** Free riders: what is kept from them, and when. */
export const STANDING_SCENARIOS = {
  'who only takes falls step by step, and keeps what runs until the last': {
    machines: FOUR,
    steps: [
      ...RIDER,
      run('w0', { least: 1 }),
      ...day(2),
      publish('w1'),
      run('w1', { least: 1 }),
      ...day(),
      publish('w2'),
      run('w2', { most: 0 }),
      run('w0', { least: 1 }),
      ...day(),
      publish('w3'),
      run('w3', { most: 0 }),
      run('w0', { least: 1 }),
      { afterMs: 0, do: 'days pass', days: 1 },
      { afterMs: 0, do: 'so many run', name: 'w0', least: 1, forMs: 14 * MINUTE_MS },
      { afterMs: 34 * MINUTE_MS, do: 'so many run', name: 'w0', most: 0, forMs: MINUTE_MS },
      { afterMs: MINUTE_MS, do: 'heal' },
    ],
  },
  'a clock that jumps ahead takes no step': {
    machines: FOUR,
    steps: [
      ...RIDER,
      ...day(2),
      { afterMs: 0, do: 'clock jump', machine: 'alice-1', byMs: 9 * 86_400_000 },
      publish('w1', MINUTE_MS),
      run('w1', { least: 1 }),
      { afterMs: 0, do: 'nothing stops', forMs: 40 * MINUTE_MS },
      { afterMs: 20 * MINUTE_MS, do: 'clock jump', machine: 'alice-1', byMs: -9 * 86_400_000 },
      { afterMs: 21 * MINUTE_MS, do: 'heal' },
    ],
  },
  'another policy begins with the first step': {
    machines: FOUR,
    steps: [
      ...RIDER,
      ...day(2),
      ...day(),
      publish('w1'),
      run('w1', { most: 0 }),
      { afterMs: 11 * MINUTE_MS, do: 'name a policy', by: OTHERS, ...HELD, stepDays: 2 },
      publish('w2', MINUTE_MS),
      run('w2', { least: 1 }, 2 * MINUTE_MS),
      run('w0', { least: 1 }),
      { afterMs: 11 * MINUTE_MS, do: 'heal' },
    ],
  },
} as const satisfies Readonly<Record<string, Scenario>>
